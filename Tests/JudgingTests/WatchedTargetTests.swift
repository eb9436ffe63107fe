import Handshake
import Testing
import Timebase
import Wire

@testable import Judging

/// What is known of a watched target.
@Suite struct WatchedTargetTests {
  static let target = WatchedTarget("web.test:80", remote: Probes.remote, mode: .full)

  /// Takes probes one second apart.
  @discardableResult
  static func feed(_ target: inout WatchedTarget, _ records: [Record]) -> [WatchChange] {
    records.compactMap { target.add($0, at: .seconds(Int64($0.sequence - 1))) }
  }

  /// Silence is known seconds after later probes were answered: it is loss, and no news of the state.
  @Test("a result that comes late does not turn the state back") func late() {
    var target = Self.target
    let order = [1, 3, 4, 5, 2, 6].map { $0 == 2 ? Probes.lost($0) : Probes.record(sequence: $0) }
    #expect(Self.feed(&target, order).count == 1)
    #expect(target.state == .open)
    #expect((target.summary.loss.sent, target.summary.loss.received) == (6, 5))
    #expect(target.outages.count == 0, "one alone is loss")
    var down = Self.target
    let outage = [1, 2, 3, 7, 4, 5, 6, 8].map { (3...6).contains($0) ? Probes.lost($0) : Probes.record(sequence: $0) }
    #expect(Self.feed(&down, outage).map(\.to) == [.open, .filtered, .open])
    #expect((down.outages.count, down.outageTime) == (1, .seconds(4)))
  }

  @Test("an interrupted probe is neither loss nor news") func skipped() {
    var target = Self.target
    Self.feed(&target, [Probes.record()])
    target.skip(sequence: 2)
    #expect((target.state, target.summary.loss.sent, target.summary.undecided) == (.open, 1, 1))
  }

  @Test("a result that comes twice is no news, and what was not answered has no time in the course")
  func noNews() {
    var target = Self.target
    #expect(Self.feed(&target, [Probes.record(sequence: 2)]).count == 1)
    #expect(Self.feed(&target, [Probes.lost(2)]).isEmpty && target.state == .open)
    var timed = Self.target
    let outcome = Outcome(
      byKernel: Flow(local: Probes.local, remote: Probes.remote), verdict: .filtered, reason: .noResponse,
      started: WallTime(nanoseconds: Probes.epoch),
      steps: [Step(.syn, Measurement(.microseconds(5), clock: .kernel))], ending: .none)
    _ = timed.add(Record(target: "web.test:80", sequence: 1, outcome: outcome), at: .zero)
    #expect(timed.course.slices.map(\.lost) == [1])
  }

  @Test("success is what was expected, and nothing that this host kept back") func success() {
    var target = Self.target
    Self.feed(&target, [Probes.record()])
    #expect(target.isAsExpected == true && target.successes == 1)
    Self.feed(&target, [Probes.lost(2)])
    #expect(target.isAsExpected == false && target.successes == 1)
    var unsent = WatchedTarget("web.test:80", remote: Probes.remote, mode: .full, expected: .unreachable)
    Self.feed(&unsent, [Probes.record(.unreachable, .notSent)])
    #expect(unsent.state == .unreachable && unsent.isAsExpected == false && unsent.successes == 0)
  }
}

/// What many probes come to.
@Suite struct TargetSummaryTests {
  @Test("an interrupted probe does not hold up what comes after it") func undecidedBetween() {
    var summary = TargetSummary(target: "web.test:80", remote: Probes.remote, mode: .connect)
    summary.add(Probes.lost(1))
    summary.addUndecided(sequence: 2)
    summary.add(Probes.lost(3))
    summary.add(Probes.record(sequence: 4, ns: 1_000))
    #expect(summary.outages.count == 1 && summary.undecided == 1)
    #expect((summary.loss.sent, summary.loss.received) == (3, 1))
  }
}
