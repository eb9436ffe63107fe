import Testing
import Timebase
import Wire

@testable import Handshake

/// What holds in every synchronized state (RFC 9293 §3.10.7.4, RFC 5961).
@Suite struct SynchronizedTests {
  @Test(arguments: Trace.synchronized)
  func anExactResetEndsIt(state: State) throws {
    var trace = try Trace.reaching(state)
    #expect(trace.connection.state == state)
    let next = trace.theirNext
    let ending = state == .timeWait ? "fin" : "peer-rst"
    try trace.play("0.1 < R \(next):\(next)(0)\n 0.1 end open syn-ack \(ending)\n 0.1 = CLOSED CLOSED")
    // Where our FIN is out and the peer's has come, a reset takes nothing away.
    let isOver = [.closing, .lastAck, .timeWait].contains(state)
    #expect(trace.connection.notes.contains(.resetByPeer) == !isOver)
    #expect(trace.outcome?.verdict == .open)
  }

  @Test(arguments: Trace.synchronized, [1, 2, 64_239])
  func aResetInTheWindowIsChallenged(state: State, offset: Int) throws {
    var trace = try Trace.reaching(state)
    let seq = trace.theirNext + offset
    try trace.play("0.1 < R \(seq):\(seq)(0) ! rst-mismatch\n 0.1 \(trace.acknowledgment)")
    #expect(trace.connection.state == state)
  }

  @Test(arguments: Trace.synchronized, [-1, -64_240, 64_240, 1 << 31])
  func aResetOutsideTheWindowIsPassedOver(state: State, offset: Int) throws {
    var trace = try Trace.reaching(state)
    let seq = trace.theirNext + offset
    try trace.play("0.1 < R. \(seq):\(seq)(0) ack \(trace.ourNext) ! rst-mismatch\n 0.1 = \(words(trace))")
    #expect(trace.connection.state == state)
  }

  @Test(arguments: Trace.synchronized, [0, 10, -7, 70_000])
  func aSynIsChallengedWhereverItLies(state: State, offset: Int) throws {
    var trace = try Trace.reaching(state)
    let seq = trace.theirNext + offset
    try trace.play("0.1 < S \(seq):\(seq)(0) ! unexpected-syn\n 0.1 \(trace.acknowledgment)")
    try trace.play("0.1 < S. \(seq):\(seq)(0) ack 1 ! irs-mismatch\n 0.1 \(trace.acknowledgment)")
    #expect(trace.connection.state == state)
  }

  @Test(arguments: Trace.synchronized)
  func theSynAckAgainIsAcknowledgedAgain(state: State) throws {
    var trace = try Trace.reaching(state)
    try trace.play("0.1 < S. 0:0(0) ack 1\n 0.1 \(trace.acknowledgment)")
    #expect(trace.connection.counters.duplicates == 1)
    #expect(trace.connection.counters.invalid == 0)
    try trace.play("0.1 < S. 0:0(0) ack 9 ! ack-mismatch\n 0.1 \(trace.acknowledgment)")
    #expect(trace.connection.counters.duplicates == 1)
  }

  @Test(arguments: Trace.synchronized)
  func challengesAreThrottled(state: State) throws {
    var trace = try Trace.reaching(state)
    let seq = trace.theirNext + 5
    for _ in 0..<10 { try trace.play("0.1 < R \(seq):\(seq)(0) ! rst-mismatch\n 0.1 \(trace.acknowledgment)") }
    for _ in 0..<20 { try trace.play("0.1 < R \(seq):\(seq)(0) ! rst-mismatch") }
    #expect(trace.connection.counters.invalid == 30)
  }

  @Test func theThrottleOpensAgainAfterFiveSeconds() throws {
    var trace = try Trace.reaching(.timeWait)
    for _ in 0..<10 { try trace.play("0.1 < R 9:9(0) ! rst-mismatch\n 0.1 \(trace.acknowledgment)") }
    try trace.play(
      """
      5.099999999 < R 9:9(0) ! rst-mismatch
      5.1         < R 9:9(0) ! rst-mismatch
      5.1         > . 2:2(0) ack 2
      """)
  }

  @Test(arguments: Trace.synchronized)
  func anAcknowledgmentOfWhatWasNeverSentIsChallenged(state: State) throws {
    for ack in [1, 1_000_000] {
      var trace = try Trace.reaching(state)
      let (seq, ack) = (trace.theirNext, trace.ourNext + ack)
      try trace.play("0.1 < . \(seq):\(seq)(0) ack \(ack) ! ack-mismatch\n 0.1 \(trace.acknowledgment)")
    }
  }

  @Test(arguments: Trace.synchronized)
  func anAcknowledgmentOlderThanTheConnectionIsChallenged(state: State) throws {
    for ack in [0, -1, -65_000, -65_536] {
      var trace = try Trace.reaching(state)
      let seq = trace.theirNext
      try trace.play("0.1 < . \(seq):\(seq)(0) ack \(ack) ! ack-mismatch\n 0.1 \(trace.acknowledgment)")
      try trace.play("0.1 = \(words(trace))")
    }
  }

  @Test(arguments: [State.finWait2, .timeWait])
  func anOldAcknowledgmentIsPassedOver(state: State) throws {
    var trace = try Trace.reaching(state)
    let seq = trace.theirNext
    try trace.play("0.1 < . \(seq):\(seq)(0) ack 1\n 0.1 = \(words(trace))")
    #expect(trace.connection.counters.invalid == 0)
  }

  @Test(arguments: Trace.synchronized)
  func withoutAckNothingIsTaken(state: State) throws {
    var trace = try Trace.reaching(state)
    let seq = trace.theirNext
    try trace.play("0.1 < F \(seq):\(seq)(0) ! no-ack\n 0.1 < P \(seq):\(seq + 9)(9) ! no-ack\n 0.1 = \(words(trace))")
    #expect(trace.connection.state == state)
  }

  @Test(arguments: Trace.synchronized)
  func outsideTheWindowIsChallenged(state: State) throws {
    for (offset, length) in [(64_240, 0), (64_240, 100), (1 << 30, 1)] {
      var trace = try Trace.reaching(state)
      let first = trace.theirNext + offset
      let segment = "\(first):\(first + length)(\(length))"
      try trace.play("0.1 < . \(segment) ack \(trace.ourNext) ! out-of-window\n 0.1 \(trace.acknowledgment)")
    }
  }

  @Test(arguments: Trace.synchronized)
  func oldTextAndKeepAlivesAreAnswered(state: State) throws {
    var trace = try Trace.reaching(state)
    let next = trace.theirNext
    try trace.play("0.1 < . \(next - 1):\(next - 1)(0) ack \(trace.ourNext)\n 0.1 \(trace.acknowledgment)")
    try trace.play("0.1 < . \(next - 1):\(next)(1) ack \(trace.ourNext)\n 0.1 \(trace.acknowledgment)")
    #expect(trace.connection.counters.invalid == 0)
    #expect(trace.connection.counters.duplicates == 1)
  }

  @Test(arguments: [State.established, .finWait1, .finWait2])
  func textThatOverlapsOldTextIsTakenFromWhereItIsNew(state: State) throws {
    var trace = try Trace.reaching(state)
    let ours = trace.ourNext
    try trace.play("0.1 < P. -4:7(11) ack \(ours)\n 0.1 > . \(ours):\(ours)(0) ack 7")
    #expect(trace.connection.counters.octetsReceived == 6)
  }

  @Test(arguments: Trace.ourStates)
  func abortSendsTheResetThatIsOwed(state: State) throws {
    var trace = try Trace.reaching(state)
    try trace.play("0.1 abort")
    switch state {
    case .synReceived, .established, .finWait1, .finWait2, .closeWait:
      let next = trace.ourNext
      let end = state == .synReceived ? "undecided rst" : "open syn-ack rst"
      try trace.play("0.1 > R \(next):\(next)(0)\n 0.1 end \(end)\n 0.1 = CLOSED CLOSED")
    case .timeWait: try trace.play("0.1 end open syn-ack fin\n 0.1 = TIME-WAIT CLOSED")
    case .synSent: try trace.play("0.1 end undecided none\n 0.1 = CLOSED LISTEN")
    case .closed: try trace.play("0.1 end closed rst peer-rst")
    default: try trace.play("0.1 end open syn-ack none\n 0.1 = CLOSED \(trace.connection.peer.rawValue)")
    }
    #expect((trace.outcome == nil) == (state == .synSent || state == .synReceived))
    // A second one, and anything that comes after, changes nothing.
    try trace.play("0.2 abort\n 0.2 < S. 0:0(0) ack 1\n 0.2 < R 1:1(0)\n 100 -")
  }

  private func words(_ trace: Trace) -> String {
    "\(trace.connection.state.rawValue) \(trace.connection.peer.rawValue)"
  }

  /// RFC 5961 §5.2: older than any window that the peer ever offered is a blind injection.
  @Test func anAcknowledgmentOlderThanAnyWindowIsChallenged() throws {
    var trace = Trace(SendingTests.plan)
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 win 100 <mss 100>
      0.1   > . 1:1(0) ack 1
      0.1   write 300
      0.1   > . 1:101(100) ack 1
      0.2   < . 1:1(0) ack 101 win 100
      0.2   > . 101:201(100) ack 1
      0.3   < . 1:1(0) ack 201 win 100
      0.3   > P. 201:301(100) ack 1
      # SND.UNA is 201, and MAX.SND.WND is 100.
      0.35  < . 1:1(0) ack 101 win 100
      0.35  < . 1:1(0) ack 100 win 100 ! ack-mismatch
      0.35  > . 301:301(0) ack 1
      0.35  < P. 1:4(3) ack 1 win 100 ! ack-mismatch
      0.35  > . 301:301(0) ack 1
      """)
    #expect(trace.connection.received == 0)
  }

  /// A probe for life has SEG.SEQ = RCV.NXT-1; what is older is no probe.
  @Test func onlyAProbeIsNoFault() throws {
    var trace = try Trace.reaching(.finWait2)
    try trace.play(
      """
      0.1   < . 0:0(0) ack 2
      0.1   > . 2:2(0) ack 1
      0.1   < . -4:-4(0) ack 2 ! out-of-window
      0.1   > . 2:2(0) ack 1
      0.1   < . -1:-1(0) ack 2 ! out-of-window
      0.1   > . 2:2(0) ack 1
      """)
  }

  /// Against a window that we closed the peer probes right at RCV.NXT (RFC 9293 §3.8.6.1).
  @Test func aProbeOfOurClosedWindowIsNoFault() throws {
    var trace = Trace(
      .plain {
        $0.window = 0
        $0.confirm = true
      })
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1
      0.1   > . 1:1(0) ack 1
      0.1   > . 0:0(0) ack 1
      0.2   < . 1:2(1) ack 1
      0.2   > . 1:1(0) ack 1 win 0
      0.2   < . 2:3(1) ack 1 ! out-of-window
      0.2   > . 1:1(0) ack 1 win 0
      """)
  }

  @Test func aSegmentThatCannotBeSentEndsNothingThatIsOpen() throws {
    var trace = try Trace.reaching(.established)
    try trace.play("0.1 noroute\n 0.1 = \(words(trace))")
    #expect(trace.connection.verdict == .open && !trace.connection.isFinished)
  }
}
