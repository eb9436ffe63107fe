import Handshake
import Judging
import Timebase
import Wire

/// Results for people, every text ended by a line feed.
public struct TextReport: Sendable {
  /// How it is to look.
  public var style: Style
  /// Whether refused packets are shown, and why they were (`-v`).
  public var isVerbose: Bool
  /// How the time before a line is written (`-D`); nil where there is none.
  public var timeFormat: TimeFormat?

  /// Whether each packet, and what came of it, is explained (`--explain`).
  public var isExplained: Bool

  /// A way of telling results.
  public init(
    style: Style = .plain, isVerbose: Bool = false, timeFormat: TimeFormat? = nil, isExplained: Bool = false
  ) {
    self.style = style
    self.isVerbose = isVerbose
    self.timeFormat = timeFormat
    self.isExplained = isExplained
  }

  /// What is about to be probed, before the first result: `PROBE web.test:80 (10.0.0.2) from 10.0.0.1: …`.
  public func header(
    target: String, remote: Endpoint, share: AddressShare? = nil, source: IPAddress, does words: String
  ) -> String {
    "PROBE \(target.printable) (\(remote.address)\(share.map { ", \($0.words)" } ?? "")) from \(source): \(words)\n"
  }

  /// Who was probed: a name that was typed with the address behind it, or the address as it was typed, with its zone.
  private func place(_ record: Record) -> String {
    let remote = record.outcome.flow.remote
    guard record.outcome.mode != .listen, record.outcome.mode != .capture else { return "\(remote)" }
    let host = record.target.hostOfTarget
    let isSame = IPAddress(parsing: host.prefix { $0 != "%" }) == remote.address
    let typed = "\(host.printable.bracketedHost):\(remote.port)"
    let share = record.share.map { ", \($0.words)" } ?? ""
    return isSame && share.isEmpty ? typed : "\(typed) (\(remote.address)\(share))"
  }

  /// The packets of one probe; empty where the kernel kept them to itself.
  public func ladder(_ record: Record) -> String { ladder(record.outcome, isWhole: isVerbose) }

  func ladder(_ outcome: Outcome, isWhole: Bool) -> String {
    let ladder = Ladder(outcome, style: style, isWhole: isWhole, isExplained: isExplained).text
    return ladder.isEmpty ? "" : "\n" + ladder + "\n"
  }

  /// One probe in full, after its header: ladder, verdict, steps, notes.
  public func single(_ record: Record) -> String { ladder(record) + connection(record) }

  /// What is said of one probe beside its ladder.
  func connection(_ record: Record) -> String {
    let outcome = record.outcome
    var text = stamp(outcome) + verdict(record, isRepeated: false) + "\n"
    text += steps(record) + notes(outcome)
    return text + refused(outcome) + explanations(outcome)
  }

  /// With `--explain`: what the words for what came of it mean.
  func explanations(_ outcome: Outcome) -> String {
    guard isExplained else { return "" }
    return "\n" + Vocabulary.words(of: outcome).map { $0.text(style) }.together(by: "")
  }

  /// One probe in one line, as ping tells a reply: `open 10.0.0.2:80: seq=1 reason=syn-ack ttl=64 time=0.213 ms`.
  public func line(_ record: Record) -> String {
    stamp(record.outcome) + verdict(record, isRepeated: true) + "\n" + refused(record.outcome)
  }

  private func stamp(_ outcome: Outcome) -> String {
    guard let timeFormat else { return "" }
    let answer = outcome.log.entries.last { $0.direction == .received }
    return timeFormat.words(answer?.stamp.bestWall ?? outcome.started) + " "
  }
}

extension AddressShare {
  /// `1 of 3 addresses`.
  var words: String { "\(number) of \(count) addresses" }
}

extension String {
  /// The host of a target as it was typed, `HOST:PORT`, `[HOST]:PORT` or a URL.
  fileprivate var hostOfTarget: String {
    var rest = self[...]
    if let scheme = firstRange(of: "://") { rest = self[scheme...].prefix { !"/?#".contains($0) } }
    if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") { return String(rest.dropFirst().prefix(upTo: end)) }
    guard let colon = rest.lastIndex(of: ":"), rest.firstIndex(of: ":") == colon else { return String(rest) }
    return String(rest[..<colon])
  }

  /// What stands behind the first occurrence of a text; nil without one.
  private func firstRange(of text: String) -> Index? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}

// MARK: The verdict's line

extension TextReport {
  private func verdict(_ record: Record, isRepeated: Bool) -> String {
    let outcome = record.outcome
    var words = [style.paint(outcome.verdict.rawValue, outcome.verdict.colour), "\(place(record)):"]
    if isRepeated { words.append("seq=\(record.sequence)") }
    words.append("reason=\(outcome.reason.rawValue)")
    if let source = record.errorSource { words.append("from=\(source)") }
    // For IPv6 as well, as ping does.
    if let hopLimit = outcome.hopLimit { words.append("ttl=\(hopLimit)") }
    words += time(outcome)
    words += remarks(outcome)
    if isRepeated, !outcome.notes.isEmpty { words.append("(" + outcome.notes.list.together(by: ", ") + ")") }
    return words.together(by: " ")
  }

  /// `time=0.213 ms`, with its clock where that is not the kernel's stamps.
  private func time(_ outcome: Outcome) -> [String] {
    guard let step = outcome.steps.first(where: { $0.kind == .syn }) else { return [] }
    guard let measurement = step.measurement else { return [step.isAmbiguous ? "time=ambiguous" : "time=unknown"] }
    let time = "time=\(measurement.interval.replyMilliseconds) ms"
    return measurement.clock == .kernel ? [time] : [time, "clock=\(measurement.clock.rawValue)"]
  }

  /// What is told only where it is out of the ordinary.
  private func remarks(_ outcome: Outcome) -> [String] {
    var words: [String] = []
    let copies = outcome.counters.transmissions
    if copies > 1 { words.append("transmissions=\(copies)") }
    if outcome.counters.retransmissions > 0 { words.append("retransmissions=\(outcome.counters.retransmissions)") }
    if outcome.counters.duplicates > 0 { words.append("duplicates=\(outcome.counters.duplicates)") }
    if outcome.counters.invalid > 0 { words.append("invalid=\(outcome.counters.invalid)") }
    if outcome.verdict == .open, outcome.ending == .peerRst || outcome.ending == .timeout {
      words.append("close=\(outcome.ending.rawValue)")
    }
    if let reset = outcome.reset, reset.mark != nil { words.append("reset-from=\(reset.sender.rawValue)") }
    if outcome.mode == .connect { words.append("mode=connect") }
    return words
  }
}

// MARK: What follows the verdict

extension TextReport {
  /// `steps: syn 0.213 ms, fin 0.190 ms (kernel clock)`; the clock is said once where it is the same for all.
  private func steps(_ record: Record) -> String {
    let steps = record.steps
    guard !steps.isEmpty else { return "" }
    let clocks = steps.compactMap { $0.measurement?.clock }
    let isMixed = clocks.contains { $0 != clocks.first }
    let words = steps.map { step in
      guard isMixed, let clock = step.measurement?.clock else { return step.words }
      return "\(step.words) (\(clock.rawValue))"
    }
    let common = isMixed ? "" : clocks.first.map { " (\($0.words))" } ?? ""
    return wrapped("steps:", words.dropLast().map { $0 + "," } + [(words.last ?? "") + common])
  }

  /// Words after a heading, in as many lines as the width asks for.
  private func wrapped(_ heading: String, _ words: [String]) -> String {
    let width = max(style.width, 40)
    var lines = [heading]
    for word in words {
      let last = lines[lines.count - 1]
      if last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(" ", times: heading.columns + 1) + word)
      }
    }
    return lines.together(by: "\n") + "\n"
  }

  private func notes(_ outcome: Outcome) -> String {
    var text = ""
    if outcome.verdict == .open {
      text += "close: \(outcome.endingWords)"
      if outcome.mode != .connect { text += ", our end in \(outcome.state.rawValue)" }
      text += "\n"
    }
    text += outcome.resetLine(isWhole: isVerbose || isExplained)
    if !outcome.notes.isEmpty { text += "notes: " + outcome.notes.list.together(by: ", ") + "\n" }
    return text
  }

  /// With `-v`, the rejected packets: when, what and why.
  private func refused(_ outcome: Outcome) -> String {
    guard isVerbose, let first = outcome.log.entries.first else { return "" }
    let words = PacketWords(outcome)
    var text = ""
    for entry in outcome.log.entries {
      guard let refusal = entry.refusal else { continue }
      let time = entry.elapsed(since: first)?.fixedMilliseconds ?? "?"
      let packet = words.line(entry)
      text += "rejected after \(time) ms: \(packet): \(refusal.rawValue): \(refusal.explanation)\n"
    }
    return text
  }
}
