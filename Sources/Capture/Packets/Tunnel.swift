// RFC 2003, RFC 4213, RFC 2784, RFC 2890, RFC 2637, RFC 7348, RFC 8926, 3GPP TS 29.281 and others: packets within packets.

import Wire

/// What a packet that is a tunnel's carries, and where that begins.
struct Tunnel: Hashable {
  /// What kind of frame is within.
  enum Kind: Hashable {
    /// A frame of a link type.
    case link(LinkType)
    /// What an EtherType says.
    case etherType(UInt16)
    /// MPLS labels first.
    case labelled
  }

  var kind: Kind
  /// Octets of the packet before the frame within.
  var offset: Int

  /// Looks whether the payload of a packet is another frame; nil where it is not, or cannot be told.
  init?(protocolNumber: UInt8, payload: RawSpan, at offset: Int) {
    guard let found = Self.inside(protocolNumber, payload) else { return nil }
    self.init(found.kind, at: offset + found.offset)
  }

  private init(_ kind: Kind, at offset: Int) {
    self.kind = kind
    self.offset = offset
  }

  /// Looks for the packet in the frame within.
  func layer(of frame: RawSpan) -> LinkLayer {
    switch kind {
    case .link(let link): LinkLayer(of: frame, link: link)
    case .etherType(let type): LinkLayer(of: frame, etherType: type)
    case .labelled: LinkLayer(labelled: frame)
    }
  }

  private static func inside(_ protocolNumber: UInt8, _ payload: RawSpan) -> Tunnel? {
    switch protocolNumber {
    case Number.ipv4, Number.ipv6: Tunnel(.link(.rawIP), at: 0)
    case Number.gre: inGRE(payload)
    case Number.etherIP: Tunnel(.link(.ethernet), at: 2)
    case Number.mpls: Tunnel(.labelled, at: 0)
    case IPProtocol.udp: inUDP(payload)
    case IPProtocol.authentication: inAuthentication(payload)
    default: nil
    }
  }

  /// The protocols above IP that carry packets.
  private enum Number {
    /// RFC 2003.
    static var ipv4: UInt8 { 4 }
    /// RFC 4213 §3.
    static var ipv6: UInt8 { 41 }
    /// RFC 2784.
    static var gre: UInt8 { 47 }
    /// RFC 3378.
    static var etherIP: UInt8 { 97 }
    /// RFC 4023.
    static var mpls: UInt8 { 137 }
  }

  /// RFC 2784 §2.1 with the key and the sequence number of RFC 2890, and RFC 2637 §4.1 (version 1).
  private static func inGRE(_ payload: RawSpan, at start: Int = 0) -> Tunnel? {
    guard payload.byteCount >= start + 4 else { return nil }
    let flags: UInt16 = payload.load(bigEndian: start)
    guard flags & 0x4000 == 0 else { return nil }  // RFC 1701's routing: nobody has used it
    var length = start + 4
    for optional: UInt16 in [0x8000, 0x2000, 0x1000] where flags & optional != 0 { length += 4 }
    if flags & 0x0007 == 1, flags & 0x0080 != 0 { length += 4 }  // an acknowledgment number
    let type: UInt16 = payload.load(bigEndian: start + 2)
    switch type {
    // draft-foschiano-erspan: type II has a sequence number and a header, type I neither; type III may have more.
    case EtherType.mirrored: return Tunnel(.link(.ethernet), at: length + (flags & 0x1000 != 0 ? 8 : 0))
    case EtherType.mirroredLater:
      guard payload.byteCount >= length + 12 else { return nil }
      return Tunnel(.link(.ethernet), at: length + (payload.octet(at: length + 11) & 1 != 0 ? 20 : 12))
    case 0x883e:  // WCCP: IPv4, in its second version behind a header of four octets
      let isSecond = payload.byteCount > length && payload.octet(at: length) &>> 4 != 4
      return Tunnel(.link(.rawIP), at: length + (isSecond ? 4 : 0))
    default: return Tunnel(.etherType(type), at: length)
    }
  }

  /// By the port that the datagram goes to, or comes from.
  private static func inUDP(_ datagram: RawSpan) -> Tunnel? {
    guard datagram.byteCount >= 16 else { return nil }
    return inUDP(datagram, port: datagram.load(bigEndian: 2)) ?? inUDP(datagram, port: datagram.load(bigEndian: 0))
  }

  private static func inUDP(_ datagram: RawSpan, port: UInt16) -> Tunnel? {
    let first = datagram.octet(at: 8)
    switch port {
    case 4_789, 8_472:  // RFC 7348 §5, and the port that Linux had before: with the flag that there is an identifier
      return first & 0x08 != 0 ? Tunnel(.link(.ethernet), at: 16) : nil
    case 4_790:  // draft-ietf-nvo3-vxlan-gpe §3.1: the last octet of the first word says what is next
      guard first & 0x0c == 0x0c else { return nil }
      switch datagram.octet(at: 11) {
      case 1, 2: return Tunnel(.link(.rawIP), at: 16)
      case 3: return Tunnel(.link(.ethernet), at: 16)
      case 4: return Tunnel(.etherType(EtherType.serviceHeader), at: 16)
      case 5: return Tunnel(.labelled, at: 16)
      default: return nil
      }
    case 6_081:  // RFC 8926 §3, version 0
      guard first &>> 6 == 0 else { return nil }
      return Tunnel(.etherType(datagram.load(bigEndian: 10)), at: 16 + Int(first & 0x3f) * 4)
    case 2_152: return inGTP(datagram)
    case 3_386: return first &>> 4 == 1 && datagram.octet(at: 9) == 0xff ? Tunnel(.link(.rawIP), at: 28) : nil
    case 1_701: return inL2TP(datagram)
    case 3_544: return inTeredo(datagram)
    case 4_341: return Tunnel(.link(.rawIP), at: 16)  // RFC 9300 §5.1
    case 4_754: return inGRE(datagram, at: 8)  // RFC 8086
    case 6_635: return Tunnel(.labelled, at: 8)  // RFC 7510
    default: return nil
    }
  }

  /// 3GPP TS 29.281 §5: version 1, a packet of a user's; four more octets with any of three flags, and then headers that
  /// each say their length and which is next.
  private static func inGTP(_ datagram: RawSpan) -> Tunnel? {
    let flags = datagram.octet(at: 8)
    guard flags &>> 4 == 3, datagram.octet(at: 9) == 0xff else { return nil }
    guard flags & 0x07 != 0 else { return Tunnel(.link(.rawIP), at: 16) }
    guard datagram.byteCount >= 20 else { return nil }
    var at = 20
    var next = flags & 0x04 != 0 ? datagram.octet(at: 19) : 0
    while next != 0 {
      guard datagram.byteCount > at else { return nil }
      let length = Int(datagram.octet(at: at)) * 4
      guard length > 0, datagram.byteCount >= at + length else { return nil }
      next = datagram.octet(at: at + length - 1)
      at += length
    }
    return Tunnel(.link(.rawIP), at: at)
  }

  /// RFC 2661 §3.1: a data message, whose flags say which fields there are; PPP behind them.
  private static func inL2TP(_ datagram: RawSpan) -> Tunnel? {
    let flags: UInt16 = datagram.load(bigEndian: 8)
    guard flags & 0x800f == 0x0002 else { return nil }
    var at = 10
    if flags & 0x4000 != 0 { at += 2 }
    at += 4
    if flags & 0x0800 != 0 { at += 4 }
    if flags & 0x0200 != 0 {
      guard datagram.byteCount >= at + 2 else { return nil }
      at += 2 + Int(datagram.load(bigEndian: at, as: UInt16.self))
    }
    return Tunnel(.link(.ppp), at: at)
  }

  /// RFC 4380 §5.1.1: IPv6, perhaps behind an authentication and an origin.
  private static func inTeredo(_ datagram: RawSpan) -> Tunnel? {
    var at = 8
    if datagram.load(bigEndian: at, as: UInt16.self) == 1 {
      at += 4 + Int(datagram.octet(at: at + 2)) + Int(datagram.octet(at: at + 3)) + 9
    }
    guard datagram.byteCount >= at + 8 else { return nil }
    if datagram.load(bigEndian: at, as: UInt16.self) == 0 { at += 8 }
    return Tunnel(.link(.ipv6), at: at)
  }

  /// RFC 4302 §3.1.2: a packet in tunnel mode behind IPv4's Authentication Header; IPv6's is stepped over before.
  private static func inAuthentication(_ payload: RawSpan) -> Tunnel? {
    guard payload.byteCount >= 2 else { return nil }
    let isPacket = [Number.ipv4, Number.ipv6].contains(payload.octet(at: 0))
    return isPacket ? Tunnel(.link(.rawIP), at: (Int(payload.octet(at: 1)) + 2) * 4) : nil
  }
}
