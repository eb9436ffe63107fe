import Engines
import Handshake
import Testing
import Timebase
import Wire

/// The default verb on a virtual network.
@Suite struct ConnectEngineTests {
  @Test func oneConnectionFromStartToEnd() throws {
    var world = World(ConnectEngine(targets: [World.target()], schedule: Schedule()))
    try world.run()
    #expect(world.isDone)
    #expect(world.sent.map(\.flags) == [.syn, .ack, [.fin, .ack], .ack])
    let finding = try #require(world.findings.first?.finding)
    #expect(world.findings.count == 1 && finding.target == 0 && finding.sequence == 1)
    let outcome = try #require(finding.outcome)
    #expect(outcome.verdict == .open && outcome.ending == .fin)
    #expect(outcome.measurement(of: .syn) == Measurement(.milliseconds(1), clock: .kernel))
    #expect(outcome.log.entries.count == 6)
    #expect(world.engine.strays == 0)
    #expect(world.elapsed == .milliseconds(2))
  }

  @Test("each target's packets have the IP fields of its own plan") func ipFields() throws {
    let fields = [IPFields(hopLimit: 3, trafficClass: 8), IPFields(hopLimit: 255)]
    let targets = [World.target(2) { $0.ipFields = fields[0] }, World.target(3) { $0.ipFields = fields[1] }]
    var world = World(ConnectEngine(targets: targets, schedule: Schedule()))
    try world.run()
    for (target, fields) in zip(targets, fields) {
      let sent = world.sent.filter { $0.transmission.flow.remote == target.remote }
      #expect(!sent.isEmpty && sent.allSatisfy { $0.transmission.ipFields == fields })
    }
  }

  @Test func theScheduleDoesNotDrift() throws {
    // Answers take a third of the interval; every probe still begins on its own tick.
    var world = World(
      ConnectEngine(
        targets: [World.target { $0.mode = .halfOpen }],
        schedule: Schedule(count: 50, interval: .milliseconds(30))))
    world.peer = World.server(after: .milliseconds(10))
    try world.run()
    #expect(world.opened.map(\.at) == (0..<50).map { .milliseconds(30) * $0 })
    #expect(world.findings.map(\.finding.sequence) == Array(1...50))
    #expect(world.isDone)
  }

  @Test func aSlowAnswerDoesNotDelayTheNextProbe() throws {
    var world = World(
      ConnectEngine(
        targets: [World.target { $0.mode = .halfOpen }], schedule: Schedule(count: 3, interval: .milliseconds(100))))
    world.peer = World.server(after: .milliseconds(250))
    try world.run()
    #expect(world.opened.map(\.at) == [.zero, .milliseconds(100), .milliseconds(200)])
    #expect(world.findings.map(\.at) == [.milliseconds(250), .milliseconds(350), .milliseconds(450)])
  }

  /// A target whose name is being looked up keeps the run from its end, and nothing else.
  @Test func targetsJoin() throws {
    var late = World.target(3)
    late.standing = .awaited
    var never = World.target(4)
    never.standing = .awaited
    var absent = World.target(5)
    absent.standing = .absent
    var world = World(
      ConnectEngine(
        targets: [World.target(2), late, never, absent], schedule: Schedule(count: 2, interval: .milliseconds(100))))
    try world.run(until: .milliseconds(500))
    #expect(!world.isDone && world.findings.map(\.finding.target) == [0, 0])
    world.engine.join(1, as: World.target(3), at: world.now)
    try world.run(until: .seconds(1))
    #expect(!world.isDone && world.findings.map(\.finding.target) == [0, 0, 1, 1])
    #expect(world.opened.last?.at == .milliseconds(600))
    world.engine.dismiss(2)
    world.engine.dismiss(2)
    try world.run()
    #expect(world.isDone && world.findings.count == 4)
    #expect(world.findings.suffix(2).map(\.finding.sequence) == [1, 2])
  }

  @Test func anAwaitedTargetEndsWithTheDeadline() throws {
    for isInterrupted in [false, true] {
      var late = World.target(3)
      late.standing = .awaited
      var world = World(
        ConnectEngine(targets: [late], schedule: Schedule(deadline: isInterrupted ? nil : .milliseconds(700))))
      try world.run(until: .milliseconds(500))
      #expect(!world.isDone)
      if isInterrupted { world.interrupt() }
      try world.run()
      #expect(world.isDone && world.findings.isEmpty)
      #expect(world.elapsed == .milliseconds(isInterrupted ? 500 : 700))
    }
  }

  @Test func targetsAreInterleaved() throws {
    var world = World(
      ConnectEngine(
        targets: [World.target(2), World.target(3), World.target(4)],
        schedule: Schedule(count: 2, interval: .milliseconds(100))))
    try world.run()
    #expect(
      world.opened.map(\.at) == [0, 5, 10, 100, 105, 110].map { .milliseconds($0) })
    let order = world.sent.filter { $0.flags == .syn }.map { "\($0.transmission.flow.remote.address)" }
    #expect(order.map { String($0.suffix(1)) } == ["2", "3", "4", "2", "3", "4"])
    #expect(world.findings.map { [$0.finding.target, $0.finding.sequence] }.sorted { $0[1] < $1[1] }.count == 6)
    for target in 0..<3 {
      #expect(world.findings.filter { $0.finding.target == target }.map(\.finding.sequence) == [1, 2])
    }
  }

  @Test func aShortIntervalIsSharedByManyTargets() throws {
    let targets = (2..<12).map { World.target($0) }
    var world = World(ConnectEngine(targets: targets, schedule: Schedule(count: 1, interval: .milliseconds(10))))
    try world.run()
    #expect(world.opened.map(\.at) == (0..<10).map { .milliseconds($0) })
  }

  @Test func noMoreConnectionsAtOnceThanTheCap() throws {
    var world = World(
      ConnectEngine(
        targets: [World.target { $0.mode = .halfOpen }], schedule: Schedule(count: 1_000, interval: .zero)))
    world.peer = World.server(after: .milliseconds(500))
    try world.run()
    #expect(world.mostPorts == ConnectEngine.concurrency)
    #expect(world.findings.count { $0.finding.outcome != nil } == 1_000)
    #expect(world.findings.map(\.finding.putOff).filter { $0 > 0 } == [244, 244, 244], "and what was put off is told")
    // Four rounds of 256 places, a probe a millisecond in each, and nobody waits longer than that.
    let last: Int64 = 3 * 500 + (1_000 - 3 * 256 - 1)
    #expect(world.elapsed == .milliseconds(last + 500))
    #expect(Set(world.opened.map(\.slot)).count == ConnectEngine.concurrency)
  }

  @Test func aSourcePortThatWasAskedForServesOneAtATime() throws {
    var world = World(
      ConnectEngine(
        targets: [World.target { $0.mode = .halfOpen }], schedule: Schedule(count: 4, interval: .milliseconds(10)),
        sourcePort: 40_000))
    world.peer = World.server(after: .milliseconds(25))
    try world.run()
    #expect(world.opened.map(\.at) == [0, 25, 50, 75].map { .milliseconds($0) })
    #expect(world.opened.allSatisfy { $0.port == 40_000 })
    #expect(world.mostPorts == 1)
  }

  @Test func noRouteIsReportedWithoutAPort() throws {
    var unroutable = World.target()
    unroutable.source = nil
    var world = World(ConnectEngine(targets: [unroutable, World.target(3)], schedule: Schedule(count: 2)))
    try world.run()
    #expect(world.opened.count == 2 && world.findings.count == 4)
    let reasons = world.findings.filter { $0.finding.target == 0 }.map { $0.finding.outcome?.reason }
    #expect(reasons == [.noRoute, .noRoute])
    #expect(world.isDone)
  }

  @Test func aRouteThatIsGoneEndsTheConnection() throws {
    var world = World(ConnectEngine(targets: [World.target()], schedule: Schedule()))
    world.hasRoute = { _ in false }
    try world.run()
    let outcome = try #require(world.findings.first?.finding.outcome)
    #expect(outcome.verdict == .unreachable && outcome.reason == .noRoute && outcome.state == .closed)
    #expect(outcome.started == World.wall)
  }

  /// The slot is named with the result: who knows the cause finds it by that.
  @Test func whatCannotBeSentIsAResult() throws {
    var engine = ConnectEngine(targets: [World.target(), World.target(3)], schedule: Schedule())
    let now = Stamp(instant: World.start, wall: World.wall)
    guard case .open(let slot, _, _) = engine.start(at: now) else {
      Issue.record("a port is asked for")
      return
    }
    guard case .report(let finding, slot) = engine.note(.unreserved(slot: slot, at: now)) else {
      Issue.record("no port is a result")
      return
    }
    #expect((finding.outcome?.verdict, finding.outcome?.reason) == (.unreachable, .notSent))
    #expect(finding.outcome?.finds(.unreachable) == false, "nothing was found")
    let later = Stamp(instant: World.start + .milliseconds(5), wall: World.wall)
    guard case .open(let next, _, _) = engine.expire(at: later),
      case .send(let packet) = engine.note(
        .opened(slot: next, port: 50_000, seed: Seed(iss: 1, timestamp: 1), at: later))
    else {
      Issue.record("the other target goes on")
      return
    }
    engine.note(.failed(packet.token, .notSent))
    guard case .report(let refused, _) = engine.expire(at: later) else {
      Issue.record("what was refused has ended")
      return
    }
    #expect((refused.target, refused.outcome?.reason) == (1, .notSent))
    guard case .done = engine.expire(at: later) else {
      Issue.record("both have ended")
      return
    }
  }

  @Test func aTargetThatMovesIsProbedThereFromThenOn() throws {
    var world = World(
      ConnectEngine(targets: [World.target(2)], schedule: Schedule(count: 3, interval: .milliseconds(100))))
    world.peer = World.silence
    try world.run(until: .milliseconds(50))
    world.engine.retarget(0, to: World.target(3))
    world.engine.retarget(1, to: World.target(4))
    try world.run()
    let moved = World.target(3).remote
    #expect(world.findings.map { $0.finding.outcome?.flow.remote } == [World.target(2).remote, moved, moved])
    #expect(world.findings.map(\.finding.sequence) == [1, 2, 3])
  }

  @Test func silenceIsReportedAfterAllTransmissions() throws {
    var world = World(ConnectEngine(targets: [World.target()], schedule: Schedule()))
    world.peer = World.silence
    try world.run()
    #expect(world.sent.map(\.at) == [.zero, .seconds(1), .seconds(3)])
    #expect(world.elapsed == .seconds(7))
    #expect(world.findings.first?.finding.outcome?.reason == .noResponse)
  }

  @Test func nothingToDoIsDoneAtOnce() throws {
    for engine in [
      ConnectEngine(targets: [], schedule: Schedule(count: nil)),
      ConnectEngine(targets: [World.target()], schedule: Schedule(count: 0)),
      ConnectEngine(targets: [World.target()], schedule: Schedule(deadline: .zero)),
    ] {
      var world = World(engine)
      try world.run()
      #expect(world.isDone && world.sent.isEmpty && world.findings.isEmpty)
    }
  }

  @Test func packetsOfOtherFlowsAreStrays() throws {
    var world = World(ConnectEngine(targets: [World.target { $0.mode = .halfOpen }], schedule: Schedule()))
    world.peer = World.silence
    try world.run(until: .milliseconds(500))
    let flow = try #require(world.sent.first?.transmission.flow)
    let answer = Segment(seq: SequenceNumber(1), ack: SequenceNumber(1_001), flags: .syn)
    var other = flow
    other.local.port += 1
    world.deliver(World.packet(answer, of: other))
    world.deliver([0x45, 0])
    var corrupted = World.packet(answer, of: flow)
    corrupted[corrupted.count - 1] ^= 1
    world.deliver(corrupted)
    #expect(world.engine.strays == 2)
    world.deliver(World.packet(answer, of: flow))
    try world.run()
    let outcome = try #require(world.findings.first?.finding.outcome)
    #expect(outcome.verdict == .open && outcome.counters.invalid == 1)
    #expect(outcome.log.entries.compactMap(\.refusal) == [.badChecksum])
    #expect(outcome.hopLimit == 64)
  }
}
