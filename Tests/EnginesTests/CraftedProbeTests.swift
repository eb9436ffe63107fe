import Engines
import Handshake
import Testing
import Timebase
import Wire

/// What is done to a first segment goes out as whole packets, and nothing else does.
@Suite struct CraftedProbeTests {
  private func run(_ peer: @escaping World.Peer, _ crafting: Crafting?) throws -> World {
    let target = World.target {
      $0.crafting = crafting
      $0.retries = 1
    }
    var world = World(ConnectEngine(targets: [target], schedule: Schedule()))
    world.peer = peer
    try world.run()
    return world
  }

  @Test func theFirstSegmentAlone() throws {
    var crafting = Crafting()
    crafting.fragments = [8, 8]
    let world = try run(World.server(after: .milliseconds(1)), crafting)
    let sent = world.sent.map(\.transmission)
    #expect(sent.count >= 3)
    #expect(sent[0].packets == (try crafting.packets(sent[0].segment, flow: sent[0].flow)))
    #expect(sent[0].packets.count == 3)
    #expect(sent.dropFirst().allSatisfy { $0.packets.isEmpty })
    #expect(world.findings.first?.finding.outcome?.verdict == .open)
  }

  @Test func retransmissionsToo() throws {
    var crafting = Crafting()
    crafting.checksum = .wrong
    let world = try run(World.silence, crafting)
    #expect(world.sent.map(\.transmission.packets.count) == [1, 1])
    #expect(world.sent[0].transmission.packets == world.sent[1].transmission.packets, "no timestamps here")
  }

  @Test func nothingIsSentInPlaceOfWhatCannotBeMade() throws {
    var crafting = Crafting()
    crafting.ipOptions = Array(repeating: 1, count: 41)
    let world = try run(World.server(after: .milliseconds(1)), crafting)
    #expect(world.sent.isEmpty)
    #expect(world.findings.first?.finding.outcome?.reason == .notSent)
  }
}
