// RFC 9293 §3.4: sequence numbers, arithmetic modulo 2^32.

/// A point in TCP's circle of 2^32 sequence numbers.
///
/// Not `Comparable`: circular order is not transitive, so sorting would be a bug. A length is a plain `UInt32`.
public struct SequenceNumber: Hashable, Sendable, CustomStringConvertible {
  /// The number as the header carries it.
  public var value: UInt32

  /// The point of this number.
  @inlinable public init(_ value: UInt32) { self.value = value }

  /// The point so many numbers further on.
  @inlinable public static func + (point: Self, length: UInt32) -> Self { Self(point.value &+ length) }

  /// The point so many numbers back.
  @inlinable public static func - (point: Self, length: UInt32) -> Self { Self(point.value &- length) }

  /// Moves the point so many numbers on.
  @inlinable public static func += (point: inout Self, length: UInt32) { point.value &+= length }

  /// How many numbers lie from `other` forward to here.
  @inlinable public func distance(from other: Self) -> UInt32 { value &- other.value }

  /// Whether this point lies in the half circle before `other`; two points exactly opposite precede each other.
  @inlinable public func precedes(_ other: Self) -> Bool { Int32(truncatingIfNeeded: value &- other.value) < 0 }

  /// Whether this point is one of the `length` numbers that begin with `first`.
  @inlinable public func isIn(_ first: Self, length: UInt32) -> Bool { value &- first.value < length }

  /// The number in decimal.
  public var description: String { String(value) }
}
