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

/// A length of time in whole nanoseconds; negative when it runs backwards.
public struct Interval: Hashable, Comparable, Sendable {
  /// The length in nanoseconds.
  public var nanoseconds: Int64

  /// A length of so many nanoseconds.
  @inlinable public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// No time at all.
  public static let zero = Interval(nanoseconds: 0)

  /// A length of whole nanoseconds.
  @inlinable public static func nanoseconds(_ count: Int64) -> Interval { Interval(nanoseconds: count) }
  /// A length of whole microseconds.
  @inlinable public static func microseconds(_ count: Int64) -> Interval { Interval(nanoseconds: count * 1_000) }
  /// A length of whole milliseconds.
  @inlinable public static func milliseconds(_ count: Int64) -> Interval { Interval(nanoseconds: count * 1_000_000) }
  /// A length of whole seconds.
  @inlinable public static func seconds(_ count: Int64) -> Interval { Interval(nanoseconds: count * 1_000_000_000) }

  /// Whether one is shorter than the other.
  @inlinable public static func < (a: Interval, b: Interval) -> Bool { a.nanoseconds < b.nanoseconds }
  /// Both after each other; traps beyond 292 years.
  @inlinable public static func + (a: Interval, b: Interval) -> Interval {
    Interval(nanoseconds: a.nanoseconds + b.nanoseconds)
  }
  /// What one is longer than the other.
  @inlinable public static func - (a: Interval, b: Interval) -> Interval {
    Interval(nanoseconds: a.nanoseconds - b.nanoseconds)
  }
  /// So many times the length.
  @inlinable public static func * (a: Interval, factor: Int64) -> Interval {
    Interval(nanoseconds: a.nanoseconds * factor)
  }
  /// A part of the length, rounded towards zero.
  @inlinable public static func / (a: Interval, divisor: Int64) -> Interval {
    Interval(nanoseconds: a.nanoseconds / divisor)
  }

  /// The same length without its sign.
  @inlinable public var magnitude: Interval { Interval(nanoseconds: abs(nanoseconds)) }
}

extension Int64 {
  /// The sum, or the nearest number there is.
  package func addingClamped(_ other: Int64) -> Int64 {
    let (sum, isTooGreat) = addingReportingOverflow(other)
    return isTooGreat ? (other < 0 ? .min : .max) : sum
  }
}
