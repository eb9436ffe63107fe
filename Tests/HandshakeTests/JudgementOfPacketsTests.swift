import Testing
import Timebase
import Wire

@testable import Handshake

@Suite("What a conversation says of its last packet") struct JudgementOfPacketsTests {
  private let flow = Flow(
    local: Endpoint(.v4(IPv4Address(10, 0, 0, 1)), 1_000), remote: Endpoint(.v4(IPv4Address(10, 0, 0, 2)), 80))

  private func stamp(_ micros: Int64) -> Stamp {
    Stamp(instant: Instant(nanoseconds: micros * 1_000), wall: WallTime(nanoseconds: micros * 1_000))
  }

  @Test("the packet that came last, with what it is read against; the one that was sent last, by its number")
  func last() throws {
    var conversation = TracedConnection(Plan(), flow: flow, seed: Seed(iss: 100, timestamp: 1))
    #expect(conversation.lastReceived == nil)
    let first = conversation.start(at: stamp(0))
    let syn = try #require(first)
    let sent = try #require(conversation.judgement(ofSent: syn.number))
    #expect((sent.iss, sent.irs, sent.copies) == (SequenceNumber(100), nil, 1))
    #expect(conversation.judgement(ofSent: syn.number &+ 1) == nil)
    let wrong = Segment(seq: SequenceNumber(7), ack: SequenceNumber(102), flags: .syn)
    _ = conversation.receive(wrong, hopLimit: 64, at: stamp(1))
    #expect(conversation.lastReceived?.entry.refusal == .ackMismatch)
    let right = Segment(seq: SequenceNumber(7), ack: SequenceNumber(101), flags: .syn, wnd: 1_000)
    let answer = conversation.receive(right, hopLimit: 64, at: stamp(2))
    let ack = try #require(answer)
    #expect(conversation.lastReceived?.entry.refusal == nil)
    #expect(conversation.lastReceived?.irs == SequenceNumber(7))
    #expect(conversation.judgement(ofSent: ack.number)?.entry.number == ack.number)
    conversation.refuse(.badChecksum, at: stamp(3))
    #expect(conversation.lastReceived?.entry.refusal == .badChecksum)
  }

  @Test("an RST from nearer or farther than the SYN-ACK is noted", arguments: [(64, false), (63, true), (255, true)])
  func distance(_ hopLimit: UInt8, _ isNoted: Bool) {
    var conversation = TracedConnection(Plan(), flow: flow, seed: Seed(iss: 100, timestamp: 1))
    _ = conversation.start(at: stamp(0))
    let answer = Segment(seq: SequenceNumber(7), ack: SequenceNumber(101), flags: .syn, wnd: 1_000)
    _ = conversation.receive(answer, hopLimit: 64, at: stamp(1))
    // One that is rejected says nothing, wherever it comes from.
    _ = conversation.receive(
      Segment(seq: SequenceNumber(999), ack: nil, flags: .rst), hopLimit: 1, at: stamp(2))
    #expect(!conversation.connection.notes.contains(.ttlMismatch))
    _ = conversation.receive(Segment(seq: SequenceNumber(8), ack: nil, flags: .rst), hopLimit: hopLimit, at: stamp(3))
    #expect(conversation.connection.notes.contains(.resetByPeer))
    #expect(conversation.connection.notes.contains(.ttlMismatch) == isNoted)
    #expect(conversation.hopLimit == 64)
  }

  @Test("also where the exchange keeps no more packets, and after the end")
  func beyond() throws {
    var conversation = TracedConnection(Plan(), flow: flow, seed: Seed(iss: 100, timestamp: 1))
    _ = conversation.start(at: stamp(0))
    let wrong = Segment(seq: SequenceNumber(7), ack: SequenceNumber(102), flags: .syn)
    for _ in 0..<PacketLog.capacity { _ = conversation.receive(wrong, hopLimit: 64, at: stamp(1)) }
    #expect(conversation.log.omitted > 0)
    let reset = Segment(seq: SequenceNumber(0), ack: SequenceNumber(101), flags: .rst)
    _ = conversation.receive(reset, hopLimit: 64, at: stamp(2))
    let last = try #require(conversation.lastReceived)
    #expect(last.entry.content == .segment(reset) && !last.isLate)
    _ = conversation.receive(reset, hopLimit: 64, at: stamp(3))
    #expect(conversation.lastReceived?.isLate == true)
  }

  @Test("an ICMP error that quotes too little is rejected after the end as well, and counted no more")
  func lateShortQuote() throws {
    var conversation = TracedConnection(Plan(), flow: flow, seed: Seed(iss: 100, timestamp: 1))
    _ = conversation.start(at: stamp(0))
    let short = ICMPNotice(type: 3, code: 1, verdict: ICMPVerdict(v4: 3, code: 1), quotedSequence: nil, source: nil)
    _ = conversation.receive(short, hopLimit: 64, at: stamp(1))
    _ = conversation.receive(
      Segment(seq: SequenceNumber(0), ack: SequenceNumber(101), flags: .rst), hopLimit: 64, at: stamp(2))
    _ = conversation.receive(short, hopLimit: 64, at: stamp(3))
    #expect(conversation.lastReceived?.isLate == true && conversation.lastReceived?.entry.refusal == .badQuote)
    #expect(conversation.connection.counters.invalid == 1)
  }

  @Test("A step is timed, and its packets are shown, however many wrong answers came before the right one")
  func stepsBeyondTheCapacity() throws {
    var conversation = TracedConnection(Plan(), flow: flow, seed: Seed(iss: 100, timestamp: 1))
    let first = conversation.start(at: stamp(0))
    let syn = try #require(first)
    conversation.departed(syn.number, at: stamp(10))
    let wrong = Segment(seq: SequenceNumber(7), ack: SequenceNumber(102), flags: .syn)
    for _ in 0..<2 * PacketLog.capacity { _ = conversation.receive(wrong, hopLimit: 64, at: stamp(20)) }
    let options = TCPOptionList.timestampsOnly(value: 5, echoReply: 1)
    let right = Segment(seq: SequenceNumber(7), ack: SequenceNumber(101), flags: .syn, wnd: 1_000, options: options)
    _ = conversation.receive(right, hopLimit: 64, at: stamp(310))
    _ = conversation.abort(at: stamp(320))
    let outcome = try #require(Outcome(conversation))
    #expect(outcome.measurement(of: .syn)?.interval == .microseconds(300))
    let end = try #require(outcome.steps.first?.end.flatMap(outcome.log.place))
    #expect(outcome.log.entries[end].content == .segment(right))
    #expect(outcome.log.gap == PacketLog.capacity && end == PacketLog.capacity)
  }
}
