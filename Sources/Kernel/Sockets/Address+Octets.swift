import Wire

extension IPAddress {
  /// The address in network order: 4 or 16 octets.
  var octets: [UInt8] {
    var octets: [UInt8] = []
    switch self {
    case .v4(let address): octets.append(native: address.rawValue.bigEndian)
    case .v6(let address): octets.append(native: address.rawValue.bigEndian)
    }
    return octets
  }

  /// The address in 4 or 16 octets in network order; nil where there are more or fewer.
  init?(octets: RawSpan) {
    switch octets.byteCount {
    case 4: self = .v4(IPv4Address(octets.load(bigEndian: 0)))
    case 16: self = .v6(IPv6Address(octets.load(bigEndian: 0)))
    default: return nil
    }
  }
}
