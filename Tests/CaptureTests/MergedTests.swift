import Testing
import Wire

@testable import Capture

/// Packets whose header cannot count their octets: what offload has merged, and jumbograms (RFC 2675).
@Suite("Packets beyond 65,535 octets in captures") struct MergedTests {
  /// A TCP header of twenty octets, data offset 5.
  static let tcp: [UInt8] = [0x9c, 0x40, 0, 80] + [0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0, 1, 0, 0, 0, 0]
  static let segment = tcp + [UInt8](repeating: 7, count: 70_000)

  struct Row: CustomTestStringConvertible {
    var testDescription: String
    var packet: [UInt8]
  }

  static let rows = [
    Row(testDescription: "IPv4, length 0", packet: PacketOctets.ipv4(segment, totalLength: 0)),
    Row(testDescription: "IPv6, a Jumbo Payload option", packet: ipv6(options: true)),
    Row(testDescription: "IPv6, length 0", packet: ipv6(options: false)),
  ]

  private static func ipv6(options: Bool) -> [UInt8] {
    let header = PacketOctets.bigEndian(
      0x6000_0000 as UInt32, 0 as UInt16, options ? 0 : 6 as UInt8, 64 as UInt8, 1 as UInt128, 2 as UInt128)
    let jumbo = IPv6JumboPayload.hopByHop(nextHeader: IPProtocol.tcp, length: UInt32(segment.count + 8))
    return header + (options ? jumbo : []) + segment
  }

  private func text(_ packet: [UInt8], originalLength: Int = 0) -> (length: Int, isWhole: Bool)? {
    guard case .segment(let segment) = CapturedContent(packet.span.raw, originalLength: originalLength) else {
      return nil
    }
    return (segment.payloadLength, segment.isWhole)
  }

  @Test("all of the text is counted", arguments: rows) func whole(_ row: Row) throws {
    let whole = try #require(text(row.packet))
    #expect(whole == (70_000, true))
  }

  @Test("cut short by the capture it is as long as it was on the wire", arguments: rows) func cut(_ row: Row) throws {
    let cut = try #require(text(Array(row.packet.prefix(96)), originalLength: row.packet.count))
    #expect(cut == (70_000, false))
  }

  @Test("a sender may leave 0 to its network card below that too") func offloaded() throws {
    let four = try #require(text(PacketOctets.ipv4(Self.tcp + [1, 2, 3], totalLength: 0)))
    var packet = PacketOctets.ipv6(Self.tcp + [1, 2, 3])
    packet[5] = 0
    let six = try #require(text(packet))
    #expect(four == (3, true) && six == (3, true))
  }
}
