// RFC 2003, RFC 4213, RFC 2784, RFC 2890, RFC 2637, RFC 7348, RFC 8926: packets within packets.

import Wire

/// What a packet that is a tunnel's carries: the link type of the frame within, and where that begins.
struct Tunnel: Hashable {
  var link: LinkType
  /// Octets of the packet before the frame within.
  var offset: Int

  /// Looks whether the payload of a packet is another frame; nil where it is not, or cannot be told.
  init?(protocolNumber: UInt8, payload: RawSpan, at offset: Int) {
    guard let found = Self.inside(protocolNumber, payload) else { return nil }
    self.init(link: found.link, offset: offset + found.offset)
  }

  private static func inside(_ protocolNumber: UInt8, _ payload: RawSpan) -> Tunnel? {
    switch protocolNumber {
    case Number.ipv4, Number.ipv6: Tunnel(link: .rawIP, offset: 0)
    case Number.gre: inGRE(payload)
    case IPProtocol.udp: inUDP(payload)
    case IPProtocol.authentication: inAuthentication(payload)
    default: nil
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
    let type: UInt16 = payload.load(bigEndian: 2)
    switch type {
    case EtherType.ppp: return Tunnel(link: .ppp, offset: length)
    case EtherType.mirrored:  // draft-foschiano-erspan: type II has a sequence number and a header, type I neither
      return Tunnel(link: .ethernet, offset: length + (flags & 0x1000 != 0 ? 8 : 0))
    default: return behind(type, at: length)
    }
  }

  /// What EtherTypes name in GRE and Geneve alike.
  private static func behind(_ type: UInt16, at offset: Int) -> Tunnel? {
    switch type {
    case EtherType.ipv4, EtherType.ipv6: Tunnel(link: .rawIP, offset: offset)
    case EtherType.bridged: Tunnel(link: .ethernet, offset: offset)
    default: nil
    }
  }

  /// RFC 7348 §5: VXLAN with the flag that says that there is a network identifier; RFC 8926 §3: Geneve, version 0.
  private static func inUDP(_ datagram: RawSpan) -> Tunnel? {
    guard datagram.byteCount >= 16 else { return nil }
    let first = datagram.octet(at: 8)
    switch datagram.load(bigEndian: 2, as: UInt16.self) {
    case 4_789: return first & 0x08 != 0 ? Tunnel(link: .ethernet, offset: 16) : nil
    case 4_790:  // draft-ietf-nvo3-vxlan-gpe §3.1: the last octet of the first word says what is next
      guard first & 0x0c == 0x0c else { return nil }
      switch datagram.octet(at: 11) {
      case 1, 2: return Tunnel(link: .rawIP, offset: 16)
      case 3: return Tunnel(link: .ethernet, offset: 16)
      default: return nil
      }
    case 6_081: return first &>> 6 == 0 ? behind(datagram.load(bigEndian: 10), at: 16 + Int(first & 0x3f) * 4) : nil
    default: return nil
    }
  }

  /// RFC 4302 §3.1.2: a packet in tunnel mode behind IPv4's Authentication Header; IPv6's is stepped over before.
  private static func inAuthentication(_ payload: RawSpan) -> Tunnel? {
    guard payload.byteCount >= 2 else { return nil }
    let isPacket = [Number.ipv4, Number.ipv6].contains(payload.octet(at: 0))
    return isPacket ? Tunnel(link: .rawIP, offset: (Int(payload.octet(at: 1)) + 2) * 4) : nil
  }
}
