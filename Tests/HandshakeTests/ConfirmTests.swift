import Testing
import Timebase
import Wire

@testable import Handshake

/// The confirming probe (`--confirm`).
@Suite struct ConfirmTests {
  static let plan = Plan.plain { $0.confirm = true }

  @Test func answered() throws {
    var trace = Trace(ConfirmTests.plan)
    try trace.play(
      ClosingTests.opening + """
        0.1   > . 0:0(0) ack 1
        0.1   = ESTABLISHED SYN-RECEIVED
        0.2   < . 1:1(0) ack 1
        0.2   = ESTABLISHED ESTABLISHED
        0.2   > F. 1:1(0) ack 1
        """)
    #expect(trace.outcome?.measurement(of: .confirm)?.interval == .milliseconds(100))
    #expect(trace.connection.notes == [])
  }

  @Test func unanswered() throws {
    var trace = Trace(ConfirmTests.plan)
    try trace.play(
      ClosingTests.opening + """
        0.1   > . 0:0(0) ack 1
        1.1   > . 0:0(0) ack 1
        3.1   > . 0:0(0) ack 1
        7.1   > F. 1:1(0) ack 1
        """)
    #expect(trace.connection.notes == .unconfirmed)
    #expect(trace.connection.steps == [trace.connection.steps[0], Step(.confirm, nil)])
  }

  @Test func answeredOnceSentAgain() throws {
    var trace = Trace(ConfirmTests.plan)
    try trace.play(
      ClosingTests.opening + """
        0.1   > . 0:0(0) ack 1
        1.1   > . 0:0(0) ack 1
        1.2   < . 1:1(0) ack 1
        1.2   > F. 1:1(0) ack 1
        """)
    #expect(trace.connection.steps.last == Step(.confirm, nil, isAmbiguous: true))
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
        1.2   > F. 1:1(0) ack 2
        """)
  }
}
