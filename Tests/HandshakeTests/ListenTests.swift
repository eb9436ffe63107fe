import Testing
import Timebase
import Wire

@testable import Handshake

/// The passive open: LISTEN, SYN-RECEIVED, and what leads back (RFC 9293 §3.10.7.2 and §3.10.7.4).
@Suite struct ListenTests {
  /// The handshake, from the peer's SYN to its ACK.
  static let opening = """
    0     = LISTEN CLOSED
    0.1   < S 0:0(0) <mss 1460>
    0.1   > S. 0:0(0) ack 1 <mss 1460>
    0.1   = SYN-RECEIVED SYN-SENT
    0.2   < . 1:1(0) ack 1
    0.2   = ESTABLISHED ESTABLISHED

    """

  @Test func handshakeAndPassiveClose() throws {
    var trace = Trace(.passive)
    try trace.play(
      ListenTests.opening + """
        1     -
        1     < F. 1:1(0) ack 1
        1     > . 1:1(0) ack 2
        1     = CLOSE-WAIT FIN-WAIT-1
        """)
    trace.shutdown()
    try trace.play(
      """
      1     > F. 1:1(0) ack 2
      1     = LAST-ACK FIN-WAIT-1
      1.1   < . 2:2(0) ack 2
      1.1   = CLOSED TIME-WAIT
      1.1   end open ack fin
      """)
    #expect(trace.outcome?.mode == .listen)
    #expect(trace.connection.steps.first { $0.kind == .syn }?.measurement?.interval == .milliseconds(100))
    #expect(trace.connection.counters.transmissions == 1 && trace.connection.counters.retransmissions == 0)
  }

  /// RFC 9293 §3.10.7.2: what LISTEN does with everything but a SYN.
  static let inListen: [(segment: String, answer: String?)] = [
    ("R 0:0(0)", nil), ("R. 0:0(0) ack 7", nil), ("SR 0:0(0)", nil),
    (". 0:0(0) ack 7", "R 7:7(0)"), ("S. 0:0(0) ack 7", "R 7:7(0)"), ("F. 0:0(0) ack 7", "R 7:7(0)"),
    ("P. 0:5(5) ack 7", "R 7:7(0)"),
    ("F 0:0(0)", nil), ("- 0:0(0)", nil), ("P 0:5(5)", nil), ("FPU 0:0(0)", nil), ("SF 0:0(0)", nil),
  ]

  @Test(arguments: inListen)
  func segmentToListen(segment: String, answer: String?) throws {
    var trace = Trace(.passive)
    try trace.play("0.1 < \(segment) ! not-for-listen")
    if let answer { try trace.play("0.1 > \(answer)") }
    try trace.play("9 = LISTEN CLOSED")
    // A real one is answered as if nothing had been.
    try trace.play("9 < S 0:0(0)\n 9 > S. 0:0(0) ack 1")
  }

  /// Options are answered only where they were offered (RFC 7323 §2.2 and §3.2, RFC 2018 §2).
  static let offers: [(offered: String, answered: String)] = [
    ("", "<mss 1460>"), ("<mss 900>", "<mss 1460>"),
    ("<mss 900,nop,wscale 9>", "<mss 1460,nop,wscale 7>"),
    ("<mss 900,nop,nop,sackOK>", "<mss 1460,nop,nop,sackOK>"),
    ("<mss 900,nop,nop,TS val 50 ecr 0>", "<mss 1460,nop,nop,TS val 1100 ecr 50>"),
    ("<TS val 0 ecr 9>", "<mss 1460,nop,nop,TS val 1100 ecr 0>"),
    ("<mss 900,sackOK,TS val 50 ecr 0,nop,wscale 15>", "<mss 1460,sackOK,TS val 1100 ecr 50,nop,wscale 7>"),
    ("<raw 250 6 1 2 3 4,nop,nop,sackOK>", "<mss 1460,nop,nop,sackOK>"),
  ]

  @Test(arguments: offers)
  func optionsAreAnsweredWhereOffered(offered: String, answered: String) throws {
    var trace = Trace(Plan.passive.with { $0.offer = SynOptions() })
    try trace.play(
      """
      0.1   < S 0:0(0) win 1000 \(offered)
      0.1   > S. 0:0(0) ack 1 win 64240 \(answered)
      """)
  }

  /// The window of the SYN is not scaled, that of the ACK is (RFC 7323 §2.2).
  @Test func windows() throws {
    var trace = Trace(Plan.passive.with { $0.offer.windowScale = 3 })
    try trace.play("0.1 < S 0:0(0) win 1000 <nop,wscale 4>\n 0.1 > S. 0:0(0) ack 1")
    #expect(trace.connection.tcb.snd.wnd == 1_000)
    try trace.play("0.2 < . 1:1(0) ack 1 win 100")
    #expect(trace.connection.tcb.snd.wnd == 1_600)
    #expect(trace.connection.tcb.rcv.scale == 3)
  }

  /// RFC 9293 §3.10.7.4 in SYN-RECEIVED: `segment`, what answers it, how it is refused.
  static let inSynReceived: [(segment: String, answer: String?, refusal: String?)] = [
    (". 1:1(0) ack 2", "R 2:2(0)", "ack-mismatch"), (". 1:1(0) ack 0", "R 0:0(0)", "ack-mismatch"),
    ("F 1:1(0)", nil, "no-ack"), ("P 1:6(5)", nil, "no-ack"),
    ("R 2:2(0)", ". 1:1(0) ack 1", "rst-mismatch"), ("R 99999:99999(0)", nil, "rst-mismatch"),
    ("S 1000:1000(0)", ". 1:1(0) ack 1", "unexpected-syn"),
    ("S 4000000000:4000000000(0)", ". 1:1(0) ack 1", "unexpected-syn"),
  ]

  @Test(arguments: inSynReceived)
  func whatChangesNothing(segment: String, answer: String?, refusal: String?) throws {
    var trace = Trace(.passive)
    try trace.play("0 < S 0:0(0)\n 0 > S. 0:0(0) ack 1\n 0.1 < \(segment)" + (refusal.map { " ! \($0)" } ?? ""))
    if let answer { try trace.play("0.1 > \(answer)") }
    try trace.play(
      """
      0.1 = SYN-RECEIVED SYN-SENT
      0.2 < . 1:1(0) ack 1
      0.2 = ESTABLISHED ESTABLISHED
      """)
  }

  @Test func aResetLeadsBackToListen() throws {
    var trace = Trace(.passive)
    try trace.play(
      """
      0     < S 0:0(0)
      0     > S. 0:0(0) ack 1
      0.1   < R 1:1(0)
      0.1   = LISTEN CLOSED
      0.1   end closed rst peer-rst
      """)
  }

  @Test func aFinAsTheThirdSegmentIsTaken() throws {
    var trace = Trace(.passive)
    try trace.play(
      """
      0     < S 0:0(0)
      0     > S. 0:0(0) ack 1
      0.1   < F. 1:1(0) ack 1
      0.1   > . 1:1(0) ack 2
      0.1   = CLOSE-WAIT FIN-WAIT-1
      """)
  }

  /// A SYN-ACK of the peer's own completes as well (RFC 9293 §3.5, figure 8).
  @Test func aSplitHandshakeCompletes() throws {
    var trace = Trace(.passive)
    try trace.play(
      """
      0     < S 0:0(0)
      0     > S. 0:0(0) ack 1
      0.1   < S. 0:0(0) ack 1
      0.1   > . 1:1(0) ack 1
      0.1   = ESTABLISHED ESTABLISHED
      """)
  }

  /// MUST-56: an ICMP error is soft; the handshake goes on, and at its end the error is the reason.
  @Test func anErrorDoesNotEndTheHandshake() throws {
    var trace = Trace(Plan.passive.with { $0.retries = 1 })
    try trace.play(
      """
      0     < S 0:0(0)
      0     > S. 0:0(0) ack 1
      0.1   icmp icmp-host-unreachable quoting 0
      1     > S. 0:0(0) ack 1
      3     -
      3     end unreachable icmp-host-unreachable timeout
      """)
  }

  /// Text in the SYN is not taken, and the peer sends it again.
  @Test func textInTheSynIsNotTaken() throws {
    var trace = Trace(.passive)
    try trace.play("0 < S 0:10(10)\n 0 > S. 0:0(0) ack 1")
    #expect(trace.connection.received == 0)
  }

  @Test func explicitCongestionIsNotAgreedTo() throws {
    var trace = Trace(.passive)
    try trace.play("0 < SEW 0:0(0)\n 0 > S. 0:0(0) ack 1")
    #expect(trace.connection.peerOffer?.explicitCongestion == true)
  }

  @Test func abortTellsTheHalfOpenPeer() throws {
    var trace = Trace(.passive)
    try trace.play("0 < S 0:0(0)\n 0 > S. 0:0(0) ack 1\n 0.1 abort\n 0.1 > R 1:1(0)\n 0.1 = CLOSED CLOSED")
  }
}
