import Timebase

/// HdrHistogram's binary form, version 2: a header of 40 octets, then counts as ZigZag LEB128, runs of zeros as
/// negative numbers. All numbers of the header are big-endian.
///
/// ```
/// cookie 0x1c849313 | length of the counts | index offset 0 | digits 3 | lowest 1 | highest | ratio 1.0 | counts
///                 4                      4                4          4          8         8           8
/// ```
extension Histogram {
  static let cookie: UInt32 = 0x1c84_9313

  /// What HdrHistogram's `encodeIntoByteBuffer` gives for the same samples at three significant digits.
  public var encoded: [UInt8] {
    guard precision == .fine else {
      var fine = Histogram()
      fine.merge(self)
      return fine.encoded
    }
    var counts: [UInt8] = []
    var next = 0
    for counter in counters {
      let zeros = counter.index - next
      if zeros > 0 { counts.append(zigZag: zeros == 1 ? 0 : -Int64(zeros)) }
      counts.append(zigZag: Int64(clamping: counter.count))
      next = counter.index + 1
    }
    var octets: [UInt8] = []
    octets.append(bigEndian: Histogram.cookie)
    octets.append(bigEndian: UInt32(counts.count))
    octets.append(bigEndian: UInt32(0))
    octets.append(bigEndian: UInt32(3))
    octets.append(bigEndian: UInt64(1))
    octets.append(bigEndian: UInt64(Histogram.ceiling))
    octets.append(bigEndian: Double(1).bitPattern)
    return octets + counts
  }

  /// The counters that are not zero: several of the few first samples may share one.
  private var counters: [(index: Int, count: UInt64)] {
    var counters: [(index: Int, count: UInt64)] = []
    eachBucket { bucket in
      let index = precision.index(of: bucket.highest.nanoseconds)
      if let last = counters.last, last.index == index {
        counters[counters.count - 1].count += bucket.count
      } else {
        counters.append((index, bucket.count))
      }
    }
    return counters
  }
}

/// Octets as text (RFC 4648 §4).
enum Base64 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  static func encoded(_ octets: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((octets.count + 2) / 3 * 4)
    for start in stride(from: 0, to: octets.count, by: 3) {
      let group = octets[start..<min(start + 3, octets.count)]
      var word: UInt32 = 0
      for place in 0..<3 { word = word << 8 | (place < group.count ? UInt32(group[start + place]) : 0) }
      for place in 0..<4 {
        text.append(place > group.count ? UInt8(ascii: "=") : alphabet[Int(word >> UInt32(18 - 6 * place) & 0x3f)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Numbers in octets, as HdrHistogram writes them.
extension [UInt8] {
  mutating func append<Number: FixedWidthInteger & UnsignedInteger>(bigEndian number: Number) {
    for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
      append(UInt8(truncatingIfNeeded: number >> Number(shift)))
    }
  }

  /// The sign in the lowest bit, then seven bits an octet, the lowest first; a ninth octet has eight.
  mutating func append(zigZag number: Int64) {
    var rest = UInt64(bitPattern: number &<< 1 ^ number >> 63)
    for _ in 0..<8 {
      guard rest > 0x7f else { return append(UInt8(rest)) }
      append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}

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
