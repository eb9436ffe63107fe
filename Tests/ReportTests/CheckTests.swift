import Handshake
import Judging
import Statistics
import Testing
import Timebase
import Wire

@testable import Report

/// Checks and the forms that they are told in; the texts are `Tests/Vectors/Report/check.*`.
@Suite("Checks") struct CheckTests {
  static func record(_ verdict: Verdict = .open, _ reason: Reason = .synAck, ns: Int64? = nil) -> Record {
    let steps = ns.map { [Step(.syn, Measurement(.nanoseconds($0), clock: .kernel))] } ?? []
    let outcome = Outcome(
      byKernel: Flow(local: Scene.local, remote: Scene.remote), verdict: verdict, reason: reason,
      started: WallTime(nanoseconds: Scene.epoch), steps: steps, ending: .fin)
    return Record(target: "web.test:80", sequence: 1, outcome: outcome)
  }

  static func result(
    _ target: String, _ expected: ExpectedState = .open, limit: Interval? = nil, line: Int = 1, comment: String? = nil,
    problem: String? = nil, probes records: Record...
  ) -> CheckResult {
    var check = Check(target: target, expected: expected, limit: limit)
    (check.file, check.line, check.comment) = ("ports.txt", line, comment)
    var result = CheckResult(check, remote: problem == nil ? Scene.remote : nil, problem: problem)
    for record in records { result.add(record) }
    return result
  }

  /// Four probes, all answered, one of them at its second SYN.
  static var lossy: CheckResult {
    var again = record(ns: 5_000)
    again.outcome.counters.transmissions = 2
    return result("web.test:80", probes: record(ns: 5_000), again, record(ns: 5_000), record(ns: 5_000))
  }

  /// One of each kind, with everything in names and comments that a form has to escape.
  static var all: [CheckResult] {
    [
      result("web.test:80", limit: .milliseconds(50), line: 1, comment: "the shop", probes: record(ns: 213_400)),
      result("web.test:443", limit: .microseconds(200), line: 2, probes: record(ns: 213_400)),
      result(
        "db.test:5432", line: 4, comment: "a < b & \"c\" # SKIP \u{1b}[31m", probes: record(.refused, .rst, ns: 97_000)),
      result("db.test:23", .filtered, line: 5, probes: record(.filtered, .noResponse)),
      result(
        "cache.test:6379", line: 6, probes: record(ns: 81_000), record(.filtered, .noResponse), record(ns: 82_000),
        record(ns: 83_000)),
      result("nowhere.test:80", line: 7, problem: "nowhere.test has no address\n"),
      result("slow.test:80", limit: .milliseconds(1), line: 8, probes: record()),
      result("[2001:db8::1]:22", .refused, line: 9),
    ]
  }

  static let totals = CheckTotals(all, elapsed: .microseconds(1_030_517))

  @Test("as a table") func table() throws {
    let text = TextReport()
    let lines = CheckTests.all.map { text.check($0, width: 16) }
    try Golden.expect(lines.joined() + text.totals(CheckTests.totals), is: "check.txt")
  }

  @Test("as TAP") func tap() throws {
    let lines = CheckTests.all.enumerated().map { TAP.line($1, number: $0 + 1) }
    try Golden.expect(TAP.header(lines.count) + lines.joined() + TAP.bailOut("interrupted"), is: "check.tap")
  }

  @Test("as JUnit's XML") func junit() throws {
    let started = WallTime(nanoseconds: Scene.epoch)
    let document = JUnit.document(CheckTests.all, of: "ports.txt", totals: CheckTests.totals, started: started)
    try Golden.expect(document, is: "check.xml")
  }

  @Test("as JSON Lines") func json() throws {
    let lines = CheckTests.all.map(JSONLines.check) + [JSONLines.summary(CheckTests.totals, of: "ports.txt")]
    try Golden.expect(lines.joined(), is: "check.json")
  }
}

/// Why a check does not hold, in words.
@Suite("Words of failed checks") struct FailureWordsTests {
  private static func words(_ records: Record...) -> String? {
    var result = CheckResult(Check(target: "a:1"))
    for record in records { result.add(record) }
    return result.failureWords
  }

  @Test("of several the latest is told, and how many") func several() {
    let closed = CheckTests.record(.refused, .rst)
    let silent = CheckTests.record(.filtered, .noResponse)
    #expect(Self.words(CheckTests.record(), silent, closed) == "2 of 3: closed (rst), not open")
    #expect(Self.words(closed, CheckTests.record()) == "1 of 2: closed (rst), not open")
    #expect(Self.words(CheckTests.record()) == nil)
  }

  @Test("what this host did not send") func notSent() {
    var none = CheckTests.result("a:1", .unreachable)
    none.fail("sendto: no\u{7}")
    #expect(none.failureWords == "sendto: no\\u{7}")
    var some = CheckTests.result("a:1", probes: CheckTests.record(), CheckTests.record())
    some.fail("sendto: no")
    #expect(some.failureWords == "1 of 3 not sent: sendto: no")
    #expect(PluginLine([some], warning: PluginThreshold(), critical: PluginThreshold()).state == .unknown)
  }
}

/// The line and the code of a monitoring plugin, and fping's line.
@Suite("For monitoring") struct PluginTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var result: CheckResult
    var warning = PluginThreshold()
    var critical = PluginThreshold()
    var state: PluginState
    var line: String
    var testDescription: String { line }
  }

  static let cases: [Case] = [
    Case(
      result: CheckTests.result("web.test:80", probes: CheckTests.record(ns: 213_400)),
      warning: PluginThreshold(rtt: .milliseconds(50), loss: 20),
      critical: PluginThreshold(rtt: .milliseconds(100), loss: 50), state: .ok,
      line: "PROBE OK - web.test:80 open (syn-ack), rtt 0.213 ms"
        + " | rtt=0.000213s;0.050000;0.100000;0 loss=0%;20;50;0;100 syn_loss=0%;;;0;100 syns=1;;;0 syns_lost=0;;;0"),
    Case(
      result: CheckTests.result("web.test:80", probes: CheckTests.record(ns: 213_400)),
      warning: PluginThreshold(rtt: .microseconds(200)), state: .warning,
      line: "PROBE WARNING - web.test:80 open (syn-ack), rtt 0.213 ms, above 200us"
        + " | rtt=0.000213s;0.000200;;0 loss=0%;;;0;100 syn_loss=0%;;;0;100 syns=1;;;0 syns_lost=0;;;0"),
    Case(
      result: CheckTests.result("web.test:80", probes: CheckTests.record(ns: 213_400)),
      warning: PluginThreshold(rtt: .microseconds(100)), critical: PluginThreshold(rtt: .microseconds(213)),
      state: .critical,
      line: "PROBE CRITICAL - web.test:80 open (syn-ack), rtt 0.213 ms, above 213us"
        + " | rtt=0.000213s;0.000100;0.000213;0 loss=0%;;;0;100 syn_loss=0%;;;0;100 syns=1;;;0 syns_lost=0;;;0"),
    Case(
      result: CheckTests.result("web.test:80", probes: CheckTests.record(.filtered, .noResponse)), state: .critical,
      line: "PROBE CRITICAL - web.test:80 filtered (no-response), not open"
        + " | rtt=U;;;0 loss=100%;;;0;100 syn_loss=100%;;;0;100 syns=1;;;0 syns_lost=1;;;0"),
    Case(
      result: CheckTests.result("web.test:80", .refused, probes: CheckTests.record(.refused, .rst, ns: 5_000)),
      state: .ok,
      line: "PROBE OK - web.test:80 closed (rst), rtt 0.005 ms"
        + " | rtt=0.000005s;;;0 loss=0%;;;0;100 syn_loss=0%;;;0;100 syns=1;;;0 syns_lost=0;;;0"),
    Case(
      result: CheckTests.result(
        "web.test:80", probes: CheckTests.record(ns: 5_000), CheckTests.record(.filtered, .noResponse),
        CheckTests.record(ns: 7_000)), state: .warning,
      line: "PROBE WARNING - web.test:80 filtered (no-response), rtt 0.005 ms, loss 34%, SYN loss 34%, not open"
        + " | rtt=0.000005s;;;0 loss=34%;;;0;100 syn_loss=34%;;;0;100 syns=3;;;0 syns_lost=1;;;0"),
    Case(
      result: CheckTests.result(
        "web.test:80", probes: CheckTests.record(ns: 5_000), CheckTests.record(.filtered, .noResponse)),
      warning: PluginThreshold(loss: 50), critical: PluginThreshold(loss: 90), state: .ok,
      line: "PROBE OK - web.test:80 open, rtt 0.005 ms, loss 50%, SYN loss 50%"
        + " | rtt=0.000005s;;;0 loss=50%;50;90;0;100 syn_loss=50%;;;0;100 syns=2;;;0 syns_lost=1;;;0"),
    Case(
      result: CheckTests.result(
        "web.test:80", probes: CheckTests.record(ns: 5_000), CheckTests.record(.filtered, .noResponse)),
      critical: PluginThreshold(loss: 49), state: .critical,
      line: "PROBE CRITICAL - web.test:80 filtered (no-response), rtt 0.005 ms, loss 50%, SYN loss 50%, not open"
        + " | rtt=0.000005s;;;0 loss=50%;;49;0;100 syn_loss=50%;;;0;100 syns=2;;;0 syns_lost=1;;;0"),
    // Whoever says what is critical says that less is not.
    Case(
      result: CheckTests.result(
        "web.test:80", probes: CheckTests.record(ns: 5_000), CheckTests.record(.filtered, .noResponse)),
      critical: PluginThreshold(loss: 90), state: .ok,
      line: "PROBE OK - web.test:80 open, rtt 0.005 ms, loss 50%, SYN loss 50%"
        + " | rtt=0.000005s;;;0 loss=50%;;90;0;100 syn_loss=50%;;;0;100 syns=2;;;0 syns_lost=1;;;0"),
    Case(
      result: CheckTests.result("web.test:80", .refused, probes: CheckTests.record(ns: 213_400)),
      warning: PluginThreshold(rtt: .microseconds(100)), state: .critical,
      line: "PROBE CRITICAL - web.test:80 open (syn-ack), rtt 0.213 ms, not closed, above 100us"
        + " | rtt=0.000213s;0.000100;;0 loss=100%;;;0;100 syn_loss=0%;;;0;100 syns=1;;;0 syns_lost=0;;;0"),
    // A threshold that is met exactly is kept.
    Case(
      result: CheckTests.result(
        "web.test:80", probes: CheckTests.record(ns: 5_000), CheckTests.record(.filtered, .noResponse)),
      warning: PluginThreshold(loss: 49), critical: PluginThreshold(loss: 50), state: .warning,
      line: "PROBE WARNING - web.test:80 filtered (no-response), rtt 0.005 ms, loss 50%, SYN loss 50%, not open"
        + " | rtt=0.000005s;;;0 loss=50%;49;50;0;100 syn_loss=50%;;;0;100 syns=2;;;0 syns_lost=1;;;0"),
    Case(
      result: CheckTests.result("web.test:80", probes: CheckTests.record(ns: 200_000)),
      warning: PluginThreshold(rtt: .microseconds(200)), critical: PluginThreshold(rtt: .microseconds(200)), state: .ok,
      line: "PROBE OK - web.test:80 open (syn-ack), rtt 0.200 ms"
        + " | rtt=0.000200s;0.000200;0.000200;0 loss=0%;;;0;100 syn_loss=0%;;;0;100 syns=1;;;0 syns_lost=0;;;0"),
    Case(
      result: CheckTests.result("web.test:80", probes: CheckTests.record(ns: 200_001)),
      warning: PluginThreshold(rtt: .microseconds(200)), critical: PluginThreshold(rtt: .microseconds(200)),
      state: .critical,
      line: "PROBE CRITICAL - web.test:80 open (syn-ack), rtt 0.200 ms, above 200us"
        + " | rtt=0.000200s;0.000200;0.000200;0 loss=0%;;;0;100 syn_loss=0%;;;0;100 syns=1;;;0 syns_lost=0;;;0"),
    // Every probe was answered, and a fifth of the SYNs was lost: what that is depends on the threshold of its own.
    Case(
      result: CheckTests.lossy, state: .ok,
      line: "PROBE OK - web.test:80 open (syn-ack), rtt 0.005 ms, loss 0%, SYN loss 20%"
        + " | rtt=0.000005s;;;0 loss=0%;;;0;100 syn_loss=20%;;;0;100 syns=5;;;0 syns_lost=1;;;0"),
    Case(
      result: CheckTests.lossy, warning: PluginThreshold(loss: 0, synLoss: 20), state: .ok,
      line: "PROBE OK - web.test:80 open (syn-ack), rtt 0.005 ms, loss 0%, SYN loss 20%"
        + " | rtt=0.000005s;;;0 loss=0%;0;;0;100 syn_loss=20%;20;;0;100 syns=5;;;0 syns_lost=1;;;0"),
    Case(
      result: CheckTests.lossy, warning: PluginThreshold(synLoss: 5), critical: PluginThreshold(synLoss: 20),
      state: .warning,
      line: "PROBE WARNING - web.test:80 open (syn-ack), rtt 0.005 ms, loss 0%, SYN loss 20%, above syn=5%"
        + " | rtt=0.000005s;;;0 loss=0%;;;0;100 syn_loss=20%;5;20;0;100 syns=5;;;0 syns_lost=1;;;0"),
    Case(
      result: CheckTests.lossy, warning: PluginThreshold(rtt: .nanoseconds(1)), critical: PluginThreshold(synLoss: 19),
      state: .critical,
      line: "PROBE CRITICAL - web.test:80 open (syn-ack), rtt 0.005 ms, loss 0%, SYN loss 20%, above syn=19%, above 1ns"
        + " | rtt=0.000005s;0.000000;;0 loss=0%;;;0;100 syn_loss=20%;;19;0;100 syns=5;;;0 syns_lost=1;;;0"),
    Case(
      result: CheckTests.result("a|b:80", problem: "a|b has no address"), state: .critical,
      line: "PROBE CRITICAL - a/b:80 a/b has no address"
        + " | rtt=U;;;0 loss=U;;;0;100 syn_loss=U;;;0;100 syns=0;;;0 syns_lost=0;;;0"),
    Case(
      result: CheckTests.result("web.test:80"), state: .unknown,
      line: "PROBE UNKNOWN - web.test:80 the run ended before this was probed"
        + " | rtt=U;;;0 loss=U;;;0;100 syn_loss=U;;;0;100 syns=0;;;0 syns_lost=0;;;0"),
    Case(
      result: CheckTests.result("web.test:80", limit: .milliseconds(1), probes: CheckTests.record(ns: 2_000_000)),
      state: .critical,
      line: "PROBE CRITICAL - web.test:80 open (syn-ack), rtt 2.00 ms, not below 1ms"
        + " | rtt=0.002000s;;0.001000;0 loss=0%;;;0;100 syn_loss=0%;;;0;100 syns=1;;;0 syns_lost=0;;;0"),
  ]

  @Test("one target", arguments: cases) func one(_ row: Case) {
    let line = PluginLine([row.result], warning: row.warning, critical: row.critical)
    #expect(line.state == row.state)
    #expect(line.text == row.line + "\n")
  }

  @Test("of several the worst, told first") func several() {
    let line = PluginLine(
      [
        CheckTests.result("a=b:1", probes: CheckTests.record(ns: 213_000)), CheckTests.result("c:1"),
        CheckTests.result("c:1", line: 3, probes: CheckTests.record(.refused, .rst, ns: 5_000)),
      ], warning: PluginThreshold(), critical: PluginThreshold())
    #expect(line.state == .critical)
    #expect(
      line.text == """
        PROBE CRITICAL - 2 of 3 not as expected: c:1 closed (rst), rtt 0.005 ms, not open; \
        c:1 the run ended before this was probed \
        | 'a_b:1 rtt'=0.000213s;;;0 'a_b:1 loss'=0%;;;0;100 'a_b:1 syn_loss'=0%;;;0;100 'a_b:1 syns'=1;;;0 \
        'a_b:1 syns_lost'=0;;;0 'c:1 rtt'=U;;;0 'c:1 loss'=U;;;0;100 'c:1 syn_loss'=U;;;0;100 'c:1 syns'=0;;;0 \
        'c:1 syns_lost'=0;;;0 'c:1 line 3 rtt'=0.000005s;;;0 'c:1 line 3 loss'=100%;;;0;100 \
        'c:1 line 3 syn_loss'=0%;;;0;100 'c:1 line 3 syns'=1;;;0 'c:1 line 3 syns_lost'=0;;;0

        """)
    #expect(PluginLine([], warning: PluginThreshold(), critical: PluginThreshold()).state == .ok)
  }

  @Test("every target has a label of its own, however often it is named and whatever it is called") func labels() {
    let checks = [("a:1", 0), ("a:1", 0), ("a:1", 0), ("b=1", 7), ("b_1", 7), ("b'1", 7), ("a:1 2", 0), ("b_1", 8)]
    let results = checks.map { CheckTests.result($0.0, line: $0.1, probes: CheckTests.record(ns: 5_000)) }
    let line = PluginLine(results, warning: PluginThreshold(), critical: PluginThreshold())
    let labels = line.text.matches(of: /'([^']*) rtt'=/).map { String($0.output.1) }
    #expect(labels == ["a:1", "a:1 2", "a:1 3", "b_1", "b_1 line 7", "b_1 2", "a:1 2 2", "b_1 line 8"])
    #expect(Set(labels).count == results.count)
  }

  @Test("a line is never longer than monitoring takes, whatever the names") func bounded() {
    let results = (1...2_000).map {
      CheckTests.result("host-\($0).test:80", probes: CheckTests.record(.filtered, .noResponse))
    }
    let line = PluginLine(results, warning: PluginThreshold(), critical: PluginThreshold())
    #expect(line.text.utf8.count <= 8_192)
    #expect(line.text.hasPrefix("PROBE CRITICAL - 2000 of 2000 not as expected: host-1.test:80"))
    #expect(line.text.contains("; and 1995 more |"))
  }

  @Test(
    "times as fping prints them",
    arguments: [
      (0, "0.000"), (499, "0.000"), (500, "0.001"), (213_400, "0.213"), (999_499, "0.999"), (1_234_567, "1.23"),
      (9_994_999, "9.99"), (12_345_678, "12.3"), (123_456_789, "123"), (1_234_567_890, "1235"), (-5, "0.000"),
    ])
  func fping(_ nanoseconds: Int64, _ text: String) {
    #expect(FpingLine.text("a:80", width: 6, times: [.nanoseconds(nanoseconds), nil]) == "a:80   : \(text) -\n")
  }

  @Test("a name is one word to the reader") func word() {
    #expect(FpingLine.text("a b\n:80", width: 0, times: []) == "a_b\\u{a}:80 : \n")
  }

  @Test("what separates labels does not come out of a name") func separators() {
    let line = PluginLine(
      [CheckTests.result("a'b=c|d:1", probes: CheckTests.record(ns: 1_000)), CheckTests.result("e:1")],
      warning: PluginThreshold(), critical: PluginThreshold())
    #expect(line.text.contains("'a_b_c/d:1 rtt'=0.000001s;;;0 'a_b_c/d:1 loss'=0%;;;0;100"))
  }

  @Test("a check that stands in no file has no place in one") func withoutFile() {
    let failed = CheckTests.record(.filtered, .noResponse)
    #expect(TAP.line(CheckTests.result("a:1", line: 3, probes: failed), number: 1).contains("  at: \"ports.txt:3\"\n"))
    #expect(!TAP.line(CheckTests.result("a:1", line: 0, probes: failed), number: 1).contains("  at: "))
  }
}
