import Timebase

/// One behaviour of a peer, and what the program must make of it: a scenario file played in one address family.
///
///     # What it is about: one sentence (RFC 9293 §3.10.7.3).
///     family: 4                       only this family; both without
///     each: $a/$b = 0/x 1/y           the file once for each, with $a and $b replaced; several lines multiply
///     probe: --syn -W 0.2             the command line, without the target
///     expect: state=open reason=syn-ack exit=0 refusals=ack-mismatch
///
///     > S 0:0(0)                      the program sends; numbers count from each end's ISS
///     < S. 0:0(0) ack 2               the peer sends at once
///     +0.02 < S. 0:0(0) ack 1         the peer sends 0.02 s after the line above
///     +0.2 > R 2:2(0)                 the program sends, 0.2 s after the line above, and not much sooner
///     +0.3 silence                    the program sends nothing for 0.3 s
///
/// What the file does not say must not be sent. Where `expect` does not say them, there are no notes and no refusals,
/// and every refusal is counted in `invalid`. `ScriptPacket` has the words of the peer's packets.
public struct Scenario: Hashable, Sendable {
  /// The file's name, the values of its variables, and the family.
  public var name: String
  /// 4 or 6.
  public var family: Int
  /// The command line, without program and target.
  public var words: [String]
  /// What must be said, by its name in `expect`.
  public var expected: [String: String]
  /// How long the run must take at least.
  public var least: Interval
  /// The lines, in order.
  public var events: [Event]

  /// One line of the conversation.
  public struct Event: Hashable, Sendable {
    /// Its number in the file.
    public var line: Int
    /// How long after the line above; nil where that is not said.
    public var delay: Interval?
    /// What is done.
    public var action: Action
  }

  /// What is done at a line.
  public enum Action: Hashable, Sendable {
    /// The program sends this.
    case awaits(ScriptSegment)
    /// The peer sends this.
    case sends(ScriptPacket)
    /// The program sends nothing for the line's time.
    case silence
  }

  /// What may be expected of the program.
  ///
  /// | name | |
  /// |---|---|
  /// | `state`, `reason`, `closed_by` | as the JSON has them |
  /// | `exit` | the exit code |
  /// | `notes`, `refusals`, `steps` | lists with commas; a step without a time ends in `?` |
  /// | `invalid`, `transmissions` | counted replies that were rejected; copies of the SYN |
  /// | `isn` | `sent` where it is the one on the wire, as it always must be |
  /// | `irs` | `peer` where it is the peer's, as it must be where the state is open |
  /// | `mss` | what the peer is understood to offer |
  /// | `client`, `server` | the states of both ends, as far as known; `null` where not |
  public static let expectations = [
    "state", "reason", "exit", "notes", "refusals", "invalid", "transmissions", "steps", "closed_by", "client",
    "server", "isn", "irs", "mss",
  ]
}

// MARK: Reading

extension Scenario {
  /// Lines of a file, and octets of a line.
  static let (lineLimit, lengthLimit) = (1_000, ScriptVariables.lengthLimit)

  /// Reads a scenario file: one scenario for each family and for each set of its variables' values.
  public static func all(in text: String, file: String) throws(ScriptMistake) -> [Scenario] {
    var reader = ScenarioFile(
      name: file, lines: text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    return try reader.scenarios()
  }
}

/// A file of scenarios as it is read.
private struct ScenarioFile {
  let name: String
  let lines: [String]
  /// The line that is read, from 1.
  var number = 1

  init(name: String, lines: [String]) { (self.name, self.lines) = (name, lines) }

  func mistake(_ text: String) -> ScriptMistake { ScriptMistake(file: name, line: number, text: text) }

  mutating func scenarios() throws(ScriptMistake) -> [Scenario] {
    guard let first = lines.first, first.hasPrefix("# "),
      lines.contains(where: { $0.hasPrefix("#") && $0.mentions("RFC") })
    else { throw mistake("no comment that says what it is about, and which RFC") }
    number = Scenario.lineLimit + 1
    guard lines.count <= Scenario.lineLimit else { throw mistake("more than \(Scenario.lineLimit) lines") }
    for (index, line) in lines.enumerated() where line.utf8.count > Scenario.lengthLimit {
      number = index + 1
      throw mistake("longer than \(Scenario.lengthLimit) octets")
    }
    let families = try families()
    let title = name.hasSuffix(".scenario") ? String(name.dropLast(9)) : name
    var all: [Scenario] = []
    let numbered = lines.enumerated().map { ($0 + 1, $1) }
    for values in try ScriptVariables.sets(numbered, mistake: { ScriptMistake(file: name, line: $0, text: $1) }) {
      for family in families {
        let words = values.map(\.value).sorted().reduce(title) { $0 + " " + $1 } + " IPv\(family)"
        var scenario = Scenario(name: words, family: family, words: [], expected: [:], least: .zero, events: [])
        for (index, line) in lines.enumerated() {
          number = index + 1
          try read(line, with: values, into: &scenario)
        }
        try complete(&scenario)
        all.append(scenario)
      }
    }
    return all
  }

  private func read(
    _ line: String, with values: [(key: String, value: String)], into scenario: inout Scenario
  ) throws(ScriptMistake) {
    guard let line = ScriptVariables.replaced(in: line, values) else {
      throw mistake("longer than \(Scenario.lengthLimit) octets with the values of its variables")
    }
    do throws(ScriptWords.Mistake) { try scenario.read(line, number: number) } catch { throw mistake(error.text) }
  }

  private mutating func families() throws(ScriptMistake) -> [Int] {
    guard let index = lines.firstIndex(where: { $0.hasPrefix("family:") }) else { return [4, 6] }
    let word = lines[index].dropFirst(7).trimmed
    number = index + 1
    guard let family = Int(word), [4, 6].contains(family) else {
      throw mistake("the family is 4 or 6, not '\(word)'")
    }
    return [family]
  }

  private mutating func complete(_ scenario: inout Scenario) throws(ScriptMistake) {
    number = lines.count
    for name in ["state", "reason", "exit"] where scenario.expected[name] == nil {
      throw mistake("it does not expect any \(name)")
    }
    number = scenario.events.first?.line ?? number
    guard let first = scenario.events.first, case .awaits = first.action else {
      throw mistake("it begins with what the program sends")
    }
    let refusals = scenario.expected["refusals"] ?? ""
    scenario.expected["refusals"] = refusals
    scenario.expected["notes"] = scenario.expected["notes"] ?? ""
    scenario.expected["isn"] = "sent"
    if scenario.expected["state"] == "open" { scenario.expected["irs"] = "peer" }
    scenario.expected["invalid"] = scenario.expected["invalid"] ?? String(refusals.split(separator: ",").count)
  }
}

// MARK: A line

extension ScriptSegment {
  /// A scenario's variables are replaced before it is read: what is left of them has no value.
  fileprivate func refuseVariables() throws(ScriptWords.Mistake) {
    for case .variable(let name, _) in numbers { throw .init("no value for $\(name)") }
  }
}

extension Scenario {
  fileprivate mutating func read(_ line: String, number: Int) throws(ScriptWords.Mistake) {
    let line = line.prefix { $0 != "#" }.trimmed
    guard !line.isEmpty, !line.hasPrefix("family:"), !line.hasPrefix("each:") else { return }
    if line.hasPrefix("probe:") {
      words += line.dropFirst(6).split(separator: " ").map(String.init)
    } else if line.hasPrefix("expect:") {
      for word in line.dropFirst(7).split(separator: " ") { try expect(String(word)) }
    } else {
      events.append(try event(line, number: number))
    }
  }

  private mutating func expect(_ word: String) throws(ScriptWords.Mistake) {
    let (key, value) = try ScriptWords.pair(word)
    guard expected[key] == nil else { throw .init("\(key) is said twice") }
    if key == "least" {
      least = try ScriptWords.time(value)
    } else if Scenario.expectations.contains(key) {
      expected[key] = value
    } else {
      throw .init("nothing to expect is called '\(key)'")
    }
  }

  private func event(_ line: String, number: Int) throws(ScriptWords.Mistake) -> Event {
    var words = ScriptWords(line)
    var delay: Interval?
    if let time = words.peek, time.hasPrefix("+") {
      delay = try ScriptWords.time(String(try words.next("a time").dropFirst()))
    }
    let verb = try words.next("an event")
    switch verb {
    case ">":
      let segment = try ScriptSegment(&words, isAwaited: true)
      try segment.refuseVariables()
      return Event(line: number, delay: delay, action: .awaits(segment))
    case "<":
      let packet = try ScriptPacket(&words, family: family)
      if case .segment(let segment) = packet.content { try segment.refuseVariables() }
      return Event(line: number, delay: delay, action: .sends(packet))
    case "silence":
      guard delay != nil else { throw .init("silence for how long? say +0.2 silence") }
      try words.end()
      return Event(line: number, delay: delay, action: .silence)
    default: throw .init("what is '\(verb)'?")
    }
  }
}
