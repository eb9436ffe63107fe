// Why octets were refused; the layers are those of RFC 791, RFC 8200, RFC 9293, RFC 792 and RFC 4443.

/// Why octets were refused, and where: trivial payloads, so throwing one allocates nothing.
public enum WireError: Error, Hashable, Sendable {
  /// Fewer octets than the layer needs; both counts are in octets from the layer's start.
  case truncated(Layer, need: Int, have: Int)
  /// A field contradicts its RFC; the offset is in octets from the layer's start.
  case malformed(Layer, at: Int)
  /// The layer's checksum does not match its octets.
  case badChecksum(Layer)
  /// The output has too little room for the layer; both counts are in octets.
  case noRoom(Layer, need: Int, have: Int)

  /// The header that an error speaks of.
  public enum Layer: String, Hashable, Sendable {
    /// The IPv4 header (RFC 791 §3.1).
    case ipv4 = "IPv4"
    /// The options of an IPv4 header (RFC 791 §3.1).
    case ipv4Options = "IPv4 options"
    /// The IPv6 header (RFC 8200 §3).
    case ipv6 = "IPv6"
    /// An IPv6 extension header (RFC 8200 §4).
    case ipv6Extension = "IPv6 extension"
    /// The TCP header (RFC 9293 §3.1).
    case tcp = "TCP"
    /// The option list of a TCP header (RFC 9293 §3.2); offsets count from the list's first octet.
    case tcpOptions = "TCP options"
    /// An ICMP message (RFC 792).
    case icmpv4 = "ICMP"
    /// An ICMPv6 message (RFC 4443).
    case icmpv6 = "ICMPv6"
    /// What follows the quote of an ICMP error (RFC 4884 §7).
    case icmpExtensions = "ICMP extensions"
    /// The packet that an ICMP error quotes (RFC 1122 §3.2.2, RFC 4443 §3).
    case quote = "quoted packet"
  }
}

extension WireError: CustomStringConvertible {
  /// One phrase for a person: `TCP truncated: 12 of 20 octets`.
  public var description: String {
    switch self {
    case .truncated(let layer, let need, let have): "\(layer.rawValue) truncated: \(have) of \(need) bytes"
    case .malformed(let layer, let offset): "\(layer.rawValue) malformed at byte \(offset)"
    case .badChecksum(let layer): "\(layer.rawValue) checksum is wrong"
    case .noRoom(let layer, let need, let have): "no space for \(layer.rawValue): \(have) of \(need) bytes"
    }
  }
}
