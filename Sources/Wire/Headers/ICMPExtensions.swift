// RFC 4884 §7: what a router adds behind the packet that an ICMP error quotes.

/// An object of an extension structure.
public enum ICMPExtension: Hashable, Sendable {
  /// Any object, by its class and type.
  case other(classNumber: UInt8, type: UInt8, octets: [UInt8])
}
