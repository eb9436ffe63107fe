// The registry of link-layer header types (draft-ietf-opsawg-pcaplinktype), as far as this program has a word for them.

/// What a captured frame begins with, by the number that capture files carry.
public struct LinkType: Hashable, Sendable, BitwiseCopyable {
  /// The registered number; a file may carry any.
  public var rawValue: UInt32

  /// The link type of a number.
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// BSD loopback: a protocol family in the byte order of the machine that captured, then the packet.
  @inlinable public static var null: LinkType { LinkType(rawValue: 0) }
  /// Ethernet II and 802.3 (RFC 894, RFC 1042).
  @inlinable public static var ethernet: LinkType { LinkType(rawValue: 1) }
  /// PPP, with or without HDLC's address and control octets (RFC 1661, RFC 1662).
  @inlinable public static var ppp: LinkType { LinkType(rawValue: 9) }
  /// PPP in HDLC-like framing, always with its address and control octets (RFC 1662); or Cisco's HDLC.
  @inlinable public static var pppHDLC: LinkType { LinkType(rawValue: 50) }
  /// IPv4 or IPv6 and nothing before it.
  @inlinable public static var rawIP: LinkType { LinkType(rawValue: 101) }
  /// Cisco's HDLC.
  @inlinable public static var ciscoHDLC: LinkType { LinkType(rawValue: 104) }
  /// OpenBSD's loopback: as `null`, in network byte order.
  @inlinable public static var loop: LinkType { LinkType(rawValue: 108) }
  /// Linux "cooked" capture, of the pseudo-device `any`.
  @inlinable public static var linuxCooked: LinkType { LinkType(rawValue: 113) }
  /// Linux "cooked" capture, the second version.
  @inlinable public static var linuxCooked2: LinkType { LinkType(rawValue: 276) }
  /// IPv4 and nothing before it.
  @inlinable public static var ipv4: LinkType { LinkType(rawValue: 228) }
  /// IPv6 and nothing before it.
  @inlinable public static var ipv6: LinkType { LinkType(rawValue: 229) }

  /// Whether the program finds the packets in frames of this type.
  public var isReadable: Bool { LinkLayer.knows(self) }
}

extension LinkType: CustomStringConvertible {
  /// The name and the number: `Ethernet (1)`; for one without a name `link type 4711`.
  public var description: String {
    name.map { "\($0) (\(rawValue))" } ?? "link type \(rawValue)"
  }

  /// What people call it; nil for the numbers that few have met.
  public var name: String? {
    switch rawValue {
    case 0: "BSD loopback"
    case 1: "Ethernet"
    case 6: "Token Ring"
    case 7: "ARCnet"
    case 8: "SLIP"
    case 9: "PPP"
    case 10: "FDDI"
    case 12, 14, 101: "raw IP"
    case 50: "PPP over HDLC"
    case 51: "PPP over Ethernet"
    case 100: "ATM"
    case 104: "Cisco HDLC"
    case 105: "IEEE 802.11"
    case 106: "ATM on Linux"
    case 107: "Frame Relay"
    case 108: "OpenBSD loopback"
    case 109: "OpenBSD enc"
    case 113: "Linux cooked"
    case 117: "PFLOG"
    case 119: "IEEE 802.11 with Prism header"
    case 122: "IP over Fibre Channel"
    case 123: "SunATM"
    case 127: "IEEE 802.11 with radiotap header"
    case 129: "Linux ARCnet"
    case 138: "IP over IEEE 1394"
    case 140: "MTP2"
    case 143: "DOCSIS"
    case 149: "user 2 or PKTAP"
    case 163: "IEEE 802.11 with AVS header"
    case 165: "BACnet MS/TP"
    case 166: "PPP of pppd"
    case 178: "Juniper Ethernet"
    case 182: "multilink Frame Relay"
    case 186, 189, 220, 249, 266: "USB"
    case 187, 201: "Bluetooth HCI"
    case 192: "per-packet information"
    case 195, 215, 230, 283: "IEEE 802.15.4"
    case 197: "ERF"
    case 204: "PPP with a direction"
    case 205: "Cisco HDLC with a direction"
    case 206: "Frame Relay with a direction"
    case 219: "MPLS"
    case 226: "Solaris IPNET"
    case 227: "SocketCAN"
    case 228: "raw IPv4"
    case 229: "raw IPv6"
    case 239: "NFLOG"
    case 240: "netANALYZER"
    case 241: "netANALYZER with preamble"
    case 242: "IP over InfiniBand"
    case 247: "InfiniBand"
    case 252: "Wireshark upper PDU"
    case 258: "PKTAP"
    case 271: "VSOCK"
    case 274: "IEEE 802.3br"
    case 276: "Linux cooked v2"
    case 281: "Broadcom DSA tag"
    case 282: "Broadcom DSA tag before the frame"
    case 284: "Marvell DSA tag"
    case 285: "Marvell EtherType DSA tag"
    default: nil
    }
  }
}
