import Handshake
import Testing
import Timebase

@testable import Judging

/// Whether checks hold, and why not.
@Suite struct CheckTests {
  static func result(
    _ records: Record..., expected: ExpectedState = .open, limit: Interval? = nil, problem: String? = nil
  ) -> CheckResult {
    var result = CheckResult(Check(target: "a:1", expected: expected, limit: limit), problem: problem)
    for record in records { result.add(record) }
    return result
  }

  static let closed = Probes.record(.refused, .rst)

  @Test("what holds, what does not, and why") func standings() {
    #expect(Self.result(Probes.record()).failure == nil)
    #expect(Self.result().failure == .notProbed && Self.result().standing == .error)
    let wrong = Self.result(Self.closed)
    #expect(wrong.failure == .state(1, of: 1, wrong.telling) && wrong.standing == .fails)
    var impossible = Self.result(problem: "no such name")
    impossible.add(Probes.record())
    #expect(impossible.standing == .error && impossible.failure == .problem("no such name"))
    #expect(Self.result(Probes.lost(1), expected: .filtered).standing == .holds)
    let results = [Self.result(Probes.record()), wrong, impossible]
    let totals = CheckTotals(results, elapsed: .zero)
    #expect((totals.hold, totals.fail, totals.error, totals.count) == (1, 1, 1, 3))
  }

  @Test("the median has to be below the limit, not the slowest") func limits() {
    let limit = Interval.microseconds(100)
    let times: [Int64] = [90_000, 99_999, 900_000]
    var median = Self.result(limit: limit)
    for time in times { median.add(Probes.record(ns: time)) }
    #expect(median.rtt == .nanoseconds(99_999) && median.standing == .holds)
    let slow = Self.result(Probes.record(ns: 100_000), limit: limit)
    #expect(slow.standing == .fails && slow.failure == .tooSlow(.nanoseconds(100_000), limit: limit), "below")
    #expect(Self.result(Probes.record(), limit: limit).failure == .noTime)
  }

  @Test("of several the latest that was not as expected tells") func telling() {
    let last = Self.result(Probes.record(), Probes.lost(2), Self.closed)
    #expect(last.telling?.reason == .rst && last.failure == .state(2, of: 3, last.telling) && last.loss == 67)
    #expect(Self.result(Self.closed, Probes.record()).telling?.reason == .rst, "an answer does not hide another")
  }

  @Test("what this host did not send says nothing of the target") func notSent() {
    var none = Self.result(expected: .unreachable)
    none.fail("sendto: no")
    #expect((none.standing, none.failure) == (.error, .notSent(1, of: 1, cause: "sendto: no")))
    var some = Self.result(Probes.record(), Probes.record())
    some.fail("sendto: no")
    #expect((some.standing, some.failure) == (.error, .notSent(1, of: 3, cause: "sendto: no")))
    some.add(Self.closed)
    #expect((some.standing, some.failure) == (.fails, .state(1, of: 3, some.telling)), "what is known outranks it")
  }
}

/// What a monitoring plugin answers.
@Suite struct PluginStateTests {
  private static func finding(
    _ result: CheckResult, warning: PluginThreshold = PluginThreshold(), critical: PluginThreshold = PluginThreshold()
  ) -> PluginFinding {
    PluginFinding(result, warning: warning, critical: critical)
  }

  @Test("critical, warning, unknown, OK: the worse of two") func order() {
    let order: [PluginState] = [.ok, .unknown, .warning, .critical]
    for (a, first) in order.enumerated() {
      for (b, second) in order.enumerated() { #expect(first.worse(second) == order[max(a, b)]) }
    }
    #expect(PluginState.allCases.map(\.rawValue) == [0, 1, 2, 3])
  }

  @Test("a threshold that is met exactly is kept; above both, the critical one is told") func times() {
    let result = CheckTests.result(Probes.record(ns: 200_000))
    let limit = PluginThreshold(rtt: .microseconds(200))
    #expect(Self.finding(result, warning: limit, critical: limit).state == .ok)
    let slow = CheckTests.result(Probes.record(ns: 200_001))
    let both = Self.finding(slow, warning: PluginThreshold(rtt: .microseconds(1)), critical: limit)
    #expect(both.state == .critical && both.exceeded == .microseconds(200))
    #expect(Self.finding(slow, warning: limit).state == .warning)
  }

  @Test("some that are lost are a warning, or what the thresholds say; all are critical") func losses() {
    let half = CheckTests.result(Probes.record(ns: 5_000), Probes.lost(2))
    #expect(Self.finding(half).state == .warning)
    let (loose, tight) = (PluginThreshold(loss: 50), PluginThreshold(loss: 49))
    #expect(Self.finding(half, warning: loose).state == .ok)
    #expect(Self.finding(half, warning: tight).state == .warning)
    #expect(Self.finding(half, critical: tight).state == .critical)
    #expect(Self.finding(half, critical: loose).state == .ok, "whoever says what is critical says that less is not")
    #expect(Self.finding(CheckTests.result(Probes.lost(1)), critical: PluginThreshold(loss: 100)).state == .critical)
  }

  @Test("where nothing is known of the target, only a missing name is critical") func unknown() {
    #expect(Self.finding(CheckTests.result()).state == .unknown)
    let nameless = Self.finding(CheckTests.result(problem: "no address"))
    #expect(nameless.state == .critical && !nameless.isMeasured)
    let slow = CheckTests.result(Probes.record(ns: 2_000_000), limit: .milliseconds(1))
    #expect(Self.finding(slow).state == .critical, "a check's own limit")
  }
}
