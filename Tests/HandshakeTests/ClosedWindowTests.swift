import Testing
import Timebase
import Wire

@testable import Handshake

/// Zero windows (RFC 9293 §3.8.6.1).
@Suite struct ClosedWindowTests {
  @Test func isProbedUntilItOpens() throws {
    var trace = Trace(RequestTests.plan(10))
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 win 0
      0.1   > . 1:1(0) ack 1
      0.4   > . 1:2(1) ack 1
      0.5   < . 1:1(0) ack 1 win 0
      1     > . 1:2(1) ack 1
      1.1   < . 1:1(0) ack 2 win 65535
      1.1   > P. 2:11(9) ack 1
      1.2   < . 1:1(0) ack 11
      """)
    #expect(trace.connection.notes == .windowZero)
    #expect(trace.connection.steps.first { $0.kind == .request }?.isAmbiguous == true)
  }

  @Test func openingItIsEnough() throws {
    var trace = Trace(RequestTests.plan(10))
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 win 0
      0.1   > . 1:1(0) ack 1
      0.2   < . 1:1(0) ack 1 win 100
      0.2   > P. 1:11(10) ack 1
      0.3   < . 1:1(0) ack 11
      """)
    #expect(trace.outcome?.measurement(of: .request)?.interval == .milliseconds(100))
  }

  @Test func theProbedOctetGoesFirstOnceItOpens() throws {
    var trace = Trace(RequestTests.plan(10))
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 win 0
      0.1   > . 1:1(0) ack 1
      0.4   > . 1:2(1) ack 1
      0.5   < . 1:1(0) ack 1 win 0
      0.6   < . 1:1(0) ack 1 win 100
      0.6   > P. 1:11(10) ack 1
      0.7   < . 1:1(0) ack 1 win 0
      0.8   < . 1:1(0) ack 1 win 100
      0.9   -
      """)
  }

  @Test func aWindowThatClosesBehindTheDataIsProbedToo() throws {
    var trace = Trace(RequestTests.plan(10))
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 win 4
      0.1   > . 1:1(0) ack 1
      0.1   > . 1:5(4) ack 1
      0.2   < . 1:1(0) ack 5 win 0
      0.5   > . 5:6(1) ack 1
      """)
  }

  @Test func aPeerThatNeverOpensItIsNotSilent() throws {
    var trace = Trace(RequestTests.plan(10) { $0.retries = 1 })
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 win 4
      0.1   > . 1:1(0) ack 1
      0.1   > . 1:5(4) ack 1
      0.2   < . 1:1(0) ack 5 win 0
      0.5   > . 5:6(1) ack 1
      0.6   < . 1:1(0) ack 5 win 0
      1.1   > . 5:6(1) ack 1
      1.2   < . 1:1(0) ack 5 win 0
      2.3   > . 5:6(1) ack 1
      2.4   < . 1:1(0) ack 5 win 0
      3.2   > R 6:6(0)
      3.2   end open syn-ack timeout
      """)
    #expect(trace.connection.notes == .windowZero)
  }

  @Test func aClosedWindowIsProbedForAsLongAsThePeerAnswers() throws {
    // RFC 9293 §3.8.6.1, MUST-37: longer than all retransmissions would last.
    var trace = Trace(SendingTests.plan.with { $0.retries = 1 })
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 win 0
      0.1   > . 1:1(0) ack 1
      0.1   write 10
      0.4   > . 1:2(1) ack 1
      0.5   < . 1:1(0) ack 1 win 0
      1     > . 1:2(1) ack 1
      1.1   < . 1:1(0) ack 1 win 0
      2.2   > . 1:2(1) ack 1
      2.3   < . 1:1(0) ack 1 win 0
      4.6   > . 1:2(1) ack 1
      4.7   < . 1:1(0) ack 1 win 9
      4.7   > . 1:10(9) ack 1
      """)
  }

  @Test("Without retransmissions nothing asks whether it has opened: the peer is given up, and no timer spins")
  func withoutRetransmissions() throws {
    var trace = Trace(SendingTests.plan.with { $0.retries = 0 })
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 win 0
      0.1   > . 1:1(0) ack 1
      0.1   write 10
      0.2   < . 1:1(0) ack 1 win 0
      1.1   > R 1:1(0)
      1.1   end open syn-ack timeout
      """)
    #expect(trace.connection.notes == .windowZero)
  }

  @Test("A peer that fell silent is given up, although its window was closed")
  func aSilentPeerIsGivenUp() throws {
    var trace = Trace(SendingTests.plan.with { $0.retries = 1 })
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 win 0
      0.1   > . 1:1(0) ack 1
      0.1   write 10
      0.4   > . 1:2(1) ack 1
      0.5   < . 1:1(0) ack 1 win 0
      1     > . 1:2(1) ack 1
      2.2   > . 1:2(1) ack 1
      4     > R 2:2(0)
      4     end open syn-ack timeout
      """)
    #expect(trace.connection.notes == [.windowZero, .peerVanished])
  }
}
