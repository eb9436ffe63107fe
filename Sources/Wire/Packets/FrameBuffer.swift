// One packet's room (RFC 894: an Ethernet frame carries at most 1500 octets), held in place.

/// One packet built or received in place: no heap, no copy, one owner.
public struct FrameBuffer: ~Copyable, Sendable {
  /// The octets a buffer holds: an Ethernet frame with its headers, rounded up to a power of two.
  @inlinable public static var capacity: Int { 2048 }

  @usableFromInline var storage = InlineArray<2048, UInt8>(repeating: 0)

  /// An empty buffer, all zeros.
  @inlinable public init() {}

  /// Lends the whole buffer for writing and returns what `body` returns.
  ///
  /// A closure and not a property: Swift 6.3 cannot express the lifetime of a mutable raw span over an inline array.
  @inlinable public mutating func build<R: ~Copyable, E: Error>(
    _ body: (inout MutableRawSpan) throws(E) -> R
  ) throws(E) -> R {
    var octets = storage.mutableSpan
    var bytes = unsafe octets.mutableBytes
    return try body(&bytes)
  }

  /// The whole buffer, read only.
  public var view: RawSpan { @inlinable @_lifetime(borrow self) get { storage.raw } }

  /// The first `count` octets, read only; traps when the buffer is smaller.
  @inlinable @_lifetime(borrow self)
  public borrowing func view(first count: Int) -> RawSpan { storage.raw.extracting(first: count) }
}
