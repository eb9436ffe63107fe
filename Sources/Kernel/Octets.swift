import Wire

extension [UInt8] {
  /// Appends an integer in the machine's byte order, which the kernel's own structures come in.
  mutating func append<T: FixedWidthInteger>(native value: T) {
    unsafe Swift.withUnsafeBytes(of: value) { unsafe append(contentsOf: $0) }
  }
}

extension RawSpan {
  /// The text up to the first NUL or the end, as C leaves it in a fixed-size field.
  func text() -> String { String(preserving: octets.prefix { $0 != 0 }) }
}

extension IPAddress {
  /// The address in 4 or 16 octets in network order; nil where there are more or fewer.
  init?(octets: RawSpan) {
    switch octets.byteCount {
    case 4: self = .v4(IPv4Address(octets.load(bigEndian: 0)))
    case 16: self = .v6(IPv6Address(octets.load(bigEndian: 0)))
    default: return nil
    }
  }
}
