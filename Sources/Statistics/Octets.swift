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
