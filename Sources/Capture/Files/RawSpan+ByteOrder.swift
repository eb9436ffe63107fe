import Wire

extension RawSpan {
  /// Reads an integer in the byte order that a file is in, at any alignment; traps when it does not lie within the span.
  @inlinable func load<T: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, bigEndian: Bool) -> T {
    bigEndian ? load(bigEndian: offset) : T(littleEndian: load(native: offset))
  }
}
