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
  ]

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
    ] as [(UInt32, [UInt8])])
  func others(link: UInt32, frame: [UInt8]) {
    let (packets, opening) = PacketOctets.opened([frame], link: LinkType(rawValue: link))
    #expect(packets.isEmpty && opening.counts.others == 1)
  }

  @Test(
    "what cannot be read is refused by name, or by number",
    arguments: [
      (105, "IEEE 802.11 (105)"), (127, "IEEE 802.11 with radiotap header (127)"),
      (119, "IEEE 802.11 with Prism header (119)"), (4_711, "link type 4711"),
    ] as [(UInt32, String)])
  func unreadable(link: UInt32, name: String) {
    let (packets, opening) = PacketOctets.opened([Self.packet, Self.packet], link: LinkType(rawValue: link))
    #expect(packets.isEmpty && opening.counts.unreadable == 2)
    #expect(opening.unreadableLink?.description == name && !LinkType(rawValue: link).isReadable)
  }
}
