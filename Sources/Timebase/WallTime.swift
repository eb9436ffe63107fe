/// A point on the wall clock: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// The kernel stamps packets on this clock (CLOCK_REALTIME), and it may be stepped at any moment:
/// a difference of two is a duration only where the monotonic clock agrees (see `Stamp`).
public struct WallTime: Hashable, Comparable, Sendable, BitwiseCopyable {
  /// Nanoseconds since the epoch.
  public var nanoseconds: Int64

  /// The point so many nanoseconds after the epoch.
  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// No point: when it was is not known.
  @inlinable public static var unknown: WallTime { WallTime(nanoseconds: .min) }
  /// Whether it is a point.
  @inlinable public var isKnown: Bool { nanoseconds != .min }

  /// Whether one comes before the other.
  @inlinable public static func < (a: WallTime, b: WallTime) -> Bool { a.nanoseconds < b.nanoseconds }
  /// The time from one to the other, if the clock was not stepped in between.
  @inlinable public static func - (a: WallTime, b: WallTime) -> Interval {
    Interval(nanoseconds: a.nanoseconds - b.nanoseconds)
  }
  /// The point so much later.
  @inlinable public static func + (a: WallTime, b: Interval) -> WallTime {
    WallTime(nanoseconds: a.nanoseconds + b.nanoseconds)
  }
}
