import Testing
import Wire

@testable import Capture

@Suite("Link layers: where the packet begins, behind whatever stands before it") struct LinkLayerTests {
  static let packet = PacketOctets.ipv4(Array(0..<20))
  static let packet6 = PacketOctets.ipv6(Array(0..<20))
  static let addresses = [UInt8](repeating: 0xaa, count: 12)

  struct Header: CustomTestStringConvertible {
    var testDescription: String
    var link: UInt32
    var octets: [UInt8]
    var carriesIPv6 = false
  }

  static let headers = [
    Header(testDescription: "Ethernet", link: 1, octets: addresses + [8, 0]),
    Header(testDescription: "Ethernet, IPv6", link: 1, octets: addresses + [0x86, 0xdd], carriesIPv6: true),
    Header(testDescription: "802.1Q", link: 1, octets: addresses + [0x81, 0, 0, 5, 8, 0]),
    Header(testDescription: "802.1ad", link: 1, octets: addresses + [0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0]),
    Header(
      testDescription: "eight tags", link: 1,
      octets: addresses + [[UInt8]](repeating: [0x91, 0, 0, 1], count: 8).flatMap { $0 } + [8, 0]),
    Header(
      testDescription: "802.3, LLC, SNAP", link: 1, octets: addresses + [0, 48, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]),
    Header(
      testDescription: "MPLS, two labels", link: 1, octets: addresses + [0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64]),
    Header(
      testDescription: "PPPoE", link: 1, octets: addresses + [0x88, 0x64, 0x11, 0, 0, 1, 0, 42, 0, 0x21]),
    Header(
      testDescription: "PPPoE, IPv6", link: 1, octets: addresses + [0x88, 0x64, 0x11, 0, 0, 1, 0, 62, 0, 0x57],
      carriesIPv6: true),
    Header(testDescription: "raw IP", link: 101, octets: []),
    Header(testDescription: "raw IP by BSD's number", link: 12, octets: []),
    Header(testDescription: "raw IP by OpenBSD's number", link: 14, octets: [], carriesIPv6: true),
    Header(testDescription: "raw IPv4", link: 228, octets: []),
    Header(testDescription: "raw IPv6", link: 229, octets: [], carriesIPv6: true),
    Header(testDescription: "null, little-endian", link: 0, octets: [2, 0, 0, 0]),
    Header(testDescription: "null, big-endian", link: 0, octets: [0, 0, 0, 2]),
    Header(testDescription: "null, FreeBSD's IPv6", link: 0, octets: [28, 0, 0, 0], carriesIPv6: true),
    Header(testDescription: "null, Darwin's IPv6", link: 0, octets: [0, 0, 0, 30], carriesIPv6: true),
    Header(testDescription: "loop", link: 108, octets: [0, 0, 0, 24], carriesIPv6: true),
    Header(testDescription: "Linux cooked", link: 113, octets: [UInt8](repeating: 0, count: 14) + [8, 0]),
    Header(
      testDescription: "Linux cooked, a tag", link: 113,
      octets: [UInt8](repeating: 0, count: 14) + [0x81, 0, 0, 9, 0x86, 0xdd], carriesIPv6: true),
    Header(
      testDescription: "Linux cooked v2", link: 276, octets: [0x86, 0xdd] + [UInt8](repeating: 0, count: 18),
      carriesIPv6: true),
    Header(testDescription: "PPP", link: 9, octets: [0xff, 3, 0, 0x21]),
    Header(testDescription: "PPP, compressed", link: 9, octets: [0x57], carriesIPv6: true),
    Header(testDescription: "PPP over HDLC", link: 50, octets: [0xff, 3, 0x21]),
    Header(testDescription: "Cisco HDLC", link: 104, octets: [0x0f, 0, 8, 0]),
    Header(testDescription: "a tag by 0x9200", link: 1, octets: addresses + [0x92, 0, 0, 5, 8, 0]),
    Header(testDescription: "802.1BR", link: 1, octets: addresses + [0x89, 0x3f, 0, 0, 0x10, 0x20, 0, 0, 8, 0]),
    Header(testDescription: "VN-Tag", link: 1, octets: addresses + [0x89, 0x26, 0, 1, 0, 2, 0x81, 0, 0, 5, 8, 0]),
    Header(
      testDescription: "Cisco metadata", link: 1,
      octets: addresses + [0x89, 0x09, 1, 1, 0, 1, 0, 0x10, 0x86, 0xdd], carriesIPv6: true),
    Header(
      testDescription: "MACsec, not encrypted", link: 1, octets: addresses + [0x88, 0xe5, 0, 0, 0, 0, 0, 1, 8, 0]),
    Header(
      testDescription: "MACsec with an identifier", link: 1,
      octets: addresses + [0x88, 0xe5, 0x20, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0, 1, 8, 0]),
    Header(testDescription: "802.1ah", link: 1, octets: addresses + [0x88, 0xe7, 0, 0, 1, 0x23] + addresses + [8, 0]),
    Header(testDescription: "FabricPath", link: 1, octets: addresses + [0x89, 3, 4, 0x20] + addresses + [8, 0]),
    Header(
      testDescription: "TRILL", link: 1, octets: addresses + [0x22, 0xf3, 0, 0x3f, 0, 1, 0, 2] + addresses + [8, 0]),
    Header(
      testDescription: "a service header", link: 1,
      octets: addresses + [0x89, 0x4f, 0x0f, 0xc2, 2, 3, 0, 0, 1, 1] + addresses + [8, 0]),
    Header(testDescription: "LLC, IP by its address", link: 1, octets: addresses + [0, 48, 6, 6, 3]),
    Header(testDescription: "LLC, IP by ISO's number", link: 1, octets: addresses + [0, 48, 0xfe, 0xfe, 3, 0xcc]),
    Header(
      testDescription: "LLC behind a tag", link: 1, octets: addresses + [0x81, 0, 0, 5, 0, 48, 6, 6, 3]),
    Header(
      testDescription: "802.1H", link: 1, octets: addresses + [0, 48, 0xaa, 0xaa, 3, 0, 0, 0xf8, 8, 0]),
    Header(
      testDescription: "Ethernet in MPLS", link: 1,
      octets: addresses + [0x88, 0x47, 0, 1, 1, 64] + addresses + [8, 0]),
    Header(
      testDescription: "Ethernet in MPLS, a control word", link: 1,
      octets: addresses + [0x88, 0x47, 0, 1, 1, 64, 0, 0, 0, 1] + addresses + [0x81, 0, 0, 5, 8, 0]),
    Header(
      testDescription: "PPPoE, MPLS", link: 1,
      octets: addresses + [0x88, 0x64, 0x11, 0, 0, 1, 0, 46, 2, 0x81, 0, 1, 1, 64]),
    Header(testDescription: "PPP, MPLS", link: 9, octets: [0xff, 3, 2, 0x81, 0, 6, 0x41, 0x40]),
    Header(testDescription: "PPP, bridged", link: 9, octets: [0xff, 3, 0, 0x31, 0, 1] + addresses + [8, 0]),
    Header(testDescription: "PPPoE alone", link: 51, octets: [0x11, 0, 0, 1, 0, 42, 0, 0x21]),
    Header(testDescription: "PPP, a direction", link: 204, octets: [0, 0xff, 3, 0, 0x21]),
    Header(testDescription: "PPP of pppd", link: 166, octets: [1, 3, 0, 0x21]),
    Header(testDescription: "Frame Relay", link: 107, octets: [0x18, 0x41, 3, 0xcc]),
    Header(testDescription: "Frame Relay, SNAP", link: 107, octets: [0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0]),
    Header(testDescription: "Frame Relay, Cisco's", link: 107, octets: [0x18, 0x41, 8, 0]),
    Header(
      testDescription: "Token Ring with a way", link: 6,
      octets: [0x10, 0x40] + [UInt8](repeating: 2, count: 6) + [
        0x82, 2, 2, 2, 2, 2, 2, 0x30, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0,
      ]
    ),
    Header(testDescription: "FDDI", link: 10, octets: [0x50] + addresses + [0xaa, 0xaa, 3, 0, 0, 0, 8, 0]),
    Header(testDescription: "ARCnet", link: 129, octets: [1, 2, 0, 0, 0xd4, 0, 0, 1]),
    Header(testDescription: "ATM", link: 100, octets: [0xaa, 0xaa, 3, 0, 0, 0, 8, 0]),
    Header(testDescription: "OpenBSD enc", link: 109, octets: [UInt8](repeating: 0, count: 12)),
    Header(
      testDescription: "PFLOG, filled up", link: 117, octets: [61, 2] + [UInt8](repeating: 0, count: 62)),
    Header(
      testDescription: "PFLOG, another length, IPv6", link: 117, octets: [72, 24] + [UInt8](repeating: 0, count: 70),
      carriesIPv6: true),
    Header(testDescription: "PKTAP, Ethernet", link: 258, octets: tap(1) + addresses + [8, 0]),
    Header(testDescription: "PKTAP by 149, raw IP", link: 149, octets: tap(12), carriesIPv6: true),
    Header(
      testDescription: "per-packet information", link: 192, octets: [0, 0, 8, 0, 1, 0, 0, 0] + addresses + [8, 0]),
    Header(testDescription: "MPLS", link: 219, octets: [0, 1, 1, 64]),
    Header(
      testDescription: "NFLOG", link: 239,
      octets: [2, 0, 0, 5, 7, 0, 10, 0, 0x61, 0x62, 0, 0, 44, 0, 9, 0]),
    Header(
      testDescription: "NFLOG, big-endian", link: 239, octets: [10, 0, 0, 5, 0, 8, 0, 1, 8, 0, 3, 0, 0, 44, 0, 9],
      carriesIPv6: true),
    Header(testDescription: "IP over InfiniBand", link: 242, octets: [UInt8](repeating: 0, count: 40) + [8, 0, 0, 0]),
    Header(testDescription: "DSA, Broadcom", link: 281, octets: addresses + [0, 0, 0, 2, 8, 0]),
    Header(testDescription: "DSA, Broadcom, before", link: 282, octets: [0, 0, 0, 2] + addresses + [8, 0]),
    Header(
      testDescription: "DSA, Marvell", link: 284, octets: addresses + [0xc0, 0x50, 0, 0, 0x86, 0xdd], carriesIPv6: true),
    Header(
      testDescription: "DSA, Marvell, a type", link: 285,
      octets: addresses + [0xda, 0xda, 0, 0, 0xc0, 0x50, 0, 0, 8, 0]),
    Header(testDescription: "802.11", link: 105, octets: wireless(0x08) + snap),
    Header(testDescription: "802.11, quality of service", link: 105, octets: wireless(0x88) + [0, 0] + snap),
    Header(testDescription: "802.11, four addresses", link: 105, octets: wireless(0x08, 3) + addresses[..<6] + snap),
    Header(testDescription: "radiotap", link: 127, octets: [0, 0, 8, 0, 0, 0, 0, 0] + wireless(0x08) + snap),
    Header(
      testDescription: "radiotap, padded behind a time", link: 127,
      octets: [0, 0, 17, 0, 3, 0, 0, 0] + [UInt8](repeating: 1, count: 8) + [0x20] + wireless(0x88) + [0, 0, 0, 0]
        + snap),
    Header(
      testDescription: "ERF, Ethernet behind a further header", link: 197,
      octets: [UInt8](repeating: 1, count: 8) + [0x82, 4, 0, 90, 0, 0, 0, 60, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0] + addresses
        + [8, 0]),
  ]

  private static let snap: [UInt8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0]
  private static func wireless(_ control: UInt8, _ flags: UInt8 = 1) -> [UInt8] {
    [control, flags, 0, 0] + addresses + addresses[..<6] + [0x10, 0]
  }
  private static func tap(_ link: UInt8) -> [UInt8] {
    [108, 0, 0, 0, 1, 0, 0, 0, link, 0, 0, 0] + [UInt8](repeating: 0, count: 96)
  }

  @Test("the packet is found, its length on the wire too", arguments: headers)
  func found(_ header: Header) {
    let packet = header.carriesIPv6 ? Self.packet6 : Self.packet
    let padding: [UInt8] = header.link == 1 ? [0, 0, 0] : []
    let (packets, opening) = PacketOctets.opened(
      [header.octets + packet + padding], link: LinkType(rawValue: header.link))
    #expect(
      packets == [.init(number: 1, octets: packet + padding, originalLength: packet.count + padding.count)])
    #expect(opening.counts.packets == 1 && opening.unreadableLink == nil)
    #expect(LinkType(rawValue: header.link).isReadable)
  }

  @Test("a frame cut anywhere in its link header is cut, and never something else", arguments: headers)
  func cut(_ header: Header) {
    for length in 0..<header.octets.count {
      let (packets, opening) = PacketOctets.opened(
        [header.octets + Self.packet], link: LinkType(rawValue: header.link), cutTo: length)
      // A PPP header may be shorter than it is, and then its second half is no packet.
      #expect(packets.isEmpty && opening.counts.cut + opening.counts.others == 1, "cut to \(length)")
    }
  }

  @Test(
    "what is not IP is counted as that",
    arguments: [
      (1, addresses + [8, 6, 0, 1]),  // ARP
      (1, addresses + [8, 0, 0x55]),  // a version that is none
      (1, addresses + [[UInt8]](repeating: [0x81, 0, 0, 1], count: 9).flatMap { $0 } + [8, 0, 0x45]),
      (1, addresses + [0, 3, 0x42, 0x42, 3, 0, 0, 0, 0, 0]),  // spanning tree
      (0, [1, 0, 0, 0, 0x45]), (9, [0xc0, 0x21, 1, 1]), (101, [0x10]),
      (1, addresses + [0x88, 0xe5, 0x0c, 0, 0, 0, 0, 1, 8, 0]),  // MACsec, encrypted
      (105, [0x08, 0x41] + [UInt8](repeating: 0, count: 60)), (105, [0x48, 1] + [UInt8](repeating: 0, count: 60)),
      (107, [0, 0, 0, 0, 0, 0]), (239, [2, 1, 0, 0, 44, 0, 9, 0]), (258, [108, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]),
    ] as [(UInt32, [UInt8])])
  func others(link: UInt32, frame: [UInt8]) {
    let (packets, opening) = PacketOctets.opened([frame], link: LinkType(rawValue: link))
    #expect(packets.isEmpty && opening.counts.others == 1)
  }

  @Test("headers that lead to each other come to an end") func circles() {
    // Labels, Ethernet and labels again; PPPoE within PPP that bridges Ethernet; what leads to itself.
    let labels: [UInt8] = [0x88, 0x47, 0, 1, 1, 64] + Self.addresses
    let bridges: [UInt8] = [0x88, 0x64, 0x11, 0, 0, 1, 0, 42, 0, 0x31, 0, 1] + Self.addresses
    let services: [UInt8] = [0x89, 0x4f, 0x0f, 0xc2, 2, 3, 0, 0, 1, 1] + Self.addresses
    for unit in [labels, bridges, services] {
      let frame = Self.addresses + [[UInt8]](repeating: unit, count: 8_000).flatMap { $0 } + [8, 0] + Self.packet
      #expect(PacketOctets.opened([frame], link: .ethernet).packets.isEmpty)
    }
    let taps = [[UInt8]](repeating: [12, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0], count: 8_000).flatMap { $0 }
    #expect(PacketOctets.opened([taps], link: LinkType(rawValue: 258)).packets.isEmpty)
  }

  @Test(
    "what cannot be read is refused by name, or by number",
    arguments: [
      (143, "DOCSIS (143)"), (252, "Wireshark upper PDU (252)"), (4_711, "link type 4711"),
    ] as [(UInt32, String)])
  func unreadable(link: UInt32, name: String) {
    let (packets, opening) = PacketOctets.opened([Self.packet, Self.packet], link: LinkType(rawValue: link))
    #expect(packets.isEmpty && opening.counts.unreadable == 2)
    #expect(opening.unreadableLink?.description == name && !LinkType(rawValue: link).isReadable)
  }

  @Test("IP has two versions") func versions() {
    for version: UInt8 in 0...15 {
      let (packets, opening) = PacketOctets.opened([[version << 4] + [UInt8](repeating: 0, count: 39)])
      let isIP = version == 4 || version == 6
      #expect(packets.count == (isIP ? 1 : 0) && opening.counts.others == (isIP ? 0 : 1), "\(version)")
    }
  }

  @Test("of several link layers that are not known the first is named") func firstUnknown() {
    var opening = Decapsulator()
    for link: UInt32 in [999, 998] {
      let frame = CapturedFrame(
        number: 1, stamp: nil, link: LinkType(rawValue: link), interface: 0, octets: Self.packet.span.raw,
        originalLength: Self.packet.count)
      opening.open(frame) { _ in Issue.record("no packet") }
    }
    #expect(opening.unreadableLink == LinkType(rawValue: 999) && opening.counts.unreadable == 2)
  }

  @Test(
    "Linux's cooked headers say which way a packet went",
    arguments: [
      (0, .inbound), (1, .inbound), (2, .inbound), (3, nil), (4, .outbound), (255, nil),
    ] as [(UInt8, FrameDirection?)])
  func direction(type: UInt8, _ direction: FrameDirection?) {
    let first = [0, type] + [UInt8](repeating: 0, count: 12) + [8, 0]
    #expect(LinkLayer.direction(of: first.span.raw, link: .linuxCooked) == direction)
    let second = [8, 0] + [UInt8](repeating: 0, count: 8) + [type] + [UInt8](repeating: 0, count: 9)
    #expect(LinkLayer.direction(of: second.span.raw, link: .linuxCooked2) == direction)
    #expect(LinkLayer.direction(of: second.span.raw.extracting(first: 10), link: .linuxCooked2) == nil)
    #expect(LinkLayer.direction(of: first.span.raw, link: .ethernet) == nil)
  }
}
