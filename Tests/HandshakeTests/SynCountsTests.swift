import Testing
import Timebase
import Wire

@testable import Handshake

/// Which SYNs are lost: each transmission that no answer was matched to.
@Suite("SYNs sent, answered and lost") struct SynCountsTests {
  /// A conversation, and what it counts as: sent, answered, by ICMP errors.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let counts: (sent: Int, answered: Int, errors: Int)
    let lines: String

    init(_ what: String, _ sent: Int, _ answered: Int, errors: Int = 0, _ lines: String) {
      (testDescription, counts, self.lines) = (what, (sent, answered, errors), lines)
    }
  }

  /// Two copies of the SYN, with a timestamp each.
  private static let two = "0 > S 0:0(0)\n 1 > S 0:0(0)\n"
  private static let three = two + " 3 > S 0:0(0)\n"

  static let cases = [
    Case("answered at once", 1, 1, "0 > S 0:0(0)\n 0.1 < S. 0:0(0) ack 1 <TS val 1 ecr 1000>\n 0.1 > R 1:1(0)"),
    Case("the second copy was answered", 2, 1, two + "1.1 < S. 0:0(0) ack 1 <TS val 1 ecr 2000>\n 1.1 > R 1:1(0)"),
    Case("the third was", 3, 1, three + "3.1 < S. 0:0(0) ack 1 <TS val 1 ecr 4000>\n 3.1 > R 1:1(0)"),
    Case(
      "an earlier copy is named: one answer, whether late or repeated", 2, 1,
      two + "1.1 < S. 0:0(0) ack 1 <TS val 1 ecr 1000>\n 1.1 > R 1:1(0)"),
    Case("no timestamp names a copy", 2, 1, two + "1.1 < S. 0:0(0) ack 1\n 1.1 > R 1:1(0)"),
    Case("an RST", 1, 1, "0 > S 0:0(0)\n 0.1 < R. 0:0(0) ack 1"),
    Case("an RST to the second copy", 2, 1, two + "1.1 < R. 0:0(0) ack 1"),
    Case("silence", 3, 0, three + "7 -\n 7 end filtered no-response none"),
    Case(
      "what cannot be believed is no answer", 1, 1,
      "0 > S 0:0(0)\n 0.1 < R 0:0(0) ! rst-mismatch\n 0.2 < S. 0:0(0) ack 1 <TS val 1 ecr 1000>\n 0.2 > R 1:1(0)"),
    Case(
      "an ICMP error", 1, 1, errors: 1,
      "0 > S 0:0(0)\n 0.1 icmp icmp-admin-prohibited quoting 0\n 1 -\n 1 end filtered icmp-admin-prohibited none"),
    Case(
      "an ICMP error after the second copy", 2, 1, errors: 1,
      two + "1.1 icmp icmp-host-unreachable quoting 0\n 3 -\n 3 end unreachable icmp-host-unreachable none"),
    Case(
      "an ICMP error that TCP outranks", 1, 1,
      "0 > S 0:0(0)\n 0.1 icmp icmp-host-unreachable quoting 0\n 0.2 < S. 0:0(0) ack 1 <TS val 1 ecr 1000>\n 0.2 > R 1:1(0)"
    ),
    Case("no route: nothing left", 0, 0, "0 > S 0:0(0)\n 0 noroute\n 0 end unreachable no-route none"),
    Case("no route for the second", 1, 0, two + "1 noroute\n 1 end unreachable no-route none"),
    Case(
      "an old connection's ACK answered the first, and the RST cleared the way for the second", 2, 2,
      "0 > S 0:0(0)\n 0.1 < . 9000:9000(0) ack -500\n 0.1 > R -500:-500(0)\n 0.1 > S 0:0(0)\n"
        + " 0.3 < S. 0:0(0) ack 1 <TS val 1 ecr 1100>\n 0.3 > R 1:1(0)"),
  ]

  @Test("each case", arguments: cases) func counts(_ given: Case) throws {
    var trace = Trace(TimestampTests.stamped)
    try trace.play(given.lines)
    let (sent, answered, errors) = given.counts
    let syns = try #require(trace.outcome).syns
    #expect(syns == SynCounts(sent: sent, answered: answered, errors: errors))
    #expect(syns.lost == sent - answered)
  }

  /// Both copies were answered where the second SYN-ACK echoes another timestamp; one that echoes the same, or none, may be
  /// the peer's own retransmission.
  @Test(arguments: [("ecr 2000", 2), ("ecr 1000", 1), ("ecr 9999", 1)])
  func aRepeatedSynAck(_ echo: String, answered: Int) throws {
    var plan = TimestampTests.stamped
    plan.mode = .full
    var trace = Trace(plan)
    try trace.play(
      SynCountsTests.two + """
        1.05 < S. 0:0(0) ack 1 <TS val 1 ecr 1000>
        1.05 > . 1:1(0) ack 1
        1.05 > F. 1:1(0) ack 1
        1.5  < S. 0:0(0) ack 1 <TS val 2 \(echo)>
        1.5  > . 2:2(0) ack 1
        """)
    #expect(trace.outcome?.syns == SynCounts(sent: 2, answered: answered))
  }

  @Test func theKernelsSyns() {
    let flow = Flow(local: Endpoint(.v4(IPv4Address(0)), 0), remote: Endpoint(.v4(IPv4Address(0)), 80))
    func outcome(_ reason: Reason, copies: Int) -> Outcome {
      var outcome = Outcome(
        byKernel: flow, verdict: reason.verdict, reason: reason, started: WallTime(nanoseconds: 1), steps: [],
        ending: .none)
      outcome.counters.transmissions = copies
      return outcome
    }
    #expect(outcome(.synAck, copies: 3).syns == SynCounts(sent: 3, answered: 1))
    #expect(outcome(.noResponse, copies: 3).syns == SynCounts(sent: 3, answered: 0))
    #expect(outcome(.rst, copies: 0).syns == SynCounts(sent: 1, answered: 1), "it did not say: once at least")
    #expect(outcome(.noRoute, copies: 0).syns == SynCounts())
    var others = outcome(.synAck, copies: 2)
    others.mode = .listen
    #expect(others.syns == SynCounts(), "the SYN-ACKs that we sent are no SYNs")
  }

  @Test func noMoreAreAnsweredThanSent() {
    var sum = SynCounts(sent: 1, answered: 3, errors: 2)
    #expect(sum == SynCounts(sent: 1, answered: 1, errors: 1) && sum.lost == 0)
    sum += SynCounts(sent: 4, answered: 1)
    #expect(sum == SynCounts(sent: 5, answered: 2, errors: 1) && sum.lost == 3)
  }
}
