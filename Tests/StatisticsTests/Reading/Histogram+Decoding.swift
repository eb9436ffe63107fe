@testable import Statistics

extension Histogram {
  /// Reads an HdrHistogram of version 2, whatever its digits and its lowest value; each of its values counts as so
  /// many nanoseconds.
  ///
  /// Throws where the octets are not all of one such histogram; the work is bounded by their number.
  init(decoding octets: some Sequence<UInt8>) throws(HistogramLogError) {
    self.init()
    var reader = OctetReader(octets)
    let header = try HistogramHeader(&reader)
    var index: UInt64 = 0
    while !reader.isAtEnd {
      guard let number = reader.zigZag() else { throw .counts }
      if number < 0 {
        index += min(number.magnitude, UInt64(UInt32.max))
      } else {
        if number > 0 {
          guard let value = header.highestValue(at: index) else { throw .counts }
          guard number.magnitude <= UInt64(Int64.max) - count else { throw .counts }
          record(.nanoseconds(value), times: number.magnitude)
        }
        index += 1
      }
      guard index <= header.counters else { throw .counts }
    }
  }
}

/// What the head of an encoded histogram says of the counts behind it.
struct HistogramHeader {
  /// The lowest value that is told apart, as a power of two.
  private let unit: UInt64
  /// Half the counters of the first row, as a power of two.
  private let halfBits: UInt64
  /// How many counters there can be.
  let counters: UInt64

  init(_ reader: inout OctetReader) throws(HistogramLogError) {
    guard let cookie = reader.number(UInt32.self), cookie & ~0xf0 == Histogram.cookie & ~0xf0 else {
      throw .version
    }
    guard let length = reader.number(UInt32.self), let offset = reader.number(UInt32.self),
      let digits = reader.number(UInt32.self), let lowest = reader.number(UInt64.self),
      let highest = reader.number(UInt64.self), let ratio = reader.number(UInt64.self)
    else { throw .header }
    guard length == UInt32(clamping: reader.left), offset == 0, digits <= 5, ratio == Double(1).bitPattern,
      lowest >= 1, highest <= Int64.max, highest >= lowest &* 2, lowest <= 1 << 40
    else { throw .header }
    unit = UInt64(UInt64.bitWidth - 1 - lowest.leadingZeroBitCount)
    // Twice ten to the digits, up to the next power of two, makes the first row.
    let resolution = [2, 20, 200, 2_000, 20_000, 200_000][Int(digits)] as UInt64
    halfBits = UInt64(UInt64.bitWidth - (resolution - 1).leadingZeroBitCount) - 1
    let rows = UInt64(UInt64.bitWidth) - unit - halfBits + 1
    counters = rows << halfBits
  }

  /// The greatest value that a counter stands for; nil beyond 63 bits.
  func highestValue(at index: UInt64) -> Int64? {
    let row = index >> halfBits
    let part = row == 0 ? index : index & (1 << halfBits - 1) + 1 << halfBits
    let shift = unit + (row == 0 ? 0 : row - 1)
    guard shift < 63, part + 1 <= UInt64(Int64.max) >> shift else { return nil }
    return Int64((part + 1) << shift - 1)
  }
}
