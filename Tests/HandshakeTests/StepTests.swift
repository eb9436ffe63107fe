import Testing
import Timebase
import Wire

@testable import Handshake

/// The steps: from where to where, in which order, by which clock.
@Suite struct StepTests {
  private static let active =
    ClosingTests.closing + """
      0.2   < . 1:1(0) ack 2
      0.5   < F. 1:1(0) ack 2
      0.5   > . 2:2(0) ack 2
      0.5   -
      0.5   end open syn-ack fin

      """

  private static let expected: [(StepKind, Interval)] = [
    (.syn, .milliseconds(100)), (.fin, .milliseconds(100)), (.peerFin, .milliseconds(400)),
    (.close, .milliseconds(400)),
  ]

  private func steps(_ clock: ClockSource) -> [Step] {
    StepTests.expected.map { Step($0, Measurement($1, clock: clock)) }
  }

  @Test func byTheKernelsClock() throws {
    var trace = Trace()
    try trace.play(StepTests.active)
    #expect(trace.steps == steps(.kernel))
    #expect(!trace.connection.awaitsStamps)
  }

  @Test func byUserSpacesClockWhereTheKernelIsSilent() throws {
    var trace = Trace(stamps: .none)
    try trace.play(StepTests.active)
    #expect(trace.steps == steps(.user))
    #expect(trace.connection.awaitsStamps)
  }

  @Test func theKernelsStampsMayComeLate() throws {
    var trace = Trace(stamps: .late)
    try trace.play(StepTests.active)
    #expect(trace.steps == steps(.user))
    #expect(trace.connection.awaitsStamps)
    try trace.play("0.5 late")
    #expect(trace.steps == steps(.kernel))
    #expect(!trace.connection.awaitsStamps)
    #expect(trace.conversation.log.entries.allSatisfy { $0.stamp.kernel != nil })
  }

  @Test func onlyTheStampOfTheAnsweredCopyIsAwaited() throws {
    var trace = Trace(TimestampTests.stamped, stamps: .late)
    try trace.play("0 > S 0:0(0)\n 1 > S 0:0(0)\n 1.1 < S. 0:0(0) ack 1 <TS val 1 ecr 2000>\n 1.1 > R 1:1(0)")
    #expect(trace.connection.awaitsStamps)
    try trace.play("1.2 late")
    #expect(!trace.connection.awaitsStamps)
    #expect(trace.outcome?.measurement(of: .syn) == Measurement(.milliseconds(100), clock: .kernel))
    var ambiguous = Trace(.plain { $0.mode = .halfOpen }, stamps: .late)
    try ambiguous.play("0 > S 0:0(0)\n 1 > S 0:0(0)\n 1.1 < S. 0:0(0) ack 1\n 1.1 > R 1:1(0)")
    #expect(!ambiguous.connection.awaitsStamps)
  }

  @Test func lateUserSpaceDoesNotLengthenTheKernelsTime() throws {
    var trace = Trace(.plain { $0.mode = .halfOpen })
    trace.lag = .milliseconds(30)
    try trace.play("0 > S 0:0(0)\n 0.1 < S. 0:0(0) ack 1")
    let measurement = trace.outcome?.measurement(of: .syn)
    #expect(measurement == Measurement(.milliseconds(70), clock: .kernel))
  }

  @Test func thePassiveCloseRunsFromThePeersFin() throws {
    var trace = Trace(.plain { $0.confirm = true })
    try trace.play(
      ClosingTests.opening + """
        0.1   > . 0:0(0) ack 1
        0.2   < F. 1:1(0) ack 1
        0.2   > . 1:1(0) ack 2
        0.2   > F. 1:1(0) ack 2
        0.5   < . 2:2(0) ack 2
        0.5   end open syn-ack fin
        """)
    let outcome = try #require(trace.outcome)
    for kind in [StepKind.fin, .peerFin, .close] {
      #expect(outcome.measurement(of: kind)?.interval == .milliseconds(300))
    }
  }

  @Test func aFinThatWaitedToBeReadIsTimedByTheKernelAllTheSame() throws {
    var trace = Trace(.plain { $0.confirm = true })
    trace.lag = .milliseconds(50)
    try trace.play(
      ClosingTests.opening + """
        0.1   > . 0:0(0) ack 1
        0.2   < F. 1:1(0) ack 1
        0.2   > . 1:1(0) ack 2
        0.2   > F. 1:1(0) ack 2

        """)
    trace.lag = .milliseconds(10)
    try trace.play("0.5 < . 2:2(0) ack 2\n 0.5 end open syn-ack fin")
    let outcome = try #require(trace.outcome)
    for kind in [StepKind.peerFin, .close] {
      #expect(outcome.measurement(of: kind) == Measurement(.milliseconds(300), clock: .kernel))
    }
  }

  /// Between two packets that user space saw 50 µs apart, at 1,000 and 1,050 µs; the first stamped at so many.
  @Test(
    arguments: [
      (Int64(800), Stamp.Passage.arrival, Measurement(.microseconds(240), clock: .kernel)),
      (800, .departure, Measurement(.microseconds(50), clock: .user)),
      (1_020, .arrival, Measurement(.microseconds(20), clock: .kernel)),
      (1_021, .arrival, Measurement(.microseconds(50), clock: .user)),
      (1_021, .departure, Measurement(.microseconds(19), clock: .kernel)),
      (1_041, .departure, Measurement(.microseconds(50), clock: .user)),
    ] as [(Int64, Stamp.Passage, Measurement)]) func whichStampsAreBelieved(
      _ stamped: Int64, _ passage: Stamp.Passage, _ measurement: Measurement
    )
  {
    func stamp(_ seen: Int64, _ kernel: Int64) -> Stamp {
      Stamp(
        instant: Instant(nanoseconds: seen * 1_000), wall: WallTime(nanoseconds: seen * 1_000),
        kernel: WallTime(nanoseconds: kernel * 1_000))
    }
    #expect(stamp(1_050, 1_040).since(stamp(1_000, stamped), from: passage) == measurement)
    let late = stamp(1_050, 1_090).since(stamp(1_000, 1_000), to: .departure)
    #expect(late == Measurement(.microseconds(90), clock: .kernel), "a packet may leave long after it was sent")
    #expect(stamp(1_050, 1_090).since(stamp(1_000, 1_000)).clock == .user)
  }

  @Test func theSimultaneousCloseEndsWithWhicheverComesLast() throws {
    var trace = Trace()
    try trace.play(
      ClosingTests.closing + """
        0.3   < F. 1:1(0) ack 1
        0.3   > . 2:2(0) ack 2
        0.4   < . 2:2(0) ack 2
        0.4   -
        0.4   end open syn-ack fin
        """)
    let outcome = try #require(trace.outcome)
    #expect(outcome.measurement(of: .peerFin)?.interval == .milliseconds(200))
    #expect(outcome.measurement(of: .fin)?.interval == .milliseconds(300))
    #expect(outcome.measurement(of: .close)?.interval == .milliseconds(300))
  }

  @Test func aFinSentAgainHasNoTimeOfItsOwn() throws {
    var trace = Trace()
    try trace.play(
      ClosingTests.closing + """
        0.4   > F. 1:1(0) ack 1
        0.5   < F. 1:1(0) ack 2
        0.5   > . 2:2(0) ack 2
        0.5   -
        0.5   end open syn-ack fin
        """)
    let steps = trace.connection.steps.dropFirst()
    #expect(steps.map(\.kind) == [.fin, .peerFin, .close])
    #expect(steps.map(\.isAmbiguous) == [true, true, false])
    #expect(steps.last?.measurement?.interval == .milliseconds(400))
  }

  @Test func noAnswerNoStep() throws {
    var trace = Trace()
    try trace.play(ClosingTests.closing + "0.4 > F. 1:1(0) ack 1\n 1 > F. 1:1(0) ack 1\n 2.2 > F. 1:1(0) ack 1")
    try trace.play("4.6 > F. 1:1(0) ack 1\n 7.1 > R 2:2(0)")
    #expect(trace.connection.steps.map(\.kind) == [.syn])
  }

  @Test func theWaitAfterALostSynIsThreeSeconds() throws {
    // RFC 6298 §5.7: without a time stamp nothing is known of the path; with one, RTO begins anew.
    var trace = Trace()
    try trace.play(
      """
      0     > S 0:0(0)
      1     > S 0:0(0)
      1.1   < S. 0:0(0) ack 1
      1.1   > . 1:1(0) ack 1
      1.1   > F. 1:1(0) ack 1
      4.1   > F. 1:1(0) ack 1
      10.1  > F. 1:1(0) ack 1
      """)
    var known = Trace(TimestampTests.stamped.with { $0.mode = .full })
    try known.play(
      """
      0     > S 0:0(0)
      1     > S 0:0(0)
      1.1   < S. 0:0(0) ack 1 <TS val 1 ecr 2000>
      1.1   > . 1:1(0) ack 1
      1.1   > F. 1:1(0) ack 1
      1.4   > F. 1:1(0) ack 1
      """)
  }

  @Test func theTimeoutFollowsASlowPath() throws {
    // SRTT 0.8 s and RTTVAR 0.4 s make an RTO of 2.4 s (RFC 6298 §2.2).
    var trace = Trace()
    try trace.play(
      """
      0     > S 0:0(0)
      0.8   < S. 0:0(0) ack 1
      0.8   > . 1:1(0) ack 1
      0.8   > F. 1:1(0) ack 1
      3.2   > F. 1:1(0) ack 1
      """)
  }
}
