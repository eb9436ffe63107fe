import Testing
import Timebase
import Wire

@testable import Handshake

/// Which copy of the SYN was answered, and the clock values that say so (RFC 7323).
@Suite struct TimestampTests {
  /// A plan whose only option is the time stamp.
  static let stamped = Plan().with {
    $0.offer = SynOptions(maximumSegmentSize: nil, windowScale: nil, sack: false, timestamps: true)
    $0.mode = .halfOpen
  }

  /// Three copies, each with a value of its own; answered at 3.5 s.
  static let threeCopies = """
    0     > S 0:0(0) <nop,nop,TS val 1000 ecr 0>
    1     > S 0:0(0) <nop,nop,TS val 2000 ecr 0>
    3     > S 0:0(0) <nop,nop,TS val 4000 ecr 0>

    """

  static let echoes: [(echo: String, rtt: Interval?, isAmbiguous: Bool, notes: Notes)] = [
    ("<TS val 1 ecr 4000>", .milliseconds(500), false, []),
    ("<TS val 1 ecr 2000>", nil, true, []),
    ("<TS val 1 ecr 1000>", nil, true, []),
    ("", nil, true, []),
    ("<TS val 1 ecr 4001>", nil, false, .tsecrMismatch),
    ("<TS val 1 ecr 0>", nil, false, .tsecrMismatch),
  ]

  @Test(arguments: echoes)
  func theEchoTellsWhichCopyWasAnswered(echo: String, rtt: Interval?, isAmbiguous: Bool, notes: Notes) throws {
    var trace = Trace(TimestampTests.stamped)
    try trace.play(TimestampTests.threeCopies + "3.5 < S. 0:0(0) ack 1 \(echo)\n 3.5 > R 1:1(0)")
    #expect(
      trace.steps
        == [Step(.syn, rtt.map { Measurement($0, clock: .kernel) }, isAmbiguous: isAmbiguous)])
    #expect(trace.connection.notes == notes)
  }

  @Test func oneCopyNeedsNoEcho() throws {
    for (echo, notes) in [("", Notes()), ("<TS val 1 ecr 1000>", [])] {
      var trace = Trace(TimestampTests.stamped)
      try trace.play("0 > S 0:0(0)\n 0.25 < S. 0:0(0) ack 1 \(echo)\n 0.25 > R 1:1(0)")
      #expect(trace.outcome?.measurement(of: .syn) == Measurement(.milliseconds(250), clock: .kernel))
      #expect(trace.connection.notes == notes)
    }
  }

  @Test func withoutTheOptionARetransmissionMakesItAmbiguous() throws {
    for answer in ["S. 0:0(0) ack 1", "S. 0:0(0) ack 1 <TS val 1 ecr 1000>"] {
      var trace = Trace(.plain { $0.mode = .halfOpen })
      try trace.play("0 > S 0:0(0)\n 1 > S 0:0(0)\n 1.1 < \(answer)\n 1.1 > R 1:1(0)")
      #expect(trace.steps == [Step(.syn, nil, isAmbiguous: true)])
      #expect(!trace.connection.notes.contains(.tsecrMismatch))
    }
  }

  @Test func aResetHasNoEchoThatCounts() throws {
    var trace = Trace(TimestampTests.stamped)
    try trace.play(
      TimestampTests.threeCopies + "3.5 < R. 0:0(0) ack 1 <TS val 0 ecr 4000>\n 3.5 end closed rst peer-rst")
    #expect(trace.steps == [Step(.syn, nil, isAmbiguous: true)])
    var single = Trace(TimestampTests.stamped)
    try single.play("0 > S 0:0(0)\n 0.5 < R. 0:0(0) ack 1\n 0.5 end closed rst peer-rst")
    #expect(single.outcome?.measurement(of: .syn)?.interval == .milliseconds(500))
  }

  @Test func copiesThatFollowAtOnceStillDiffer() throws {
    // A half-open peer makes the second SYN follow within the same millisecond.
    var trace = Trace(TimestampTests.stamped)
    try trace.play(
      """
      0        > S 0:0(0) <nop,nop,TS val 1000 ecr 0>
      0.0001   < . 900:900(0) ack 77
      0.0001   > R 77:77(0) <>
      0.0001   > S 0:0(0) <nop,nop,TS val 1001 ecr 0>
      0.0002   < S. 0:0(0) ack 1 <TS val 1 ecr 1001>
      0.0002   > R 1:1(0)
      """)
    #expect(trace.outcome?.measurement(of: .syn)?.interval == .microseconds(100))
  }

  @Test func laterValuesNeverStepBack() throws {
    // The second SYN said 1001 at 0.1 ms: what follows may not say 1000 (PAWS, RFC 7323 §5.3).
    var trace = Trace(TimestampTests.stamped.with { $0.mode = .full })
    try trace.play(
      """
      0        > S 0:0(0) <nop,nop,TS val 1000 ecr 0>
      0.0001   < . 900:900(0) ack 77
      0.0001   > R 77:77(0)
      0.0001   > S 0:0(0) <nop,nop,TS val 1001 ecr 0>
      0.0002   < S. 0:0(0) ack 1 <TS val 50 ecr 1001>
      0.0002   > . 1:1(0) ack 1 <nop,nop,TS val 1001 ecr 50>
      0.0002   > F. 1:1(0) ack 1 <nop,nop,TS val 1001 ecr 50>
      0.0102   < . 1:1(0) ack 2 <TS val 60 ecr 1001>
      0.0103   < F. 1:1(0) ack 2 <TS val 61 ecr 1001>
      0.0103   > . 2:2(0) ack 2 <nop,nop,TS val 1010 ecr 61>
      """)
  }

  @Test func anOldValueOfThePeersIsNeitherBelievedNorEchoed() throws {
    var trace = Trace(TimestampTests.stamped.with { $0.mode = .full })
    try trace.play(
      """
      0        > S 0:0(0)
      0.1      < S. 0:0(0) ack 1 <TS val 4294967290 ecr 1000>
      0.1      > . 1:1(0) ack 1 <nop,nop,TS val 1100 ecr 4294967290>
      0.1      > F. 1:1(0) ack 1
      0.2      < P. 1:2(1) ack 2 <TS val 4 ecr 1100>           # past zero: newer
      0.2      > . 2:2(0) ack 2 <nop,nop,TS val 1200 ecr 4>
      0.3      < P. 2:3(1) ack 2 <TS val 4294967295 ecr 1100> ! paws
      0.3      > . 2:2(0) ack 2 <nop,nop,TS val 1300 ecr 4>
      """)
  }

  @Test func ourClockWrapsToo() throws {
    var trace = Trace(TimestampTests.stamped, timestamp: 0xffff_ffff)
    try trace.play(
      """
      0     > S 0:0(0) <nop,nop,TS val 4294967295 ecr 0>
      1     > S 0:0(0) <nop,nop,TS val 999 ecr 0>
      1.5   < S. 0:0(0) ack 1 <TS val 1 ecr 999>
      1.5   > R 1:1(0)
      """)
    #expect(trace.outcome?.measurement(of: .syn)?.interval == .milliseconds(500))
  }

  @Test func simultaneousOpenTellsItsCopiesApart() throws {
    for (echo, rtt) in [(1_100, Interval.milliseconds(200)), (1_000, nil)] {
      var trace = Trace(TimestampTests.stamped)
      try trace.play(
        """
        0     > S 0:0(0) <nop,nop,TS val 1000 ecr 0>
        0.1   < S 0:0(0) <TS val 7 ecr 0>
        0.1   > S. 0:0(0) ack 1 <nop,nop,TS val 1100 ecr 7>
        0.3   < S. 0:0(0) ack 1 <TS val 9 ecr \(echo)>
        0.3   > R 1:1(0)
        """)
      #expect(trace.connection.notes == .simultaneousOpen)
      #expect(
        trace.steps
          == [Step(.syn, rtt.map { Measurement($0, clock: .kernel) }, isAmbiguous: rtt == nil)])
    }
  }

  @Test func aSynAckAnswersOnlyWhatThePeerOffered() throws {
    var trace = Trace(Plan())
    try trace.play("0 > S 0:0(0)\n 0.1 < S 0:0(0) <mss 1460>\n 0.1 > S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK>")
  }

  @Test("TS.Recent does not follow what lies beyond a gap (RFC 7323 §4.3)")
  func theEchoIsOfWhatCameInOrder() throws {
    var trace = Trace(
      SendingTests.plan.with {
        $0.offer = SynOptions(maximumSegmentSize: nil, windowScale: nil, sack: false, timestamps: true)
      })
    try trace.play(
      """
      0     > S 0:0(0) <nop,nop,TS val 1000 ecr 0>
      0.1   < S. 0:0(0) ack 1 <TS val 500 ecr 1000>
      0.1   > . 1:1(0) ack 1 <nop,nop,TS val 1100 ecr 500>
      0.2   < . 11:21(10) ack 1 <TS val 600 ecr 1100>
      0.2   > . 1:1(0) ack 1 <nop,nop,TS val 1200 ecr 500>
      0.3   < . 1:11(10) ack 1 <TS val 550 ecr 1100>
      0.3   > . 1:1(0) ack 21 <nop,nop,TS val 1300 ecr 550>
      """)
  }
}
