import Testing
import Timebase
import Wire

@testable import Handshake

/// What one reply to our SYN is judged to be: a row for each line of the table, ISS relative 0.
struct Judgement: CustomTestStringConvertible {
  var testDescription: String
  /// The reply.
  var reply: String
  /// What is sent at once; nil for silence.
  var answer: String?
  /// What it was refused as; nil where it was believed.
  var refusal: Refusal?
  /// What it decides; nil where the wait goes on.
  var decides: String?
  var notes: Notes = []

  init(
    _ name: String, _ reply: String, sends answer: String? = nil, refused refusal: Refusal? = nil,
    decides: String? = nil, notes: Notes = []
  ) {
    testDescription = name
    self.reply = reply
    self.answer = answer
    self.refusal = refusal
    self.decides = decides
    self.notes = notes
  }

  static let ack = ". 1:1(0) ack 1"

  static let table = [
    Judgement("RST and ACK", "R. 0:0(0) ack 1", decides: "closed rst peer-rst"),
    Judgement("RST and ACK at any seq", "R. 777:777(0) ack 1", decides: "closed rst peer-rst"),
    Judgement("RST and ACK with text", "R. 0:20(20) ack 1", decides: "closed rst peer-rst"),
    Judgement("RST, ACK and SYN", "SR. 0:0(0) ack 1", decides: "closed rst peer-rst"),
    Judgement("RST, ACK and FIN", "FR. 0:0(0) ack 1", decides: "closed rst peer-rst"),
    Judgement("RST and ACK of ISS", "R. 0:0(0) ack 0", refused: .rstMismatch),
    Judgement("RST and ACK of ISS+2", "R. 0:0(0) ack 2", refused: .rstMismatch),
    Judgement("RST alone", "R 0:0(0)", refused: .rstMismatch),
    Judgement("RST alone at ISS+1", "R 1:1(0)", refused: .rstMismatch),
    Judgement("SYN and RST without ACK", "SR 0:0(0)", refused: .rstMismatch),
    Judgement("SYN-ACK of ISS", "S. 0:0(0) ack 0", sends: "R 0:0(0)", refused: .ackMismatch),
    Judgement("SYN-ACK of ISS+2", "S. 0:0(0) ack 2", sends: "R 2:2(0)", refused: .ackMismatch),
    Judgement(
      "SYN-ACK half a circle away", "S. 0:0(0) ack 2147483649", sends: "R -2147483647:-2147483647(0)",
      refused: .ackMismatch),
    Judgement("SYN-ACK", "S. 0:0(0) ack 1", sends: ack, decides: "open"),
    Judgement("SYN-ACK with PSH and URG", "SPU. 0:0(0) ack 1", sends: ack, decides: "open"),
    Judgement("SYN-ACK with ECE", "SE. 0:0(0) ack 1", sends: ack, decides: "open"),
    Judgement(
      "SYN-ACK with a lying option", "S. 0:0(0) ack 1 <mss 1400,raw 8 99>", sends: ack, decides: "open",
      notes: .optionsMalformed),
    Judgement("SYN-ACK and FIN", "SF. 0:0(0) ack 1", sends: ". 1:1(0) ack 2", decides: "open", notes: .finInSynAck),
    Judgement("SYN-ACK without a window", "S. 0:0(0) ack 1 win 0", sends: ack, decides: "open", notes: .windowZero),
    Judgement(
      "SYN-ACK with window scale", "S. 0:0(0) ack 1 <wscale 7>", sends: ack, decides: "open",
      notes: .unofferedOption),
    Judgement(
      "SYN-ACK with SACK permitted", "S. 0:0(0) ack 1 <sackOK>", sends: ack, decides: "open",
      notes: .unofferedOption),
    Judgement(
      "SYN-ACK with time stamps", "S. 0:0(0) ack 1 <TS val 1 ecr 0>", sends: ack, decides: "open",
      notes: .unofferedOption),
    Judgement("SYN-ACK with text", "S. 0:5(5) ack 1", sends: ". 1:1(0) ack 6", decides: "open", notes: .dataInSynAck),
    Judgement("ACK of something else", ". 900:900(0) ack 500", sends: "R 500:500(0)", notes: .halfOpenPeer),
    Judgement("ACK of ISS", ". 900:900(0) ack 0", sends: "R 0:0(0)", notes: .halfOpenPeer),
    Judgement("FIN and ACK of something else", "F. 900:900(0) ack 500", sends: "R 500:500(0)", notes: .halfOpenPeer),
    Judgement("ACK of ISS+1 without SYN", ". 900:900(0) ack 1", refused: .notSyn),
    Judgement("FIN and ACK of ISS+1", "F. 900:900(0) ack 1", refused: .notSyn),
    Judgement("SYN alone", "S 0:0(0)", sends: "S. 0:0(0) ack 1", notes: .simultaneousOpen),
    Judgement("nothing set", "- 0:0(0)", refused: .notSyn),
    Judgement("FIN alone", "F 0:0(0)", refused: .notSyn),
    Judgement("text alone", "P 0:10(10)", refused: .notSyn),
  ]
}

@Suite struct JudgementTests {
  @Test(arguments: Judgement.table)
  func replyToOurSyn(_ row: Judgement) throws {
    var trace = Trace()
    try trace.play("0 > S 0:0(0)\n 0.1 < \(row.reply) \(row.refusal.map { "! \($0.rawValue)" } ?? "")")
    let connection = trace.connection
    #expect(connection.notes == row.notes)
    #expect(connection.counters.invalid == (row.refusal == nil ? 0 : 1))
    if let answer = row.answer { try trace.play("0.1 > \(answer)") }
    switch row.decides {
    case "open":
      #expect(connection.verdict == .open && connection.reason == .synAck && connection.ending == nil)
    case let decided?:
      try trace.play("0.1 end \(decided)\n 0.1 = CLOSED CLOSED")
    case nil:
      #expect(connection.verdict == nil && connection.ending == nil)
    }
  }

  @Test(arguments: Judgement.table.filter { $0.refusal != nil })
  func theTrueAnswerAfterARefusedOneDecides(_ row: Judgement) throws {
    for (answer, end) in [("S. 0:0(0) ack 1", "open syn-ack rst"), ("R. 0:0(0) ack 1", "closed rst peer-rst")] {
      var trace = Trace(.plain { $0.mode = .halfOpen })
      try trace.play("0 > S 0:0(0)\n 0.1 < \(row.reply) ! \(row.refusal?.rawValue ?? "")")
      if let reset = row.answer { try trace.play("0.1 > \(reset)") }
      try trace.play("0.2 < \(answer)")
      if end.hasPrefix("open") { try trace.play("0.2 > R 1:1(0)") }
      try trace.play("0.2 end \(end)")
      #expect(trace.outcome?.counters.invalid == 1)
    }
  }

  @Test func reservedBitsAreNoted() throws {
    var conversation = TracedConnection(.plain, flow: Trace.flow, seed: Seed(iss: 10, timestamp: 0))
    let now = Stamp(instant: Instant(nanoseconds: 0), wall: WallTime(nanoseconds: 0))
    _ = conversation.start(at: now)
    let reply = Segment(seq: Trace.theirs, ack: SequenceNumber(11), flags: [.syn, .reserved], wnd: 1)
    #expect(conversation.receive(reply, hopLimit: 64, at: now)?.segment.flags == .ack)
    #expect(conversation.connection.notes == .reservedBits)
  }

  @Test func acknowledgmentsOfTextInTheSyn() throws {
    // ISN+1 up to ISN+1+len; an RST of a closed port acknowledges all of it.
    for (ack, refusal) in [(0, "! ack-mismatch"), (7, "! ack-mismatch")] {
      var trace = Trace(
        .plain {
          $0.mode = .halfOpen
          $0.data = Array("hello".utf8)
        })
      try trace.play("0 > S 0:5(5)\n 0.1 < S. 0:0(0) ack \(ack) \(refusal)\n 0.1 > R \(ack):\(ack)(0)")
      try trace.play("0.2 < R. 0:0(0) ack \(ack) ! rst-mismatch\n 0.3 < R. 0:0(0) ack 6\n 0.3 end closed rst peer-rst")
    }
  }

  @Test func refusedPacketsAreCountedAndNothingElse() throws {
    var trace = Trace()
    try trace.play(
      """
      0     > S 0:0(0)
      0.1   refuse bad-checksum
      0.1   refuse malformed
      1     > S 0:0(0)
      3     > S 0:0(0)
      7     -
      7     end filtered invalid-replies none
      """)
    #expect(trace.connection.counters.invalid == 2)
    #expect(trace.conversation.log.entries.compactMap(\.refusal) == [.badChecksum, .malformed])
  }

  @Test func resetsOfUnacceptableAcknowledgmentsAreThrottled() throws {
    var trace = Trace()
    try trace.play("0 > S 0:0(0)")
    for _ in 0..<10 { try trace.play("0.1 < S. 0:0(0) ack 7 ! ack-mismatch\n 0.1 > R 7:7(0)") }
    for _ in 0..<90 { try trace.play("0.1 < S. 0:0(0) ack 7 ! ack-mismatch") }
    try trace.play("0.9 -\n 0.9 < S. 0:0(0) ack 1\n 0.9 > . 1:1(0) ack 1")
    #expect(trace.connection.counters.invalid == 100)
  }

  @Test func aResetProvesItselfByANumberThatWasSent() throws {
    // Our FIN has no acknowledgment number that an RST could have been made from.
    var trace = Trace(.plain { $0.flags = .fin })
    let number = trace.connection.craftedAcknowledgment
    let seq = Int64(Int32(truncatingIfNeeded: number.distance(from: Trace.theirs)))
    try trace.play("0 > F 0:0(0)\n 0.1 < R \(seq):\(seq)(0) ! rst-mismatch")
    #expect(trace.connection.verdict == nil)
  }
}

/// A first segment that is no plain SYN (`--flags`).
@Suite struct CraftedTests {
  static let answers: [(flags: String, sends: String, reply: String, end: String)] = [
    ("none", "- 0:0(0)", "R. 0:0(0) ack 0", "closed rst peer-rst"),
    ("F", "F 0:0(0)", "R. 0:0(0) ack 1", "closed rst peer-rst"),
    ("FPU", "FPU 0:0(0)", "R. 0:0(0) ack 1", "closed rst peer-rst"),
    ("SF", "SF 0:0(0)", "R. 0:0(0) ack 2", "closed rst peer-rst"),
    ("SF", "SF 0:0(0)", "S. 0:0(0) ack 1", "open syn-ack rst"),
    ("SF", "SF 0:0(0)", "S. 0:0(0) ack 2", "open syn-ack rst"),
  ]

  @Test(arguments: answers)
  func answerDecides(flags: String, sends: String, reply: String, end: String) throws {
    let flags = try #require(TCPFlags(parsing: flags))
    var trace = Trace(.plain { $0.flags = flags })
    try trace.play("0 > \(sends)\n 0.1 < \(reply)")
    if reply.hasPrefix("S") {
      let ack = reply.suffix(1)
      try trace.play("0.1 > R \(ack):\(ack)(0)")
    }
    try trace.play("0.1 end \(end)")
    #expect(trace.connection.notes == .craftedFlags)
    #expect(trace.connection.steps.map(\.kind) == [.syn])
  }

  @Test func anAckIsAnsweredByAResetThatEchoesItsNumber() throws {
    var trace = Trace(.plain { $0.flags = .ack })
    let number = trace.connection.craftedAcknowledgment
    let relative = Int32(truncatingIfNeeded: number.distance(from: Trace.theirs))
    try trace.play(
      """
      0     > . 0:0(0) ack \(relative)
      0.1   < R \(relative + 1):\(relative + 1)(0)  ! rst-mismatch
      0.1   < R \(relative):\(relative)(0)
      0.1   end closed rst peer-rst
      """)
  }

  @Test func whatDoesNotAnswerIsRefusedInSilence() throws {
    var trace = Trace(.plain { $0.flags = .fin })
    try trace.play(
      """
      0     > F 0:0(0)
      0.1   < R. 0:0(0) ack 9  ! rst-mismatch
      0.1   < R 0:0(0)  ! rst-mismatch
      0.1   < S. 0:0(0) ack 9  ! ack-mismatch
      0.1   < . 0:0(0) ack 1  ! not-syn
      1     > F 0:0(0)
      3     > F 0:0(0)
      7     -
      7     end filtered invalid-replies none
      """)
  }

  @Test func aSynWithEcnBitsOpensAConnection() throws {
    var trace = Trace(.plain { $0.flags = [.syn, .ece, .cwr] })
    try trace.play("0 > SEW 0:0(0)\n 0.1 < SE. 0:0(0) ack 1\n 0.1 > . 1:1(0) ack 1")
    #expect(trace.connection.peerOffer?.explicitCongestion == true)
    #expect(trace.connection.notes == [])
  }
}
