import Handshake
import Testing
import Timebase
import Wire

@testable import Engines

/// The benchmark's timers, its own options, and what it makes of numbers at their bounds.
@Suite struct BenchBoundsTests {
  private static let ms = Interval.milliseconds(1)

  private func plan(
    _ mode: BenchPlan.Mode = .full, count: Int = 1, _ change: (inout BenchPlan) -> Void = { _ in }
  ) -> BenchPlan {
    var plan = BenchPlan()
    plan.mode = mode
    plan.count = count
    plan.duration = nil
    change(&plan)
    return plan
  }

  /// A world in which the peer has answered our SYN, and says nothing more.
  private func opened(
    _ mode: BenchPlan.Mode = .full, _ target: BenchTarget = BenchWorld.target(), options: TCPOptionList? = nil
  ) throws -> BenchWorld {
    var world = try BenchWorld(plan(mode), targets: [target]) { sent in
      guard sent.flags == .syn else { return [] }
      var answer = BenchWorld.synAck(sent)
      if let options { answer.options = options }
      return [(Self.ms, answer, [])]
    }
    try world.run(until: .milliseconds(10))
    return world
  }

  // MARK: Timers

  @Test("a copy does not wait for what is due next, nor a timer for a later one")
  func timersAreApart() throws {
    var slow = try BenchWorld(plan(.halfOpen, count: 2) { $0.rate = 0.1 }, peer: BenchWorld.silence)
    try slow.run()
    #expect(slow.sent.map { $0.at.nanoseconds / 1_000_000_000 } == [0, 1, 3, 10, 11, 13])
    var quick = try BenchWorld(plan(.halfOpen, count: 2) { $0.rate = 2 }, peer: BenchWorld.silence)
    try quick.run()
    #expect(quick.sent.map { $0.at.nanoseconds / 100_000_000 } == [0, 5, 10, 15, 30, 35])
  }

  @Test("what is late by as much as is allowed begins") func latest() throws {
    var world = try BenchWorld(
      plan(.halfOpen, count: 20) { $0.rate = 100 }, peer: BenchWorld.server())
    world.pause = .milliseconds(15) ... .milliseconds(1_060)
    try world.run()
    #expect(world.engine.counts(of: 0).notStarted == 4, "due at 20 to 50 ms; at 60 ms it is a second")
  }

  // MARK: Departures

  @Test("an echo of the first copy measures from the first") func theFirstCopyKeepsItsTime() throws {
    var world = try BenchWorld(plan(.halfOpen), peer: BenchWorld.silence)
    try world.run(until: .milliseconds(1_100))
    #expect(world.sent.count == 2)
    world.deliver(BenchWorld.synAck(world.sent[0]), to: world.sent[0].flow)
    try world.run()
    #expect(world.results.first?.syn?.interval == world.sent[1].at - world.sent[0].at)
  }

  @Test("what cannot be sent ends the connection that it belonged to, and no other") func failures() throws {
    var world = try opened()
    let other = PacketTag(slot: 0, generation: world.engine.slots[0].generation &+ 1, role: .awaited)
    world.engine.failed(other.rawValue)
    #expect(world.engine.results.isEmpty)
    let own = PacketTag(slot: 0, generation: world.engine.slots[0].generation, role: .awaited)
    world.engine.failed(own.rawValue)
    #expect(world.engine.results.map(\.end) == [.abandoned])
    var unanswered = try BenchWorld(plan(), peer: BenchWorld.silence)
    try unanswered.run(until: .milliseconds(10))
    unanswered.engine.failed(PacketTag(slot: 0, generation: unanswered.engine.slots[0].generation, role: .syn).rawValue)
    #expect(unanswered.engine.results.map(\.end) == [.unreachable])
  }

  // MARK: What comes

  @Test("TS.Recent does not follow what lies beyond a gap") func echoes() throws {
    var world = try opened()
    let fin = try #require(world.sent.last)
    var early = Segment(seq: fin.segment.acknowledgment + 100, ack: fin.segment.seq, flags: .psh, wnd: 9)
    early.options = .timestampsOnly(value: 9_500, echoReply: 0)
    early.textLength = 5
    world.deliver(BenchWorld.packet(early, Array("later".utf8), of: fin.flow))
    #expect(world.sent.last?.segment.options.timestamps?.echoReply == 9_000)
    var next = Segment(seq: fin.segment.acknowledgment, ack: fin.segment.seq, flags: .psh, wnd: 9)
    next.options = .timestampsOnly(value: 9_400, echoReply: 0)
    world.deliver(BenchWorld.packet(next, Array("now".utf8), of: fin.flow))
    #expect(world.sent.last?.segment.options.timestamps?.echoReply == 9_400)
  }

  @Test("of text that was taken in part the rest is taken") func overlaps() throws {
    var world = try opened()
    let fin = try #require(world.sent.last)
    let (seq, ack) = (fin.segment.acknowledgment, fin.segment.seq)
    for (offset, text) in [(UInt32(0), "hello"), (2, "llo, wor"), (0, "hello, world")] {
      let segment = Segment(seq: seq + offset, ack: ack, flags: .psh, wnd: 9)
      world.deliver(BenchWorld.packet(segment, Array(text.utf8), of: fin.flow))
    }
    #expect(world.sent.suffix(3).map { $0.segment.acknowledgment.distance(from: seq) } == [5, 10, 12])
  }

  @Test("a FIN that crosses our second one has no time") func crossingFins() throws {
    for copies in [1, 2] {
      var world = try opened()
      if copies == 2 { try world.run(until: .milliseconds(500)) }
      let fin = try #require(world.sent.last { $0.flags.contains(.fin) })
      #expect(world.sent.count { $0.flags.contains(.fin) } == copies)
      let (seq, end) = (fin.segment.acknowledgment, fin.segment.end)
      world.deliver(Segment(seq: seq, ack: end - 1, flags: .fin, wnd: 9), to: fin.flow)
      world.deliver(Segment(seq: seq + 1, ack: end, wnd: 9), to: fin.flow)
      try world.run()
      #expect(world.results.map(\.end) == [.completed])
      #expect((world.results.first?.peerFin == nil) == (copies == 2))
    }
  }

  @Test("a port that has had no connection to a target is silent towards it") func neverUsed() throws {
    let targets = [BenchWorld.target(2), BenchWorld.target(3)]
    var world = try BenchWorld(plan(.halfOpen), targets: targets, peer: BenchWorld.silence)
    try world.run(until: .zero)
    let syn = try #require(world.sent.first)
    #expect(world.sent.count == 1 && syn.flow.remote == targets[0].remote)
    let flow = Flow(local: syn.flow.local, remote: targets[1].remote)
    world.deliver(Segment(seq: SequenceNumber(1), ack: SequenceNumber(2)), to: flow)
    #expect(world.sent.count == 1 && world.engine.strays == 1)
  }

  @Test("an old connection of the peer's is cleared away once") func clearedOnce() throws {
    var world = try BenchWorld(plan(.halfOpen), peer: BenchWorld.silence)
    try world.run(until: .milliseconds(10))
    let syn = try #require(world.sent.first)
    for _ in 0..<2 {
      world.deliver(Segment(seq: SequenceNumber(0), ack: syn.segment.end + 9), to: syn.flow)
    }
    #expect(world.sent.map(\.flags) == [.syn, .rst, .syn, .rst])
  }

  @Test("in SYN-RECEIVED the acknowledgment must be of our SYN") func wrongAcknowledgment() throws {
    var world = try BenchWorld(plan(), peer: BenchWorld.silence)
    try world.run(until: .milliseconds(10))
    let syn = try #require(world.sent.first)
    world.deliver(Segment(seq: SequenceNumber(7_000), flags: .syn, wnd: 9), to: syn.flow)
    for ack in [syn.segment.seq, syn.segment.end + 1] {
      world.deliver(Segment(seq: SequenceNumber(7_001), ack: ack, wnd: 9), to: syn.flow)
    }
    world.deliver(Segment(seq: SequenceNumber(7_001), flags: .psh, wnd: 9), to: syn.flow)
    #expect(world.engine.counts(of: 0).invalid == 3 && world.sent.count == 2)
  }

  @Test("an ICMP error counts by its quote, and where it decides") func errors() throws {
    for (code, offset, end) in [
      (UInt8(1), UInt32(0), BenchResult.End.unreachable), (1, 1, .lost), (4, 0, .lost), (13, 0, .lost),
    ] {
      var world = try BenchWorld(plan(.halfOpen) { $0.retries = 0 }, peer: BenchWorld.silence)
      try world.run(until: .milliseconds(10))
      let syn = try #require(world.sent.first)
      world.deliver(BenchBoundsTests.error(code, quoting: syn, offset: offset))
      #expect(world.engine.counts(of: 0).invalid == Int(offset))
      try world.run()
      #expect(world.results.map(\.end) == [end], "code \(code), quoting \(offset) beyond")
    }
  }

  @Test("an ICMP error that decides nothing does not take the place of one that does") func errorsInARow() throws {
    var world = try BenchWorld(plan(.halfOpen) { $0.retries = 0 }, peer: BenchWorld.silence)
    try world.run(until: .milliseconds(10))
    let syn = try #require(world.sent.first)
    for code: UInt8 in [1, 4] { world.deliver(BenchBoundsTests.error(code, quoting: syn, offset: 0)) }
    try world.run()
    #expect(world.results.map(\.end) == [.unreachable])
  }

  /// An ICMPv4 error of type 3 from the target, which quotes eight octets of a segment.
  static func error(_ code: UInt8, quoting sent: BenchWorld.Sent, offset: UInt32) -> [UInt8] {
    func header(_ number: UInt8, _ from: IPAddress, _ to: IPAddress, length: Int) -> [UInt8] {
      guard case .v4(let source) = from, case .v4(let destination) = to else { return [] }
      let header = IPv4Header(
        source: source, destination: destination, protocolNumber: number, totalLength: UInt16(20 + length))
      var frame = FrameBuffer()
      let count = try? frame.build { out throws(WireError) in try header.serialize(into: &out) }
      return frame.view(first: count ?? 0).octets
    }
    let flow = sent.flow
    let seq = (sent.segment.seq + offset).value
    let ports = [flow.local.port, flow.remote.port].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
    let quote =
      header(6, flow.local.address, flow.remote.address, length: 20) + ports
      + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: seq >> $0) }
    var message: [UInt8] = [3, code, 0, 0, 0, 0, 0, 0] + quote
    let sum = InternetChecksum.value(of: message.span.raw)
    (message[2], message[3]) = (UInt8(sum >> 8), UInt8(sum & 0xff))
    return header(1, flow.remote.address, flow.local.address, length: message.count) + message
  }

  // MARK: What leaves

  @Test("our window is scaled where both sides said how") func windows() throws {
    let scaled = SynOptions().list(value: 9_000, echoReply: 0)
    let plain = SynOptions(windowScale: nil).list(value: 9_000, echoReply: 0)
    for (ours, theirs, window) in [
      (UInt8(7), scaled, UInt16(64_240 >> 7)), (7, plain, 64_240), (nil, scaled, 64_240), (15, scaled, 64_240 >> 14),
    ] as [(UInt8?, TCPOptionList, UInt16)] {
      let world = try opened(.full, BenchWorld.target(offer: SynOptions(windowScale: ours)), options: theirs)
      #expect(world.sent[1].segment.wnd == window)
    }
    let tiny = BenchTarget(
      source: BenchWorld.source, remote: BenchWorld.target().remote, offer: SynOptions(windowScale: 14), window: 100)
    #expect(try opened(.full, tiny, options: scaled).sent[1].segment.wnd == 1, "never 0")
  }

  @Test("an RST has no window") func resets() throws {
    var world = try opened()
    world.interrupt()
    #expect(world.sent.last?.flags == [.rst, .ack] && world.sent.last?.segment.wnd == 0)
    #expect(world.sent.dropLast().allSatisfy { $0.segment.wnd > 0 })
  }
}
