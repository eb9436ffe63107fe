import Timebase

/// Whose turn it is and when: round by round, target by target, as a schedule says.
///
/// Probes that could not begin when they were due, for want of a free place or because the host slept, are not made up
/// for all at once: what is left is put off by whole rounds.
public struct Rota: Sendable {
  private let schedule: Schedule
  private let targets: Int
  private var start: Instant
  private var round = 0
  private var target = 0
  private var latest: Instant?

  /// Lateness of less is made up for, however short the interval: a busy machine wakes nobody to the millisecond.
  static let tolerance = Interval.milliseconds(100)

  /// The least time between two probes, also where the earlier one was late.
  public static let leastGap = Schedule.leastGap / 2

  /// The turns of so many targets.
  public init(_ schedule: Schedule, targets: Int, from start: Instant) {
    (self.schedule, self.targets, self.start) = (schedule, targets, start)
  }

  /// When the next probe is to begin; nil where none is left.
  public var nextStart: Instant? {
    guard let due else { return nil }
    return latest.map { max(due, $0 + Rota.leastGap) } ?? due
  }

  private var due: Instant? {
    guard targets > 0, round < schedule.count ?? .max else { return nil }
    return start + schedule.due(round: round, target: target, of: targets)
  }

  /// Puts off what is left by as many whole rounds as the next probe is late; returns how many.
  public mutating func slip(at now: Instant) -> Int {
    guard let due else { return 0 }
    let pace = schedule.due(round: 1, target: 0, of: targets)
    let late = now - due
    guard late >= max(pace, Rota.tolerance) else { return 0 }
    let rounds = late.nanoseconds / pace.nanoseconds
    start = start + pace * rounds
    return Int(rounds)
  }

  /// The target of the next probe, and which of the target's it is, from 1.
  public var next: (target: Int, sequence: Int) { (target, round + 1) }

  /// Takes the turn.
  public mutating func take(at now: Instant) -> (target: Int, sequence: Int) {
    defer {
      latest = now
      target += 1
      if target == targets { (round, target) = (round + 1, 0) }
    }
    return next
  }
}
