import Timebase

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
