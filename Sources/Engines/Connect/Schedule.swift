import Timebase

/// When the probes of a run are due: the n-th of every target at start + n·interval, whatever the answers do.
public struct Schedule: Hashable, Sendable {
  /// How many probes each target gets; nil goes on until interrupted.
  public var count: Int?
  /// From one probe of a target to its next.
  public var interval: Interval
  /// When the whole run is to end; nil lets it take its time.
  public var deadline: Interval?
  /// The time between any two probes of the run; nil spreads the targets over the interval.
  public var gap: Interval?

  /// A schedule of so many probes.
  public init(count: Int? = 1, interval: Interval = .seconds(1), deadline: Interval? = nil) {
    self.count = count
    self.interval = interval
    self.deadline = deadline
  }

  /// The most time between the first probes of two neighbouring targets: none starts in the same instant.
  public static let stagger = Interval.milliseconds(5)

  /// The smallest time between any two probes: a run never sends more than a thousand a second of its own accord.
  public static let leastGap = Interval.milliseconds(1)

  /// As far ahead as anything is ever due: decades, and far from the end of the clock.
  static let farthest = Interval(nanoseconds: .max / 4)

  /// How long after the start a probe is due; where there are more targets than the interval has room for, each
  /// round takes as long as they need.
  public func due(round: Int, target: Int, of targets: Int) -> Interval {
    let count = Int64(max(targets, 1))
    let spread = max(Schedule.leastGap, gap ?? min(Schedule.stagger, interval / count))
    let pace = max(interval, Schedule.times(spread, count))
    return min(Schedule.times(pace, Int64(round)) + Schedule.times(spread, Int64(target)), Schedule.farthest)
  }

  private static func times(_ interval: Interval, _ factor: Int64) -> Interval {
    let (product, isTooFar) = interval.nanoseconds.multipliedReportingOverflow(by: factor)
    return isTooFar ? farthest : min(.nanoseconds(product), farthest)
  }
}

/// Whose turn it is and when: round by round, target by target, as a schedule says.
///
/// A target whose name is still being looked up has no turns; it joins when that is known, and has as many as the others.
/// Probes that could not begin when they were due, for lack of a free place or because the host slept, are not made up
/// for all at once: what is left is put off by whole rounds.
public struct ProbeClock: Sendable {
  private let schedule: Schedule
  private var targets: Int
  /// When the next probe of each target is due, not counting what was put off.
  private var queue = DeadlineQueue()
  /// How many turns each target has had.
  private var turns: [Int]
  /// By how much all that is left was put off.
  private var shift = Interval.zero
  private var latest: Instant?
  /// Since when nothing is to begin; nil where it is.
  private var pausedAt: Instant?
  /// The smallest time between two probes.
  private var gap = ProbeClock.leastGap

  /// Lateness of less is made up for, however short the interval: a busy machine wakes no one to the millisecond.
  static let tolerance = Interval.milliseconds(100)

  /// The smallest time between two probes, also where the earlier one was late.
  public static let leastGap = Schedule.leastGap / 2

  /// The turns of so many targets, but those that are absent.
  public init(
    _ schedule: Schedule, targets: Int, from start: Instant, isAbsent: (Int) -> Bool = { _ in false }
  ) {
    (self.schedule, self.targets) = (schedule, targets)
    turns = [Int](repeating: 0, count: targets)
    guard schedule.count != 0 else { return }
    for target in turns.indices where !isAbsent(target) {
      queue.set(start + schedule.due(round: 0, target: target, of: targets), of: target)
    }
  }

  /// Gives a target that was absent its turns, the first one now.
  public mutating func join(_ target: Int, at now: Instant) {
    guard turns.indices.contains(target), turns[target] < schedule.count ?? .max else { return }
    queue.set(now + shift * -1, of: target)
    // It comes between others, whose distance was the schedule's.
    gap = max(gap, schedule.due(round: 0, target: 1, of: targets))
  }

  /// Gives another target its turns, the first one now, or when it joins.
  public mutating func add(isAbsent: Bool, at now: Instant) {
    targets += 1
    turns.append(0)
    if !isAbsent { join(targets - 1, at: now) }
  }

  /// Takes all turns from a target for good.
  public mutating func remove(_ target: Int) {
    guard turns.indices.contains(target) else { return }
    queue.set(nil, of: target)
    turns[target] = .max
  }

  /// When the next probe is to begin; nil where none is left.
  public var nextStart: Instant? {
    guard let due else { return nil }
    if pausedAt != nil { return ProbeClock.never }
    return latest.map { max(due, $0 + gap) } ?? due
  }

  private var due: Instant? { queue.first.map { $0.deadline + shift } }

  private var pace: Interval { schedule.due(round: 1, target: 0, of: targets) }

  /// Later than any run lasts.
  private static let never = Instant(nanoseconds: .max / 2)

  /// Begins nothing from now on, or goes on: what is left is due as much later as the pause lasted.
  public mutating func setPaused(_ isPaused: Bool, at now: Instant) {
    if isPaused {
      pausedAt = pausedAt ?? now
    } else if let since = pausedAt {
      shift = shift + (now - since)
      pausedAt = nil
    }
  }

  /// Puts off what is left by as many whole rounds as the next probe is late; returns how many.
  public mutating func slip(at now: Instant) -> Int {
    guard let due else { return 0 }
    let pace = pace
    let late = now - due
    guard late >= max(pace, ProbeClock.tolerance) else { return 0 }
    let rounds = late.nanoseconds / pace.nanoseconds
    shift = shift + pace * rounds
    return Int(rounds)
  }

  /// The target of the next probe, and which of the target's it is, from 1.
  public var next: (target: Int, sequence: Int) {
    guard let target = queue.first?.slot else { return (0, 1) }
    return (target, turns[target] + 1)
  }

  /// Takes the turn.
  public mutating func take(at now: Instant) -> (target: Int, sequence: Int) {
    let turn = next
    latest = now
    guard let due = queue.first?.deadline else { return turn }
    turns[turn.target] = turn.sequence
    queue.set(turn.sequence < schedule.count ?? .max ? due + pace : nil, of: turn.target)
    return turn
  }
}
