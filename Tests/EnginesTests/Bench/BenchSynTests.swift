import Handshake
import Testing
import Timebase
import Wire

@testable import Engines

/// The SYNs of a benchmark's connections: counted by the same rule as those of a probe.
@Suite("Bench: SYNs sent, answered and lost") struct BenchSynTests {
  private func world(
    mode: BenchPlan.Mode = .halfOpen, offer: SynOptions = SynOptions(timestamps: true),
    _ peer: @escaping BenchWorld.Peer
  ) throws -> BenchWorld {
    var plan = BenchPlan()
    (plan.mode, plan.count, plan.duration) = (mode, 1, nil)
    return try BenchWorld(plan, targets: [BenchWorld.target(offer: offer)], peer: peer)
  }

  private func syns(_ world: borrowing BenchWorld) -> SynCounts? { world.results.first?.syns }

  @Test(arguments: BenchPlan.Mode.allCases.filter { $0 != .http }) func answeredAtOnce(_ mode: BenchPlan.Mode) throws {
    var world = try world(mode: mode, BenchWorld.server())
    try world.run()
    #expect(syns(world) == SynCounts(sent: 1, answered: 1))
  }

  @Test(arguments: [true, false]) func theFirstCopyWasLost(_ hasTimestamps: Bool) throws {
    let server = BenchWorld.server()
    var world = try world(mode: .full, offer: SynOptions(timestamps: hasTimestamps)) { sent in
      sent.flags == .syn && sent.at < .milliseconds(500) ? [] : server(sent)
    }
    try world.run()
    #expect(world.results.map(\.end) == [.completed])
    #expect(syns(world) == SynCounts(sent: 2, answered: 1), "the FIN's copies are no SYNs")
  }

  @Test func silence() throws {
    var world = try world(BenchWorld.silence)
    try world.run()
    #expect(syns(world) == SynCounts(sent: 3, answered: 0))
  }

  @Test func anRst() throws {
    var world = try world {
      [(.milliseconds(1), Segment(seq: SequenceNumber(0), ack: $0.segment.end, flags: .rst), [])]
    }
    try world.run()
    #expect(syns(world) == SynCounts(sent: 1, answered: 1))
  }

  @Test("each copy that an ICMP error came after is answered; one that decides nothing answers none")
  func errors() throws {
    for (code, errors) in [(UInt8(13), 1), (1, 1), (4, 0)] {
      var world = try world(BenchWorld.silence)
      try world.run(until: .milliseconds(10))
      let syn = try #require(world.sent.first)
      for _ in 0..<2 { world.deliver(BenchBoundsTests.error(code, quoting: syn, offset: 0)) }
      try world.run()
      #expect(syns(world) == SynCounts(sent: 3, answered: errors, errors: errors), "code \(code)")
    }
  }

  @Test("a TCP answer to the copy that an ICMP error came after is the one answer that counts") func outranked() throws
  {
    var world = try world(BenchWorld.silence)
    try world.run(until: .milliseconds(1_010))
    let syns = world.sent
    #expect(syns.count == 2)
    world.deliver(BenchBoundsTests.error(1, quoting: syns[1], offset: 0))
    world.deliver(BenchWorld.synAck(syns[1]), to: syns[1].flow)
    try world.run()
    #expect(self.syns(world) == SynCounts(sent: 2, answered: 1))
  }

  @Test("an old connection's ACK answered the first copy") func cleared() throws {
    var world = try world(BenchWorld.silence)
    try world.run(until: .milliseconds(10))
    let syn = try #require(world.sent.first)
    world.deliver(Segment(seq: SequenceNumber(0), ack: syn.segment.end + 9), to: syn.flow)
    let second = try #require(world.sent.last)
    world.deliver(BenchWorld.synAck(second), to: second.flow)
    try world.run()
    #expect(syns(world) == SynCounts(sent: 2, answered: 2))
  }

  @Test("a SYN-ACK that comes again answers another copy only by that copy's timestamp", arguments: [0, 1])
  func again(_ named: Int) throws {
    let server = BenchWorld.server(after: .milliseconds(300))
    var world = try world(mode: .full) { $0.flags == .syn ? [] : server($0) }
    try world.run(until: .milliseconds(1_010))
    let copies = world.sent
    #expect(copies.count == 2)
    for copy in [copies[0], copies[named]] { world.deliver(BenchWorld.synAck(copy), to: copy.flow) }
    try world.run()
    #expect(syns(world) == SynCounts(sent: 2, answered: 1 + named))
  }

  @Test("what could not be sent was not sent") func failed() throws {
    var world = try world(BenchWorld.silence)
    try world.run(until: .milliseconds(10))
    world.engine.failed(PacketTag(slot: 0, generation: world.engine.slots[0].generation, role: .syn).rawValue)
    #expect(world.engine.results.map(\.syns) == [SynCounts()])
  }
}
