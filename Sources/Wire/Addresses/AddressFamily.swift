// RFC 791 and RFC 8200: the two Internet Protocols.

/// Which Internet Protocol an address belongs to.
public enum AddressFamily: Hashable, Sendable, CaseIterable, CustomStringConvertible {
  /// IPv4 (RFC 791).
  case v4
  /// IPv6 (RFC 8200).
  case v6

  /// The protocol's name: `IPv4` or `IPv6`.
  public var description: String { self == .v4 ? "IPv4" : "IPv6" }
}
