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

  private static let other = LinkLayer(content: .other, length: 0)
  private static let cut = LinkLayer(content: .cut, length: 0)

  /// The most tags and labels that are stepped over.
  private static var tagLimit: Int { 8 }

  /// Looks for the packet in a frame that begins with a header of this type.
  init(of frame: RawSpan, link: LinkType) {
    switch link {
    case .ethernet: self = Self.behindEtherType(of: frame, at: 12)
    case .rawIP, .ipv4, .ipv6: self = Self.packet(in: frame, at: 0)
    case .null, .loop: self = Self.behindFamily(of: frame)
    case .linuxCooked: self = Self.behindEtherType(of: frame, at: 14)
    case .linuxCooked2: self = Self.behindProtocol(of: frame, at: 20, type: Self.word(frame, at: 0))
    case .ppp, .pppHDLC, .ciscoHDLC: self = Self.behindPPP(of: frame)
    default:
      let isRaw = LinkType.rawIPOfSystems.contains(link.rawValue)
      self = isRaw ? Self.packet(in: frame, at: 0) : LinkLayer(content: .unknownLink, length: 0)
    }
  }

  /// Whether frames of a type can be read.
  static func knows(_ link: LinkType) -> Bool {
    let nothing: [UInt8] = []
    return LinkLayer(of: nothing.span.raw, link: link).content != .unknownLink
  }

  private init(content: Content, length: Int) {
    self.content = content
    self.length = length
  }

  private static func word(_ frame: RawSpan, at offset: Int) -> UInt16? {
    frame.byteCount >= offset + 2 ? frame.load(bigEndian: offset) : nil
  }

  /// An IP packet, if the first four bits agree.
  private static func packet(in frame: RawSpan, at offset: Int) -> LinkLayer {
    guard frame.byteCount > offset else { return cut }
    let version = frame.octet(at: offset) &>> 4
    return version == 4 || version == 6 ? LinkLayer(content: .packet, length: offset) : other
  }

  private static func behindEtherType(of frame: RawSpan, at offset: Int) -> LinkLayer {
    behindProtocol(of: frame, at: offset + 2, type: word(frame, at: offset))
  }

  /// Steps over what may stand between an EtherType and its packet: tags, labels, PPP in Ethernet, a SNAP header.
  private static func behindProtocol(of frame: RawSpan, at start: Int, type first: UInt16?) -> LinkLayer {
    var at = start
    var type = first
    for _ in 0...tagLimit {
      guard let known = type else { return cut }
      switch known {
      case EtherType.ipv4, EtherType.ipv6: return packet(in: frame, at: at)
      case EtherType.tag, EtherType.serviceTag, EtherType.oldTag:  // IEEE 802.1Q §9.6
        type = word(frame, at: at + 2)
        at += 4
      case EtherType.label, EtherType.multicastLabel: return behindLabels(of: frame, at: at)
      case EtherType.pppSession: return behindPPP(of: frame, at: at + 6)  // RFC 2516 §4
      case 0...EtherType.greatestLength:  // IEEE 802.3: a length, then LLC
        guard frame.byteCount >= at + 8 else { return cut }
        // RFC 1042: SNAP with no organisation.
        guard frame.load(bigEndian: at, as: UInt64.self) &>> 16 == 0xaaaa_0300_0000 else { return other }
        type = word(frame, at: at + 6)
        at += 8
      default: return other
      }
    }
    return other
  }

  /// RFC 3032 §2.1: labels of four octets up to the one at the bottom of the stack; the packet says itself what it is.
  private static func behindLabels(of frame: RawSpan, at start: Int) -> LinkLayer {
    var at = start
    for _ in 0..<tagLimit {
      guard frame.byteCount >= at + 4 else { return cut }
      let isLast = frame.octet(at: at + 2) & 1 == 1
      at += 4
      if isLast { return packet(in: frame, at: at) }
    }
    return other
  }

  /// RFC 1662 §3.1 and RFC 1661 §6.5: address and control may be there, the protocol's first octet may be left out.
  ///
  /// Cisco's HDLC has an EtherType instead.
  private static func behindPPP(of frame: RawSpan, at start: Int = 0) -> LinkLayer {
    guard let first = word(frame, at: start) else { return cut }
    if first == 0x0f00 || first == 0x8f00 { return behindEtherType(of: frame, at: start + 2) }
    let at = first == 0xff03 ? start + 2 : start
    guard frame.byteCount > at else { return cut }
    let isShort = frame.octet(at: at) & 1 == 1
    guard let number = isShort ? UInt16(frame.octet(at: at)) : word(frame, at: at) else { return cut }
    return number == 0x21 || number == 0x57 ? packet(in: frame, at: at + (isShort ? 1 : 2)) : other
  }

  /// A protocol family of the system that captured, in its byte order: AF_INET is 2 everywhere, AF_INET6 is not.
  private static func behindFamily(of frame: RawSpan) -> LinkLayer {
    guard frame.byteCount >= 4 else { return cut }
    let family: UInt32 = frame.load(bigEndian: 0)
    switch family > 0xffff ? family.byteSwapped : family {
    case 2, 10, 24, 28, 30: return packet(in: frame, at: 4)
    default: return other
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
  /// What came before 802.1ad.
  static var oldTag: UInt16 { 0x9100 }
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
  /// Up to here it is a length (IEEE 802.3).
  static var greatestLength: UInt16 { 1_500 }
}
