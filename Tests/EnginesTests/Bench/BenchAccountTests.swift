import Engines
import Handshake
import Testing
import Timebase
import Wire

/// What a benchmark says of single packets, where somebody writes them down.
@Suite struct BenchAccountTests {
  private func world(_ mode: BenchPlan.Mode = .full, peer: @escaping BenchWorld.Peer) throws -> BenchWorld {
    var plan = BenchPlan()
    plan.mode = mode
    plan.count = 1
    plan.duration = nil
    var world = try BenchWorld(plan, peer: peer)
    world.keepsJudgements = true
    return world
  }

  @Test func eachPacketOfAConnection() throws {
    var world = try world(peer: BenchWorld.server())
    try world.run()
    let all = world.judgements.compactMap(\.self)
    #expect(all.map(\.entry.direction) == [.sent, .received, .sent, .sent, .received, .sent])
    #expect(all.allSatisfy { $0.entry.refusal == nil && !$0.isLate && !$0.entry.isRetransmission })
    #expect(Set(all.map(\.iss)) == [try #require(world.sent.first).segment.seq])
    #expect(all.map(\.irs) == [nil] + [SequenceNumber?](repeating: SequenceNumber(7_000), count: 5))
    // The FIN again, after the end, is answered; a reset is not looked at any more.
    let fin = Segment(seq: SequenceNumber(7_001), ack: world.sent[2].segment.end, flags: .fin, wnd: 9)
    world.deliver(fin, to: world.sent[0].flow)
    #expect(world.sent.last?.flags == .ack && world.judgements.suffix(2).first??.isLate == false)
    world.deliver(Segment(seq: SequenceNumber(7_002), flags: .rst), to: world.sent[0].flow)
    #expect(world.judgements.last??.isLate == true)
  }

  @Test func copiesAreCounted() throws {
    var world = try world(peer: BenchWorld.silence)
    try world.run()
    #expect(world.judgements.map { $0?.copies } == [1, 2, 3])
    let server = BenchWorld.server()
    var again = try self.world { sent in
      sent.flags.contains(.fin) && sent.at < .milliseconds(100) ? [] : server(sent)
    }
    try again.run()
    let fins = zip(again.sent, again.judgements.filter { $0?.entry.direction == .sent }).filter {
      $0.0.flags.contains(.fin)
    }
    #expect(fins.map { $0.1?.entry.isRetransmission } == [false, true])
  }

  /// Why a segment is not believed, in SYN-SENT and, after our ACK, in FIN-WAIT-1.
  struct Refused: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let isOpen: Bool
    let why: Refusal
    let make: @Sendable (Segment) -> Segment
  }

  static let refused = [
    Refused(testDescription: "an RST without ACK", isOpen: false, why: .rstMismatch) {
      Segment(seq: $0.seq, flags: .rst)
    },
    Refused(testDescription: "a SYN-ACK one too high", isOpen: false, why: .ackMismatch) {
      Segment(seq: SequenceNumber(0), ack: $0.end + 1, flags: .syn)
    },
    Refused(testDescription: "a challenge of an old connection", isOpen: false, why: .ackMismatch) {
      Segment(seq: SequenceNumber(0), ack: $0.end + 9)
    },
    Refused(testDescription: "neither SYN nor RST", isOpen: false, why: .notSyn) {
      Segment(seq: SequenceNumber(0), ack: $0.end)
    },
    Refused(testDescription: "an RST within the window", isOpen: true, why: .rstMismatch) { _ in
      Segment(seq: SequenceNumber(7_005), flags: .rst)
    },
    Refused(testDescription: "a SYN within the window", isOpen: true, why: .unexpectedSyn) {
      Segment(seq: SequenceNumber(7_001), ack: $0.end, flags: .syn)
    },
    Refused(testDescription: "no ACK", isOpen: true, why: .noAck) { _ in
      Segment(seq: SequenceNumber(7_001), flags: .psh)
    },
    Refused(testDescription: "an ACK of what was not sent", isOpen: true, why: .ackMismatch) {
      Segment(seq: SequenceNumber(7_001), ack: $0.end + 99)
    },
    Refused(testDescription: "another SYN-ACK", isOpen: true, why: .irsMismatch) {
      Segment(seq: SequenceNumber(900), ack: $0.end, flags: .syn)
    },
    Refused(testDescription: "the SYN-ACK again", isOpen: true, why: .outOfWindow) {
      Segment(seq: SequenceNumber(7_000), ack: $0.end, flags: .syn)
    },
  ]

  @Test(arguments: refused) func why(_ refused: Refused) throws {
    var world = try world { sent in
      refused.isOpen && sent.flags == .syn ? [(.milliseconds(1), BenchWorld.synAck(sent), [])] : []
    }
    try world.run(until: .milliseconds(10))
    let syn = try #require(world.sent.first)
    let count = world.judgements.count
    world.deliver(refused.make(syn.segment), to: syn.flow)
    let judgement = try #require(world.judgements[count])
    #expect(judgement.entry.refusal == refused.why)
    #expect(judgement.entry.direction == .received && judgement.iss == syn.segment.seq)
  }

  @Test func whatIsDamagedOrStrange() throws {
    var world = try world(.halfOpen, peer: BenchWorld.silence)
    try world.run(until: .milliseconds(10))
    let syn = try #require(world.sent.first)
    var damaged = BenchWorld.packet(BenchWorld.synAck(syn), [], of: syn.flow)
    damaged[36] ^= 1
    world.deliver(damaged)
    #expect(world.judgements.last??.entry.refusal == .badChecksum)
    var flow = syn.flow
    flow.remote.port &+= 1
    world.deliver(BenchWorld.synAck(syn), to: flow)
    #expect(world.judgements.count == 3 && world.judgements[2] == nil, "of no connection")
    world.deliver(BenchWorld.synAck(syn), to: syn.flow)
    #expect(world.judgements[3]?.entry.refusal == nil)
  }
}
