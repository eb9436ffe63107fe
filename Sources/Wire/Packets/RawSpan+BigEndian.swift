// Network byte order (RFC 791, appendix B): the most significant octet comes first.
//
// The fence: this file and FrameBuffer.swift hold the room's only `unsafe`. Every call below keeps the bounds check of the
// span it goes through, and every bit pattern of an integer is a value, so what they offer is safe to use.

extension RawSpan {
  /// Reads a big-endian integer at an octet offset, at any alignment; traps when it does not lie within the span.
  @inlinable package func load<T: FixedWidthInteger & BitwiseCopyable>(
    bigEndian offset: Int, as _: T.Type = T.self
  ) -> T {
    unsafe T(bigEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// Reads an integer in this machine's own byte order, for sums that do not care (RFC 1071 §2(B)); traps outside the span.
  @inlinable package func load<T: FixedWidthInteger & BitwiseCopyable>(
    native offset: Int, as _: T.Type = T.self
  ) -> T {
    unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: T.self)
  }

  /// Reads one octet; traps outside the span.
  @inlinable package func octet(at offset: Int) -> UInt8 { load(native: offset) }

  /// The octets as an array, for messages and for values that outlive their packet.
  package var octets: [UInt8] { [UInt8](capacity: byteCount) { for i in byteOffsets { $0.append(octet(at: i)) } } }
}

extension MutableRawSpan {
  /// Writes a big-endian integer at an octet offset, at any alignment; traps when it does not lie within the span.
  @inlinable @_lifetime(self: copy self)
  package mutating func store<T: FixedWidthInteger & BitwiseCopyable>(bigEndian value: T, at offset: Int) {
    storeBytes(of: value.bigEndian, toByteOffset: offset, as: T.self)
  }

  /// Copies all of `source` to an octet offset; traps when it does not fit.
  @inlinable @_lifetime(self: copy self)
  package mutating func copy(_ source: RawSpan, at offset: Int) {
    precondition(offset >= 0 && source.byteCount <= byteCount - offset, "copy beyond the end of the span")
    var i = 0
    while i &+ 8 <= source.byteCount {
      storeBytes(of: source.load(native: i), toByteOffset: offset &+ i, as: UInt64.self)
      i &+= 8
    }
    while i < source.byteCount {
      storeBytes(of: source.octet(at: i), toByteOffset: offset &+ i, as: UInt8.self)
      i &+= 1
    }
  }
}

extension Span<UInt8> {
  /// The same octets as a raw span.
  @inlinable package var raw: RawSpan { @_lifetime(copy self) get { unsafe bytes } }
}

extension [UInt8] {
  /// Lends all octets for writing and returns what `body` returns.
  @inlinable package mutating func build<R: ~Copyable, E: Error>(
    _ body: (inout MutableRawSpan) throws(E) -> R
  ) throws(E) -> R {
    var octets = mutableSpan
    var bytes = unsafe octets.mutableBytes
    return try body(&bytes)
  }

  /// Copies all of `source` to an octet offset; traps when it does not fit.
  @inlinable package mutating func copy(_ source: RawSpan, at offset: Int) {
    var octets = mutableSpan
    var bytes = unsafe octets.mutableBytes
    bytes.copy(source, at: offset)
  }

  /// Appends all of `source`.
  @inlinable package mutating func append(copying source: RawSpan) {
    let start = count
    append(contentsOf: repeatElement(0, count: source.byteCount))
    copy(source, at: start)
  }
}

extension InlineArray where Element == UInt8 {
  /// The octets as a raw span.
  @inlinable package var raw: RawSpan { @_lifetime(borrow self) get { unsafe span.bytes } }

  /// Writes a big-endian integer at an octet offset; traps when it does not lie within the array.
  @inlinable package mutating func store<T: FixedWidthInteger & BitwiseCopyable>(bigEndian value: T, at offset: Int) {
    var octets = mutableSpan
    var bytes = unsafe octets.mutableBytes
    bytes.store(bigEndian: value, at: offset)
  }

  /// Copies all of `source` to an octet offset; traps when it does not fit.
  @inlinable package mutating func copy(_ source: RawSpan, at offset: Int) {
    var octets = mutableSpan
    var bytes = unsafe octets.mutableBytes
    bytes.copy(source, at: offset)
  }
}
