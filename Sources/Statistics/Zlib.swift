/// The zlib format (RFC 1950): written in stored blocks, read in any.
enum Zlib {
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

  /// The octets in stored blocks: legal, no shorter, and all that histograms need, whose counts are packed already.
  static func stored(_ octets: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let end = min(start + 0xffff, octets.count)
      let length = UInt16(end - start)
      stream.append(end == octets.count ? 1 : 0)
      // The lengths of deflate are little-endian, zlib's checksum is not.
      for number in [length, ~length] { stream += [UInt8(number & 0xff), UInt8(number >> 8)] }
      stream += octets[start..<end]
      start = end
    } while start < octets.count
    stream.append(bigEndian: adler32(octets))
    return stream
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

  /// The checksum of RFC 1950 §8.2.
  static func adler32(_ octets: [UInt8]) -> UInt32 {
    var (low, high): (UInt32, UInt32) = (1, 0)
    for octet in octets {
      low = (low + UInt32(octet)) % 65_521
      high = (high + low) % 65_521
    }
    return high << 16 | low
  }
}
