import Engines
import Handshake
import Testing
import Timebase
import Wire

/// The benchmark in virtual time: what is due and when, what each mode sends, what the peer's answers come to.
@Suite struct BenchEngineTests {
  private func plan(
    _ mode: BenchPlan.Mode = .full, rate: Double = 100, count: Int? = 20, _ change: (inout BenchPlan) -> Void = { _ in }
  ) -> BenchPlan {
    var plan = BenchPlan()
    plan.mode = mode
    plan.rate = rate
    plan.count = count
    plan.duration = nil
    change(&plan)
    return plan
  }

  @Test func everyConnectionBeginsWhenItIsDue() throws {
    var world = try BenchWorld(plan(), peer: BenchWorld.server(after: .milliseconds(35)))
    try world.run()
    let syns = world.sent.filter { $0.flags == .syn }
    #expect(syns.map(\.at) == (0..<20).map { .milliseconds($0 * 10) })
    #expect(world.results.count == 20)
    for result in world.results {
      #expect(result.end == .completed)
      #expect(result.lateness == .zero)
      #expect(result.syn == Measurement(.milliseconds(35), clock: .kernel))
      #expect(result.fin == Measurement(.milliseconds(35), clock: .kernel))
      #expect(result.peerFin == Measurement(.milliseconds(35), clock: .kernel))
      #expect(result.sinceDue == .milliseconds(35))
    }
    #expect(world.engine.counts(of: 0) == counts(started: 20))
  }

  private func counts(started: Int, _ change: (inout BenchCounts) -> Void = { _ in }) -> BenchCounts {
    var counts = BenchCounts()
    counts.started = started
    change(&counts)
    return counts
  }

  /// What each manner of ending sends, packet by packet.
  @Test(arguments: [
    ("syn", "fin", "S R"), ("full", "fin", "S . F. ."), ("full", "rst", "S . R."),
  ])
  func packets(_ mode: String, _ close: String, _ expected: String) throws {
    let (mode, close) = (try #require(BenchPlan.Mode(rawValue: mode)), try #require(BenchPlan.Close(rawValue: close)))
    var world = try BenchWorld(plan(mode, count: 1) { $0.close = close }, peer: BenchWorld.server())
    try world.run()
    #expect(world.sent.map(\.flags.tcpdumpLetters).joined(separator: " ") == expected)
    #expect(world.results.map(\.end) == [.completed])
    let syn = try #require(world.sent.first)
    #expect(syn.segment.options.maximumSegmentSize == 1460)
    #expect(world.sent.dropFirst().allSatisfy { $0.segment.seq.distance(from: syn.segment.seq) <= 2 })
  }

  @Test func timeStampsAreEchoedWhereAgreed() throws {
    var world = try BenchWorld(plan(count: 1), peer: BenchWorld.server())
    try world.run()
    #expect(world.sent[1].segment.options.timestamps?.echoReply == 9_000)
    let bare = BenchWorld.target(offer: SynOptions(timestamps: false))
    var plain = try BenchWorld(plan(count: 1), targets: [bare], peer: BenchWorld.server())
    try plain.run()
    #expect(plain.sent.allSatisfy { $0.segment.options.timestamps == nil })
    #expect(plain.results.map(\.end) == [.completed])
  }

  @Test func withoutKernelStampsTheClockIsTheUsers() throws {
    var world = try BenchWorld(plan(count: 1), peer: BenchWorld.server())
    world.stamps = false
    try world.run()
    #expect(world.results.first?.syn == Measurement(.milliseconds(1), clock: .user))
  }

  // MARK: Open loop

  @Test func whatCannotStartIsCounted() throws {
    // 10 ms apart, 35 ms each: four would be under way.
    var world = try BenchWorld(
      plan(.halfOpen) { $0.concurrency = 2 }, peer: BenchWorld.server(after: .milliseconds(35)))
    try world.run()
    let counts = world.engine.counts(of: 0)
    #expect(counts.started + counts.notStarted == 20)
    #expect(counts.started == 10)
    #expect(world.results.allSatisfy { $0.lateness == .zero }, "none is begun later instead")
  }

  @Test func aLateStartIsTold() throws {
    var world = try BenchWorld(plan(.halfOpen), peer: BenchWorld.server())
    world.pause = .milliseconds(45) ... .milliseconds(95)
    try world.run()
    #expect(world.engine.counts(of: 0).started == 20)
    let late = world.results.filter { $0.lateness > .zero }
    #expect(late.map(\.lateness) == [45, 35, 25, 15, 5].map { .milliseconds($0) })
    for result in late { #expect(result.sinceDue == result.lateness + .milliseconds(1)) }
    #expect(world.results.allSatisfy { $0.syn?.interval == .milliseconds(1) })
  }

  @Test func whatIsTooLateIsNotBegun() throws {
    var world = try BenchWorld(plan(.halfOpen), peer: BenchWorld.server())
    world.pause = .milliseconds(15) ... .milliseconds(1_065)
    try world.run()
    let counts = world.engine.counts(of: 0)
    #expect(counts.started + counts.notStarted == 20)
    #expect(counts.notStarted == 5, "due at 20 to 60 ms, and more than a second late")
  }

  @Test func theDurationEndsIt() throws {
    var world = try BenchWorld(
      plan(.halfOpen, count: nil) { $0.duration = .milliseconds(95) }, peer: BenchWorld.server())
    try world.run()
    #expect(world.engine.counts(of: 0).started == 10)
  }

  @Test func withoutPortsItMakesDo() throws {
    var world = try BenchWorld(plan(.halfOpen), peer: BenchWorld.server(after: .milliseconds(35)))
    world.mostPorts = 2
    try world.run()
    #expect(world.ports.count == 2)
    let counts = world.engine.counts(of: 0)
    #expect(counts.started + counts.notStarted == 20)
    #expect(counts.notStarted > 0)
  }

  @Test func targetsTakeTurns() throws {
    let targets = [BenchWorld.target(2), BenchWorld.target(3), BenchWorld.target(2, port: 81)]
    var world = try BenchWorld(plan(.halfOpen, count: 4), targets: targets, peer: BenchWorld.server())
    try world.run()
    let syns = world.sent.filter { $0.flags == .syn }
    #expect(syns.map(\.flow.remote) == (0..<12).map { targets[$0 % 3].remote })
    #expect((0..<3).allSatisfy { world.engine.counts(of: $0).started == 4 })
    #expect(world.ports.count == 1, "one port does towards different targets")
    #expect(syns[3].at == .milliseconds(10), "each at the rate")
  }

  // MARK: Ports

  /// The next connection of a port begins beyond everything that the one before used.
  @Test func initialNumbersRise() throws {
    var world = try BenchWorld(plan(rate: 10, count: 50), peer: BenchWorld.server())
    try world.run()
    #expect(world.ports.count == 1)
    var end: SequenceNumber?
    for packet in world.sent {
      if packet.flags == .syn, let end { #expect(end.precedes(packet.segment.seq)) }
      end = packet.segment.end
    }
  }

  @Test func aRepeatedFinIsAcknowledgedAfterTheEnd() throws {
    var world = try BenchWorld(plan(count: 1), peer: BenchWorld.server())
    try world.run()
    let last = try #require(world.sent.last)
    let before = world.sent.count
    let fin = Segment(seq: last.segment.acknowledgment - 1, ack: last.segment.seq, flags: .fin, wnd: 9)
    world.deliver(fin, to: last.flow)
    #expect(world.sent.count == before + 1)
    #expect(world.sent.last?.flags == .ack)
    world.deliver(Segment(seq: SequenceNumber(1), ack: SequenceNumber(2), flags: .syn), to: last.flow)
    #expect(world.sent.last?.flags == .rst, "CLOSED answers what is not ours")
    world.deliver(Segment(seq: SequenceNumber(1), flags: .rst), to: last.flow)
    #expect(world.sent.count == before + 2, "an RST is never answered")
  }

  @Test func anotherFinAfterTheEndIsReset() throws {
    var world = try BenchWorld(plan(count: 1), peer: BenchWorld.server())
    try world.run()
    let last = try #require(world.sent.last)
    for offset: UInt32 in [0, 1, 5] {
      let fin = Segment(seq: last.segment.acknowledgment + offset, ack: last.segment.seq, flags: .fin, wnd: 9)
      world.deliver(fin, to: last.flow)
      #expect(world.sent.last?.flags == .rst, "the peer's FIN was one before \(offset)")
    }
  }

  @Test(arguments: [(targets: 2, limit: 4), (3, 2)])
  func theLimitHoldsOverAllTargets(targets: Int, limit: Int) throws {
    let hosts: [UInt8] = [2, 3, 4]
    var world = try BenchWorld(
      plan(.halfOpen, count: 10) { $0.concurrency = limit },
      targets: hosts.prefix(targets).map { BenchWorld.target($0) }, peer: BenchWorld.silence)
    try world.run(until: .milliseconds(200))
    #expect(world.engine.underWay == limit)
    let started = (0..<targets).map { world.engine.counts(of: $0).started }
    #expect(started.reduce(0, +) == limit && started.allSatisfy { $0 <= max(1, limit / targets) }, "\(started)")
  }

  @Test("what is due as the duration ends does not begin", arguments: [(99, 10), (100, 10), (101, 11)])
  func theEndOfTheDuration(milliseconds: Int64, started: Int) throws {
    var world = try BenchWorld(
      plan(.halfOpen, count: nil) { $0.duration = .milliseconds(milliseconds) }, peer: BenchWorld.server())
    try world.run()
    #expect(world.engine.counts(of: 0).started == started)
  }
}
