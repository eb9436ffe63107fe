// RFC 791 §3.1 "Protocol" and RFC 8200 §3 "Next Header": the numbers IANA assigned, as far as this program meets them.

/// The numbers of the protocols above IP, and of the IPv6 extension headers between.
public enum IPProtocol {
  /// IPv6 Hop-by-Hop Options (RFC 8200 §4.3).
  @inlinable public static var hopByHopOptions: UInt8 { 0 }
  /// ICMP for IPv4 (RFC 792).
  @inlinable public static var icmpv4: UInt8 { 1 }
  /// TCP (RFC 9293).
  @inlinable public static var tcp: UInt8 { 6 }
  /// UDP (RFC 768).
  @inlinable public static var udp: UInt8 { 17 }
  /// IPv6 Routing header (RFC 8200 §4.4).
  @inlinable public static var routing: UInt8 { 43 }
  /// IPv6 Fragment header (RFC 8200 §4.5).
  @inlinable public static var fragment: UInt8 { 44 }
  /// Encapsulating Security Payload (RFC 4303): what follows cannot be read.
  @inlinable public static var encapsulatingSecurityPayload: UInt8 { 50 }
  /// Authentication Header (RFC 4302).
  @inlinable public static var authentication: UInt8 { 51 }
  /// ICMPv6 (RFC 4443).
  @inlinable public static var icmpv6: UInt8 { 58 }
  /// No Next Header (RFC 8200 §4.7).
  @inlinable public static var noNextHeader: UInt8 { 59 }
  /// IPv6 Destination Options (RFC 8200 §4.6).
  @inlinable public static var destinationOptions: UInt8 { 60 }
}
