import Handshake
import Judging
import Path
import Script

/// The words of output with what they mean: what `probe explain` answers.
public enum Vocabulary {
  /// A word, and what kind of word it is.
  public struct Word: Hashable, Sendable {
    /// As the output has it.
    public let name: String
    /// What it is: `state`, `reason`.
    public let kind: String
    package let meaning: Meaning

    /// The word, its meaning, the explanation and its source; every line ended by a line feed.
    public func text(_ style: Style) -> String {
      let width = min(max(style.width, 40), 100) - 4
      var lines = [style.paint(name, .good) + " (\(kind))"]
      lines += meaning.lines(width, after: sentence, isUnicode: style.isUnicode).map { "    " + $0 }
      return lines.map { $0 + "\n" }.together(by: "")
    }

    /// What it means, as a sentence; nothing where the explanation begins with it.
    private var sentence: String {
      let text = meaning.text
      guard let first = text.first, kind != Vocabulary.packet else { return "" }
      return first.uppercased() + text.dropFirst() + "."
    }
  }

  static let packet = "packet"

  /// All words, by their kinds.
  public static let all: [Word] =
    words("state", Verdict.allCases.map { ($0.rawValue, $0.meaning) })
    + words("reason", Reason.allCases.map { ($0.rawValue, $0.meaning) })
    + words("rejection", Refusal.allCases.map { ($0.rawValue, $0.meaning) })
    + words("note", Notes.meanings.compactMap { name, meaning in meaning.map { (name, $0) } })
    + words("step", StepKind.allCases.map { ($0.rawValue, $0.meaning) })
    + words("close", Ending.allCases.map { ($0.rawValue, $0.meaning) })
    + words("reset", ResetOrigin.Sender.allCases.map { ($0.rawValue, $0.meaning) })
    + words("verdict", PlayVerdict.allCases.map { ($0.rawValue, $0.meaning) })
    + words("service", ServiceState.allCases.map { ($0.rawValue, $0.meaning) })
    + words("silence", IdleTrial.Answer.allCases.map { ($0.rawValue, $0.meaning) })
    + words("path", RouteHop.Variation.allCases.map { ($0.rawValue, $0.meaning) })
    + words("TCP state", State.allCases.map { ($0.rawValue, $0.meaning) })
    + words(packet, PacketLesson.allCases.map { ($0.rawValue, $0.meaning) })

  private static func words(_ kind: String, _ rows: [(String, Meaning)]) -> [Word] {
    rows.map { Word(name: $0, kind: kind, meaning: $1) }
  }

  /// The kinds, in their order.
  public static var kinds: [String] { all.reduce(into: []) { if $0.last != $1.kind { $0.append($1.kind) } } }

  /// The words of a name, whatever the case, and whether its parts are joined by `-` or `_`.
  public static func words(named name: String) -> [Word] {
    let wanted = folded(name)
    return all.filter { folded($0.name) == wanted }
  }

  private static func folded(_ name: String) -> String {
    String(name.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 })
  }

  /// The list of all words, a paragraph each kind.
  public static func list(_ style: Style) -> String {
    let width = min(max(style.width, 40), 80) - 4
    return kinds.map { kind in
      let names = all.filter { $0.kind == kind }.map(\.name)
      return "\(kind)\n" + names.together(by: " ").wrapped(width).map { "    \($0)\n" }.together(by: "")
    }.together(by: "")
  }

  /// The words that stand for what came of a connection: state, reason, notes, how it ended, and where our end is.
  static func words(of outcome: Outcome) -> [Word] {
    var words = [
      Word(name: outcome.verdict.rawValue, kind: "state", meaning: outcome.verdict.meaning),
      Word(name: outcome.reason.rawValue, kind: "reason", meaning: outcome.reason.meaning),
    ]
    words += outcome.notes.meanings.map { Word(name: $0.name, kind: "note", meaning: $0.meaning) }
    if let reset = outcome.reset {
      words.append(Word(name: reset.sender.rawValue, kind: "reset", meaning: reset.sender.meaning))
    }
    if let ending = outcome.knownEnding {
      words.append(Word(name: ending.rawValue, kind: "close", meaning: ending.meaning))
      if outcome.mode != .connect {
        words.append(Word(name: outcome.state.rawValue, kind: "TCP state", meaning: outcome.state.meaning))
      }
    }
    return words
  }
}
