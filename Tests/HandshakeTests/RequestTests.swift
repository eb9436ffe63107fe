import Testing
import Timebase
import Wire

@testable import Handshake

/// Data inside the connection (`--data`): acknowledged, answered, lost, and against a closed window.
@Suite struct RequestTests {
  static func plan(_ count: Int, _ change: (inout Plan) -> Void = { _ in }) -> Plan {
    .plain {
      $0.data = [UInt8](repeating: 0x61, count: count)
      change(&$0)
    }
  }

  @Test func acknowledgedAndAnswered() throws {
    var trace = Trace(RequestTests.plan(10))
    try trace.play(
      ClosingTests.opening + """
        0.1   > P. 1:11(10) ack 1
        0.2   < . 1:1(0) ack 11
        0.2   = ESTABLISHED ESTABLISHED
        0.5   < P. 1:101(100) ack 11
        0.5   > . 11:11(0) ack 101
        0.5   > F. 11:11(0) ack 101
        0.6   < FP. 101:201(100) ack 12
        0.6   > . 12:12(0) ack 202
        0.6   -
        0.6   end open syn-ack fin
        """)
    let outcome = try #require(trace.outcome)
    #expect(outcome.steps.map(\.kind) == [.syn, .request, .response, .transfer, .fin, .peerFin, .close])
    #expect(outcome.measurement(of: .request)?.interval == .milliseconds(100))
    #expect(outcome.measurement(of: .response)?.interval == .milliseconds(400))
    #expect(outcome.measurement(of: .transfer)?.interval == .milliseconds(100))
    #expect(outcome.counters.octetsReceived == 200)
  }

  @Test func theAnswerMayAcknowledge() throws {
    var trace = Trace(RequestTests.plan(10))
    try trace.play(
      ClosingTests.opening + """
        0.1   > P. 1:11(10) ack 1
        0.2   < P. 1:6(5) ack 11
        0.2   > . 11:11(0) ack 6
        0.2   > F. 11:11(0) ack 6
        """)
    #expect(trace.connection.steps.map(\.kind) == [.syn, .request, .response])
  }

  @Test func noAnswerIsTheApplicationsAffair() throws {
    var trace = Trace(RequestTests.plan(10))
    try trace.play(
      ClosingTests.opening + """
        0.1   > P. 1:11(10) ack 1
        0.2   < . 1:1(0) ack 11
        1.199999999 -
        1.2   > F. 11:11(0) ack 1
        1.3   < F. 1:1(0) ack 12
        1.3   > . 12:12(0) ack 2
        1.3   -
        1.3   end open syn-ack fin
        """)
    #expect(trace.connection.notes == [])
  }

  @Test func anAnswerMayComeAfterOurFin() throws {
    var trace = Trace(RequestTests.plan(10))
    try trace.play(
      ClosingTests.opening + """
        0.1   > P. 1:11(10) ack 1
        0.2   < . 1:1(0) ack 11
        1.2   > F. 11:11(0) ack 1
        1.3   < . 1:1(0) ack 12
        1.3   = FIN-WAIT-2 CLOSE-WAIT
        2     < P. 1:101(100) ack 12
        2     > . 12:12(0) ack 101
        2.5   < FP. 101:201(100) ack 12
        2.5   > . 12:12(0) ack 202
        2.5   -
        2.5   end open syn-ack fin
        """)
    let outcome = try #require(trace.outcome)
    #expect(outcome.steps.map(\.kind) == [.syn, .request, .fin, .response, .transfer, .peerFin, .close])
    #expect(outcome.measurement(of: .response)?.interval == .milliseconds(1_900))
    #expect(outcome.measurement(of: .transfer)?.interval == .milliseconds(500))
    #expect(outcome.counters.octetsReceived == 200)
  }

  @Test func thePeersFinEndsTheWaitForAnAnswer() throws {
    var trace = Trace(RequestTests.plan(10))
    try trace.play(
      ClosingTests.opening + """
        0.1   > P. 1:11(10) ack 1
        0.2   < F. 1:1(0) ack 11
        0.2   > . 11:11(0) ack 2
        0.2   > F. 11:11(0) ack 2
        0.2   = LAST-ACK FIN-WAIT-1
        """)
  }

  @Test func aGreetingDoesNotAnswerTheRequest() throws {
    var trace = Trace(RequestTests.plan(10) { $0.confirm = true })
    try trace.play(
      ClosingTests.opening + """
        0.1   > . 0:0(0) ack 1
        0.2   < P. 1:21(20) ack 1
        0.2   > . 1:1(0) ack 21
        0.3   < . 21:21(0) ack 1
        0.3   > P. 1:11(10) ack 21
        0.4   < . 21:21(0) ack 11
        0.5   < P. 21:31(10) ack 11
        0.5   > . 11:11(0) ack 31
        0.5   > F. 11:11(0) ack 31
        """)
    #expect(trace.connection.steps.map(\.kind) == [.syn, .confirm, .request, .response])
    #expect(trace.outcome?.measurement(of: .response)?.interval == .milliseconds(200))
  }

  @Test func lostDataIsSentAgainAndItsTimeIsAmbiguous() throws {
    var trace = Trace(RequestTests.plan(10))
    try trace.play(
      ClosingTests.opening + """
        0.1   > P. 1:11(10) ack 1
        0.4   > P. 1:11(10) ack 1
        1     > P. 1:11(10) ack 1
        1.1   < P. 1:2(1) ack 11
        1.1   > . 11:11(0) ack 2
        """)
    let steps = trace.connection.steps.dropFirst()
    #expect(steps.map(\.kind) == [.request, .response])
    #expect(steps.allSatisfy { $0.isAmbiguous && $0.measurement == nil })
    #expect(trace.connection.counters.retransmissions == 2)
  }

  @Test func dataThatNobodyAcknowledges() throws {
    var trace = Trace(RequestTests.plan(10) { $0.retries = 1 })
    try trace.play(
      ClosingTests.opening + """
        0.1   > P. 1:11(10) ack 1
        0.4   > P. 1:11(10) ack 1
        1     > P. 1:11(10) ack 1
        2.2   > P. 1:11(10) ack 1
        3.1   > R 11:11(0)
        3.1   end open syn-ack timeout
        """)
    #expect(trace.connection.notes == .peerVanished)
  }

  @Test func textIsCutToThePeersMSSAndWindow() throws {
    var trace = Trace(RequestTests.plan(250))
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 win 220 <mss 100>
      0.1   > . 1:1(0) ack 1
      0.1   > . 1:101(100) ack 1
      0.1   > . 101:201(100) ack 1
      0.15  -                                  # twenty octets are not worth a segment
      0.2   < . 1:1(0) ack 101 win 220
      0.2   > P. 201:251(50) ack 1
      0.3   < . 1:1(0) ack 251 win 220
      """)
    #expect(trace.outcome?.measurement(of: .request)?.interval == .milliseconds(200))
  }

  @Test func timeStampsTakeTheirRoomInEachSegment() throws {
    var trace = Trace(Plan().with { $0.data = [UInt8](repeating: 0, count: 200) })
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 <mss 112,TS val 1 ecr 1000>
      0.1   > . 1:1(0) ack 1
      0.1   > . 1:101(100) ack 1
      0.1   > P. 101:201(100) ack 1
      """)
  }

  @Test func thePeersWindowIsScaled() throws {
    for (scale, theirs) in [(0, 0), (4, 4), (14, 14), (200, 14)] {
      var trace = Trace(Plan().with { $0.close = .none })
      try trace.play(
        """
        0     > S 0:0(0)
        0.1   < S. 0:0(0) ack 1 win 1000 <mss 1460,wscale \(scale)>
        0.1   > . 1:1(0) ack 1 win 502
        """)
      #expect(trace.connection.tcb.snd.wnd == 1_000)
      #expect(Int(trace.connection.tcb.snd.scale) == theirs)
    }
    var trace = Trace(RequestTests.plan(10) { $0.offer.windowScale = 7 })
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1 win 1000 <mss 1460,wscale 3>
      0.1   > . 1:1(0) ack 1 win 502
      0.1   > P. 1:11(10) ack 1
      0.2   < . 1:1(0) ack 11 win 65535
      """)
    #expect(trace.connection.tcb.snd.wnd == 65_535 << 3)
  }

  @Test func withoutAgreementNothingIsScaled() throws {
    var trace = Trace(Plan())
    try trace.play("0 > S 0:0(0)\n 0.1 < S. 0:0(0) ack 1\n 0.1 > . 1:1(0) ack 1 win 64240 <>")
    #expect(trace.connection.tcb.snd.scale == 0 && trace.connection.tcb.rcv.scale == 0)
  }

  @Test("A wider window does not put off the end of the wait for an answer")
  func theWaitForAnAnswerGoesOn() throws {
    var trace = Trace(RequestTests.plan(10))
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   < S. 0:0(0) ack 1
      0.1   > . 1:1(0) ack 1
      0.1   > P. 1:11(10) ack 1
      0.2   < . 1:1(0) ack 11
      0.7   < . 1:1(0) ack 11 win 500
      1.2   > F. 11:11(0) ack 1
      """)
  }
}
