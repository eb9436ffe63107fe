@testable import Statistics

/// What was compressed by any writer, read back.
extension Zlib {
  /// Why octets are not a zlib stream that is read here.
  enum Fault: Error, Hashable, Sendable {
    /// They end too early, or go on after the end.
    case length
    /// The head, a block's head or a code is not one.
    case malformed
    /// What comes out is longer than was allowed.
    case tooLong
    /// What came out is not what went in.
    case checksum
  }

  /// What went into a stream, if it is no longer than the limit.
  static func inflated(_ stream: [UInt8], limit: Int) throws(Fault) -> [UInt8] {
    guard stream.count >= 6 else { throw .length }
    let (method, flags) = (stream[0], stream[1])
    // Deflate, a window of 32 KiB at most, no dictionary that only the writer has.
    guard method & 0x0f == 8, method >> 4 <= 7, flags & 0x20 == 0,
      (UInt16(method) << 8 | UInt16(flags)).isMultiple(of: 31)
    else { throw .malformed }
    var inflate = Inflate(Array(stream[2..<(stream.count - 4)]), limit: limit)
    let octets = try inflate.run()
    var reader = OctetReader(stream.suffix(4))
    guard reader.number(UInt32.self) == adler32(octets) else { throw .checksum }
    return octets
  }
}
