import Testing
import Wire

@testable import Capture

@Suite("Tunnels: the innermost packet where asked, the outermost where not") struct TunnelTests {
  static let inner = PacketOctets.ipv4(Array(0..<20))
  static let inner6 = PacketOctets.ipv6(Array(0..<20))
  static let ethernet = [UInt8](repeating: 2, count: 12) + [8, 0]
  static let vxlan: [UInt8] = PacketOctets.bigEndian(
    50_000 as UInt16, 4_789 as UInt16, 70 as UInt16, 0 as UInt16, 0x0800_0000 as UInt32, 0x0001_0000 as UInt32)

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
      #expect(PacketOctets.opened([outer]).packets.map(\.octets) == [outer])
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
      PacketOctets.ipv4(Array(Self.vxlan[..<8]) + [0, 0, 0, 0, 0, 0, 0, 0] + Self.ethernet, protocolNumber: 17),
    ]
    let (opened, opening) = PacketOctets.opened(packets, tunnels: true)
    #expect(opened.map(\.octets) == packets && opening.counts.tunnelled == 0)
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
}
