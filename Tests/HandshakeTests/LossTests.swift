import Testing
import Timebase
import Wire

@testable import Handshake

/// Losses that time tells of, and what is asked for when nothing comes that could (RFC 8985).
@Suite struct LossTests {
  static let plan = SendingTests.plan.with { $0.offer.sack = true }
  /// A peer ten milliseconds away that takes a hundred octets a segment.
  static let opening = """
    0     > S 0:0(0)
    0.01  < S. 0:0(0) ack 1 <mss 100,sackOK>
    0.01  > . 1:1(0) ack 1

    """

  /// Segments of ours of a hundred octets, from the n-th to before another.
  private static func sent(_ time: String, _ range: Range<Int>, of all: Int) -> String {
    range.map { "\(time) > \($0 + 1 == all ? "P" : ""). \($0 * 100 + 1):\($0 * 100 + 101)(100) ack 1\n" }.joined()
  }

  private static func begun(_ count: Int, _ plan: Plan = plan) throws -> Trace {
    var trace = Trace(plan)
    try trace.play(opening + "0.01 write \(count * 100)\n" + sent("0.01", 0..<count, of: count))
    return trace
  }

  @Test func theEndOfAFlightIsAskedFor() throws {
    var trace = try LossTests.begun(3)
    try trace.play(
      """
      0.039 -
      0.04  > P. 201:301(100) ack 1
      0.05  < . 1:1(0) ack 1 <sack 201:301>
      0.05  > . 1:101(100) ack 1
      0.05  > . 101:201(100) ack 1
      0.06  < . 1:1(0) ack 301
      0.3   -
      """)
    #expect(trace.connection.sender.congestion.threshold == 200)
    #expect(trace.connection.counters.retransmissions == 3)
  }

  @Test func newTextIsTheBetterProbe() throws {
    // The path has room for ten segments; the eleventh may go all the same (RFC 8985 §7.3).
    var trace = Trace(LossTests.plan)
    try trace.play(
      LossTests.opening + "0.01 write 1200\n" + LossTests.sent("0.01", 0..<10, of: 12) + """
        0.04  > . 1001:1101(100) ack 1
        0.05  < . 1:1(0) ack 1101
        0.05  > P. 1101:1201(100) ack 1
        """)
    #expect(trace.connection.counters.retransmissions == 0)
    #expect(trace.connection.sender.congestion.threshold == Int.max)
  }

  @Test func aSingleSegmentMayBeAcknowledgedLate() throws {
    var trace = try LossTests.begun(1)
    try trace.play("0.2 -\n 0.21 < . 1:1(0) ack 101\n 1 -")
    #expect(trace.connection.counters.retransmissions == 0)
  }

  /// Whether the last segment came once or twice decides what is believed of the path (RFC 8985 §7.4).
  @Test(
    arguments: [(" <sack 201:301>", 1_200, Int.max), ("", 1_200, Int.max), (nil, 550, 550)] as [(String?, Int, Int)])
  func aProbeThatWasNeedless(second: String?, window: Int, threshold: Int) throws {
    var trace = try LossTests.begun(3)
    try trace.play("0.04 > P. 201:301(100) ack 1\n 0.041 < . 1:1(0) ack 301")
    if let second { try trace.play("0.05 < . 1:1(0) ack 301\(second)") }
    try trace.play("0.06 write 100\n 0.06 > P. 301:401(100) ack 1\n 0.07 < . 1:1(0) ack 401")
    #expect(trace.connection.sender.tailProbe == nil)
    #expect(trace.connection.sender.congestion.window == window)
    #expect(trace.connection.sender.congestion.threshold == threshold)
  }

  @Test func aRepetitionThatIsLostIsSentOnceMore() throws {
    var trace = Trace(LossTests.plan)
    try trace.play(
      LossTests.opening + "0.01 write 1200\n" + LossTests.sent("0.01", 0..<10, of: 12) + """
        0.02  < . 1:1(0) ack 1 <sack 101:1001>
        0.02  > . 1:101(100) ack 1
        0.02  > . 1001:1101(100) ack 1
        0.02  > P. 1101:1201(100) ack 1
        0.03  < . 1:1(0) ack 1 <sack 101:1201>
        0.03  > . 1:101(100) ack 1
        0.04  < . 1:1(0) ack 1201
        """)
    // Two losses, two signs of a full path (RFC 5681 §4.3).
    #expect(trace.connection.sender.congestion.threshold == 200)
    #expect(trace.connection.sender.repair == .none)
  }

  @Test func whatIsOvertakenIsNotLost() throws {
    var trace = try LossTests.begun(3)
    try trace.play(
      """
      0.02   < . 1:1(0) ack 1 <sack 101:201>
      0.0215 < . 1:1(0) ack 201
      0.025  < . 1:1(0) ack 301
      0.5    -
      """)
    #expect(trace.connection.counters.retransmissions == 0)
    // Three segments beyond a gap are no proof any more (RFC 8985 §6.2, step 4).
    try trace.play(
      "0.5 write 500\n" + LossTests.sent("0.5", 3..<8, of: 8) + """
        0.51  < . 1:1(0) ack 301 <sack 401:801>
        0.512 < . 1:1(0) ack 801
        """)
    #expect(trace.connection.counters.retransmissions == 0)
  }

  @Test func aQuarterOfARoundTripIsLongEnough() throws {
    var trace = try LossTests.begun(3)
    try trace.play(
      """
      0.02   < . 1:1(0) ack 1 <sack 101:201>
      0.0224 -
      0.0225 > . 1:101(100) ack 1
      """)
  }

  @Test func whatComesTwiceWidensTheWindowForOvertaking() {
    var detection = LossDetection()
    let sent = Instant(nanoseconds: 0)
    let now = sent + .milliseconds(8)
    detection.note(Flight.Piece(start: 100, end: 200, sentAt: sent), at: now, isDoubtful: false)
    func window(_ held: Int = 0, _ isRepairing: Bool = false) -> Interval {
      detection.reorderingWindow(held: held, isRepairing: isRepairing, smoothed: .milliseconds(10))
    }
    #expect(window() == .milliseconds(2) && window(3) == .zero && window(0, true) == .zero)
    // An earlier segment comes after a later one.
    detection.note(Flight.Piece(start: 0, end: 100, sentAt: sent), at: now, isDoubtful: false)
    #expect(window(3) == .milliseconds(2) && window(0, true) == .milliseconds(2))
    detection.noteDuplicate(acknowledged: 200, next: 500)
    #expect(window() == .milliseconds(4))
    // Once in a round trip.
    detection.noteDuplicate(acknowledged: 300, next: 600)
    #expect(window() == .milliseconds(4))
    for _ in 0..<9 { detection.noteDuplicate(acknowledged: 1_000_000, next: 1_000_000) }
    #expect(window() == .milliseconds(10), "never longer than a round trip")
    for _ in 0..<16 { detection.endRecovery() }
    #expect(window() == .milliseconds(2))
  }

  @Test func anAnswerFasterThanAnyIsThatOfAnEarlierCopy() {
    var detection = LossDetection()
    let start = Instant(nanoseconds: 0)
    detection.note(Flight.Piece(start: 0, end: 100, sentAt: start), at: start + .milliseconds(10), isDoubtful: false)
    var again = Flight.Piece(start: 100, end: 200, sentAt: start + .milliseconds(50))
    again.isSentAgain = true
    detection.note(again, at: start + .milliseconds(55), isDoubtful: false)
    detection.note(again, at: start + .milliseconds(65), isDoubtful: true)
    #expect(detection.latestEnd == 100 && detection.roundTrip == .milliseconds(10))
    detection.note(again, at: start + .milliseconds(65), isDoubtful: false)
    #expect(detection.latestEnd == 200 && detection.roundTrip == .milliseconds(15))
  }

  @Test func aNeedlessTimeoutIsTakenBack() throws {
    // The answer to the first copy comes: nothing was lost, and nothing more is sent again (RFC 3522).
    for (echo, isLost) in [(1_010, false), (1_220, true)] {
      var trace = Trace(SendingTests.plan.with { $0.offer.timestamps = true })
      try trace.play(
        """
        0     > S 0:0(0) <mss 1460,nop,nop,TS val 1000 ecr 0>
        0.01  < S. 0:0(0) ack 1 <mss 112,TS val 7 ecr 1000>
        0.01  > . 1:1(0) ack 1
        0.01  write 500

        """ + LossTests.sent("0.01", 0..<5, of: 5) + """
          0.22  > . 1:101(100) ack 1
          0.23  < . 1:1(0) ack 101 <TS val 8 ecr \(echo)>
          """)
      if isLost {
        try trace.play("0.23 > . 101:201(100) ack 1\n 0.23 > . 201:301(100) ack 1\n 0.24 -")
        #expect(trace.connection.sender.congestion.window == 200)
      } else {
        try trace.play("0.24 < . 1:1(0) ack 501 <TS val 8 ecr 1010>\n 0.5 -")
        #expect(trace.connection.sender.congestion.window == 1_200)
        #expect(trace.connection.sender.congestion.threshold == Int.max)
      }
    }
  }

  @Test func aPeerThatThrowsAwayWhatItHeldGetsItAgain() throws {
    // RFC 2018 §8: its acknowledgment stops short of what it said to hold.
    var trace = try LossTests.begun(3)
    try trace.play(
      """
      0.02   < . 1:1(0) ack 1 <sack 101:301>
      0.0225 > . 1:101(100) ack 1
      0.03   < . 1:1(0) ack 101
      0.05   -
      """)
    #expect(trace.connection.sender.flight.held == 200)
    try trace.play("0.055 > . 101:201(100) ack 1")
    #expect(trace.connection.sender.flight.held == 0)
  }

  @Test func ourFinHeldBeyondTheGapHidesNothing() throws {
    var trace = try LossTests.begun(3)
    try trace.play(
      """
      0.01  shutdown
      0.01  > F. 301:301(0) ack 1
      0.02  < . 1:1(0) ack 1 <sack 101:302>
      0.0225 > . 1:101(100) ack 1
      0.03  < . 1:1(0) ack 302
      0.03  = FIN-WAIT-2 CLOSE-WAIT
      """)
  }

  /// RFC 2883 §4: what came twice lies below the acknowledgment, or within the block that follows.
  @Test(arguments: [
    ("101 <sack 1:101>", true), ("101 <sack 51:101,sack 201:301>", true), ("101 <sack 1:102>", false),
    ("1 <sack 101:201,sack 101:301>", true), ("1 <sack 201:301,sack 101:301>", true),
    ("1 <sack 101:301,sack 101:301>", true), ("1 <sack 101:201>", false), ("1 <sack 101:201,sack 201:301>", false),
    ("1 <sack 101:301,sack 101:201>", false), ("1 <sack 101:201,sack 102:301>", false),
    ("1 <sack 101:201,sack 201:301,sack 101:301>", false), ("101", false),
  ])
  func whatCameTwiceIsTold(by acknowledgment: String, isTold: Bool) throws {
    var trace = try LossTests.begun(3)
    try trace.play("0.02 < . 1:1(0) ack \(acknowledgment)")
    let window = trace.connection.sender.detection.reorderingWindow(held: 0, isRepairing: false, smoothed: .seconds(1))
    #expect(window == (isTold ? .milliseconds(5) : .microseconds(2_500)), "a quarter of the round trip, or twice that")
  }

  @Test func anEarlierSegmentThatComesLateTellsNoLaterTime() {
    var detection = LossDetection()
    let start = Instant(nanoseconds: 0)
    detection.note(
      Flight.Piece(start: 100, end: 200, sentAt: start + .milliseconds(5)), at: start + .milliseconds(15),
      isDoubtful: false)
    detection.note(Flight.Piece(start: 0, end: 100, sentAt: start), at: start + .milliseconds(16), isDoubtful: false)
    #expect(detection.latestSentAt == start + .milliseconds(5) && detection.latestEnd == 200)
    #expect(detection.roundTrip == .milliseconds(10))
    // Of those that left at once the one that ends last is the latest.
    detection.note(
      Flight.Piece(start: 200, end: 300, sentAt: start + .milliseconds(5)), at: start + .milliseconds(17),
      isDoubtful: false)
    #expect(detection.latestEnd == 300)
    detection.note(
      Flight.Piece(start: 150, end: 250, sentAt: start + .milliseconds(5)), at: start + .milliseconds(18),
      isDoubtful: false)
    #expect(detection.latestEnd == 300 && detection.roundTrip == .milliseconds(12))
  }

  @Test func aWiderWindowIsRememberedForSixteenRecoveries() {
    var detection = LossDetection()
    let start = Instant(nanoseconds: 0)
    detection.note(Flight.Piece(start: 0, end: 100, sentAt: start), at: start + .milliseconds(8), isDoubtful: false)
    detection.noteDuplicate(acknowledged: 0, next: 100)
    // Exactly at the end of the round the next one counts.
    detection.noteDuplicate(acknowledged: 100, next: 200)
    func window() -> Interval { detection.reorderingWindow(held: 0, isRepairing: false, smoothed: .seconds(1)) }
    #expect(window() == .milliseconds(6))
    for _ in 0..<15 { detection.endRecovery() }
    #expect(window() == .milliseconds(6))
    detection.endRecovery()
    #expect(window() == .milliseconds(2))
  }

  @Test("A segment that left with the latest one is waited for where it ends before that one alone")
  func patienceAtTheSameMoment() {
    var detection = LossDetection()
    let start = Instant(nanoseconds: 0)
    let now = start + .milliseconds(8)
    detection.note(Flight.Piece(start: 100, end: 200, sentAt: start), at: now, isDoubtful: false)
    func patience(_ end: Int, _ sentAt: Instant = start) -> Interval? {
      detection.patience(for: Flight.Piece(start: 0, end: end, sentAt: sentAt), window: .milliseconds(2), at: now)
    }
    #expect(patience(199) == .milliseconds(2) && patience(200) == nil && patience(201) == nil)
    #expect(patience(100, start + .nanoseconds(1)) == nil)
  }

  @Test("No probe asks for what the timer asks for first, or while time tells")
  func whereNoProbeIsSent() throws {
    let single = try LossTests.begun(1)
    #expect(single.connection.timers[.tailProbe] == nil, "its acknowledgment may be kept back")
    var trace = try LossTests.begun(3)
    #expect(trace.connection.timers[.tailProbe] != nil)
    try trace.play("0.02 < . 1:1(0) ack 1 <sack 101:201>")
    #expect(trace.connection.timers[.tailProbe] == nil && trace.connection.timers[.reordering] != nil)
  }

  @Test func twoNeedlessTimeoutsAreTakenBackToTheFirst() throws {
    var trace = Trace(SendingTests.plan.with { $0.offer.timestamps = true })
    try trace.play(
      """
      0     > S 0:0(0) <mss 1460,nop,nop,TS val 1000 ecr 0>
      0.01  < S. 0:0(0) ack 1 <mss 112,TS val 7 ecr 1000>
      0.01  > . 1:1(0) ack 1
      0.01  write 500

      """ + LossTests.sent("0.01", 0..<5, of: 5) + """
        0.22  > . 1:101(100) ack 1
        0.64  > . 1:101(100) ack 1
        0.65  < . 1:1(0) ack 101 <TS val 8 ecr 1010>
        0.65  < . 1:1(0) ack 501 <TS val 8 ecr 1010>
        """)
    #expect(trace.connection.sender.congestion.threshold == Int.max)
    #expect(trace.connection.sender.congestion.window >= 1_000)
  }
}
