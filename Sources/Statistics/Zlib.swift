/// The zlib format (RFC 1950): written in stored blocks.
enum Zlib {
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
