import Testing
import Timebase
import Wire

@testable import Handshake

/// SYN-SENT and what answers a SYN (RFC 9293 §3.5, §3.10.7.3).
@Suite struct OpeningTests {
  @Test func threeWayHandshakeAndFourWayClose() throws {
    var trace = Trace()
    try trace.play(
      """
      0     = SYN-SENT LISTEN
      0     > S 0:0(0) win 64240 <mss 1460>
      0.1   < S. 0:0(0) ack 1 win 65160 <mss 1460>
      0.1   = ESTABLISHED SYN-RECEIVED
      0.1   > . 1:1(0) ack 1 win 64240
      0.1   > F. 1:1(0) ack 1
      0.1   = FIN-WAIT-1 SYN-RECEIVED
      0.2   < . 1:1(0) ack 2
      0.2   = FIN-WAIT-2 CLOSE-WAIT
      0.3   < F. 1:1(0) ack 2
      0.3   = TIME-WAIT LAST-ACK
      0.3   > . 2:2(0) ack 2
      0.3   = TIME-WAIT CLOSED
      0.3   -
      0.3   end open syn-ack fin
      """)
    #expect(trace.connection.notes == [])
    #expect(trace.connection.counters == Counters(transmissions: 1))
    #expect(trace.conversation.hopLimit == 55)
  }

  @Test func defaultSynIsAnOrdinaryLinuxClients() throws {
    var trace = Trace(Plan())
    try trace.play(
      """
      0     > S 0:0(0) win 64240 <mss 1460,sackOK,TS val 1000 ecr 0,nop,wscale 7>
      0.1   < S. 0:0(0) ack 1 win 65160 <mss 1460,sackOK,TS val 7 ecr 1000,nop,wscale 7>
      0.1   > . 1:1(0) ack 1 win 502 <nop,nop,TS val 1100 ecr 7>
      0.1   > F. 1:1(0) ack 1 win 502 <nop,nop,TS val 1100 ecr 7>
      """)
    let offer = try #require(trace.connection.peerOffer)
    #expect(offer.options.maximumSegmentSize == 1460 && offer.options.windowScale == 7 && offer.options.sackPermitted)
    #expect(trace.connection.tcb.rcv.irs == Trace.theirs)
  }

  @Test func halfOpenSendsExactlyOneReset() throws {
    var trace = Trace(.plain { $0.mode = .halfOpen })
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1
      0.1   > R 1:1(0)
      0.1   end open syn-ack rst
      0.1   = CLOSED CLOSED
      1.1   < S. 0:0(0) ack 1
      1.1   < . 1:1(0) ack 1
      9     -
      """)
    #expect(trace.outcome?.mode == .halfOpen)
  }

  @Test func dataInTheSynOfAHalfOpenProbe() throws {
    // SEG.ACK may lie anywhere in the text; the RST goes exactly there.
    for ack in [1, 3, 6] {
      var trace = Trace(
        .plain {
          $0.mode = .halfOpen
          $0.data = Array("hello".utf8)
        })
      try trace.play(
        """
        0     > S 0:5(5)
        0.1   < S. 0:0(0) ack \(ack)
        0.1   > R \(ack):\(ack)(0)
        0.1   end open syn-ack rst
        """)
    }
  }

  @Test func sequenceNumbersWrap() throws {
    var trace = Trace(
      .plain { $0.data = Array("hello".utf8) }, iss: 0xffff_ffff, timestamp: 0xffff_ffff, peerISS: 0xffff_fffe)
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1
      0.1   > . 1:1(0) ack 1
      0.1   > P. 1:6(5) ack 1
      0.2   < P. 1:5(4) ack 6
      0.2   > . 6:6(0) ack 5
      0.2   > F. 6:6(0) ack 5
      0.3   < F. 5:5(0) ack 7
      0.3   > . 7:7(0) ack 6
      0.3   -
      0.3   end open syn-ack fin
      """)
  }

  @Test func retransmitsAfterOneTwoAndFourSeconds() throws {
    var trace = Trace()
    try trace.play(
      """
      0           > S 0:0(0)
      1           > S 0:0(0)
      3           > S 0:0(0)
      6.999999999 -
      7           -
      7           end filtered no-response none
      7           = CLOSED LISTEN
      """)
    #expect(trace.connection.counters.transmissions == 3)
  }

  @Test(arguments: [
    (0, "0.25", ["0"], "0.25"), (1, "0.25", ["0", "0.25"], "0.75"),
    (3, "2", ["0", "2", "6", "14"], "30"), (1, "90", ["0", "90"], "180"),
    (6, "1", ["0", "1", "3", "7", "15", "31", "63"], "123"),
  ])
  func retriesAndWaitOfThePlan(retries: Int, wait: String, sent: [String], end: String) throws {
    let interval = try TraceLine.seconds(wait)
    var trace = Trace(
      .plain {
        $0.retries = retries
        $0.wait = interval
      })
    for time in sent { try trace.play("\(time) > S 0:0(0)") }
    try trace.play(
      """
      \(end) -
      \(end) end filtered no-response none
      """)
  }

  @Test func moreRetriesThanAPlanMayAskForEnd() throws {
    var trace = Trace(.plain { $0.retries = 1_000 })
    for copy in 0...Plan.retriesLimit {
      let sum = (0..<copy).reduce(0) { total, doubling in total + min(1 << doubling, 60) }
      try trace.play("\(sum) > S 0:0(0)")
    }
    try trace.play("100000 -\n 100000 end filtered no-response none")
  }

  @Test func noRouteIsUnreachable() throws {
    var trace = Trace()
    try trace.play("0 > S 0:0(0)\n 0 noroute\n 0 end unreachable no-route none")
    #expect(trace.outcome?.verdict == .unreachable)
  }

  @Test func halfOpenPeerIsResetAndAskedAgainOnce() throws {
    var trace = Trace()
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < . 9000:9000(0) ack -500
      0.1   > R -500:-500(0)
      0.1   > S 0:0(0)
      0.2   < . 9000:9000(0) ack -500  ! ack-mismatch
      0.2   > R -500:-500(0)
      0.3   < S. 0:0(0) ack 1
      0.3   > . 1:1(0) ack 1
      """)
    #expect(trace.connection.notes == .halfOpenPeer)
    #expect(trace.connection.counters.transmissions == 2)
  }

  @Test("What a first segment says fits into a packet with its options")
  func textOfTheFirst() {
    var plan = Plan.plain { $0.mode = .halfOpen }
    plan.data = [UInt8](repeating: 0x61, count: 2_000)
    plan.textLimit = 1_460
    plan.offer = SynOptions()
    #expect(plan.textInFirst == 0..<1_440)
    plan.offer = SynOptions(maximumSegmentSize: nil, windowScale: nil, sack: false, timestamps: false)
    #expect(plan.textInFirst == 0..<1_460)
    plan.data = [1, 2, 3]
    #expect(plan.textInFirst == 0..<3)
    plan.textLimit = 0
    #expect(plan.textInFirst.isEmpty)
  }
}
