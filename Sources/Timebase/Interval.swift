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
