import Timebase

/// Everything that is told of one kind of duration: moments, quantiles and jitter, in bounded memory.
public struct Series: Sendable {
  /// Count, least, largest, mean and deviation.
  public private(set) var moments = Moments()
  /// How often each duration occurred.
  public private(set) var histogram = Histogram()
  /// What ping would print of the same durations.
  public private(set) var ping = PingTimes()
  /// The difference between neighbours.
  public private(set) var jitter = Jitter()

  /// Nothing recorded yet.
  public init() {}

  /// Takes the next duration.
  public mutating func record(_ interval: Interval) {
    moments.record(interval)
    histogram.record(interval)
    ping.record(interval)
    jitter.record(interval)
  }

  /// The duration at a share of the samples, within a 1024th and never beyond the extremes; nil without samples.
  public func value(at quantile: Quantile) -> Interval? {
    guard let value = histogram.value(at: quantile), let least = moments.min, let greatest = moments.max else {
      return nil
    }
    return min(max(value, least), greatest)
  }
}

/// The mean deviation of the difference between neighbouring durations (RFC 3550 §6.4.1), in nanoseconds.
///
/// J += (|D| − J) / 16, kept sixteenfold in an integer as in the RFC's appendix A.8.
public struct Jitter: Hashable, Sendable {
  private var last: Int64?
  private var sixteenfold: Int64?

  /// Nothing recorded yet.
  public init() {}

  /// Takes the next duration; one beyond a day counts as a day.
  public mutating func record(_ interval: Interval) {
    let value = min(max(interval.nanoseconds, 0), 86_400_000_000_000)
    defer { last = value }
    guard let last else { return }
    let jitter = sixteenfold ?? 0
    sixteenfold = jitter + abs(value - last) - (jitter + 8) >> 4
  }

  /// The jitter so far; nil before there were two durations.
  public var value: Interval? { sixteenfold.map { .nanoseconds($0 >> 4) } }
}
