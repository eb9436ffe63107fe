/// Big-endian reads and writes on plain octets: written apart from the program's own, to be a judge of it.
extension [UInt8] {
  func word16(_ at: Int) -> UInt16 { UInt16(self[at]) << 8 | UInt16(self[at + 1]) }
  func word32(_ at: Int) -> UInt32 { UInt32(word16(at)) << 16 | UInt32(word16(at + 2)) }
  mutating func append16(_ value: UInt16) { self += [UInt8(value >> 8), UInt8(value & 0xff)] }
  mutating func append32(_ value: UInt32) {
    append16(UInt16(value >> 16))
    append16(UInt16(value & 0xffff))
  }
  mutating func put16(_ value: UInt16, at: Int) {
    self[at] = UInt8(value >> 8)
    self[at + 1] = UInt8(value & 0xff)
  }

  /// The internet checksum (RFC 1071) over all octets.
  var internetChecksum: UInt16 {
    var sum: UInt64 = 0
    for index in indices { sum += index % 2 == 0 ? UInt64(self[index]) << 8 : UInt64(self[index]) }
    while sum > 0xffff { sum = (sum & 0xffff) + (sum >> 16) }
    return ~UInt16(sum)
  }
}

/// The checksum of an upper layer with its pseudo-header (RFC 9293 §3.1, RFC 8200 §8.1).
func upperLayerChecksum(_ octets: [UInt8], from: [UInt8], to: [UInt8], protocolNumber: UInt8) -> UInt16 {
  var whole = from + to
  whole.append32(UInt32(octets.count))
  whole.append32(UInt32(protocolNumber))
  return (whole + octets).internetChecksum
}
