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

  /// The least time between any two probes: a run never sends more than a thousand a second of its own accord.
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
