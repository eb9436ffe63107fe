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
/// and every refusal is counted in `invalid`. `ScenarioPacket` has the words of the peer's packets, `ScenarioAnswer`
/// those of `expect`.
public struct Scenario: Sendable {
  /// The file's name, the values of its variables, and the family.
  public var name: String
  /// 4 or 6.
  public var family: Int
  /// The command line, without program and target.
  public var words: [String]
  /// What must be said, by its name in `expect`.
  public var expected: [String: String]
  /// How long the run must take at least, in seconds.
  public var least: Double
  /// The lines, in order.
  var events: [Event]

  /// One line of the conversation.
  struct Event: Sendable {
    /// Its number in the file.
    var line: Int
    /// Seconds after the line above; nil where none is said.
    var delay: Double?
    var action: Action
  }

  enum Action: Sendable {
    case awaits(ScenarioSegment)
    case sends(ScenarioPacket)
    case silence
  }
}

/// A line of a scenario file that cannot be played, named by file and line.
public struct ScenarioMistake: Error, CustomStringConvertible {
  /// Where, and what.
  public var description: String
}

// MARK: Reading

extension Scenario {
  /// Reads a scenario file: one scenario for each family and for each set of its variables' values.
  public static func all(in text: String, file: String) throws -> [Scenario] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let first = lines.first, first.hasPrefix("# "),
      lines.contains(where: { $0.hasPrefix("#") && $0.contains("RFC") })
    else { throw ScenarioMistake(description: "\(file):1: no comment that says what it is about, and which RFC") }
    let families = try families(lines, file: file)
    let name = file.hasSuffix(".scenario") ? String(file.dropLast(9)) : file
    return try variables(lines, file: file).flatMap { values in
      try families.map { family in
        let values = values.sorted { $0.key.count > $1.key.count }
        let title = ([name] + values.map(\.value).sorted() + ["IPv\(family)"]).joined(separator: " ")
        var scenario = Scenario(name: title, family: family, words: [], expected: [:], least: 0, events: [])
        for (index, line) in lines.enumerated() {
          let line = values.reduce(line) { $0.replacing($1.key, with: $1.value) }
          do throws(ScenarioWords.Mistake) {
            try scenario.read(line, number: index + 1)
          } catch {
            throw ScenarioMistake(description: "\(file):\(index + 1): \(error.text)")
          }
        }
        try scenario.complete(file: file, lines: lines.count)
        return scenario
      }
    }
  }

  private static func families(_ lines: [String], file: String) throws -> [Int] {
    guard let index = lines.firstIndex(where: { $0.hasPrefix("family:") }) else { return [4, 6] }
    let word = lines[index].dropFirst(7).trimmed
    guard let family = Int(word), [4, 6].contains(family) else {
      throw ScenarioMistake(description: "\(file):\(index + 1): the family is 4 or 6, not '\(word)'")
    }
    return [family]
  }

  /// The values that every `each:` line gives to its variables, each combined with each.
  private static func variables(_ lines: [String], file: String) throws -> [[String: String]] {
    var sets: [[String: String]] = [[:]]
    for (index, line) in lines.enumerated() where line.hasPrefix("each:") {
      let sides = line.dropFirst(5).split(separator: "=", maxSplits: 1)
      let names = sides.first.map { $0.trimmed.split(separator: "/").map(String.init) } ?? []
      // A single variable may have values with strokes in them, as an ICMP type and code has.
      let rows = (sides.count == 2 ? sides[1].split(separator: " ") : []).map { value in
        names.count == 1
          ? [String(value)] : value.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      }
      guard !names.isEmpty, !rows.isEmpty, names.allSatisfy({ $0.hasPrefix("$") && $0.count > 1 }),
        rows.allSatisfy({ $0.count == names.count })
      else { throw ScenarioMistake(description: "\(file):\(index + 1): say each: $a/$b = 1/2 3/4") }
      sets = sets.flatMap { set in
        rows.map { row in set.merging(zip(names, row)) { _, new in new } }
      }
    }
    return sets
  }

  private mutating func read(_ line: String, number: Int) throws(ScenarioWords.Mistake) {
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

  private mutating func expect(_ word: String) throws(ScenarioWords.Mistake) {
    let (key, value) = try ScenarioWords.pair(word)
    guard expected[key] == nil else { throw .init("\(key) is said twice") }
    if key == "least" {
      least = try ScenarioWords.seconds(value)
    } else if ScenarioAnswer.names.contains(key) {
      expected[key] = value
    } else {
      throw .init("nothing to expect is called '\(key)'")
    }
  }

  private func event(_ line: String, number: Int) throws(ScenarioWords.Mistake) -> Event {
    var words = ScenarioWords(line)
    var delay: Double?
    if let time = words.peek, time.hasPrefix("+") {
      delay = try ScenarioWords.seconds(String(try words.next("a time").dropFirst()))
    }
    let verb = try words.next("an event")
    switch verb {
    case ">": return Event(line: number, delay: delay, action: .awaits(try ScenarioSegment(&words, isAwaited: true)))
    case "<": return Event(line: number, delay: delay, action: .sends(try ScenarioPacket(&words, family: family)))
    case "silence":
      guard delay != nil else { throw .init("silence for how long? say +0.2 silence") }
      try words.end()
      return Event(line: number, delay: delay, action: .silence)
    default: throw .init("what is '\(verb)'?")
    }
  }

  private mutating func complete(file: String, lines: Int) throws {
    for name in ["state", "reason", "exit"] where expected[name] == nil {
      throw ScenarioMistake(description: "\(file):\(lines): it does not expect any \(name)")
    }
    guard let first = events.first, case .awaits = first.action else {
      throw ScenarioMistake(
        description: "\(file):\(events.first?.line ?? lines): it begins with what the program sends")
    }
    let refusals = expected["refusals"] ?? ""
    expected["refusals"] = refusals
    expected["notes"] = expected["notes"] ?? ""
    expected["isn"] = "sent"
    if expected["state"] == "open" { expected["irs"] = "peer" }
    expected["invalid"] = expected["invalid"] ?? String(refusals.split(separator: ",").count)
  }
}
