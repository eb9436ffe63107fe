import Testing
import Timebase
import Wire

@testable import Handshake

/// The confirming probe (`--confirm`).
@Suite struct ConfirmTests {
  /// Without SACK the probe is empty, and its acknowledgment proves nothing.
  static let plan = Plan.plain { $0.confirm = true }
  /// With SACK it carries one garbage octet.
  static let sackPlan = plan.with { $0.offer.sack = true }
  static let sackOpening = """
    0     > S 0:0(0)
    0.1   < S. 0:0(0) ack 1 <sackOK>
    0.1   > . 1:1(0) ack 1

    """

  @Test func provenByASecondReport() throws {
    var trace = Trace(ConfirmTests.sackPlan)
    try trace.play(
      ConfirmTests.sackOpening + """
        0.1   > . 0:1(1) ack 1
        0.1   = ESTABLISHED SYN-RECEIVED
        0.2   < . 1:1(0) ack 1 <nop,nop,sack 0:1>
        0.2   = ESTABLISHED ESTABLISHED
        0.2   > F. 1:1(0) ack 1
        """)
    #expect(trace.outcome?.measurement(of: .confirm)?.interval == .milliseconds(100))
    #expect(trace.connection.notes == [])
  }

  /// What a half-open peer answers as well (RFC 9293 §3.10.7.4): Linux with TCP_DEFER_ACCEPT, for one.
  @Test(arguments: ["", " <nop,nop,sack 5:6>", " <nop,nop,sack 0:2>"])
  func answeredWithoutProof(options: String) throws {
    var trace = Trace(ConfirmTests.sackPlan)
    try trace.play(
      ConfirmTests.sackOpening + """
        0.1   > . 0:1(1) ack 1
        0.2   < . 1:1(0) ack 1\(options)
        0.2   = ESTABLISHED SYN-RECEIVED
        0.2   > F. 1:1(0) ack 1
        0.3   < . 1:1(0) ack 2
        0.3   = FIN-WAIT-2 CLOSE-WAIT
        """)
    #expect(trace.outcome?.measurement(of: .confirm)?.interval == .milliseconds(100))
    #expect(trace.connection.notes == .unconfirmed)
  }

  @Test func answeredWithoutSACK() throws {
    var trace = Trace(ConfirmTests.plan)
    try trace.play(
      ClosingTests.opening + """
        0.1   > . 0:0(0) ack 1
        0.2   < . 1:1(0) ack 1
        0.2   = ESTABLISHED SYN-RECEIVED
        0.2   > F. 1:1(0) ack 1
        """)
    #expect(trace.connection.notes == .unconfirmed)
  }

  @Test func aGreetingIsProofToo() throws {
    var trace = Trace(ConfirmTests.plan)
    try trace.play(
      ClosingTests.opening + """
        0.1   > . 0:0(0) ack 1
        0.2   < P. 1:6(5) ack 1
        0.2   > . 1:1(0) ack 6
        0.2   = ESTABLISHED ESTABLISHED
        0.3   < . 6:6(0) ack 1
        0.3   > F. 1:1(0) ack 6
        """)
    #expect(trace.connection.notes == [])
  }

  @Test func unanswered() throws {
    var trace = Trace(ConfirmTests.plan)
    try trace.play(
      ClosingTests.opening + """
        0.1   > . 0:0(0) ack 1
        0.4   > . 0:0(0) ack 1
        1     > . 0:0(0) ack 1
        2.2   > . 0:0(0) ack 1
        4.6   > . 0:0(0) ack 1
        7.1   > F. 1:1(0) ack 1
        """)
    #expect(trace.connection.notes == .unconfirmed)
    #expect(trace.steps == [trace.steps[0], Step(.confirm, nil)])
  }

  @Test func answeredOnceSentAgain() throws {
    var trace = Trace(ConfirmTests.sackPlan)
    try trace.play(
      ConfirmTests.sackOpening + """
        0.1   > . 0:1(1) ack 1
        0.4   > . 0:1(1) ack 1
        0.5   < . 1:1(0) ack 1 <nop,nop,sack 0:1>
        0.5   > F. 1:1(0) ack 1
        """)
    #expect(trace.steps.last == Step(.confirm, nil, isAmbiguous: true))
    #expect(trace.connection.notes == [])
  }

  @Test func thePeersFinTakesItsPlace() throws {
    var trace = Trace(ConfirmTests.plan)
    try trace.play(
      ClosingTests.opening + """
        0.1   > . 0:0(0) ack 1
        0.2   < F. 1:1(0) ack 1
        0.2   > . 1:1(0) ack 2
        0.2   > F. 1:1(0) ack 2
        0.5   > F. 1:1(0) ack 2
        """)
  }

  @Test("The D-SACK that confirms says nothing of the path")
  func theProbeIsNoDuplicateOfText() throws {
    var trace = Trace(
      RequestTests.plan(10) {
        $0.offer.sack = true
        $0.confirm = true
      })
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 <mss 1460,sackOK>
      0.1   > . 1:1(0) ack 1
      0.1   > . 0:1(1) ack 1
      0.2   < . 1:1(0) ack 1 <sack 0:1>
      0.2   > P. 1:11(10) ack 1
      0.3   < . 1:1(0) ack 11
      """)
    let window = trace.connection.sender.detection.reorderingWindow(held: 0, isRepairing: false, smoothed: .seconds(1))
    #expect(window == .milliseconds(25))
  }
}
