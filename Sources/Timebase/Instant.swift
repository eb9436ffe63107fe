/// A point on the monotonic clock, in nanoseconds since an arbitrary start; never steps back.
public struct Instant: Hashable, Comparable, Sendable {
  /// Nanoseconds since the clock's start.
  public var nanoseconds: Int64

  /// The point so many nanoseconds after the clock's start.
  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// Whether one comes before the other.
  @inlinable public static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }
  /// The point so much later.
  @inlinable public static func + (a: Instant, b: Interval) -> Instant {
    Instant(nanoseconds: a.nanoseconds + b.nanoseconds)
  }
  /// The time from one to the other.
  @inlinable public static func - (a: Instant, b: Instant) -> Interval {
    Interval(nanoseconds: a.nanoseconds - b.nanoseconds)
  }
}
