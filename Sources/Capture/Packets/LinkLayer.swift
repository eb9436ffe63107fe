// RFC 894, RFC 1042, IEEE 802.1Q, and the link types that draft-ietf-opsawg-pcaplinktype registers: where IP begins.

import Wire

/// What a frame carries behind its link header, and where that begins.
struct LinkLayer: Hashable {
  /// What a frame carries.
  enum Content: Hashable {
    /// An IPv4 or IPv6 packet, by what the link header says and by the version in the packet itself.
    case packet
    /// Another protocol.
    case other
    /// The frame ends before that can be told.
    case cut
    /// A link header that this program does not read.
    case unknownLink
  }

  var content: Content
  /// Octets of the link header, where the content is a packet.
  var length: Int

  static let other = LinkLayer(content: .other, length: 0)
  static let cut = LinkLayer(content: .cut, length: 0)
  static let unknownLink = LinkLayer(content: .unknownLink, length: 0)

  /// Looks for the packet in a frame that begins with a header of this type.
  init(of frame: RawSpan, link: LinkType) {
    var walk = LinkWalk(frame)
    // Nearly all captures are of this one.
    self = link == .ethernet ? walk.behindEtherType(at: 12) : walk.within(at: 0, link.rawValue)
  }

  /// Which way a frame went, as Linux's cooked headers say it; nil for any other header.
  static func direction(of frame: RawSpan, link: LinkType) -> FrameDirection? {
    let type: Int
    switch link {
    case .linuxCooked where frame.byteCount >= 2: type = Int(frame.load(bigEndian: 0, as: UInt16.self))
    case .linuxCooked2 where frame.byteCount > 10: type = Int(frame.octet(at: 10))
    default: return nil
    }
    // PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST; PACKET_OUTGOING. What is another host's goes by.
    return type == 4 ? .outbound : type < 3 ? .inbound : nil
  }

  /// Looks for the packet in octets that an EtherType says the kind of.
  init(of octets: RawSpan, etherType: UInt16) {
    var walk = LinkWalk(octets)
    self = walk.behindProtocol(at: 0, type: etherType)
  }

  /// Looks for the packet behind MPLS labels.
  init(labelled octets: RawSpan) { self = LinkWalk(octets).behindLabels(at: 0) }

  /// Whether frames of a type can be read.
  static func knows(_ link: LinkType) -> Bool {
    let nothing: [UInt8] = []
    return LinkLayer(of: nothing.span.raw, link: link).content != .unknownLink
  }

  init(content: Content, length: Int) {
    self.content = content
    self.length = length
  }
}

/// The way through a frame's headers to the packet, whatever they are; bounded, however they are nested.
struct LinkWalk: ~Escapable {
  let frame: RawSpan
  /// How many headers may still be looked behind that lead to headers of another kind.
  private var left = 16

  /// The most tags and labels that are stepped over.
  private static var tagLimit: Int { 8 }

  @_lifetime(copy frame)
  init(_ frame: RawSpan) { self.frame = frame }

  /// Looks for the packet in a frame that begins at an offset with a header of this type, by the type's number.
  mutating func within(at start: Int, _ link: UInt32) -> LinkLayer {
    guard left > 0 else { return .other }
    left -= 1
    switch link {
    case 1: return behindEtherType(at: start + 12)
    case 12, 14, 101, 228, 229: return packet(at: start)
    case 0, 108: return behindFamily(at: start)
    case 113: return behindEtherType(at: start + 14)
    case 276: return behindProtocol(at: start + 20, type: word(at: start))
    case 9, 50, 104: return behindPPP(at: start)
    case 51: return behindPPP(at: start + 6)  // a PPPoE header
    case 204, 205: return behindPPP(at: start + 1)  // a direction before
    case 166: return behindPPP(at: start + 2)  // a direction for the address, then the control octet
    case 6: return behindTokenRing(at: start)
    case 10: return behindLLC(at: start + 13)  // FDDI: frame control, two addresses
    case 7: return behindARCnet(at: start, offset: 0)
    case 129: return behindARCnet(at: start, offset: 2)
    case 8: return packet(at: start + 16)  // SLIP: a direction, and the header that was compressed
    case 100, 106: return behindATM(at: start)
    case 123: return behindATM(at: start + 4)  // SunATM: flags, path, circuit
    case 122: return behindLLC(at: start + 16)  // RFC 2625: two addresses of eight octets
    case 107: return behindFrameRelay(at: start)
    case 206: return behindFrameRelay(at: start + 1)
    case 105: return behindWireless(at: start)
    case 119: return behindPrism(at: start)
    case 127: return behindRadiotap(at: start)
    case 163: return behindAVS(at: start)
    case 109: return packet(at: start + 12)  // OpenBSD's enc: family, SPI, flags
    case 117: return behindFilterLog(at: start)
    case 138: return behindEtherType(at: start + 16)  // two addresses of eight octets
    case 149, 258: return behindTap(at: start, link)
    case 192: return behindPacketInformation(at: start)
    case 197: return behindExtensibleRecord(at: start)
    case 219: return behindLabels(at: start)
    case 226: return packet(at: start + 24)  // Solaris's ipnet
    case 239: return behindNetfilterLog(at: start)
    case 240: return behindEtherType(at: start + 4 + 12)  // netANALYZER, and with the preamble
    case 241: return behindEtherType(at: start + 12 + 12)
    case 242: return behindProtocol(at: start + 44, type: word(at: start + 40))  // RFC 4391 §6
    case 274: return behindEtherType(at: start + 8 + 12)  // IEEE 802.3br: a preamble and its delimiter
    // Switches of the kernel's DSA: Broadcom's tag behind the addresses or before all, Marvell's, Marvell's with a type.
    case 281, 284: return behindEtherType(at: start + 16)
    case 282: return behindEtherType(at: start + 4 + 12)
    case 285: return behindEtherType(at: start + 20)
    default: return .unknownLink
    }
  }

  func word(at offset: Int) -> UInt16? {
    frame.byteCount >= offset + 2 ? frame.load(bigEndian: offset) : nil
  }

  /// An IP packet, if the first four bits agree.
  func packet(at offset: Int) -> LinkLayer {
    guard frame.byteCount > offset else { return .cut }
    let version = frame.octet(at: offset) &>> 4
    return version == 4 || version == 6 ? LinkLayer(content: .packet, length: offset) : .other
  }

  mutating func behindEtherType(at offset: Int) -> LinkLayer {
    behindProtocol(at: offset + 2, type: word(at: offset))
  }

  /// Steps over what may stand between an EtherType and its packet: tags, labels, PPP in Ethernet, a SNAP header.
  mutating func behindProtocol(at start: Int, type first: UInt16?) -> LinkLayer {
    guard left > 0 else { return .other }
    left -= 1
    var at = start
    var type = first
    for _ in 0...Self.tagLimit {
      guard let known = type else { return .cut }
      switch known {
      case EtherType.ipv4, EtherType.ipv6: return packet(at: at)
      case EtherType.label, EtherType.multicastLabel: return behindLabels(at: at)
      case EtherType.pppSession: return behindPPP(at: at + 6)  // RFC 2516 §4
      case EtherType.ppp: return behindPPP(at: at)
      case EtherType.serviceHeader: return behindServiceHeader(at: at)
      case 0...EtherType.greatestLength:  // IEEE 802.3: a length, then LLC
        guard let next = etherType(inLLCAt: at) else { return behindLLC(at: at) }
        type = next
        at += 8
      default:
        guard let length = tagLength(of: known, at: at) else { return .other }
        type = word(at: at + length)
        at += length + 2
      }
    }
    return .other
  }

  /// How many octets of a tag, or of a header with another Ethernet frame behind it, stand before the next EtherType; nil
  /// where the type is another.
  private func tagLength(of type: UInt16, at offset: Int) -> Int? {
    switch type {
    // IEEE 802.1Q §9.6, IEEE 802.1ad, and what was written before that was settled.
    case EtherType.tag, EtherType.serviceTag, 0x9100, 0x9200, 0x9300: 2
    case 0x8926: 4  // Cisco VN-Tag
    case 0x893f: 6  // IEEE 802.1BR, E-TAG
    case 0x8909: 6  // Cisco metadata: version, length, and the security group
    case 0xdada: 6  // Marvell's switches, by Linux's number
    case 0x88e5:  // IEEE 802.1AE §9.3, where it is neither encrypted nor changed
      offset < frame.byteCount && frame.octet(at: offset) & 0x8c == 0
        ? (frame.octet(at: offset) & 0x20 != 0 ? 14 : 6) : nil
    case 0x88e7: 4 + 12  // IEEE 802.1ah: the service, and the customer's addresses
    case 0x8903: 2 + 12  // Cisco FabricPath
    case EtherType.bridged: 12
    case 0x22f3:  // RFC 6325 §3: TRILL, its options by their number
      word(at: offset).map { 6 + Int($0 >> 6 & 0x1f) * 4 + 12 }
    default: nil
    }
  }

  /// RFC 1042, and IEEE 802.1H for types that are lengths elsewhere: the EtherType of a SNAP header, if it is one.
  private func etherType(inLLCAt offset: Int) -> UInt16? {
    guard frame.byteCount >= offset + 8 else { return nil }
    let header: UInt64 = frame.load(bigEndian: offset)
    let organisation = header &>> 16
    guard organisation == 0xaaaa_0300_0000 || organisation == 0xaaaa_0300_00f8 else { return nil }
    return UInt16(truncatingIfNeeded: header)
  }

  /// IEEE 802.2: SNAP, IP by its own address (RFC 948), or a protocol of ISO's registry (RFC 2684 §5.1).
  mutating func behindLLC(at start: Int, bridgedPadding: Int = 0) -> LinkLayer {
    if let type = etherType(inLLCAt: start) { return behindProtocol(at: start + 8, type: type) }
    guard frame.byteCount >= start + 3 else { return .cut }
    guard frame.octet(at: start + 2) == 0x03 else { return .other }
    switch frame.load(bigEndian: start, as: UInt16.self) {
    case 0x0606: return packet(at: start + 3)
    case 0xfefe: return behindNetworkIdentifier(at: start + 3)
    case 0xaaaa: return behindSNAP(at: start + 3, bridgedPadding: bridgedPadding)
    default: return .other
    }
  }

  /// An organisation and one of its types: an EtherType, or Ethernet as RFC 2684 §5.2 and RFC 2427 §4.2 bridge it.
  private mutating func behindSNAP(at start: Int, bridgedPadding: Int) -> LinkLayer {
    guard frame.byteCount >= start + 5 else { return .cut }
    let type: UInt16 = frame.load(bigEndian: start + 3)
    switch (frame.load(bigEndian: start, as: UInt16.self), frame.octet(at: start + 2), type) {
    case (0, 0, _), (0, 0xf8, _): return behindProtocol(at: start + 5, type: type)
    case (0x0080, 0xc2, 1), (0x0080, 0xc2, 7):
      return behindEtherType(at: start + 5 + bridgedPadding + 12)
    default: return .other
    }
  }

  /// ISO/IEC TR 9577: IP by its own number, or SNAP.
  private mutating func behindNetworkIdentifier(at start: Int) -> LinkLayer {
    guard frame.byteCount > start else { return .cut }
    switch frame.octet(at: start) {
    case 0xcc, 0x8e: return packet(at: start + 1)
    case 0x80: return behindSNAP(at: start + 1, bridgedPadding: 0)
    default: return .other
    }
  }

  /// RFC 2684, and RFC 2225 on Linux, where IP may follow at once.
  private mutating func behindATM(at start: Int) -> LinkLayer {
    guard frame.byteCount > start else { return .cut }
    let isBare = frame.octet(at: start) &>> 4 == 4
    return isBare ? packet(at: start) : behindLLC(at: start, bridgedPadding: 2)
  }

  /// RFC 2427 behind an address of two octets or more; or Cisco's, with an EtherType.
  private mutating func behindFrameRelay(at start: Int) -> LinkLayer {
    var at = start
    while true {
      guard frame.byteCount > at else { return .cut }
      guard at < start + 4 else { return .other }
      at += 1
      if frame.octet(at: at - 1) & 1 == 1 { break }
    }
    guard frame.byteCount > at else { return .cut }
    guard frame.octet(at: at) == 0x03 else { return behindEtherType(at: at) }
    let isPadded = frame.byteCount > at + 1 && frame.octet(at: at + 1) == 0
    return behindNetworkIdentifier(at: at + (isPadded ? 2 : 1))
  }

  /// RFC 3032 §2.1: labels of four octets up to the one at the bottom of the stack; the packet says itself what it is, or
  /// it is Ethernet, with a control word before it or without (RFC 4448 §4).
  func behindLabels(at start: Int) -> LinkLayer {
    var at = start
    for _ in 0..<Self.tagLimit {
      guard frame.byteCount >= at + 4 else { return .cut }
      let isLast = frame.octet(at: at + 2) & 1 == 1
      at += 4
      guard isLast else { continue }
      let found = packet(at: at)
      guard found.content == .other else { return found }
      guard frame.octet(at: at) &>> 4 == 0 else { return plainEthernet(at: at) }
      let controlled = plainEthernet(at: at + 4)
      // One that is cut short is not read in another way.
      return controlled.content == .other ? plainEthernet(at: at) : controlled
    }
    return .other
  }

  /// Ethernet with nothing but tags before its packet.
  private func plainEthernet(at start: Int) -> LinkLayer {
    var at = start + 12
    for _ in 0...2 {
      switch word(at: at) {
      case EtherType.ipv4, EtherType.ipv6: return packet(at: at + 2)
      case EtherType.tag, EtherType.serviceTag: at += 4
      case nil: return .cut
      default: return .other
      }
    }
    return .other
  }

  /// RFC 8300 §2: a header that says its length, in units of four octets, and what follows.
  mutating func behindServiceHeader(at start: Int) -> LinkLayer {
    guard frame.byteCount >= start + 8 else { return .cut }
    let at = start + Int(frame.octet(at: start + 1) & 0x3f) * 4
    switch frame.octet(at: start + 3) {
    case 1, 2: return packet(at: at)
    case 3: return behindEtherType(at: at + 12)
    default: return .other
    }
  }

  /// RFC 1662 §3.1 and RFC 1661 §6.5: address and control may be there, the protocol's first octet may be left out.
  ///
  /// Cisco's HDLC has an EtherType instead.
  mutating func behindPPP(at start: Int) -> LinkLayer {
    guard let first = word(at: start) else { return .cut }
    if first == 0x0f00 || first == 0x8f00 { return behindEtherType(at: start + 2) }
    let at = first == 0xff03 ? start + 2 : start
    guard frame.byteCount > at else { return .cut }
    let isShort = frame.octet(at: at) & 1 == 1
    guard let number = isShort ? UInt16(frame.octet(at: at)) : word(at: at) else { return .cut }
    let payload = at + (isShort ? 1 : 2)
    switch number {
    case 0x21, 0x57: return packet(at: payload)
    case 0x0281, 0x0283: return behindLabels(at: payload)  // RFC 3032 §4.3
    case 0x31: return behindBridging(at: payload)
    default: return .other
    }
  }

  /// RFC 3518 §4.2: flags, the kind of LAN, and where a flag says so its number; then Ethernet, if that is the kind.
  private mutating func behindBridging(at start: Int) -> LinkLayer {
    guard let head = word(at: start) else { return .cut }
    guard head & 0xff == 1 else { return .other }
    return behindEtherType(at: start + (head & 0x4000 != 0 ? 6 : 2) + 12)
  }

  /// A protocol family of the system that captured, in its byte order: AF_INET is 2 everywhere, AF_INET6 is not.
  private func behindFamily(at start: Int) -> LinkLayer {
    guard frame.byteCount >= start + 4 else { return .cut }
    let family: UInt32 = frame.load(bigEndian: start)
    switch family > 0xffff ? family.byteSwapped : family {
    case 2, 10, 24, 28, 30: return packet(at: start + 4)
    default: return .other
    }
  }

  /// IEEE 802.5: access and frame control, two addresses, and where the source's first bit says so the way of the frame.
  private mutating func behindTokenRing(at start: Int) -> LinkLayer {
    guard frame.byteCount >= start + 15 else { return .cut }
    let isRouted = frame.octet(at: start + 8) & 0x80 != 0
    return behindLLC(at: start + 14 + (isRouted ? Int(frame.octet(at: start + 14) & 0x1f) : 0))
  }

  /// RFC 1201 and RFC 1051: two addresses, on Linux an offset, and a protocol; the newer one can cut packets up.
  private func behindARCnet(at start: Int, offset: Int) -> LinkLayer {
    let type = start + 2 + offset
    guard frame.byteCount > type else { return .cut }
    switch frame.octet(at: type) {
    case 0xf0: return packet(at: type + 1)
    case 0xd4, 0xc4:
      guard frame.byteCount > type + 1 else { return .cut }
      return frame.octet(at: type + 1) == 0 ? packet(at: type + 4) : .other
    default: return .other
    }
  }
}

/// The numbers of what follows an Ethernet header (IEEE 802 numbers, IANA).
enum EtherType {
  static var ipv4: UInt16 { 0x0800 }
  static var ipv6: UInt16 { 0x86dd }
  /// IEEE 802.1Q.
  static var tag: UInt16 { 0x8100 }
  /// IEEE 802.1ad.
  static var serviceTag: UInt16 { 0x88a8 }
  /// MPLS (RFC 5332 §3).
  static var label: UInt16 { 0x8847 }
  static var multicastLabel: UInt16 { 0x8848 }
  /// PPP over Ethernet (RFC 2516).
  static var pppSession: UInt16 { 0x8864 }
  /// Ethernet within another protocol (RFC 1701).
  static var bridged: UInt16 { 0x6558 }
  /// PPP within GRE (RFC 2637).
  static var ppp: UInt16 { 0x880b }
  /// Ethernet mirrored by a switch (ERSPAN I and II).
  static var mirrored: UInt16 { 0x88be }
  /// Ethernet mirrored by a switch (ERSPAN III).
  static var mirroredLater: UInt16 { 0x22eb }
  /// The network service header (RFC 8300).
  static var serviceHeader: UInt16 { 0x894f }
  /// Up to here it is a length (IEEE 802.3).
  static var greatestLength: UInt16 { 1_500 }
}
