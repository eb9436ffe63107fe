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

  @Test func theFarFutureIsNoTrap() {
    let schedule = Schedule(count: nil, interval: .seconds(86_400))
    #expect(schedule.due(round: .max, target: 65_534, of: 65_535) >= Schedule.farthest)
  }
}
