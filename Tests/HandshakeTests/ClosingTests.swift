import Testing
import Timebase
import Wire

@testable import Handshake

/// The close in all its orders (RFC 9293 §3.6), and both ends' states on the way.
@Suite struct ClosingTests {
  /// The handshake, up to our ACK.
  static let opening = """
    0     > S 0:0(0)
    0.1   < S. 0:0(0) ack 1
    0.1   > . 1:1(0) ack 1

    """
  /// The handshake and our FIN.
  static let closing = opening + "0.1   > F. 1:1(0) ack 1\n"

  @Test func oneSegmentCarriesAckAndFin() throws {
    var trace = Trace()
    try trace.play(
      ClosingTests.closing + """
        0.2   < F. 1:1(0) ack 2
        0.2   = TIME-WAIT LAST-ACK
        0.2   > . 2:2(0) ack 2
        0.2   = TIME-WAIT CLOSED
        0.2   -
        0.2   end open syn-ack fin
        """)
  }

  @Test func bothCloseAtOnce() throws {
    var trace = Trace()
    try trace.play(
      ClosingTests.closing + """
        0.15  < F. 1:1(0) ack 1
        0.15  = CLOSING FIN-WAIT-1
        0.15  > . 2:2(0) ack 2
        0.2   < . 2:2(0) ack 2
        0.2   = TIME-WAIT TIME-WAIT
        0.2   -
        0.2   end open syn-ack fin
        """)
    #expect(trace.connection.steps.map(\.kind) == [.syn, .peerFin, .fin, .close])
  }

  @Test func thePeerClosesFirst() throws {
    var trace = Trace(.plain { $0.confirm = true })
    try trace.play(
      ClosingTests.opening + """
        0.1   > . 0:0(0) ack 1
        0.2   < F. 1:1(0) ack 1
        0.2   = CLOSE-WAIT FIN-WAIT-1
        0.2   > . 1:1(0) ack 2
        0.2   > F. 1:1(0) ack 2
        0.2   = LAST-ACK FIN-WAIT-1
        0.3   < . 2:2(0) ack 2
        0.3   = CLOSED TIME-WAIT
        0.3   end open syn-ack fin
        """)
    #expect(trace.connection.steps.map(\.kind) == [.syn, .confirm, .fin, .peerFin, .close])
  }

  @Test func finInTheSynAck() throws {
    var trace = Trace()
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < SF. 0:0(0) ack 1
      0.1   = CLOSE-WAIT FIN-WAIT-1
      0.1   > . 1:1(0) ack 2
      0.1   > F. 1:1(0) ack 2
      0.1   = LAST-ACK FIN-WAIT-1
      0.2   < . 2:2(0) ack 2
      0.2   end open syn-ack fin
      """)
    #expect(trace.connection.notes == .finInSynAck)
  }

  @Test func dataBeforeTheFin() throws {
    var trace = Trace()
    try trace.play(
      ClosingTests.closing + """
        0.15  < P. 1:11(10) ack 1
        0.15  = FIN-WAIT-1 ESTABLISHED
        0.15  > . 2:2(0) ack 11
        0.2   < . 11:11(0) ack 2
        0.2   = FIN-WAIT-2 CLOSE-WAIT
        0.25  < P. 11:16(5) ack 2
        0.25  > . 2:2(0) ack 16
        0.3   < FP. 16:20(4) ack 2
        0.3   > . 2:2(0) ack 21
        0.3   -
        0.3   end open syn-ack fin
        """)
    #expect(trace.connection.counters.octetsReceived == 19)
  }

  @Test func aFinBeforeItsDataWaits() throws {
    var trace = Trace()
    try trace.play(
      ClosingTests.closing + """
        0.2   < F. 6:6(0) ack 2
        0.2   = FIN-WAIT-2 CLOSE-WAIT
        0.2   > . 2:2(0) ack 1
        0.3   < P. 1:6(5) ack 2
        0.3   > . 2:2(0) ack 7          # it is remembered, and need not come again
        0.3   -
        0.3   end open syn-ack fin
        """)
  }

  @Test func textOutOfOrderIsNotedAndKept() throws {
    var trace = Trace()
    try trace.play(
      ClosingTests.closing + """
        0.2   < P. 6:16(10) ack 2
        0.2   > . 2:2(0) ack 1
        0.3   < P. 1:6(5) ack 2
        0.3   > . 2:2(0) ack 16
        """)
    #expect(trace.connection.notes == .dataOutOfOrder)
    #expect(trace.connection.counters.octetsReceived == 15)
  }

  @Test func ourFinIsSentAgainInEachStateThatAwaitsItsAck() throws {
    for (peerFin, states, ack) in [
      ("", "FIN-WAIT-1 SYN-RECEIVED", 1), ("0.15 < F. 1:1(0) ack 1\n 0.15 > . 2:2(0) ack 2\n", "CLOSING FIN-WAIT-1", 2),
    ] {
      var trace = Trace()
      try trace.play(
        ClosingTests.closing + peerFin + """
          0.4   = \(states)
          0.4   > F. 1:1(0) ack \(ack)
          1     > F. 1:1(0) ack \(ack)
          2.2   > F. 1:1(0) ack \(ack)
          4.6   > F. 1:1(0) ack \(ack)
          7.1   > R 2:2(0)
          7.1   end open syn-ack timeout
          """)
      #expect(trace.connection.notes == .peerVanished)
      #expect(trace.connection.counters.retransmissions == 4)
    }
  }

  @Test func lastAckSendsItsFinAgain() throws {
    var trace = Trace()
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < SF. 0:0(0) ack 1
      0.1   > . 1:1(0) ack 2
      0.1   > F. 1:1(0) ack 2
      0.4   > F. 1:1(0) ack 2
      0.4   = LAST-ACK FIN-WAIT-1
      0.5   < F. 1:1(0) ack 1   # its FIN once more, without the SYN
      0.5   > . 2:2(0) ack 2
      0.6   < . 2:2(0) ack 2
      0.6   end open syn-ack fin
      """)
    let fin = try #require(trace.connection.steps.first { $0.kind == .fin })
    #expect(fin.isAmbiguous && fin.measurement == nil)
  }

  @Test func aPeerThatNeverSendsItsFinIsReset() throws {
    // Patience is as long as the SYN would have had: 1 + 2 + 4 s.
    var trace = Trace()
    try trace.play(
      ClosingTests.closing + """
        0.2           < . 1:1(0) ack 2
        7.199999999   -
        7.2           > R 2:2(0)
        7.2           end open syn-ack timeout
        """)
    #expect(trace.connection.notes == .peerFinMissing)
  }

  @Test func timeWaitAcknowledgesTheFinAgainAndBeginsAnew() throws {
    var trace = Trace(.plain { $0.timeWait = .seconds(2) })
    try trace.play(
      ClosingTests.closing + """
        0.2   < F. 1:1(0) ack 2
        0.2   > . 2:2(0) ack 2
        1.2   < F. 1:1(0) ack 2
        1.2   > . 2:2(0) ack 2
        1.5   < P. 1:2(1) ack 2     # an old octet: acknowledged, but the wait goes on as it was
        1.5   > . 2:2(0) ack 2
        3.199999999 -
        3.2   -
        3.2   end open syn-ack fin
        3.2   = TIME-WAIT CLOSED
        """)
    #expect(trace.connection.counters.duplicates == 2)
  }

  @Test func closeByReset() throws {
    var trace = Trace(.plain { $0.close = .rst })
    try trace.play(ClosingTests.opening + "0.1 > R 1:1(0)\n 0.1 end open syn-ack rst\n 0.1 = CLOSED CLOSED")
  }

  @Test func closeNotAtAll() throws {
    var trace = Trace(.plain { $0.close = .none })
    try trace.play(ClosingTests.opening + "0.1 -\n 0.1 end open syn-ack none\n 0.1 = ESTABLISHED SYN-RECEIVED")
  }

  @Test func aClosedWindowOfOursDoesNotKeepThePeerFromClosing() throws {
    var trace = Trace(.plain { $0.window = 0 })
    try trace.play(
      """
      0     > S 0:0(0) win 0
      0.1   < S. 0:0(0) ack 1
      0.1   > . 1:1(0) ack 1 win 0
      0.1   > F. 1:1(0) ack 1 win 0
      0.15  < P. 1:2(1) ack 1
      0.15  > . 2:2(0) ack 1 win 0
      0.2   < F. 1:1(0) ack 2
      0.2   > . 2:2(0) ack 2
      0.2   -
      0.2   end open syn-ack fin
      """)
    #expect(trace.connection.counters.invalid == 0)
  }

  /// Text puts the wait for the peer's FIN off by nothing: a peer that never stops sending is reset when a silent one is.
  @Test func aPeerThatKeepsSendingIsResetInTheSameTime() throws {
    var trace = Trace()
    try trace.play(ClosingTests.closing + "0.2   < . 1:1(0) ack 2\n0.2   = FIN-WAIT-2 CLOSE-WAIT\n")
    for round in 1...7 {
      let (from, to) = (round * 5 - 4, round * 5 + 1)
      try trace.play("\(round)   < P. \(from):\(to)(5) ack 2\n\(round)   > . 2:2(0) ack \(to)\n")
    }
    try trace.play("7.199999999 -\n7.2  > R 2:2(0)\n7.2  end open syn-ack timeout\n")
    #expect(trace.connection.notes == .keptSending)
  }

  /// Who sends a little after our FIN and then nothing has fallen silent.
  @Test func aPeerThatStopsSendingAndDoesNotCloseFellSilent() throws {
    var trace = Trace()
    try trace.play(
      ClosingTests.closing + """
        0.2   < . 1:1(0) ack 2
        1     < P. 1:6(5) ack 2
        1     > . 2:2(0) ack 6
        7.2   > R 2:2(0)
        7.2   end open syn-ack timeout
        """)
    #expect(trace.connection.notes == .peerFinMissing)
  }

  /// A peer that repeats its FIN for ever holds TIME-WAIT for as long as its own copies may reasonably take, no longer.
  @Test func aFinThatIsRepeatedWithoutEndDoesNotHoldTimeWait() throws {
    var trace = Trace(.plain { $0.timeWait = .seconds(2) })
    try trace.play(ClosingTests.closing + "0.2 < F. 1:1(0) ack 2\n0.2 > . 2:2(0) ack 2\n")
    for second in 1...9 { try trace.play("\(second) < F. 1:1(0) ack 2\n\(second) > . 2:2(0) ack 2\n") }
    // Two seconds, and the patience of seven.
    try trace.play("9.199999999 -\n9.2 -\n9.2 end open syn-ack fin\n9.2 = TIME-WAIT CLOSED")
  }

  /// Only the peer's FIN, sent again, restarts the wait (RFC 9293 §3.10.7.4), and that within the patience of seven seconds.
  @Test(arguments: [
    (". 0:1(1)", "60.1"), ("F. 0:0(0)", "60.1"), ("F. 1:1(0)", "67.1"), ("F. 0:1(1)", "67.1"),
  ])
  func whatBeginsTheWaitAnew(segment: String, end: String) throws {
    var trace = try Trace.reaching(.timeWait)
    try trace.play("30.1 < \(segment) ack 2\n 30.1 > . 2:2(0) ack 2" + (segment.contains("(1)") ? "" : " <>"))
    try trace.play("\(end.replacing(".1", with: ".099")) -")
    #expect(!trace.connection.isFinished)
    try trace.play("\(end) -\n \(end) end open syn-ack fin")
  }
}
