// RFC 2675 §2: the Jumbo Payload option of a Hop-by-Hop Options header, for packets beyond 65,575 octets.
//
//                                  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//                                  |  Option Type  |  Opt Data Len |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                     Jumbo Payload Length                      |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

/// How long a packet is whose IPv6 header has 0 for the length of its payload.
public enum IPv6JumboPayload {
  /// The option's type and length.
  @usableFromInline static var optionHead: UInt16 { 0xc204 }

  /// A Hop-by-Hop Options header of eight octets with nothing but the option.
  public static func hopByHop(nextHeader: UInt8, length: UInt32) -> [UInt8] {
    [nextHeader, 0, 0xc2, 4] + (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(24 - 8 * $0)) }
  }

  /// The payload's length that the packet states by a Jumbo Payload option; nil where it has none, or one below 65,536
  /// (RFC 2675 §3: an error).
  ///
  /// The packet begins with its IPv6 header, and may be cut short.
  public static func length(statedBy packet: RawSpan) -> Int? {
    let start = IPv6Header.length
    guard packet.byteCount >= start &+ 8,
      packet.octet(at: IPv6Header.Field.nextHeader) == IPProtocol.hopByHopOptions
    else { return nil }
    let end = min(packet.byteCount, start &+ 8 &* (Int(packet.octet(at: start &+ 1)) &+ 1))
    var at = start &+ 2
    while at &+ 6 <= end {
      guard packet.octet(at: at) != 0 else {  // Pad1 has no length (RFC 8200 §4.2)
        at &+= 1
        continue
      }
      if packet.load(bigEndian: at, as: UInt16.self) == optionHead {
        let length = Int(packet.load(bigEndian: at &+ 2, as: UInt32.self))
        return length > Int(UInt16.max) ? length : nil
      }
      at &+= 2 &+ Int(packet.octet(at: at &+ 1))
    }
    return nil
  }

  /// Whether a packet leaves its length to be known by what is there: newer Linux writes no option into the TCP segments
  /// that it merges beyond 65,575 octets (BIG TCP), and a sender may leave 0 where its network card cuts a segment up.
  @usableFromInline static func isLeftOpen(_ packet: RawSpan) -> Bool {
    switch packet.octet(at: IPv6Header.Field.nextHeader) {
    case IPProtocol.tcp: true
    case IPProtocol.hopByHopOptions, IPProtocol.noNextHeader: false
    default: packet.byteCount > IPv6Header.length &+ Int(UInt16.max)
    }
  }
}
