/// Reads numbers from octets, one after the other; nil where there are not enough.
struct OctetReader {
  private let octets: [UInt8]
  private var next = 0

  init(_ octets: some Sequence<UInt8>) { self.octets = Array(octets) }

  var isAtEnd: Bool { next == octets.count }

  var left: Int { octets.count - next }

  mutating func octet() -> UInt8? {
    guard next < octets.count else { return nil }
    defer { next += 1 }
    return octets[next]
  }

  mutating func number<Number: FixedWidthInteger & UnsignedInteger>(_: Number.Type) -> Number? {
    guard left >= Number.bitWidth / 8 else { return nil }
    var number: Number = 0
    for _ in 0..<(Number.bitWidth / 8) {
      number = number << 8 | Number(octets[next])
      next += 1
    }
    return number
  }

  mutating func zigZag() -> Int64? {
    var number: UInt64 = 0
    for place in 0..<9 {
      guard let octet = octet() else { return nil }
      if place == 8 {
        number |= UInt64(octet) << 56
      } else {
        number |= UInt64(octet & 0x7f) << UInt64(7 * place)
        if octet & 0x80 == 0 { break }
      }
    }
    return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
  }
}
