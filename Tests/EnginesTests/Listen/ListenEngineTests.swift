import Handshake
import Testing
import Timebase
import Wire

@testable import Engines

/// The listener: its table, its limits, and what it says to whom.
@Suite struct ListenEngineTests {
  private static func client(_ port: UInt16) -> Endpoint { Endpoint(ListenWorld.client.address, port) }

  @Test func aConnectionIsAcceptedAndClosedWithItsPeer() throws {
    var world = ListenWorld()
    let iss = try world.open()
    #expect(world.engine.size == 1 && world.sent.count == 1)
    let answers = world.receive(Segment(seq: ListenWorld.irs + 1, ack: iss + 1, flags: .fin, wnd: 9))
    #expect(answers.map(\.segment.flags) == [.ack, [.fin, .ack]])
    world.receive(Segment(seq: ListenWorld.irs + 2, ack: iss + 2, wnd: 9))
    let outcome = try #require(world.findings.first?.outcome)
    #expect(world.findings.count == 1 && world.engine.size == 0)
    #expect(outcome.mode == .listen && outcome.verdict == .open && outcome.reason == .ack && outcome.ending == .fin)
    #expect(outcome.iss == iss && outcome.irs == ListenWorld.irs)
    #expect(world.engine.counts.established == 1 && !world.isDone)
  }

  @Test func whatBelongsToNoConnectionIsReset() {
    var world = ListenWorld()
    let answers = world.receive(Segment(seq: ListenWorld.irs, ack: SequenceNumber(77), wnd: 9))
    #expect(answers.map(\.segment) == [Segment(seq: SequenceNumber(77), flags: .rst)])
    #expect(world.receive(Segment(seq: ListenWorld.irs, ack: SequenceNumber(77), flags: .rst)).isEmpty)
    #expect(world.receive(Segment(seq: ListenWorld.irs, flags: .fin)).isEmpty)
    #expect(world.engine.counts.resets == 1 && world.engine.size == 0)
  }

  /// Groups, other ports, other hosts' addresses, ourselves: nothing is said.
  @Test func onlyOneOtherHostIsAnswered() {
    func v4(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> IPAddress { .v4(IPv4Address(a, b, c, d)) }
    let own = v4(10, 0, 0, 1)
    var world = ListenWorld(address: v4(0, 0, 0, 0), local: [own])
    let silent: [(Endpoint, Endpoint)] = [
      (ListenWorld.client, Endpoint(own, 81)), (ListenWorld.client, Endpoint(v4(10, 0, 0, 255), 80)),
      (ListenWorld.client, Endpoint(v4(224, 0, 0, 1), 80)), (ListenWorld.client, Endpoint(v4(255, 255, 255, 255), 80)),
      (Endpoint(v4(224, 0, 0, 1), 9), Endpoint(own, 80)), (Endpoint(v4(0, 0, 0, 0), 9), Endpoint(own, 80)),
      (Endpoint(v4(255, 255, 255, 255), 9), Endpoint(own, 80)), (Endpoint(own, 80), Endpoint(own, 80)),
    ]
    for (client, local) in silent {
      #expect(world.receive(ListenWorld.syn(), from: client, to: local).isEmpty, "\(client) to \(local)")
      let ack = Segment(seq: ListenWorld.irs, ack: SequenceNumber(7))
      #expect(world.receive(ack, from: client, to: local).isEmpty, "\(client) to \(local)")
    }
    for address in [own, v4(127, 0, 0, 1), v4(127, 1, 2, 3)] {
      let answers = world.receive(ListenWorld.syn(), to: Endpoint(address, 80))
      #expect(answers.first?.flow.local == Endpoint(address, 80), "from the address that was asked")
    }
  }

  @Test func addressesThatAreNewAreLearntOnceASecond() {
    func v4(_ last: UInt8) -> IPAddress { .v4(IPv4Address(192, 0, 2, last)) }
    var world = ListenWorld(address: .v4(IPv4Address(0)), local: [v4(1)])
    #expect(!world.engine.wantsAddresses)
    world.receive(ListenWorld.syn())
    #expect(!world.engine.wantsAddresses)
    #expect(world.receive(ListenWorld.syn(), to: Endpoint(v4(7), 80)).isEmpty)
    #expect(world.engine.wantsAddresses)
    world.engine.know(local: [v4(1), v4(7)])
    #expect(!world.engine.wantsAddresses)
    #expect(world.receive(ListenWorld.syn(), to: Endpoint(v4(7), 80)).count == 1)
    // Whoever sends to strange addresses makes for one look-up a second, and no more.
    world.receive(ListenWorld.syn(), to: Endpoint(v4(8), 80))
    #expect(!world.engine.wantsAddresses)
    world.pass(.seconds(1))
    world.receive(ListenWorld.syn(), to: Endpoint(v4(8), 81))
    #expect(!world.engine.wantsAddresses)
    world.receive(ListenWorld.syn(), to: Endpoint(v4(8), 80))
    #expect(world.engine.wantsAddresses)
  }

  @Test func theLimitOfConnectionsHolds() throws {
    var world = ListenWorld(limits: { $0.connections = 3 })
    for port: UInt16 in 1...3 { try world.open(from: Self.client(port)) }
    #expect(world.connect(from: Self.client(4)) == nil)
    #expect(world.engine.counts.refused == 1 && world.engine.size == 3)
    // Room again once one of them has gone.
    world.receive(Segment(seq: ListenWorld.irs + 1, flags: .rst), from: Self.client(2))
    #expect(world.connect(from: Self.client(4)) != nil)
    #expect(world.findings.map(\.sequence) == [2])
  }

  @Test func whoSaysNothingIsReset() throws {
    var world = ListenWorld(limits: { $0.idle = .seconds(10) })
    let iss = try world.open()
    world.pass(.seconds(9))
    world.receive(Segment(seq: ListenWorld.irs, ack: iss + 1, wnd: 9))
    world.forget()
    world.pass(.milliseconds(9_999))
    #expect(world.sent.isEmpty && world.engine.size == 1)
    world.pass(.milliseconds(1))
    #expect(world.sent.map(\.segment) == [Segment(seq: iss + 1, flags: .rst)])
    #expect(world.findings.first?.outcome?.ending == .rst && world.engine.size == 0)
  }

  @Test func itEndsAfterSoManyConnections() throws {
    var world = ListenWorld(limits: { $0.count = 2 })
    // One that never completes is told when the run ends.
    world.receive(ListenWorld.syn(), from: Self.client(9))
    for port: UInt16 in 1...2 { try world.open(from: Self.client(port)) }
    #expect(world.sent.last?.segment.flags == .rst && world.sent.last?.flow.remote == Self.client(9))
    #expect(world.connect(from: Self.client(3)) == nil)
    for port: UInt16 in 1...2 {
      #expect(!world.isDone)
      world.receive(Segment(seq: ListenWorld.irs + 1, flags: .rst), from: Self.client(port))
    }
    #expect(world.isDone && world.findings.compactMap(\.outcome).count == 2)
  }

  @Test func anInterruptTellsEveryPeer() throws {
    var world = ListenWorld()
    for port: UInt16 in 1...5 { try world.open(from: Self.client(port)) }
    world.receive(ListenWorld.syn(), from: Self.client(6))
    world.forget()
    world.interrupt()
    #expect(world.sent.count == 6 && world.sent.allSatisfy { $0.segment.flags == .rst })
    #expect(world.isDone && world.findings.count == 6 && world.engine.size == 0)
  }

  /// Two connections of one flow never begin at the same number, and the later one begins higher (RFC 6528 §3).
  @Test func initialSequenceNumbers() throws {
    var world = ListenWorld()
    var numbers: [SequenceNumber] = []
    for _ in 0..<20 {
      let iss = try world.open()
      if let last = numbers.last { #expect(last.precedes(iss)) }
      numbers.append(iss)
      world.receive(Segment(seq: ListenWorld.irs + 1, flags: .rst))
      world.pass(.milliseconds(50))
    }
    let others = try (1...20).map { port in try world.open(from: Self.client(port)).value }
    #expect(Set(others.map { $0 >> 24 }).count > 10, "neighbouring flows have nothing in common")
  }
}
