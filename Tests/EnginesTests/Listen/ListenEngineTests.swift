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

  /// The idlest makes room once it has been open for a while: for whoever completes a handshake, not for a mere SYN.
  @Test func theIdlestMakesRoom() throws {
    var world = ListenWorld(.echo, limits: { $0.connections = 3 })
    var numbers: [SequenceNumber] = []
    for port: UInt16 in 1...3 { numbers.append(try world.open(from: Self.client(port))) }
    world.pass(.seconds(1))
    // The first and the third get on with something, the second only says that it is there.
    #expect(world.exchange([1], iss: numbers[0], from: Self.client(1)) == [1])
    #expect(world.exchange([1], iss: numbers[2], from: Self.client(3)) == [1])
    world.receive(Segment(seq: ListenWorld.irs, ack: numbers[1] + 1, wnd: 9), from: Self.client(2))
    world.forget()
    let answers = world.receive(ListenWorld.syn(), from: Self.client(4))
    let synAck = try #require(answers.first?.segment)
    #expect(world.engine.size == 4 && world.engine.counts.displaced == 0, "a SYN may be forged")
    let resets = world.receive(Segment(seq: ListenWorld.irs + 1, ack: synAck.seq + 1, wnd: 99), from: Self.client(4))
    #expect(resets.map(\.segment) == [Segment(seq: numbers[1] + 1, flags: .rst)])
    #expect(resets.first?.flow.remote == Self.client(2))
    #expect(world.engine.size == 3 && world.engine.counts.displaced == 1 && world.engine.counts.refused == 0)
    #expect(world.findings.map(\.sequence) == [2])
    #expect(world.exchange([7], iss: synAck.seq, from: Self.client(4)) == [7])
    // The new one is young, and the next idlest goes.
    world.pass(.milliseconds(500))
    try world.open(from: Self.client(5))
    #expect(world.findings.map(\.sequence) == [2, 1] && world.engine.size == 3)
  }

  /// Of several SYNs that were answered in view of one idle connection none leaves more open than may be.
  @Test func theLimitHoldsHoweverManyAreAnswered() throws {
    var world = ListenWorld(limits: { $0.connections = 2 })
    for port: UInt16 in 1...2 { try world.open(from: Self.client(port)) }
    world.pass(.seconds(1))
    let answers = (3...6).map { world.receive(ListenWorld.syn(), from: Self.client($0)).first?.segment }
    for (port, synAck) in zip(UInt16(3)...6, answers) {
      let ack = try #require(synAck).seq + 1
      world.receive(Segment(seq: ListenWorld.irs + 1, ack: ack, wnd: 99), from: Self.client(port))
      #expect(world.engine.size - (6 - Int(port)) == 2)
    }
    #expect(world.engine.counts.displaced == 4)
  }

  @Test func nothingLastsLongerThanItMay() throws {
    var world = ListenWorld(.echo, limits: { $0.lifetime = .seconds(100) })
    let iss = try world.open()
    var seq = ListenWorld.irs + 1
    for second in 1...99 {
      world.pass(.seconds(1))
      var segment = Segment(seq: seq, ack: iss + UInt32(second), wnd: 999, textLength: 1)
      segment.flags.insert(.psh)
      world.receive(segment, text: [9])
      seq = segment.end
    }
    #expect(world.engine.size == 1)
    world.forget()
    world.pass(.seconds(1))
    #expect(world.sent.contains { $0.segment.flags == .rst } && world.engine.size == 0)
  }

  /// A request that comes an octet at a time is no activity: it has to be whole in the time that silence has.
  @Test func aSlowRequestIsReset() throws {
    var world = ListenWorld(.http, limits: { $0.idle = .seconds(10) })
    let iss = try world.open()
    var seq = ListenWorld.irs + 1
    for octet in "GET / HTTP".utf8 {
      #expect(world.engine.size == 1)
      var segment = Segment(seq: seq, ack: iss + 1, wnd: 999, textLength: 1)
      segment.flags.insert(.psh)
      world.receive(segment, text: [octet])
      seq = segment.end
      world.pass(.seconds(1))
    }
    #expect(world.engine.size == 0 && world.sent.last?.segment.flags == .rst)
  }

  /// Once we have closed, a client that does not is waited for as for its acknowledgments.
  @Test(arguments: [false, true]) func aClientThatDoesNotClose(_ keepsSending: Bool) throws {
    var world = ListenWorld(.http, plan: { $0.retries = 2 }, limits: { $0.idle = .seconds(3) })
    let iss = try world.open()
    let request = Array("GET / HTTP/1.0\r\n\r\n".utf8)
    _ = world.exchange(request, iss: iss)
    var next = ListenWorld.irs + 1 + UInt32(request.count)
    let fin = try #require(world.sent.last { $0.segment.flags.contains(.fin) }).segment
    world.receive(Segment(seq: next, ack: fin.end, wnd: 999))
    for _ in 1...6 {
      world.pass(.seconds(1))
      #expect(world.engine.size == 1)
      guard keepsSending else { continue }
      world.receive(Segment(seq: next, ack: fin.end, wnd: 999, textLength: 1), text: [1])
      next = next + 1
    }
    world.pass(.seconds(2))
    #expect(world.engine.size == 0)
    #expect(world.findings.first?.outcome?.notes == (keepsSending ? .keptSending : .peerFinMissing))
  }

  @Test func whoSaysNothingIsReset() throws {
    var world = ListenWorld(limits: { $0.idle = .seconds(10) })
    let iss = try world.open()
    world.pass(.seconds(9))
    var text = Segment(seq: ListenWorld.irs + 1, ack: iss + 1, wnd: 9, textLength: 1)
    text.flags.insert(.psh)
    world.receive(text, text: [1])
    // A segment that only says that somebody is there puts nothing off.
    world.pass(.seconds(5))
    world.receive(Segment(seq: ListenWorld.irs + 1, ack: iss + 1, wnd: 9))
    world.forget()
    world.pass(.milliseconds(4_999))
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

  @Test("a stamp that comes late does not reach the connection that has the slot next")
  func lateStamps() throws {
    var world = ListenWorld()
    let iss = try world.open()
    let first = try #require(world.sent.first).token
    world.receive(Segment(seq: ListenWorld.irs + 1, ack: iss + 1, flags: .rst))
    #expect(world.engine.size == 0)
    try world.open(from: Self.client(40_001))
    let second = try #require(world.sent.last { $0.segment.flags == [.syn, .ack] }).token
    #expect(second.slot == first.slot && second.number == first.number && second.generation != first.generation)
    world.engine.note(.transmitted(first, kernel: WallTime(nanoseconds: 1)))
    world.engine.note(.departed(first, at: Stamp(instant: Instant(nanoseconds: 1), wall: WallTime(nanoseconds: 1))))
    let stamps = world.engine.table.entries[second.slot]?.conversation.log.entries.map(\.stamp) ?? []
    #expect(!stamps.isEmpty && stamps.allSatisfy { $0.wall.nanoseconds > 1 && $0.kernel?.nanoseconds != 1 })
    #expect(world.engine.judgement(ofSent: first) == nil)
  }

  @Test("a SYN right behind the end of a connection with the same ends is answered, and both are reported")
  func successor() throws {
    var world = ListenWorld()
    world.isStamped = false
    let iss = try world.open()
    world.receive(Segment(seq: ListenWorld.irs + 1, ack: iss + 1, flags: .rst))
    #expect(world.findings.isEmpty && world.engine.size == 1, "it waits for a transmit stamp")
    #expect(world.receive(ListenWorld.syn()).map(\.segment.flags) == [[.syn, .ack]])
    #expect(world.engine.size == 2)
    world.pass(.milliseconds(3))
    #expect(world.findings.count == 1 && world.engine.size == 1)
    let next = try #require(world.sent.last).segment
    world.receive(Segment(seq: ListenWorld.irs + 1, ack: next.seq + 1, wnd: 9))
    world.receive(Segment(seq: ListenWorld.irs + 1, ack: next.seq + 1, flags: .rst))
    world.pass(.milliseconds(3))
    #expect(world.findings.count == 2 && world.engine.size == 0 && world.engine.counts.established == 2)
  }

  @Test("places are used again, and whoever is due takes turns") func places() throws {
    var world = ListenWorld()
    for round in 0..<50 {
      let iss = try world.open(from: Self.client(40_000 + UInt16(round)))
      world.receive(
        Segment(seq: ListenWorld.irs + 1, ack: iss + 1, flags: .rst), from: Self.client(40_000 + UInt16(round)))
    }
    #expect(world.engine.table.entries.count == 1 && world.engine.size == 0)
    for port: UInt16 in 1...3 { try world.open(from: Self.client(port)) }
    let now = Instant(nanoseconds: 100)
    for slot in 0..<3 { world.engine.table.setDeadline(now, of: slot) }
    let turns = (0..<6).map { _ in world.engine.table.nextDue(at: now) }
    #expect(Set(turns[..<3]) == [0, 1, 2] && turns[..<3] == turns[3...])
    #expect(world.engine.table.nextDue(at: Instant(nanoseconds: 99)) == nil)
  }
}
