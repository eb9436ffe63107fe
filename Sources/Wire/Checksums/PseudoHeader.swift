// RFC 9293 §3.1 (IPv4) and RFC 8200 §8.1 (IPv6): what a transport checksum covers beside the segment.

/// The addresses, protocol and length that a transport checksum protects although they are not in the segment.
///
/// Both forms hold the same words in another order, so one sum serves both.
public struct PseudoHeader: Hashable, Sendable {
  /// Where the packet comes from.
  public let source: IPAddress
  /// Where the packet goes.
  public let destination: IPAddress
  /// The transport's number: 6 for TCP, 58 for ICMPv6.
  public let protocolNumber: UInt8
  /// The transport header and its payload, in octets.
  public let length: Int

  /// The pseudo-header of a segment; the length is in octets and taken modulo 2^32.
  @inlinable public init(source: IPAddress, destination: IPAddress, protocolNumber: UInt8, length: Int) {
    self.source = source
    self.destination = destination
    self.protocolNumber = protocolNumber
    self.length = length
  }

  /// The ones' complement sum of the pseudo-header, in host order and not complemented.
  ///
  /// Just this stands in the checksum field of a segment whose checksum was left to hardware that it never reached.
  @inlinable public var folded: UInt16 {
    let octets = UInt32(truncatingIfNeeded: length)
    var sum = Self.words(of: source) &+ Self.words(of: destination)
    sum &+= UInt64(protocolNumber) &+ UInt64(octets &>> 16) &+ UInt64(octets & 0xffff)
    return InternetChecksum.fold(sum)
  }

  /// The sum of an address's 16-bit words.
  @inlinable static func words(of address: IPAddress) -> UInt64 {
    switch address {
    case .v4(let address):
      return UInt64(address.rawValue)  // folding makes the high half count once, like a word of its own
    case .v6(let address):
      let high = UInt64(truncatingIfNeeded: address.rawValue &>> 64)
      let low = UInt64(truncatingIfNeeded: address.rawValue)
      return (high &>> 32) &+ (high & 0xffff_ffff) &+ (low &>> 32) &+ (low & 0xffff_ffff)
    }
  }
}
