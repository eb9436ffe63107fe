import Timebase

/// Least, mean, greatest and deviation in ping's own arithmetic: every duration cut to whole microseconds first.
///
/// So the line that is printed from it is the one that ping would print, to the last digit.
public struct PingTimes: Hashable, Sendable {
  /// Counts microseconds where its own words say nanoseconds.
  private var moments = Moments()

  /// Nothing recorded yet.
  public init() {}

  /// Takes one duration.
  public mutating func record(_ interval: Interval) { moments.record(interval / 1_000) }

  /// The shortest; nil without any.
  public var min: Interval? { moments.min.map(PingTimes.whole) }
  /// The mean; nil without any.
  public var mean: Interval? { moments.mean.map(PingTimes.whole) }
  /// The longest; nil without any.
  public var max: Interval? { moments.max.map(PingTimes.whole) }
  /// The deviation; nil without any.
  public var mdev: Interval? { moments.mdev.map(PingTimes.whole) }

  private static func whole(_ micros: Interval) -> Interval { micros * 1_000 }
}
