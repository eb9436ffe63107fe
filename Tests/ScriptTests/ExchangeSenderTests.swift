import Handshake
import Testing
import Timebase
import Wire

@testable import Script

/// What the hop limits of a conversation's packets betray.
@Suite("Who answered in a conversation") struct ExchangeSenderTests {
  private func came(_ flags: TCPFlags, ttl: UInt8, isSent: Bool = false) -> Play.Exchanged {
    let segment = Segment(seq: SequenceNumber(1), ack: SequenceNumber(1), flags: flags, wnd: 10)
    return Play.Exchanged(
      isSent: isSent, after: .zero, text: "", line: nil, segment: PlaySegment(segment, timeToLive: ttl))
  }

  @Test(
    "by the distance of the RST, or of any other packet",
    arguments: [
      ([(.syn, 52), ([], 52), (.rst, 52)], nil), ([(.rst, 52)], nil), ([], nil),
      ([(.syn, 52), (.rst, 61)], "the RST has TTL 61, other packets 52: a middlebox may have sent it"),
      ([(.syn, 52), (.rst, 64)], "the RST has TTL 64, other packets 52: this host or its next hop may have sent it"),
      // As far below 255 as the others below 64: a host that sends its RSTs with another value.
      ([(.syn, 52), (.rst, 243)], nil),
      ([(.syn, 61), ([], 52)], "TTL 52 to 61: a middlebox may answer for the host"),
      ([(.syn, 52)], nil),
    ] as [([(TCPFlags, UInt8)], String?)])
  func doubts(_ packets: [(TCPFlags, UInt8)], _ words: String?) {
    let exchange = [came(.syn, ttl: 1, isSent: true)] + packets.map { came($0.0, ttl: $0.1) }
    #expect(exchange.senderDoubt == words)
  }

  @Test("a finding says so") func finding() throws {
    let rule = try #require(try Checks.all(.v4).first?.rule)
    let check = Finding.PlayedCheck(
      variant: "", result: PlayResult(.fail, "R 1:1(0) win 0"),
      exchange: [came(.syn, ttl: 52), came(.rst, ttl: 61)], numbers: nil)
    let finding = Finding(rule, of: [check])
    #expect(
      finding.evidence == "R 1:1(0) win 0; the RST has TTL 61, other packets 52: a middlebox may have sent it")
  }
}
