import Testing
import Timebase
import Wire

@testable import Handshake

/// What a packet is, before any connection is asked.
@Suite struct ReceivedPacketTests {
  private static let flow = Flow(
    local: Endpoint(.v4(IPv4Address(192, 0, 2, 1)), 40_000), remote: Endpoint(.v4(IPv4Address(192, 0, 2, 2)), 80))

  /// What comes of octets, in a word.
  private func judged(_ octets: [UInt8], mayBeUnfinished: Bool = false) -> String {
    switch ReceivedPacket(octets.span.raw, framing: .inBand, mayBeUnfinished: mayBeUnfinished).judged() {
    case .segment(let flow, _, _, _): flow == Self.flow ? "segment" : "segment of another flow"
    case .icmp(let flow, _, _): flow == Self.flow ? "icmp" : "icmp of another flow"
    case .refused(let why, let flow): "\(why.rawValue)\(flow == Self.flow ? "" : " of another flow")"
    case .notOurs: "not ours"
    }
  }

  /// A segment of the peer's.
  private func packet() throws -> [UInt8] {
    var frame = FrameBuffer()
    let back = Flow(local: Self.flow.remote, remote: Self.flow.local)
    let segment = Segment(seq: SequenceNumber(1), ack: SequenceNumber(2), wnd: 3)
    let count = try frame.build { (out) throws(WireError) in
      try PacketAssembly.write(segment, flow: back, text: RawSpan(), ipFields: IPFields(), into: &out)
    }
    return frame.view(first: count).octets
  }

  private func store(_ sum: UInt16, in octets: inout [UInt8], at offset: Int) {
    (octets[offset], octets[offset + 1]) = (UInt8(sum >> 8), UInt8(sum & 0xff))
  }

  @Test func aChecksumIsRightOrUnfinishedWhereThatMayBe() throws {
    var octets = try packet()
    #expect(judged(octets) == "segment")
    let pseudoHeader = PseudoHeader(
      source: Self.flow.remote.address, destination: Self.flow.local.address, protocolNumber: 6,
      length: octets.count - 20)
    var sum = InternetChecksum()
    sum.add(pseudoHeader)
    store(sum.folded, in: &octets, at: 36)
    #expect(judged(octets) == "bad-checksum" && judged(octets, mayBeUnfinished: true) == "segment")
    octets[36] ^= 1
    #expect(judged(octets, mayBeUnfinished: true) == "bad-checksum")
  }

  /// An ICMPv4 error of the peer's that quotes eight octets of a transport of ours.
  private func error(_ protocolNumber: UInt8, type: UInt8 = 3) throws -> [UInt8] {
    guard case .v4(let local) = Self.flow.local.address, case .v4(let remote) = Self.flow.remote.address else {
      return []
    }
    func header(_ from: IPv4Address, _ to: IPv4Address, _ number: UInt8, _ length: Int) throws -> [UInt8] {
      let header = IPv4Header(
        source: from, destination: to, protocolNumber: number, totalLength: UInt16(20 + length))
      var frame = FrameBuffer()
      let count = try frame.build { (out) throws(WireError) in try header.serialize(into: &out) }
      return frame.view(first: count).octets
    }
    let ports: [UInt8] = [0x9c, 0x40, 0, 80, 0, 0, 0, 1]
    var message = try [type, 1, 0, 0, 0, 0, 0, 0] + header(local, remote, protocolNumber, 20) + ports
    store(InternetChecksum.value(of: message.span.raw), in: &message, at: 2)
    return try header(remote, local, 1, message.count) + message
  }

  @Test func anErrorCountsWhereItIsSoundAndQuotesASegment() throws {
    #expect(try judged(error(6)) == "icmp")
    #expect(try judged(error(17)) == "not ours" && judged(error(1)) == "not ours", "UDP, ICMP")
    #expect(try judged(error(6, type: 8)) == "not ours", "an echo")
    var damaged = try error(6)
    damaged[23] ^= 1
    #expect(judged(damaged) == "bad-checksum")
    var cut = try error(6)
    cut.removeLast(6)
    #expect(judged(cut) == "malformed of another flow")
  }
}
