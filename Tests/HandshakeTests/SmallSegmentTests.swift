import Testing
import Timebase
import Wire

@testable import Handshake

/// Segments that are not full: silly windows (RFC 9293 §3.8.6.2.1) and small writes (§3.7.4).
@Suite struct SmallSegmentTests {
  @Test func aSillyWindowIsLeftAloneUntilThatTakesTooLong() throws {
    // RFC 9293 §3.8.6.2.1: neither a segment, nor all there is, nor half of the widest window.
    var trace = Trace(SendingTests.plan)
    try trace.play(
      SendingTests.opening + """
        0.1   write 100
        0.1   > P. 1:101(100) ack 1
        0.2   < . 1:1(0) ack 101 win 20
        0.2   write 300
        0.49  -
        0.5   > . 101:121(20) ack 1
        0.6   < . 1:1(0) ack 121 win 99
        0.65  -
        0.7   < . 1:1(0) ack 121 win 100
        0.7   > . 121:221(100) ack 1
        """)
    // Half of a window that was never wide is worth a segment.
    var narrow = Trace(SendingTests.plan)
    try narrow.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 win 30 <mss 100>
      0.1   > . 1:1(0) ack 1
      0.1   write 300
      0.1   > . 1:31(30) ack 1
      0.2   < . 1:1(0) ack 31 win 14
      0.25  -
      0.3   < . 1:1(0) ack 31 win 15
      0.3   > . 31:46(15) ack 1
      """)
  }

  @Test func smallSegmentsAreJoinedWhereThePlanSaysSo() throws {
    // RFC 9293 §3.7.4: one that is not full waits for what was sent before; the last before our FIN does not.
    var trace = Trace(SendingTests.plan.with { $0.joinsSmallSegments = true })
    try trace.play(
      SendingTests.opening + """
        0.1   write 10
        0.1   > P. 1:11(10) ack 1
        0.11  write 10
        0.12  write 10
        0.15  -
        0.2   < . 1:1(0) ack 11
        0.2   > P. 11:31(20) ack 1
        0.21  write 120
        0.21  > . 31:131(100) ack 1
        0.25  -
        0.26  shutdown
        0.26  > P. 131:151(20) ack 1
        0.26  > F. 151:151(0) ack 1
        """)
    var plain = Trace(SendingTests.plan)
    try plain.play(
      SendingTests.opening + """
        0.1   write 10
        0.1   > P. 1:11(10) ack 1
        0.11  write 10
        0.11  > P. 11:21(10) ack 1
        """)
  }
}
