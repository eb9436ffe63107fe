import Handshake
import Wire

/// A packet in the words of the ladder.
struct PacketWords {
  let numbers: RelativeNumbers
  let family: AddressFamily

  /// The words for the packets of an outcome.
  init(_ outcome: Outcome) {
    numbers = RelativeNumbers(outcome)
    family = outcome.flow.remote.address.family
  }

  /// What a packet says, the fullest form first: who has less room takes a later one.
  func forms(_ entry: PacketLog.Entry) -> [String] {
    switch entry.content {
    case .segment(let segment): forms(segment, entry.direction)
    case .icmp(let type, let code): ["ICMP " + icmp(type, code) + " (\(type)/\(code))", "ICMP \(type)/\(code)"]
    case .unreadable: ["unreadable packet"]
    }
  }

  /// What a packet says, on a line that is as long as it has to be.
  func line(_ entry: PacketLog.Entry) -> String {
    (forms(entry).first ?? "") + (entry.errorSource.map { " from \($0)" } ?? "")
  }

  /// The same in as many lines as a narrow place needs, a word being longer at most.
  func lines(_ entry: PacketLog.Entry, width: Int) -> [String] {
    let forms = forms(entry)
    if let fitting = forms.first(where: { $0.columns <= width }) { return [fitting] }
    return forms.last?.wrapped(width) ?? []
  }

  private func forms(_ segment: Segment, _ direction: PacketLog.Entry.Direction) -> [String] {
    var core = segment.flags.description + " seq=\(numbers.sequence(segment, direction))"
    if let ack = numbers.acknowledgment(segment, direction) { core += " ack=\(ack)" }
    let window = " win=\(segment.wnd)"
    let urgent = segment.flags.contains(.urg) ? " urg=\(segment.up)" : ""
    let length = " len=\(segment.textLength)"
    let size = segment.textLength > 0 ? length : ""
    return [core + window + urgent + length, core + window + size, core + size]
  }

  private func icmp(_ type: UInt8, _ code: UInt8) -> String {
    let verdict = family == .v4 ? ICMPVerdict(v4: type, code: code) : ICMPVerdict(v6: type, code: code)
    return verdict?.name ?? "error"
  }

  /// What stands below: the options of a SYN in as many lines as they need, who sent an ICMP error.
  static func details(_ entry: PacketLog.Entry, width: Int) -> [String] {
    if let source = entry.errorSource { return ["from \(source)"] }
    guard case .segment(let segment) = entry.content, segment.flags.contains(.syn) else { return [] }
    var lines: [String] = []
    for word in OptionWords.withoutPadding(segment.options) {
      if let last = lines.last, last.columns + word.columns < width {
        lines[lines.count - 1] = last + "," + word
      } else {
        lines += broken(word, width: max(width, 8))
      }
    }
    return lines
  }

  /// A word that may be longer than a line: broken before a name, or where the line ends.
  private static func broken(_ word: String, width: Int) -> [String] {
    var lines: [String] = []
    var rest = word[...]
    while rest.count > width {
      let line = rest.prefix(width)
      let cut = line.indices.last { rest[$0] == " " && rest[rest.index(after: $0)].isLetter } ?? line.endIndex
      lines.append(String(rest[..<cut]))
      rest = rest[cut...].drop { $0 == " " }
    }
    return lines + [String(rest)]
  }
}

extension ICMPVerdict {
  /// What an ICMP error says: `host-unreachable`.
  var name: String { String(reason.rawValue.dropFirst("icmp-".count)) }
}
