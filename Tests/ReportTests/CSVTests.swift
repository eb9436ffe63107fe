import Handshake
import Judging
import Statistics
import Testing
import Timebase

@testable import Report

@Suite("Comma-separated values: RFC 4180") struct CSVTests {
  @Test("a field that needs quotation marks has them, and no other")
  func quoting() {
    #expect(CSV.line(["a", nil, "", "b c"]) == "a,,,b c\r\n")
    #expect(CSV.line(["a,b", "c\"d", "e\nf", "g\r\nh", "é"]) == "\"a,b\",\"c\"\"d\",\"e\nf\",\"g\r\nh\",é\r\n")
    #expect(CSV.line([]) == "\r\n")
  }

  @Test("connections, checks and series are lines of as many fields as their headers have")
  func tables() throws {
    var records = try Scenes.all.map { Record(target: $0, sequence: 3, outcome: try $1.outcome()) }
    records[0].resolve = Measurement(.microseconds(700), clock: .user)
    records.append(Record(target: "a,b\u{1b}[31m\r\n:80", sequence: 1, outcome: .mixed))
    let connections = CSV.connections.header + records.map(CSV.connections.line).joined()
    try Golden.expect(connections, is: "connections.csv")
    let checks = CSV.checks.header + CheckTests.all.map(CSV.checks.line).joined()
    try Golden.expect(checks, is: "checks.csv")
    var times = Series()
    for micros in 1...10 as ClosedRange<Int64> { times.record(.microseconds(micros)) }
    let rows: [CSV.StepSeries] = [
      ("a,b:80", .syn, times, SynCounts(sent: 25, answered: 20)), ("t:1", .fin, Series(), SynCounts()),
    ]
    let series = CSV.series.header + rows.map(CSV.series.line).joined()
    try Golden.expect(series, is: "series.csv")
    for (text, count) in [(connections, records.count), (checks, CheckTests.all.count), (series, rows.count)] {
      let lines = text.split(separator: "\r\n")
      #expect(lines.count == count + 1, "a row is a line")
      let widths = Set(lines.map(width))
      #expect(widths.count == 1, "\(widths)")
    }
  }

  /// How many fields a line has, whose commas between quotation marks are no ends of fields.
  private func width(_ line: Substring) -> Int {
    var (count, isQuoted) = (1, false)
    for character in line {
      if character == "\"" { isQuoted.toggle() }
      if character == ",", !isQuoted { count += 1 }
    }
    return count
  }

  @Test("each of the four characters has its field quoted, even alone")
  func quoted() {
    #expect(CSV.line(["a\rb", "\r", "\n", ",", "\""]) == "\"a\rb\",\"\r\",\"\n\",\",\",\"\"\"\"\r\n")
  }
}

extension Outcome {
  /// One that was timed by both clocks, to a place without a route.
  fileprivate static var mixed: Outcome {
    let stamp = Stamp(instant: Instant(nanoseconds: 0), wall: WallTime(nanoseconds: Scene.epoch))
    var outcome = Outcome(unroutable: Scene.remote, mode: .full, at: stamp)
    outcome.steps = [
      Step(.syn, Measurement(.microseconds(1), clock: .kernel)),
      Step(.fin, Measurement(.microseconds(2), clock: .user)),
    ]
    outcome.notes = [.windowZero, .reservedBits]
    return outcome
  }
}
