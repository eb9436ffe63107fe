import Testing
import Timebase
import Wire

@testable import Handshake

/// ICMP errors: remembered, outranked by TCP, decisive only at the end of a wait.
@Suite struct ICMPTests {
  static let reasons: [(Reason, Verdict)] = [
    (.icmpHostUnreachable, .unreachable), (.icmpNetUnreachable, .unreachable), (.icmpPortUnreachable, .unreachable),
    (.icmpProtoUnreachable, .unreachable), (.icmpTTLExceeded, .unreachable), (.icmpAdminProhibited, .filtered),
  ]

  @Test(arguments: reasons)
  func decidesWhenTheWaitEnds(reason: Reason, verdict: Verdict) throws {
    var trace = Trace()
    try trace.play(
      """
      0           > S 0:0(0)
      0.1         icmp \(reason.rawValue) quoting 0
      0.999999999 -
      1           -
      1           end \(verdict.rawValue) \(reason.rawValue) none
      1           = CLOSED LISTEN
      """)
    #expect(trace.conversation.hopLimit == 54)
    #expect(trace.connection.counters.transmissions == 1)
  }

  @Test func theFirstOneCounts() throws {
    var trace = Trace()
    try trace.play(
      """
      0    > S 0:0(0)
      0.1  icmp icmp-admin-prohibited quoting 0
      0.2  icmp icmp-host-unreachable quoting 0
      1    -
      1    end filtered icmp-admin-prohibited none
      """)
  }

  @Test func tcpOutranksIt() throws {
    for (answer, end) in [("S. 0:0(0) ack 1", "open syn-ack rst"), ("R. 0:0(0) ack 1", "closed rst peer-rst")] {
      var trace = Trace(.plain { $0.mode = .halfOpen })
      try trace.play("0 > S 0:0(0)\n 0.1 icmp icmp-admin-prohibited quoting 0\n 0.9 < \(answer)")
      if end.hasPrefix("open") { try trace.play("0.9 > R 1:1(0)") }
      try trace.play("0.9 end \(end)")
      #expect(trace.conversation.hopLimit == 55)
    }
  }

  @Test func aWrongQuoteIsRefused() throws {
    var trace = Trace(.plain { $0.retries = 0 })
    try trace.play(
      """
      0    > S 0:0(0)
      0.1  icmp icmp-host-unreachable quoting 1  ! bad-quote
      0.1  icmp icmp-host-unreachable quoting -1  ! bad-quote
      0.1  icmp icmp-host-unreachable  ! bad-quote
      1    -
      1    end filtered invalid-replies none
      """)
    #expect(trace.connection.counters.invalid == 3)
  }

  @Test func fragmentationNeededNeverDecides() throws {
    var trace = Trace(.plain { $0.retries = 1 })
    try trace.play(
      """
      0    > S 0:0(0)
      0.1  icmp icmp-frag-needed quoting 0
      1    > S 0:0(0)
      3    -
      3    end filtered no-response none
      """)
  }

  @Test func adviceIsNoError() throws {
    // Source quench and redirect have no verdict at all.
    for type: UInt8 in [4, 5, 12] {
      #expect(ICMPVerdict(v4: type, code: 0) == nil)
      var conversation = TracedConnection(.plain, flow: Trace.flow, seed: Seed(iss: 10, timestamp: 0))
      let now = Stamp(instant: Instant(nanoseconds: 0), wall: WallTime(nanoseconds: 0))
      _ = conversation.start(at: now)
      let notice = ICMPNotice(type: type, code: 0, verdict: nil, quotedSequence: SequenceNumber(10))
      #expect(conversation.receive(notice, hopLimit: 64, at: now) == nil)
      #expect(conversation.connection.pendingError == nil && conversation.connection.counters.invalid == 0)
    }
  }

  @Test func afterTheHandshakeItDecidesNothing() throws {
    var trace = Trace(.plain { $0.timeWait = .seconds(1) })
    try trace.play(
      """
      0    > S 0:0(0)
      0.1  < S. 0:0(0) ack 1
      0.1  > . 1:1(0) ack 1
      0.1  > F. 1:1(0) ack 1
      0.2  icmp icmp-host-unreachable quoting 1
      0.2  icmp icmp-host-unreachable quoting 2
      0.2  icmp icmp-host-unreachable quoting 0
      0.2  icmp icmp-host-unreachable quoting 3  ! bad-quote
      0.2  = FIN-WAIT-1 SYN-RECEIVED
      0.3  < F. 1:1(0) ack 2
      0.3  > . 2:2(0) ack 2
      1.3  -
      1.3  end open syn-ack fin
      """)
  }

  static let v4: [(UInt8, UInt8, Reason?)] = [
    (3, 0, .icmpNetUnreachable), (3, 1, .icmpHostUnreachable), (3, 2, .icmpProtoUnreachable),
    (3, 3, .icmpPortUnreachable), (3, 4, .icmpFragNeeded), (3, 5, .icmpNetUnreachable),
    (3, 6, .icmpNetUnreachable), (3, 7, .icmpHostUnreachable), (3, 8, .icmpHostUnreachable),
    (3, 9, .icmpAdminProhibited), (3, 10, .icmpAdminProhibited), (3, 11, .icmpNetUnreachable),
    (3, 12, .icmpHostUnreachable), (3, 13, .icmpAdminProhibited), (3, 14, .icmpAdminProhibited),
    (3, 15, .icmpAdminProhibited), (3, 16, nil), (11, 0, .icmpTTLExceeded), (11, 1, .icmpTTLExceeded), (0, 0, nil),
    (4, 0, nil), (5, 1, nil), (12, 0, nil), (255, 255, nil),
  ]

  @Test(arguments: v4)
  func meaningOfVersion4(type: UInt8, code: UInt8, reason: Reason?) {
    let verdict = ICMPVerdict(v4: type, code: code)
    #expect(verdict?.reason == reason)
    #expect(verdict?.decides ?? true == (reason != .icmpFragNeeded))
  }

  static let v6: [(UInt8, UInt8, Reason?)] = [
    (1, 0, .icmpNetUnreachable), (1, 1, .icmpAdminProhibited), (1, 2, .icmpNetUnreachable),
    (1, 3, .icmpHostUnreachable), (1, 4, .icmpPortUnreachable), (1, 5, .icmpAdminProhibited),
    (1, 6, .icmpAdminProhibited), (1, 8, nil), (2, 0, .icmpFragNeeded), (3, 0, .icmpTTLExceeded),
    (3, 1, .icmpTTLExceeded), (4, 0, nil), (4, 1, .icmpProtoUnreachable), (128, 0, nil), (137, 0, nil),
  ]

  @Test(arguments: v6)
  func meaningOfVersion6(type: UInt8, code: UInt8, reason: Reason?) {
    let verdict = ICMPVerdict(v6: type, code: code)
    #expect(verdict?.reason == reason)
    #expect(verdict?.decides ?? true == (reason != .icmpFragNeeded))
  }
}
