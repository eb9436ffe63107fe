import Statistics
import Timebase

/// The round-trip times to a hop, in bounded memory.
public struct RouteTimes: Sendable {
  private var moments = Moments()
  private(set) var histogram: Histogram
  private var hasUserTimes = false
  /// The latest one; nil without any.
  public private(set) var last: Interval?

  /// Nothing recorded yet.
  init(_ precision: Histogram.Precision = .fine) { histogram = Histogram(precision) }

  mutating func record(_ measurement: Measurement) {
    moments.record(measurement.interval)
    histogram.record(measurement.interval)
    last = Swift.max(measurement.interval, .zero)
    if measurement.clock != .kernel { hasUserTimes = true }
  }

  mutating func merge(_ other: RouteTimes) {
    moments.merge(other.moments)
    histogram.merge(other.histogram)
    last = other.last ?? last
    hasUserTimes = hasUserTimes || other.hasUserTimes
  }

  /// How many were recorded.
  public var count: Int { Int(clamping: moments.count) }
  /// All of them added up.
  public var total: Interval { moments.total }
  /// The shortest.
  public var min: Interval? { moments.min }
  /// The mean.
  public var mean: Interval? { moments.mean }
  /// The longest.
  public var max: Interval? { moments.max }

  /// The time at a share of the samples.
  public func value(at quantile: Quantile) -> Interval? {
    guard let value = histogram.value(at: quantile), let least = moments.min, let most = moments.max else { return nil }
    return Swift.min(Swift.max(value, least), most)
  }

  /// The standard deviation of a sample, as mtr has it: 0 of a single time.
  public var deviation: Interval? {
    guard let deviation = moments.mdev else { return nil }
    guard moments.count > 1 else { return .zero }
    let count = Double(moments.count)
    let scaled = Double(deviation.nanoseconds) * (count / (count - 1)).squareRoot()
    return .nanoseconds(Int64(Swift.min(scaled.rounded(), 9e18)))
  }

  /// Whose clock timed them: the kernel's only where it timed all of them; nil without any.
  public var clock: ClockSource? { moments.count == 0 ? nil : hasUserTimes ? .user : .kernel }
}
