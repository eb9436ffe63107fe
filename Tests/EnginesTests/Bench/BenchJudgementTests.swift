import Engines
import Handshake
import Testing
import Timebase
import Wire

/// How a benchmark judges what comes: by the same table as a single probe.
@Suite struct BenchJudgementTests {
  private func plan(_ mode: BenchPlan.Mode = .full, _ change: (inout BenchPlan) -> Void = { _ in }) -> BenchPlan {
    var plan = BenchPlan()
    plan.mode = mode
    plan.count = 1
    plan.duration = nil
    change(&plan)
    return plan
  }

  private static let ms = Interval.milliseconds(1)

  @Test func silenceIsLoss() throws {
    var world = try BenchWorld(plan(), peer: BenchWorld.silence)
    try world.run()
    #expect(world.sent.map(\.flags) == [.syn, .syn, .syn])
    #expect(world.results.map(\.end) == [.lost])
    #expect(world.engine.counts(of: 0).retransmitted == 2)
    #expect(world.results.first?.syn == nil)
    for (packet, due) in zip(world.sent, [0, 1, 3]) {
      #expect((packet.at - .seconds(Int64(due))).magnitude < .milliseconds(5), "1 s, then twice that")
    }
  }

  @Test func anRstWithTheRightAckIsRefusal() throws {
    var world = try BenchWorld(plan()) {
      [(Self.ms, Segment(seq: SequenceNumber(0), ack: $0.segment.end, flags: .rst), [])]
    }
    try world.run()
    #expect(world.results.map(\.end) == [.refused])
    #expect(world.results.first?.syn?.interval == Self.ms)
    #expect(world.sent.count == 1)
  }

  /// A segment that must not decide, what is sent in answer to it, and whether it counts as invalid.
  struct Rejected: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let answer: @Sendable (Segment) -> Segment
    let sent: [TCPFlags]
    let invalid: Int

    init(_ what: String, sent: [TCPFlags] = [], invalid: Int = 1, _ answer: @escaping @Sendable (Segment) -> Segment) {
      testDescription = what
      self.answer = answer
      self.sent = sent
      self.invalid = invalid
    }
  }

  static let rejected = [
    Rejected("an RST without ACK") { Segment(seq: $0.seq, flags: .rst) },
    Rejected("an RST of another number") { Segment(seq: SequenceNumber(0), ack: $0.end + 1, flags: .rst) },
    Rejected("a SYN-ACK one too high", sent: [.rst]) { Segment(seq: SequenceNumber(0), ack: $0.end + 1, flags: .syn) },
    Rejected("a SYN-ACK one too low", sent: [.rst]) { Segment(seq: SequenceNumber(0), ack: $0.seq, flags: .syn) },
    Rejected("neither SYN nor RST") { Segment(seq: SequenceNumber(0), ack: $0.end) },
    Rejected("a challenge of an old connection", sent: [.rst, .syn], invalid: 0) {
      Segment(seq: SequenceNumber(0), ack: $0.end + 9)
    },
  ]

  @Test(arguments: rejected) func decidesNothing(_ rejected: Rejected) throws {
    var world = try BenchWorld(plan(.halfOpen), peer: BenchWorld.silence)
    try world.run(until: .milliseconds(10))
    let syn = try #require(world.sent.first)
    world.deliver(rejected.answer(syn.segment), to: syn.flow)
    #expect(world.sent.dropFirst().map(\.flags) == rejected.sent)
    #expect(world.engine.counts(of: 0).invalid == rejected.invalid)
    #expect(world.results.isEmpty)
    let last = world.sent.last { $0.flags == .syn }
    world.deliver(BenchWorld.synAck(try #require(last)), to: syn.flow)
    try world.run()
    #expect(world.results.map(\.end) == [.completed], "the wait went on")
  }

  @Test func damageIsCountedAndDecidesNothing() throws {
    var world = try BenchWorld(plan(.halfOpen), peer: BenchWorld.silence)
    try world.run(until: .milliseconds(10))
    let syn = try #require(world.sent.first)
    var damaged = BenchWorld.packet(BenchWorld.synAck(syn), [], of: syn.flow)
    damaged[36] ^= 1
    world.deliver(damaged)
    world.deliver(Array(damaged.prefix(30)))
    #expect(world.engine.counts(of: 0).invalid == 2)
    #expect(world.results.isEmpty)
    #expect(world.sent.count == 1)
  }

  @Test func strangersAreStrays() throws {
    var world = try BenchWorld(plan(.halfOpen), peer: BenchWorld.silence)
    try world.run(until: .milliseconds(10))
    let syn = try #require(world.sent.first)
    var flow = syn.flow
    flow.local.port &+= 1
    world.deliver(BenchWorld.synAck(syn), to: flow)
    flow = syn.flow
    flow.remote.port &+= 1
    world.deliver(BenchWorld.synAck(syn), to: flow)
    #expect(world.engine.strays == 2)
    #expect(world.sent.count == 1)
  }

  /// A time stamp tells which copy of the SYN was answered; without one a repeated SYN has no time.
  @Test(arguments: [true, false]) func theCopyThatWasAnswered(_ hasStamps: Bool) throws {
    let target = BenchWorld.target(offer: SynOptions(timestamps: hasStamps))
    var world = try BenchWorld(plan(.halfOpen), targets: [target]) { sent in
      guard sent.flags == .syn else { return [] }
      return sent.at > .milliseconds(500) ? [(.milliseconds(3), BenchWorld.synAck(sent), [])] : []
    }
    try world.run()
    #expect(world.results.first?.syn?.interval == (hasStamps ? .milliseconds(3) : nil))
    #expect(try #require(world.results.first?.sinceDue) > .seconds(1), "what the user waited for")
  }

  @Test func theFinIsSentAgain() throws {
    let server = BenchWorld.server()
    var world = try BenchWorld(plan()) { sent in
      sent.flags.contains(.fin) && sent.at < .milliseconds(100) ? [] : server(sent)
    }
    try world.run()
    #expect(world.results.map(\.end) == [.completed])
    #expect(world.results.first?.fin == nil, "which copy was acknowledged is not known")
    #expect(world.engine.counts(of: 0).retransmitted == 1)
  }

  @Test func aPeerThatNeverClosesIsReset() throws {
    var world = try BenchWorld(plan()) { sent in
      if sent.flags == .syn { return [(Self.ms, BenchWorld.synAck(sent), [])] }
      guard sent.flags.contains(.fin) else { return [] }
      return [(Self.ms, Segment(seq: sent.segment.acknowledgment, ack: sent.segment.end, wnd: 9), [])]
    }
    try world.run()
    #expect(world.results.map(\.end) == [.abandoned])
    #expect(world.results.first?.fin?.interval == Self.ms)
    #expect(world.sent.last?.flags == [.rst, .ack])
  }

  /// A banner before the close, in order, twice, and beyond a gap.
  @Test func textIsAcknowledgedInOrder() throws {
    let banner = Array("hello".utf8)
    var world = try BenchWorld(plan()) { sent in
      if sent.flags == .syn { return [(Self.ms, BenchWorld.synAck(sent), [])] }
      guard sent.flags.contains(.fin) else { return [] }
      let (seq, ack) = (sent.segment.acknowledgment, sent.segment.end)
      return [
        (.milliseconds(1), Segment(seq: seq + 5, ack: ack - 1, flags: .psh, wnd: 9), banner),
        (.milliseconds(2), Segment(seq: seq, ack: ack - 1, flags: .psh, wnd: 9), banner),
        (.milliseconds(3), Segment(seq: seq, ack: ack - 1, flags: .psh, wnd: 9), banner),
        (.milliseconds(4), Segment(seq: seq + 5, ack: ack, flags: .fin, wnd: 9), banner),
      ]
    }
    try world.run()
    #expect(world.results.map(\.end) == [.completed])
    let acks = world.sent.suffix(4).map { $0.segment.acknowledgment.distance(from: SequenceNumber(7_001)) }
    #expect(acks == [0, 5, 5, 11])
    #expect(world.engine.counts(of: 0).duplicates == 1)
  }

  @Test(arguments: [0, 1]) func onlyTheExactRstCounts(_ offset: UInt32) throws {
    var world = try BenchWorld(plan()) { sent in
      if sent.flags == .syn { return [(Self.ms, BenchWorld.synAck(sent), [])] }
      guard sent.flags.contains(.fin) else { return [] }
      return [(Self.ms, Segment(seq: sent.segment.acknowledgment + offset, ack: sent.segment.end, flags: .rst), [])]
    }
    try world.run(until: .milliseconds(100))
    #expect(world.results.map(\.end) == (offset == 0 ? [.reset] : []))
    #expect(world.engine.counts(of: 0).invalid == Int(offset))
  }

  @Test func bothEndsOpenAtOnce() throws {
    var world = try BenchWorld(plan(.halfOpen)) { sent in
      if sent.flags == .syn { return [(Self.ms, Segment(seq: SequenceNumber(7_000), flags: .syn, wnd: 9), [])] }
      guard sent.flags == [.syn, .ack] else { return [] }
      return [(Self.ms, Segment(seq: SequenceNumber(7_001), ack: sent.segment.end, wnd: 9), [])]
    }
    try world.run()
    #expect(world.sent.map(\.flags) == [.syn, [.syn, .ack], .rst])
    #expect(world.results.map(\.end) == [.completed])
  }

  /// A liar that answers everything with what must be answered gets no more than so much.
  @Test func whatALiarGetsIsBounded() throws {
    var world = try BenchWorld(plan(.full) { $0.retries = 0 }) { sent in
      [(.microseconds(10), Segment(seq: SequenceNumber(0), ack: sent.segment.end + 77, flags: .syn), [])]
    }
    try world.run()
    #expect(world.results.map(\.end) == [.lost])
    #expect(world.sent.count < 40)
  }

  @Test(arguments: BenchPlan.Mode.allCases) func interrupting(_ mode: BenchPlan.Mode) throws {
    var world = try BenchWorld(
      plan(mode) {
        $0.count = 40
        $0.rate = 1_000
      }
    ) { sent in
      sent.flow.local.port.isMultiple(of: 2) || sent.flags != .syn ? [] : [(Self.ms, BenchWorld.synAck(sent), [])]
    }
    try world.run(until: .milliseconds(30))
    let before = world.sent.count
    world.interrupt()
    #expect(world.engine.isDone)
    let resets = world.sent.dropFirst(before)
    #expect(resets.allSatisfy { $0.flags.contains(.rst) })
    #expect(world.results.count { $0.end == .interrupted } == resets.count)
    #expect(!resets.isEmpty)
  }

  /// Whoever repeats itself outside of the window gets no answer without end (RFC 5961 §7).
  @Test func answersToWhatLiesOutsideAreBounded() throws {
    var world = try BenchWorld(plan()) { sent in
      sent.flags == .syn ? [(Self.ms, BenchWorld.synAck(sent), [])] : []
    }
    try world.run(until: .milliseconds(10))
    let fin = try #require(world.sent.last { $0.flags.contains(.fin) })
    let before = world.sent.count
    for _ in 0..<40 {
      world.deliver(Segment(seq: fin.segment.acknowledgment + 200_000, ack: fin.segment.end, wnd: 9), to: fin.flow)
    }
    #expect(world.sent[before...].map(\.flags) == [TCPFlags](repeating: .ack, count: 16))
    #expect(world.engine.counts(of: 0).duplicates == 40)
    #expect(world.results.isEmpty)
  }

  /// In SYN-RECEIVED only an RST at RCV.NXT refuses.
  @Test func aSimultaneousOpenIsResetByTheRightNumberAlone() throws {
    var world = try BenchWorld(plan(), peer: BenchWorld.silence)
    try world.run(until: .milliseconds(10))
    let syn = try #require(world.sent.first)
    world.deliver(Segment(seq: SequenceNumber(7_000), flags: .syn, wnd: 9), to: syn.flow)
    #expect(world.sent.last?.flags == [.syn, .ack])
    for seq: UInt32 in [7_000, 7_002, 70_000] {
      world.deliver(Segment(seq: SequenceNumber(seq), flags: .rst), to: syn.flow)
    }
    #expect(world.engine.counts(of: 0).invalid == 3)
    world.deliver(Segment(seq: SequenceNumber(7_001), flags: .rst), to: syn.flow)
    try world.run()
    #expect(world.results.map(\.end) == [.refused])
  }

  /// Two copies of a SYN that carry one clock value: its echo does not say which of them was answered.
  @Test func anEchoThatBothCopiesCarrySaysNothing() throws {
    var world = try BenchWorld(plan(.halfOpen), peer: BenchWorld.silence)
    try world.run(until: .milliseconds(10))
    let syn = try #require(world.sent.first)
    // An old connection's ACK: the SYN follows our RST at once.
    world.deliver(Segment(seq: SequenceNumber(0), ack: syn.segment.end + 9), to: syn.flow)
    let copies = world.sent.filter { $0.flags == .syn }
    #expect(copies.count == 2)
    let isSame = copies[0].segment.options.timestamps?.value == copies[1].segment.options.timestamps?.value
    #expect(isSame)
    world.deliver(BenchWorld.synAck(copies[1]), to: syn.flow)
    try world.run()
    #expect(world.results.map(\.end) == [.completed])
    #expect(world.results.first?.syn == nil)
  }
}
