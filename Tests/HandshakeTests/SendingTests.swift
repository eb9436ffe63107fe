import Testing
import Timebase
import Wire

@testable import Handshake

/// An owner's text on its way: what paces it, what is sent again and when, and the FIN behind it.
@Suite struct SendingTests {
  static let plan = Plan.plain {
    $0.isInteractive = true
    $0.retries = 5
  }
  /// A peer that takes a hundred octets a segment.
  static let opening = """
    0     > S 0:0(0)
    0.1   < S. 0:0(0) ack 1 <mss 100>
    0.1   > . 1:1(0) ack 1

    """
  static let openingWithSACK = opening.replacing("<mss 100>", with: "<mss 100,sackOK>")

  /// Segments of ours of a hundred octets, from the n-th to before another.
  private static func sent(_ time: String, _ range: Range<Int>, of all: Int) -> String {
    range.map { "\(time) > \($0 + 1 == all ? "P" : "")\(SendingTests.segment($0))\n" }.joined()
  }

  private static func segment(_ index: Int) -> String { ". \(index * 100 + 1):\(index * 100 + 101)(100) ack 1" }

  @Test func theInitialWindowIsTenSegmentsAndDoublesInARoundTrip() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(SendingTests.opening + "0.1 write 3000\n" + SendingTests.sent("0.1", 0..<10, of: 30))
    try trace.play("0.15 -")
    for ack in 1...10 {
      try trace.play(
        "0.2 < . 1:1(0) ack \(ack * 100 + 1)\n"
          + SendingTests.sent("0.2", (8 + 2 * ack)..<(10 + 2 * ack), of: 30))
    }
    #expect(trace.connection.sender.congestion.window == 2_000)
    #expect(trace.connection.retransmission.smoothedRTT == .milliseconds(100))
  }

  @Test func aPathThatLostOurSynBeginsWithOneSegment() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(
      """
      0     > S 0:0(0)
      1     > S 0:0(0)
      1.1   < S. 0:0(0) ack 1 <mss 100>
      1.1   > . 1:1(0) ack 1
      1.1   write 300
      1.1   > . 1:101(100) ack 1
      1.2   < . 1:1(0) ack 101
      1.2   > . 101:201(100) ack 1
      1.2   > P. 201:301(100) ack 1
      """)
  }

  @Test func threeDuplicatesSendTheLostSegmentAgain() throws {
    // RFC 5681 §3.2 without SACK: the first two let out a new segment each (RFC 3042), the third the lost one.
    var trace = Trace(SendingTests.plan)
    try trace.play(
      SendingTests.opening + "0.1 write 2000\n" + SendingTests.sent("0.1", 0..<10, of: 20) + """
        0.2   < . 1:1(0) ack 1
        0.2   > \(SendingTests.segment(10))
        0.2   < . 1:1(0) ack 1
        0.2   > \(SendingTests.segment(11))
        0.2   < . 1:1(0) ack 1
        0.2   > \(SendingTests.segment(0))
        0.25  -
        """)
    #expect(trace.connection.sender.congestion.threshold == 600)
    // Each further one says that a segment left the path.
    for _ in 0..<3 { try trace.play("0.25 < . 1:1(0) ack 1") }
    try trace.play("0.25 < . 1:1(0) ack 1\n 0.25 > \(SendingTests.segment(12))")
    // A part is acknowledged: the next hole is sent again at once (RFC 6582 §3.2).
    try trace.play(
      "0.3 < . 1:1(0) ack 501\n 0.3 > \(SendingTests.segment(5))\n 0.3 > \(SendingTests.segment(13))")
    try trace.play("0.4 < . 1:1(0) ack 1301\n 0.4 > \(SendingTests.segment(14))")
    #expect(trace.connection.sender.repair == .none)
    #expect(trace.connection.counters.retransmissions == 2)
    #expect(trace.connection.sender.congestion.window <= 600)
  }

  @Test func withSACKOnlyHolesAreSentAgain() throws {
    var trace = Trace(SendingTests.plan.with { $0.offer.sack = true })
    try trace.play(
      SendingTests.openingWithSACK + "0.1 write 1000\n" + SendingTests.sent("0.1", 0..<10, of: 10)
        + """
        0.2   < . 1:1(0) ack 1 <sack 101:201>
        0.2   < . 1:1(0) ack 1 <sack 101:301>
        0.2   < . 1:1(0) ack 1 <sack 101:301>     # nothing new: no third
        0.2   < . 1:1(0) ack 1 <sack 401:1001>
        0.2   > \(SendingTests.segment(0))
        0.2   > \(SendingTests.segment(3))
        0.25  -
        0.3   < . 1:1(0) ack 301 <sack 401:1001>
        0.35  -
        0.4   < . 1:1(0) ack 1001
        """)
    #expect(trace.connection.counters.retransmissions == 2)
    #expect(trace.connection.unacknowledged == 0)
  }

  @Test func blocksOfWhatWasNeverSentSayNothing() throws {
    var trace = Trace(SendingTests.plan.with { $0.offer.sack = true })
    try trace.play(
      SendingTests.openingWithSACK + "0.1 write 300\n" + SendingTests.sent("0.1", 0..<3, of: 3) + """
        0.2   < . 1:1(0) ack 1 <sack 101:401>
        0.2   < . 1:1(0) ack 1 <sack -99:1>
        0.2   < . 1:1(0) ack 1 <sack 201:101>
        0.2   < . 1:1(0) ack 1 <raw 5 9 0 0 0 0 0 0 0>
        0.2   -
        """)
    #expect(trace.connection.sender.flight.held == 0)
  }

  @Test func aTimeoutBeginsAgainWithOneSegment() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(
      SendingTests.opening + "0.1 write 400\n" + SendingTests.sent("0.1", 0..<4, of: 4) + """
        0.4   > \(SendingTests.segment(0))
        1     > \(SendingTests.segment(0))     # twice as long after (RFC 6298 §5.5)
        1.1   < . 1:1(0) ack 101
        1.1   > \(SendingTests.segment(1))
        1.1   > \(SendingTests.segment(2))
        1.2   < . 1:1(0) ack 401
        1.3   -
        """)
    #expect(trace.connection.sender.congestion.threshold == 200)
    // Karn: what was sent twice measures nothing.
    #expect(trace.connection.retransmission.smoothedRTT == .milliseconds(100))
  }

  @Test func whatComesTwiceAfterATimeoutIsNoNewLoss() throws {
    // RFC 6582 §3.2: duplicates of what was in flight at the timeout.
    var trace = Trace(SendingTests.plan)
    try trace.play(
      SendingTests.opening + "0.1 write 400\n" + SendingTests.sent("0.1", 0..<4, of: 4) + """
        0.4   > \(SendingTests.segment(0))
        0.5   < . 1:1(0) ack 1
        0.5   < . 1:1(0) ack 1
        0.5   < . 1:1(0) ack 1
        0.5   -
        """)
  }

  @Test func anEchoOfAnEarlierCopyMeasuresNothing() throws {
    for (echo, rtt) in [(1_100, 100), (1_400, 5)] {
      var trace = Trace(SendingTests.plan.with { $0.offer.timestamps = true })
      try trace.play(
        """
        0     > S 0:0(0) <mss 1460,nop,nop,TS val 1000 ecr 0>
        0.1   < S. 0:0(0) ack 1 <mss 112,TS val 7 ecr 1000>
        0.1   > . 1:1(0) ack 1
        0.1   write 100
        0.1   > P. 1:101(100) ack 1 <nop,nop,TS val 1100 ecr 7>
        0.4   > P. 1:101(100) ack 1 <nop,nop,TS val 1400 ecr 7>
        0.405 < . 1:1(0) ack 101 <TS val 8 ecr \(echo)>
        """)
      let expected = rtt == 100 ? Interval.milliseconds(100) : (.milliseconds(100) * 7 + .milliseconds(5)) / 8
      #expect(trace.connection.retransmission.smoothedRTT == expected)
    }
  }

  @Test func aPathThatWasIdleBeginsAgain() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(SendingTests.opening + "0.1 write 1000\n" + SendingTests.sent("0.1", 0..<10, of: 10))
    try trace.play("0.2 < . 1:1(0) ack 1001")
    try trace.play("0.2 write 1100\n" + SendingTests.sent("0.2", 10..<21, of: 21) + "0.3 < . 1:1(0) ack 2101")
    #expect(trace.connection.sender.congestion.window == 1_200)
    try trace.play("9 write 1100\n" + SendingTests.sent("9", 21..<31, of: 32) + "9.05 -")
  }

  @Test func ourFinFollowsTheLastOctetAndTextStillComes() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(
      SendingTests.opening
        + """
        5     write 150
        5     shutdown
        5     > . 1:101(100) ack 1
        5     > P. 101:151(50) ack 1
        5     > F. 151:151(0) ack 1
        5     = FIN-WAIT-1 SYN-RECEIVED
        5     write 10                        # too late
        5.1   < . 1:1(0) ack 152
        5.1   = FIN-WAIT-2 CLOSE-WAIT
        5.2   < P. 1:101(100) ack 152
        5.2   > . 152:152(0) ack 101
        500   -
        500   < F. 101:101(0) ack 152
        500   > . 152:152(0) ack 102
        500   take 100
        500   -
        500   end open syn-ack fin
        """)
  }

  @Test func textAndFinAreBothSentAgain() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(
      SendingTests.opening + """
        0.1   write 100
        0.1   > P. 1:101(100) ack 1
        0.1   shutdown
        0.1   > F. 101:101(0) ack 1
        0.4   > P. 1:101(100) ack 1
        0.4   > F. 101:101(0) ack 1
        0.5   < . 1:1(0) ack 101
        0.8   > F. 101:101(0) ack 1
        0.9   < . 1:1(0) ack 102
        0.9   = FIN-WAIT-2 CLOSE-WAIT
        """)
  }

  @Test func afterThePeersFinWeMayGoOn() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(
      SendingTests.opening + """
        0.2   < F. 1:1(0) ack 1
        0.2   > . 1:1(0) ack 2
        3     write 100
        3     > P. 1:101(100) ack 2
        3.1   < . 2:2(0) ack 101
        300   -
        300   shutdown
        300   > F. 101:101(0) ack 2
        300   = LAST-ACK FIN-WAIT-1
        300.1 < . 2:2(0) ack 102
        300.1 end open syn-ack fin
        """)
  }

  @Test func writingBeforeTheAnswerWaitsForIt() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(
      """
      0     > S 0:0(0)
      0     write 5
      0     shutdown
      0.1   < S. 0:0(0) ack 1
      0.1   > . 1:1(0) ack 1
      0.1   > P. 1:6(5) ack 1
      0.1   > F. 6:6(0) ack 1
      """)
  }

  /// What is no duplicate acknowledgment (RFC 5681 §2): an older one, one with text, one with a closed window.
  @Test(arguments: [
    (". 1:1(0) ack 101", false), (". 1:2(1) ack 201", true), (". 1:1(0) ack 201 win 0", false),
  ])
  func whatIsNoDuplicate(segment: String, isAcknowledged: Bool) throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(SendingTests.opening + "0.1 write 600\n" + SendingTests.sent("0.1", 0..<6, of: 6))
    try trace.play("0.2 < . 1:1(0) ack 201")
    for _ in 0..<4 {
      try trace.play("0.2 < \(segment)" + (isAcknowledged ? "\n 0.2 > . 601:601(0) ack 2" : ""))
    }
    try trace.play("0.3 -")
    #expect(trace.connection.sender.repair == .none && trace.connection.counters.retransmissions == 0)
  }

  @Test func duplicatesAreCountedInARow() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(SendingTests.opening + "0.1 write 600\n" + SendingTests.sent("0.1", 0..<6, of: 6))
    for ack in [1, 1, 101, 101, 101] { try trace.play("0.2 < . 1:1(0) ack \(ack)") }
    try trace.play("0.3 -")
    #expect(trace.connection.sender.duplicates == 2 && trace.connection.sender.repair == .none)
    try trace.play("0.3 < . 1:1(0) ack 101\n 0.3 > \(SendingTests.segment(1))")
    #expect(trace.connection.sender.repair == .fast)
    // All that was in flight then has come: exactly that ends the recovery.
    try trace.play("0.4 < . 1:1(0) ack 601")
    #expect(trace.connection.sender.repair == .none)
  }

  @Test("The timer is the oldest segment's: what comes meanwhile does not put it off")
  func theTimerRuns() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(
      SendingTests.opening + """
        0.1   write 100
        0.1   > P. 1:101(100) ack 1
        0.2   < P. 1:2(1) ack 1
        0.2   > . 101:101(0) ack 2
        0.3   < P. 2:3(1) ack 1
        0.3   > . 101:101(0) ack 3
        0.4   > P. 1:101(100) ack 3
        """)
  }

  @Test("Whatever was acknowledged has the next one all its patience, and a threshold of its own")
  func aNewFlightBeginsAnew() throws {
    var trace = Trace(SendingTests.plan.with { $0.retries = 1 })
    try trace.play(
      SendingTests.opening + "0.1 write 1000\n" + SendingTests.sent("0.1", 0..<10, of: 10) + """
        0.4   > . 1:101(100) ack 1
        0.5   < . 1:1(0) ack 1001
        2     write 100
        2     > P. 1001:1101(100) ack 1
        """)
    #expect(trace.connection.sender.congestion.threshold == 500)
    try trace.play("2.3 > P. 1001:1101(100) ack 1")
    #expect(trace.connection.sender.congestion.threshold == 200, "half of this flight, or two segments")
    try trace.play(
      """
      2.9   > P. 1001:1101(100) ack 1
      4.1   > P. 1001:1101(100) ack 1
      5     > R 1101:1101(0)
      5     end open syn-ack timeout
      """)
  }

  @Test("Of several requests of an owner the first one's acknowledgment is timed")
  func theFirstRequest() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(
      SendingTests.opening + """
        0.1   write 10
        0.1   > P. 1:11(10) ack 1
        0.2   < . 1:1(0) ack 11
        0.5   write 10
        0.5   > P. 11:21(10) ack 1
        0.7   < . 1:1(0) ack 21
        0.7   abort
        0.7   > R 21:21(0)
        """)
    #expect(trace.outcome?.measurement(of: .request)?.interval == .milliseconds(100))
  }

  @Test("A peer that takes next to nothing in a segment gets forty-eight octets, as from Linux")
  func theSmallestSegment() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 <mss 10>
      0.1   > . 1:1(0) ack 1
      0.1   write 100
      0.1   > . 1:49(48) ack 1
      0.1   > . 49:97(48) ack 1
      0.1   > P. 97:101(4) ack 1
      """)
  }

  @Test("The FIN is not sent again before the text in front of it")
  func theFinWaitsForLostText() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(
      SendingTests.opening + "0.1 write 200\n 0.1 shutdown\n" + SendingTests.sent("0.1", 0..<2, of: 2) + """
        0.1   > F. 201:201(0) ack 1
        0.4   > . 1:101(100) ack 1
        0.45  -
        0.5   < . 1:1(0) ack 101
        0.5   > P. 101:201(100) ack 1
        0.5   > F. 201:201(0) ack 1
        """)
  }
}
