import Testing
import Timebase
import Wire

@testable import Handshake

/// Text that comes for an owner: in order, out of order, twice, and against a window that means it.
@Suite struct ReceivingTests {
  static let plan = Plan.plain { $0.isInteractive = true }
  static let withSACK = plan.with { $0.offer.sack = true }
  static let opening = ClosingTests.opening
  static let openingWithSACK = """
    0     > S 0:0(0)
    0.1   < S. 0:0(0) ack 1 <mss 1460,sackOK>
    0.1   > . 1:1(0) ack 1

    """

  @Test func textInOrderWaitsForItsOwner() throws {
    var trace = Trace(ReceivingTests.plan)
    try trace.play(
      ReceivingTests.opening + """
        0.2   < P. 1:11(10) ack 1
        0.2   > . 1:1(0) ack 11 win 64230
        0.2   < P. 11:31(20) ack 1
        0.2   > . 1:1(0) ack 31 win 64210
        0.3   take 30
        0.3   take 0
        100   -
        """)
    #expect(trace.connection.counters.octetsReceived == 30)
    #expect(trace.connection.state == .established)
  }

  @Test func aGapIsAcknowledgedAtOnceAndItsBlocksNewestFirst() throws {
    // RFC 2018 §4: the block that grew last comes first, and the others after it.
    var trace = Trace(ReceivingTests.withSACK)
    try trace.play(
      ReceivingTests.openingWithSACK + """
        0.2   < . 11:21(10) ack 1
        0.2   > . 1:1(0) ack 1 <nop,nop,sack 11:21>
        0.2   < . 31:41(10) ack 1
        0.2   > . 1:1(0) ack 1 <nop,nop,raw 5 18 0 0 19 167 0 0 19 177 0 0 19 147 0 0 19 157>
        0.2   < . 21:31(10) ack 1
        0.2   > . 1:1(0) ack 1 <nop,nop,sack 11:41>
        0.2   take 0
        0.2   < . 1:11(10) ack 1
        0.2   > . 1:1(0) ack 41 <>
        0.2   take 40
        """)
    #expect(trace.connection.notes == .dataOutOfOrder)
  }

  @Test func atMostFourBlocksFitAndThreeBesideTimeStamps() throws {
    for (timestamps, blocks) in [(false, 4), (true, 3)] {
      var connection = try ReceivingTests.open(timestamps: timestamps)
      var last: Segment?
      for gap in 0..<6 {
        last = connection.take(from: 100 * UInt32(gap) + 50, 10)
      }
      let list = try #require(last?.options)
      #expect(list.count <= 40 && list.paddedCount % 4 == 0)
      var found: [SACKBlock] = []
      list.forEachSACKBlock { found.append($0) }
      #expect(found.count == blocks)
      #expect(found.first?.left == SequenceNumber(5_001 + 550))
    }
  }

  @Test func textThatComesTwiceIsReported() throws {
    // RFC 2883 §4: the first block is the duplicate.
    var trace = Trace(ReceivingTests.withSACK)
    try trace.play(
      ReceivingTests.openingWithSACK + """
        0.2   < . 1:11(10) ack 1
        0.2   > . 1:1(0) ack 11 <>
        0.3   < . 1:11(10) ack 1
        0.3   > . 1:1(0) ack 11 <nop,nop,sack 1:11>
        0.3   take 10
        """)
    #expect(trace.connection.counters.duplicates == 1)
  }

  @Test func theFirstCopyOfAnOctetWins() throws {
    var connection = try ReceivingTests.open()
    _ = connection.take(from: 4, 4, of: 0xaa)
    _ = connection.take(from: 0, 10, of: 0xbb)
    _ = connection.take(from: 8, 4, of: 0xcc)
    #expect(
      connection.takeReceived() == [0xbb, 0xbb, 0xbb, 0xbb, 0xaa, 0xaa, 0xaa, 0xaa, 0xbb, 0xbb, 0xcc, 0xcc])
  }

  @Test func aFullWindowClosesAndOpensByTwoSegmentsOrHalf() throws {
    var trace = Trace(ReceivingTests.plan.with { $0.window = 4_000 })
    try trace.play(
      ReceivingTests.opening + """
        0.2   < . 1:1461(1460) ack 1
        0.2   > . 1:1(0) ack 1461 win 2540
        0.2   < . 1461:2921(1460) ack 1
        0.2   > . 1:1(0) ack 2921 win 1080
        0.2   < P. 2921:4381(1460) ack 1     # beyond the window: what fits is taken
        0.2   > . 1:1(0) ack 4001 win 0
        0.3   < . 4001:4002(1) ack 1         # a probe
        0.3   > . 1:1(0) ack 4001 win 0
        0.4   take 4000
        0.4   > . 1:1(0) ack 4001 win 4000   # told at once, as the peer waits
        0.5   < . 4001:4011(10) ack 1
        0.5   > . 1:1(0) ack 4011 win 3990
        0.6   take 10                        # ten octets are not worth a word
        0.6   < . 4011:4021(10) ack 1
        0.6   > . 1:1(0) ack 4021 win 3980
        """)
    #expect(trace.connection.counters.invalid == 0)
  }

  @Test func whatIsKeptNeverExceedsTheWindow() throws {
    var connection = try ReceivingTests.open { $0.window = 1_000 }
    for offset in stride(from: UInt32(0), to: 3_000, by: 100) { _ = connection.take(from: offset, 700) }
    #expect(connection.received == 1_000 && connection.takeReceived().count == 1_000)
  }

  @Test func aWideWindowNeedsAgreement() throws {
    for (scale, window) in [(",wscale 0", 1_048_576 >> 7), ("", 65_535)] {
      var trace = Trace(
        Plan().with {
          $0.isInteractive = true
          $0.receiveLimit = 1 << 20
        })
      try trace.play(
        "0 > S 0:0(0)\n 0.1 < S. 0:0(0) ack 1 <mss 1460\(scale)>\n 0.1 > . 1:1(0) ack 1 win \(window == 65_535 ? 64_240 : window)"
      )
    }
  }

  @Test func aFinWaitsForTheTextBeforeIt() throws {
    var trace = Trace(ReceivingTests.plan)
    try trace.play(
      ReceivingTests.opening + """
        0.2   < FP. 11:21(10) ack 1
        0.2   > . 1:1(0) ack 1
        0.3   < P. 1:11(10) ack 1
        0.3   > . 1:1(0) ack 22
        0.3   = CLOSE-WAIT FIN-WAIT-1
        0.4   < F. 21:21(0) ack 1
        0.4   > . 1:1(0) ack 22
        0.4   take 20
        """)
    #expect(trace.connection.isPeerDone)
  }

  @Test func segmentsWithoutTheAgreedTimeStampsAreTakenAndCounted() throws {
    var trace = Trace(
      TimestampTests.stamped.with {
        $0.mode = .full
        $0.isInteractive = true
      })
    try trace.play(
      """
      0        > S 0:0(0)
      0.1      < S. 0:0(0) ack 1 <TS val 10 ecr 1000>
      0.1      > . 1:1(0) ack 1
      0.2      < P. 1:2(1) ack 1
      0.2      > . 1:1(0) ack 2 <nop,nop,TS val 1200 ecr 10>
      0.3      < P. 2:3(1) ack 1 <TS val 9 ecr 1000> ! paws
      0.3      > . 1:1(0) ack 2
      0.4      < P. 2:3(1) ack 1 <TS val 10 ecr 1000>
      0.4      > . 1:1(0) ack 3
      3000000  < P. 3:4(1) ack 1 <TS val 9 ecr 1000>     # 34 days later it says nothing any more
      3000000  > . 1:1(0) ack 4
      3000000  take 3
      """)
    #expect(trace.connection.counters.unstamped == 1)
  }

  /// A connection that is open, with a peer whose ISS is 5,000.
  private static func open(timestamps: Bool = false, _ change: (inout Plan) -> Void = { _ in }) throws -> Connection {
    var trace = Trace(
      withSACK.with {
        $0.offer.timestamps = timestamps
        change(&$0)
      })
    try trace.play(
      "0 > S 0:0(0)\n 0.1 < S. 0:0(0) ack 1 <mss 1460,sackOK\(timestamps ? ",TS val 1 ecr 1000" : "")>\n 0.1 > . 1:1(0) ack 1"
    )
    return trace.connection
  }

  @Test("A small window opens by half of it, exactly, and says so where it is narrow")
  func halfOfASmallWindow() throws {
    var trace = Trace(ReceivingTests.plan.with { $0.window = 1_000 })
    try trace.play(
      ReceivingTests.opening + """
        0.2   < . 1:501(500) ack 1
        0.2   > . 1:1(0) ack 501 win 500
        0.2   take 500               # half is left: the next ACK will say
        0.3   < . 501:511(10) ack 1
        0.3   > . 1:1(0) ack 511 win 990
        0.3   < . 511:1501(990) ack 1
        0.3   > . 1:1(0) ack 1501 win 0
        0.4   take 1000
        0.4   > . 1:1(0) ack 1501 win 1000
        """)
  }

  @Test("News at the edge of a closed window, one octet beyond it, is news; the same again is none")
  func newsBeyondAClosedWindow() throws {
    var trace = Trace(
      ReceivingTests.plan.with {
        $0.window = 1_000
        $0.offer.windowScale = 0
      })
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 <wscale 3>
      0.1   > . 1:1(0) ack 1
      0.2   < . 1:1001(1000) ack 1 win 500
      0.2   > . 1:1(0) ack 1001 win 0
      0.2   write 10
      0.2   > P. 1:11(10) ack 1001
      0.3   < . 1002:1002(0) ack 1 win 500 ! out-of-window
      0.3   > . 11:11(0) ack 1001
      0.3   < . 1002:1002(0) ack 11 win 500
      0.3   < . 1003:1003(0) ack 11 win 501 ! out-of-window
      0.3   > . 11:11(0) ack 1001
      """)
    #expect(trace.connection.unacknowledged == 0 && trace.connection.tcb.snd.wnd == 4_000)
  }

  @Test("What lies beyond a gap is kept as far as the window goes")
  func beyondAGapToTheEdge() throws {
    var trace = Trace(ReceivingTests.plan.with { $0.window = 1_000 })
    try trace.play(
      ReceivingTests.opening + """
        0.2   < . 501:1501(1000) ack 1
        0.2   > . 1:1(0) ack 1 win 1000
        0.3   < . 1:501(500) ack 1
        0.3   > . 1:1(0) ack 1001 win 0
        0.3   take 1000
        """)
    #expect(trace.connection.counters.octetsReceived == 1_000)
  }
}

extension Connection {
  /// Takes text from an offset in the peer's text on, and says what was answered.
  fileprivate mutating func take(from offset: UInt32, _ count: Int, of octet: UInt8 = 0) -> Segment? {
    let segment = Segment(
      seq: tcb.rcv.irs + 1 + offset, ack: tcb.snd.nxt, wnd: 65_535, textLength: count)
    let now = Stamp(instant: Instant(nanoseconds: 78_000_000_000), wall: WallTime(nanoseconds: 0))
    return receive(segment, text: [UInt8](repeating: octet, count: count).span.raw, at: now).send?.segment
  }
}
