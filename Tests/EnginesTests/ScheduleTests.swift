import Testing
import Timebase

@testable import Engines

/// When probes are due.
@Suite struct ScheduleTests {
  @Test func oneTargetKeepsTheInterval() {
    let schedule = Schedule(interval: .milliseconds(200))
    #expect((0..<4).map { schedule.due(round: $0, target: 0, of: 1) } == [0, 200, 400, 600].map { .milliseconds($0) })
  }

  @Test func neighboursDoNotStartTogether() {
    let schedule = Schedule(interval: .seconds(1))
    #expect((0..<3).map { schedule.due(round: 1, target: $0, of: 3) } == [1000, 1005, 1010].map { .milliseconds($0) })
  }

  @Test("no run sends more than a thousand probes a second", arguments: [1, 2, 100, 1_001, 65_535])
  func isBounded(targets: Int) {
    let schedule = Schedule(interval: .milliseconds(1))
    var previous = Interval.milliseconds(-1)
    for round in 0..<3 {
      for target in stride(from: 0, to: targets, by: max(1, targets / 7)) {
        let due = schedule.due(round: round, target: target, of: targets)
        #expect(due - previous >= Schedule.leastGap)
        previous = due
      }
    }
  }

  @Test("a gap that was asked for is kept over all targets and rounds") func gap() {
    var schedule = Schedule(count: 2, interval: .milliseconds(100))
    schedule.gap = .milliseconds(250)
    let slow = (0..<2).flatMap { round in (0..<3).map { schedule.due(round: round, target: $0, of: 3) } }
    #expect(slow == [0, 250, 500, 750, 1_000, 1_250].map { .milliseconds($0) })
    schedule.gap = .milliseconds(2)
    let quick = (0..<2).flatMap { round in (0..<3).map { schedule.due(round: round, target: $0, of: 3) } }
    #expect(quick == [0, 2, 4, 100, 102, 104].map { .milliseconds($0) }, "no target sooner than its interval")
    schedule.gap = .zero
    #expect(schedule.due(round: 0, target: 7, of: 8) == .milliseconds(7), "nor the run faster than it may")
    schedule.gap = .seconds(1_000)
    #expect(schedule.due(round: .max, target: .max, of: .max) == Schedule.farthest)
  }

  @Test func theFarFutureIsNoTrap() {
    let schedule = Schedule(count: nil, interval: .seconds(86_400))
    #expect(schedule.due(round: .max, target: 65_534, of: 65_535) >= Schedule.farthest)
  }
}
