import Engines
import Handshake
import Testing
import Timebase
import Wire

/// How a run ends: stamps that are awaited, interrupts, deadlines, and never a busy loop.
@Suite struct EndingTests {
  @Test func stampsAreAwaitedForAMomentOnly() throws {
    var world = World(ConnectEngine(targets: [World.target()], schedule: Schedule()))
    world.stamps = .never
    try world.run()
    #expect(world.findings.map(\.at) == [.milliseconds(4)])
    #expect(world.findings.first?.finding.outcome?.measurement(of: .syn)?.clock == .user)
  }

  @Test func aStampThatComesInTimeEndsTheWait() throws {
    var world = World(ConnectEngine(targets: [World.target()], schedule: Schedule()))
    world.stamps = .after(.microseconds(1_500))
    try world.run()
    #expect(world.findings.map(\.at) == [.microseconds(3_500)])
    let outcome = try #require(world.findings.first?.finding.outcome)
    #expect(outcome.steps.allSatisfy { $0.measurement?.clock == .kernel })
  }

  @Test func tokensOfOldGenerationsAreIgnored() throws {
    var world = World(
      ConnectEngine(
        targets: [World.target { $0.mode = .halfOpen }], schedule: Schedule(count: 2, interval: .milliseconds(10))))
    try world.run(until: .milliseconds(5))
    let old = try #require(world.sent.first?.transmission.token)
    world.peer = World.silence
    try world.run(until: .milliseconds(15))
    let new = try #require(world.sent.last?.transmission.token)
    #expect(old.slot == new.slot && old.number == new.number && old.generation != new.generation)
    let stamp = Stamp(instant: world.now, wall: World.wall)
    world.engine.note(.failed(old, .noRoute))
    world.engine.note(.departed(old, at: stamp))
    world.engine.note(.transmitted(old, kernel: World.wall))
    world.engine.note(.failed(Token(slot: 99, generation: 1, number: 0), .noRoute))
    try world.run()
    #expect(world.findings.count == 2)
    #expect(world.findings.last?.finding.outcome?.reason == .noResponse)
    #expect(world.findings.last?.finding.outcome?.started == World.wall + .milliseconds(10))
  }

  @Test func anInterruptSendsTheResetThatIsOwed() throws {
    var world = World(
      ConnectEngine(targets: [World.target { $0.confirm = true }], schedule: Schedule(count: nil)))
    try world.run(until: .milliseconds(500))
    #expect(world.sent.count == 4)
    world.interrupt()
    try world.run()
    #expect(world.isDone && world.elapsed == .milliseconds(500))
    #expect(world.sent.count == 5 && world.sent.last?.flags == .rst)
    let outcome = try #require(world.findings.first?.finding.outcome)
    #expect(outcome.verdict == .open && outcome.ending == .rst)
  }

  @Test func whatIsUndecidedAtTheInterruptHasNoOutcome() throws {
    var world = World(ConnectEngine(targets: [World.target(), World.target(3)], schedule: Schedule(count: nil)))
    world.peer = World.silence
    try world.run(until: .milliseconds(500))
    world.interrupt()
    try world.run()
    #expect(world.isDone && world.sent.count == 2)
    #expect(world.findings.map { $0.finding.outcome == nil } == [true, true])
  }

  @Test func whatEndsAtTheInterruptStillAwaitsItsStamps() throws {
    var world = World(ConnectEngine(targets: [World.target { $0.mode = .halfOpen }], schedule: Schedule()))
    world.stamps = .after(.milliseconds(2))
    try world.run(until: .microseconds(1_100))
    world.interrupt()
    try world.run()
    #expect(world.findings.first?.finding.outcome?.measurement(of: .syn)?.clock == .kernel)
  }

  @Test func theDeadlineEndsEverything() throws {
    var world = World(
      ConnectEngine(
        targets: [World.target()], schedule: Schedule(count: nil, interval: .seconds(2), deadline: .seconds(5))))
    world.peer = World.silence
    try world.run()
    #expect(world.isDone && world.elapsed == .seconds(5))
    #expect(world.opened.map(\.at) == [.zero, .seconds(2), .seconds(4)])
    #expect(world.findings.count == 3)
  }

  @Test func afterTheEndItStaysDone() throws {
    var world = World(ConnectEngine(targets: [World.target()], schedule: Schedule()))
    try world.run()
    let stamp = Stamp(instant: world.now, wall: World.wall)
    for _ in 0..<3 {
      guard case .done = world.engine.expire(at: stamp) else {
        Issue.record("not done")
        return
      }
    }
    #expect(try #require(world.engine.nextDeadline) <= world.now)
  }

  @Test func durationsOfDecadesDoNotTrap() throws {
    let forever = Interval(nanoseconds: .max)
    var world = World(
      ConnectEngine(
        targets: [World.target { $0.retries = 0 }, World.target(3)],
        schedule: Schedule(count: 3, interval: forever, deadline: forever)))
    try world.run(until: .seconds(10))
    #expect(world.findings.count == 2 && !world.isDone)
    world.interrupt()
    try world.run()
    #expect(world.isDone)
  }

  static let peers: [(name: String, peer: World.Peer)] = [
    ("server", World.server(after: .milliseconds(1))), ("refusing", World.refusing(after: .milliseconds(1))),
    ("silence", World.silence),
    // Says nothing but a SYN-ACK, twice.
    (
      "half-open",
      { transmission in
        guard transmission.segment.flags == .syn else { return [] }
        let answer = Segment(seq: SequenceNumber(7), ack: transmission.segment.end, flags: .syn, wnd: 0)
        return [(.milliseconds(1), answer), (.seconds(1), answer)]
      }
    ),
    // Acknowledges whatever it gets, and never closes.
    (
      "talkative",
      { transmission in
        let segment = transmission.segment
        let flags: TCPFlags = segment.flags.contains(.syn) ? .syn : []
        let seq = flags == .syn ? SequenceNumber(7) : SequenceNumber(8)
        return segment.len == 0 ? [] : [(.zero, Segment(seq: seq, ack: segment.end, flags: flags, wnd: 3))]
      }
    ),
  ]

  @Test(arguments: 0..<peers.count, [CloseManner.fin, .rst, .none])
  func neverABusyLoop(peer: Int, close: CloseManner) throws {
    for confirm in [false, true] {
      for count in [0, 300] {
        let target = World.target {
          $0.confirm = confirm
          $0.close = close
          $0.data = [UInt8](repeating: 0x61, count: count)
        }
        var world = World(
          ConnectEngine(targets: [target, target], schedule: Schedule(count: 2, interval: .milliseconds(300))))
        world.peer = EndingTests.peers[peer].peer
        world.stamps = .after(.microseconds(50))
        try world.run(until: .seconds(50_000))
        #expect(world.isDone && world.findings.count == 4, "\(EndingTests.peers[peer].name)")
        #expect(world.findings.allSatisfy { $0.finding.outcome != nil })
        // Every connection may wait for its stamps, and pass from one stage to the next, without a packet.
        #expect(world.idleTurns <= 4 * 6, "\(world.idleTurns) turns that led to nothing")
      }
    }
  }
}
