import Testing
import Wire

@testable import Capture

@Suite("Tunnels: the innermost packet where asked, the outermost where not") struct TunnelTests {
  static let inner = PacketOctets.ipv4(Array(0..<20))
  static let inner6 = PacketOctets.ipv6(Array(0..<20))
  static let ethernet = [UInt8](repeating: 2, count: 12) + [8, 0]
  static let vxlan: [UInt8] = PacketOctets.bigEndian(
    50_000 as UInt16, 4_789 as UInt16, 70 as UInt16, 0 as UInt16, 0x0800_0000 as UInt32, 0x0001_0000 as UInt32)

  static func udp(_ port: UInt16, from source: UInt16 = 50_000) -> [UInt8] {
    PacketOctets.bigEndian(source, port, 70 as UInt16, 0 as UInt16)
  }

  struct Wrapping: CustomTestStringConvertible {
    var testDescription: String
    var protocolNumber: UInt8
    var header: [UInt8]
    var carriesIPv6 = false
  }

  static let wrappings = [
    Wrapping(testDescription: "IP in IP", protocolNumber: 4, header: []),
    Wrapping(testDescription: "6in4", protocolNumber: 41, header: [], carriesIPv6: true),
    Wrapping(testDescription: "GRE", protocolNumber: 47, header: [0, 0, 8, 0]),
    Wrapping(testDescription: "GRE, IPv6", protocolNumber: 47, header: [0, 0, 0x86, 0xdd], carriesIPv6: true),
    Wrapping(
      testDescription: "GRE with checksum, key and number", protocolNumber: 47,
      header: [0xb0, 0, 8, 0] + [UInt8](repeating: 1, count: 12)),
    Wrapping(
      testDescription: "GRE, bridged", protocolNumber: 47, header: [0x20, 0, 0x65, 0x58, 0, 0, 0, 1] + ethernet),
    Wrapping(
      testDescription: "GRE, PPTP", protocolNumber: 47,
      header: [0x30, 0x81, 0x88, 0x0b, 0, 24, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0x21]),
    Wrapping(
      testDescription: "GRE, mirrored with a number (ERSPAN II)", protocolNumber: 47,
      header: [0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 1, 0, 0, 0, 0, 0, 0] + ethernet),
    Wrapping(
      testDescription: "GRE, mirrored without (ERSPAN I)", protocolNumber: 47, header: [0, 0, 0x88, 0xbe] + ethernet),
    Wrapping(
      testDescription: "an authenticated packet in tunnel mode", protocolNumber: 51,
      header: [4, 4] + [UInt8](repeating: 0, count: 22)),
    Wrapping(
      testDescription: "Geneve, two options", protocolNumber: 17,
      header: PacketOctets.bigEndian(
        50_000 as UInt16, 6_081 as UInt16, 70 as UInt16, 0 as UInt16, 0x0200_6558 as UInt32, 0x0001_0000 as UInt32,
        0x1111_1111 as UInt32, 0x2222_2222 as UInt32) + ethernet),
    Wrapping(
      testDescription: "VXLAN's generic form", protocolNumber: 17,
      header: PacketOctets.bigEndian(
        50_000 as UInt16, 4_790 as UInt16, 70 as UInt16, 0 as UInt16, 0x0c00_0002 as UInt32, 0 as UInt32),
      carriesIPv6: true),
    Wrapping(testDescription: "VXLAN", protocolNumber: 17, header: vxlan + ethernet),
    Wrapping(
      testDescription: "VXLAN on Linux's port", protocolNumber: 17,
      header: udp(8_472) + [8, 0, 0, 0, 0, 0, 1, 0] + ethernet),
    Wrapping(
      testDescription: "VXLAN back", protocolNumber: 17,
      header: udp(50_000, from: 4_789) + [8, 0, 0, 0, 0, 0, 1, 0] + ethernet),
    Wrapping(
      testDescription: "GTP-U", protocolNumber: 17, header: udp(2_152) + [0x30, 0xff, 0, 40, 0, 0, 0, 1],
      carriesIPv6: true),
    Wrapping(
      testDescription: "GTP-U, a number", protocolNumber: 17,
      header: udp(2_152) + [0x32, 0xff, 0, 44, 0, 0, 0, 1, 0, 1, 0, 0]),
    Wrapping(
      testDescription: "GTP-U, two more headers", protocolNumber: 17,
      header: udp(2_152) + [0x36, 0xff, 0, 56, 0, 0, 0, 1, 0, 1, 0, 0xc0, 1, 0x10, 1, 0x85, 2, 0x10, 1, 0, 0, 0, 0, 0]),
    Wrapping(
      testDescription: "L2TP", protocolNumber: 17,
      header: udp(1_701) + [0x40, 2, 0, 52, 0, 1, 0, 1, 0xff, 3, 0, 0x21]),
    Wrapping(
      testDescription: "L2TP, an offset", protocolNumber: 17,
      header: udp(1_701) + [2, 2, 0, 1, 0, 1, 0, 3, 0, 0, 0, 0xff, 3, 0, 0x21]),
    Wrapping(
      testDescription: "Teredo behind an origin", protocolNumber: 17,
      header: udp(3_544) + [0, 0, 0x12, 0x34, 1, 2, 3, 4], carriesIPv6: true),
    Wrapping(testDescription: "LISP", protocolNumber: 17, header: udp(4_341) + [0x80, 0, 0, 0, 0, 0, 0, 0]),
    Wrapping(testDescription: "GRE in UDP", protocolNumber: 17, header: udp(4_754) + [0, 0, 8, 0]),
    Wrapping(testDescription: "MPLS in UDP", protocolNumber: 17, header: udp(6_635) + [0, 1, 1, 64]),
    Wrapping(testDescription: "MPLS in IP", protocolNumber: 137, header: [0, 1, 1, 64]),
    Wrapping(testDescription: "MPLS in GRE", protocolNumber: 47, header: [0, 0, 0x88, 0x47, 0, 1, 1, 64]),
    Wrapping(testDescription: "Ethernet in IP", protocolNumber: 97, header: [0x30, 0] + ethernet),
    Wrapping(
      testDescription: "GRE, mirrored (ERSPAN III)", protocolNumber: 47,
      header: [0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] + ethernet),
    Wrapping(
      testDescription: "VXLAN, a tag within", protocolNumber: 17,
      header: vxlan + [UInt8](repeating: 2, count: 12) + [0x81, 0, 0, 1, 0x86, 0xdd], carriesIPv6: true),
  ]

  @Test("in both families", arguments: wrappings)
  func everyKind(_ wrapping: Wrapping) {
    let within = wrapping.carriesIPv6 ? Self.inner6 : Self.inner
    let payload = wrapping.header + within
    for outer in [
      PacketOctets.ipv4(payload, protocolNumber: wrapping.protocolNumber),
      PacketOctets.ipv6(payload, nextHeader: wrapping.protocolNumber),
    ] {
      let (packets, opening) = PacketOctets.opened([outer], tunnels: true)
      #expect(packets == [.init(number: 1, octets: within, originalLength: within.count, depth: 1)])
      #expect(opening.counts.tunnelled == 1 && opening.counts.packets == 1)
      let closed = PacketOctets.opened([outer])
      #expect(closed.packets.map(\.octets) == [outer] && closed.opening.counts.unopened == 1)
      // Cut in the inner packet's header by the capture it is used as far as it goes, with the length that it had.
      let cut = PacketOctets.opened([outer], tunnels: true, cutTo: outer.count - 10).packets
      #expect(cut.map(\.octets) == [within.dropLast(10)] && cut.map(\.originalLength) == [within.count])
    }
  }

  @Test("what a tunnel cannot be told from, or carries something else, is handed out as it is")
  func noTunnel() {
    let packets = [
      PacketOctets.ipv4([0, 0, 8, 6] + Self.inner, protocolNumber: 47),  // GRE, but ARP
      PacketOctets.ipv4([0x40, 0, 8, 0] + Self.inner, protocolNumber: 47),  // routing
      PacketOctets.ipv4([0, 0, 8], protocolNumber: 47),
      PacketOctets.ipv4([], protocolNumber: 4),
      PacketOctets.ipv4([0x55], protocolNumber: 4),
      PacketOctets.ipv4([4, 255, 0, 0], protocolNumber: 51),  // an Authentication Header longer than the packet
      PacketOctets.ipv4([6, 4] + Self.inner, protocolNumber: 51),  // and one before TCP
      PacketOctets.ipv4(Self.udp(2_152) + [0x30, 1, 0, 40, 0, 0, 0, 1] + Self.inner, protocolNumber: 17),  // an echo
      PacketOctets.ipv4(Self.udp(2_152) + [0x34, 0xff, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0x85, 0, 0], protocolNumber: 17),
      PacketOctets.ipv4(Self.udp(1_701) + [0xc8, 2, 0, 20, 0, 1, 0, 0] + Self.inner, protocolNumber: 17),  // control
      PacketOctets.ipv4(Array(Self.vxlan[..<8]) + [0, 0, 0, 0, 0, 0, 0, 0] + Self.ethernet, protocolNumber: 17),
    ]
    let (opened, opening) = PacketOctets.opened(packets, tunnels: true)
    #expect(opened.map(\.octets) == packets && opening.counts.tunnelled == 0)
    #expect(PacketOctets.opened(packets).opening.counts.unopened == 0)
  }

  @Test("tunnels within tunnels, as deep as is allowed and no deeper") func nested() {
    var packet = Self.inner
    for _ in 0..<10 { packet = PacketOctets.ipv4(packet, protocolNumber: 4) }
    let (packets, _) = PacketOctets.opened([packet], tunnels: true)
    #expect(packets.map(\.depth) == [8] && packets.map(\.octets.count) == [Self.inner.count + 40])
  }

  @Test("fragments within a tunnel, and a tunnel in fragments, are put together") func fragments() {
    let pieces = FragmentTests.pieces4().map { PacketOctets.ipv4($0, protocolNumber: 4) }
    let (inside, _) = PacketOctets.opened(pieces, tunnels: true)
    #expect(inside.map(\.octets) == [PacketOctets.ipv4(FragmentTests.payload)] && inside[0].depth == 1)
    let long = PacketOctets.ipv4([UInt8](repeating: 3, count: 80))
    let (outside, _) = PacketOctets.opened(
      [
        PacketOctets.ipv4(Array(long[..<48]), protocolNumber: 4, at: 0, moreFragments: true),
        PacketOctets.ipv4(Array(long[48...]), protocolNumber: 4, at: 48),
      ], tunnels: true)
    #expect(outside.map(\.octets) == [long] && outside[0].isReassembled)
  }

  @Test("a number that is acknowledged is there where its bit is (RFC 2637 §4.1)") func withoutAcknowledgment() {
    let header: [UInt8] = [0x30, 0x01, 0x88, 0x0b, 0, 24, 0, 1, 0, 0, 0, 1, 0x21]
    let (packets, _) = PacketOctets.opened([PacketOctets.ipv4(header + Self.inner, protocolNumber: 47)], tunnels: true)
    #expect(packets.map(\.octets) == [Self.inner])
  }

  @Test("as many options as Geneve can have") func mostOptions() {
    for words: UInt8 in [31, 32, 63] {
      let header =
        PacketOctets.bigEndian(50_000 as UInt16, 6_081 as UInt16, 70 as UInt16, 0 as UInt16)
        + [words, 0, 0x65, 0x58, 0, 0, 1, 0] + [UInt8](repeating: 7, count: Int(words) * 4) + Self.ethernet
      let (packets, _) = PacketOctets.opened(
        [PacketOctets.ipv4(header + Self.inner, protocolNumber: 17)], tunnels: true)
      #expect(packets.map(\.octets) == [Self.inner], "\(words)")
    }
  }

  @Test("of another version, or without the bit that says what is next, it is not looked into")
  func otherVersions() {
    func udp(_ port: UInt16, _ word: UInt32) -> [UInt8] {
      let header = PacketOctets.bigEndian(50_000 as UInt16, port, 70 as UInt16, 0 as UInt16, word, 0 as UInt32)
      return PacketOctets.ipv4(header + (port == 6_081 ? Self.ethernet : []) + Self.inner, protocolNumber: 17)
    }
    let packets = [udp(4_790, 0x0800_0001), udp(4_790, 0x0400_0001), udp(6_081, 0x4000_6558), udp(6_081, 0x8000_6558)]
    let (opened, opening) = PacketOctets.opened(packets, tunnels: true)
    #expect(opened.map(\.octets) == packets && opening.counts.tunnelled == 0)
    #expect(PacketOctets.opened([udp(4_790, 0x0c00_0001)], tunnels: true).opening.counts.tunnelled == 1)
  }
}
