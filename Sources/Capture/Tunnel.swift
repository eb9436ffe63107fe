// RFC 2003, RFC 4213, RFC 2784, RFC 2890, RFC 2637, RFC 7348: packets within packets.

import Wire

/// What a packet that is a tunnel's carries: the link type of the frame within, and where that begins.
struct Tunnel: Hashable {
  var link: LinkType
  /// Octets of the packet before the frame within.
  var offset: Int

  /// Looks whether the payload of a packet is another frame; nil where it is not, or cannot be told.
  init?(protocolNumber: UInt8, payload: RawSpan, at offset: Int) {
    switch protocolNumber {
    case Number.ipv4, Number.ipv6: self.init(link: .rawIP, offset: offset)
    case Number.gre:
      guard let found = Self.inGRE(payload) else { return nil }
      self.init(link: found.link, offset: offset + found.offset)
    case IPProtocol.udp:
      guard Self.isVXLAN(payload) else { return nil }
      self.init(link: .ethernet, offset: offset + 16)
    default: return nil
    }
  }

  private init(link: LinkType, offset: Int) {
    self.link = link
    self.offset = offset
  }

  /// The protocols above IP that carry packets.
  private enum Number {
    /// RFC 2003.
    static var ipv4: UInt8 { 4 }
    /// RFC 4213 §3.
    static var ipv6: UInt8 { 41 }
    /// RFC 2784.
    static var gre: UInt8 { 47 }
  }

  /// RFC 2784 §2.1 with the key and the sequence number of RFC 2890, and RFC 2637 §4.1 (version 1).
  private static func inGRE(_ payload: RawSpan) -> Tunnel? {
    guard payload.byteCount >= 4 else { return nil }
    let flags: UInt16 = payload.load(bigEndian: 0)
    guard flags & 0x4000 == 0 else { return nil }  // RFC 1701's routing: nobody has used it
    var length = 4
    for optional: UInt16 in [0x8000, 0x2000, 0x1000] where flags & optional != 0 { length += 4 }
    if flags & 0x0007 == 1, flags & 0x0080 != 0 { length += 4 }  // an acknowledgment number
    switch payload.load(bigEndian: 2, as: UInt16.self) {
    case EtherType.ipv4, EtherType.ipv6: return Tunnel(link: .rawIP, offset: length)
    case EtherType.bridged: return Tunnel(link: .ethernet, offset: length)
    case EtherType.ppp: return Tunnel(link: .ppp, offset: length)
    default: return nil
    }
  }

  /// RFC 7348 §5: UDP to port 4789, and the flag that says that there is a network identifier.
  private static func isVXLAN(_ datagram: RawSpan) -> Bool {
    datagram.byteCount >= 16 && datagram.load(bigEndian: 2, as: UInt16.self) == 4_789
      && datagram.octet(at: 8) & 0x08 != 0
  }
}
