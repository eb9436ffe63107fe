import Handshake
import Testing
import Timebase
import Wire

@testable import Script

/// Accurate ECN (RFC 9768 §3.1.1, table 2): each of the eight answers to a SYN with AE, CWR and ECE is told by name.
@Suite struct AccECNTests {
  private static let flow = Flow(
    local: Endpoint(.v4(IPv4Address(192, 0, 2, 1)), 40_000), remote: Endpoint(.v4(IPv4Address(192, 0, 2, 2)), 80))

  /// The check of a number, answered by a SYN-ACK with these flags beside SYN and ACK.
  private static func play(_ number: Int, _ flags: TCPFlags) throws -> Play {
    let conversation = try #require(try Checks.all(.v4).first { $0.rule?.number == number })
    var play = Play(conversation, flow: flow, iss: 1, setting: Play.Setting(), at: Instant(nanoseconds: 0))
    let syn = play.nextSend()
    #expect(syn?.segment.flags == [.syn, .ece, .cwr, .ae])
    let segment = Segment(seq: SequenceNumber(9), ack: SequenceNumber(2), flags: flags.union(.syn), wnd: 100)
    play.receive(.segment(PlaySegment(segment)), at: Instant(nanoseconds: 1))
    return play
  }

  @Test(
    arguments: [
      ([.cwr], PlayVerdict.pass, "S.W 0:0(0)"), ([.cwr, .ece], .pass, "AccECN, the SYN arrived as ECT(1)"),
      ([.ae], .pass, "AccECN, the SYN arrived as ECT(0)"), ([.ae, .cwr], .pass, "AccECN, the SYN arrived as CE"),
      ([.ece], .pass, "classic ECN"), ([], .pass, "no ECN"), ([.ae, .cwr, .ece], .note, "it reflects all three bits"),
      ([.ae, .ece], .note, "the reserved answer 101, which counts as AccECN"),
    ] as [(TCPFlags, PlayVerdict, String)]) func answers(_ flags: TCPFlags, _ verdict: PlayVerdict, _ words: String)
    throws
  {
    let result = try #require(try Self.play(32, flags).result)
    #expect(result.verdict == verdict && result.words.hasPrefix(words), "\(flags): \(result)")
  }

  @Test(
    "zeroed counters betray a middlebox",
    arguments: [
      ([172, 11, 0, 0, 1, 0, 0, 0, 0, 0, 1], PlayVerdict.pass), ([174, 5, 0, 0, 0], .note), ([], .note),
    ] as [([UInt8], PlayVerdict)])
  func counters(_ option: [UInt8], _ verdict: PlayVerdict) throws {
    var play = try Self.play(110, [.cwr])
    while play.nextSend() != nil {}
    var segment = Segment(seq: SequenceNumber(10), ack: SequenceNumber(3), wnd: 100)
    segment.options = try TCPOptionList(raw: option.span.raw)
    play.receive(.segment(PlaySegment(segment)), at: Instant(nanoseconds: 2))
    #expect(play.result?.verdict == verdict)
  }

  @Test("the reserved answer is AccECN: its options are asked for too") func reserved() throws {
    #expect(try Self.play(110, [.ae, .ece]).result == nil)
    #expect(try Self.play(110, [.ece]).result?.verdict == .notApplicable)
  }
}
