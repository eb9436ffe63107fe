import HTTP
import Handshake
import Repeatable
import Testing
import Timebase
import Wire

@testable import Engines

/// Whatever peers do, no engine holds a connection beyond its bound, and each says when it wants to be looked at again.
@Suite("Every wait has an end") struct PatienceTests {
  /// How a peer answers, or what it says of its own accord, so that a connection lasts.
  enum Tactic: CaseIterable {
    case silence, drip, dripUnacknowledged, noRoom, keepAlive, finOnly, random

    func segment(next: SequenceNumber, acknowledged: SequenceNumber, sent: SequenceNumber, _ random: inout Random)
      -> Segment?
    {
      switch self {
      case .silence: nil
      case .drip: Segment(seq: next, ack: sent, flags: .psh, wnd: 65_535, textLength: 1)
      case .dripUnacknowledged: Segment(seq: next, ack: acknowledged, flags: .psh, wnd: 65_535, textLength: 1)
      case .noRoom: Segment(seq: next, ack: acknowledged, wnd: 0)
      case .keepAlive: Segment(seq: next - 1, ack: sent, wnd: 65_535)
      case .finOnly: Segment(seq: next, ack: acknowledged, flags: .fin, wnd: 0)
      case .random:
        Tactic.allCases.dropLast().randomElement(using: &random)?.segment(
          next: next, acknowledged: acknowledged, sent: sent, &random)
      }
    }
  }

  /// A server for `probe http` that opens and then does as it likes, by answers and by itself.
  @Test(arguments: Tactic.allCases, Repeatable.Seed.several)
  func http(_ tactic: Tactic, seed: Repeatable.Seed) throws {
    var random = Random(seed)
    for _ in 0..<10 {
      let limit = Interval.seconds([1, 60].randomElement(using: &random) ?? 60)
      var job = HTTPEngine.Job(
        HTTPRequest(try HTTPURL(parsing: "http://192.0.2.2/"), agent: "test"), visits: [3, 1])
      job.lifetime = limit
      job.isPipelined = Bool.random(using: &random)
      let wait = Interval.milliseconds([100, 5_000].randomElement(using: &random) ?? 100)
      var match = Match(HTTPEngine(target: World.target { $0.wait = wait }, job: job))
      try match.run(tactic, start: "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n", &random)
      #expect(match.isDone && match.reports == 2, "\(tactic) holds \(match.reports) connections")
      #expect(match.elapsed <= limit * 2 + .milliseconds(10), "\(match.elapsed)")
    }
  }

  /// The same for the default verb's engine, with more probes than the target has places.
  @Test(arguments: Tactic.allCases, Repeatable.Seed.several)
  func connect(_ tactic: Tactic, seed: Repeatable.Seed) throws {
    var random = Random(seed)
    for _ in 0..<10 {
      let plan = World.target {
        $0.wait = .milliseconds(500)
        $0.data = [UInt8](repeating: 0x61, count: [0, 3_000].randomElement(using: &random) ?? 0)
        $0.confirm = Bool.random(using: &random)
      }
      var match = Match(ConnectEngine(targets: [plan], schedule: Schedule(count: 1)))
      try match.run(tactic, start: "", &random)
      #expect(match.isDone && match.reports == 1)
      // Handshake, confirmation, the data's own minute, the answer, our FIN and the peer's.
      #expect(match.elapsed <= .seconds(60) + Interval.milliseconds(3_500) * 5 + .milliseconds(500), "\(match.elapsed)")
    }
  }

  /// Clients of `probe listen`, which has a connection for each: all gone in the time that idle ones have, or all do.
  @Test(arguments: Tactic.allCases, [Service.accept, .echo, .http])
  func listen(_ tactic: Tactic, _ service: Service) throws {
    for seed in Repeatable.Seed.several {
      var random = Random(seed)
      var world = ListenWorld(
        service, plan: { $0.retries = 2 },
        limits: {
          $0.idle = .seconds(10)
          $0.lifetime = .seconds(60)
        })
      var next: [SequenceNumber] = []
      var numbers: [SequenceNumber] = []
      for port: UInt16 in 1...10 {
        numbers.append(try world.open(from: Endpoint(ListenWorld.client.address, port)))
        next.append(ListenWorld.irs + 1)
      }
      let began = world.elapsed
      while world.engine.size > 0, world.elapsed - began < .seconds(100) {
        #expect(world.engine.nextDeadline != nil, "hangs")
        for index in 0..<10 {
          let sent = numbers[index] + 1 + UInt32.random(in: 0...1, using: &random)
          guard let segment = tactic.segment(next: next[index], acknowledged: numbers[index] + 1, sent: sent, &random)
          else { continue }
          let text = [UInt8](repeating: 0x41, count: segment.textLength)
          world.receive(segment, text: text, from: Endpoint(ListenWorld.client.address, UInt16(index + 1)))
          next[index] = next[index] + UInt32(segment.textLength)
        }
        world.pass(.milliseconds(Int64.random(in: 100...3_000, using: &random)))
      }
      // A lifetime, and what a client that does not close is given.
      #expect(world.engine.size == 0 && world.elapsed - began <= .seconds(75), "\(tactic) with \(service)")
    }
  }

  @Test("one target's connections never take the places of others") func shares() throws {
    // The first never closes and the second is an ordinary server; both are probed a hundred times a second.
    var world = World(
      ConnectEngine(
        targets: [World.target(2), World.target(3)], schedule: Schedule(count: nil, interval: .milliseconds(10))))
    let server = World.server(after: .milliseconds(1))
    world.peer = { transmission in
      guard transmission.flow.remote.address == .v4(IPv4Address(192, 0, 2, 2)) else { return server(transmission) }
      let segment = transmission.segment
      guard segment.len > 0 else { return [] }
      let isSyn = segment.flags.contains(.syn)
      let seq = isSyn ? SequenceNumber(7_000) : segment.acknowledgment
      return [(.milliseconds(1), Segment(seq: seq, ack: segment.end, flags: isSyn ? .syn : [], wnd: 65_535))]
    }
    try world.run(until: .seconds(20))
    let (first, second) = (
      world.findings.filter { $0.finding.target == 0 }, world.findings.filter { $0.finding.target == 1 }
    )
    #expect(second.allSatisfy { !$0.finding.isLeftOut && $0.finding.putOff == 0 })
    #expect((1_995...2_001).contains(second.count), "every one of its probes: \(second.count)")
    let probed = first.filter { !$0.finding.isLeftOut }.count
    #expect(first.contains { $0.finding.isLeftOut } && probed > 128 && probed < 600, "\(probed)")
    #expect(world.mostPorts <= 130)
    #expect(Set(first.map(\.finding.sequence)).count == first.count, "each turn is told once")
  }

  @Test("nor does one that holds the source port that was asked for") func sharedPort() throws {
    var world = World(
      ConnectEngine(
        targets: [World.target(2), World.target(3)], schedule: Schedule(count: nil, interval: .seconds(1)),
        sourcePort: 40_000))
    let server = World.server(after: .milliseconds(1))
    world.peer = { $0.flow.remote.address == .v4(IPv4Address(192, 0, 2, 2)) ? [] : server($0) }
    try world.run(until: .milliseconds(20_500))
    let counts = [0, 1].map { target in world.findings.filter { $0.finding.target == target && !$0.finding.isLeftOut } }
    #expect(counts[1].count == 21 && counts[1].allSatisfy { $0.finding.outcome?.verdict == .open })
    #expect((2...3).contains(counts[0].count), "seven seconds each: \(counts[0].count)")
  }

  @Test func room() {
    #expect(Room(for: 1, count: nil) == Room(for: 1, count: 5))
    for (targets, count, places, share) in [
      (1, nil, 256, 256), (2, nil, 256, 128), (100, 3, 800, 8), (1_000, nil, 4_096, 4), (65_535, nil, 4_096, 1),
      (65_535, 1, 256, 1), (0, nil, 256, 256),
    ] as [(Int, Int?, Int, Int)] {
      let room = Room(for: targets, count: count)
      #expect((room.places, room.share) == (places, share))
    }
    for (targets, descriptors, places, share) in [
      (40, 3, 3, 1), (2, 100, 100, 50), (1, 1_000, 256, 256), (5, -4, 1, 1),
    ] {
      let room = Room(for: targets, count: nil, descriptors: descriptors)
      #expect((room.places, room.share) == (places, share))
    }
    let room = Room(for: 4, count: nil)
    #expect(room.allows(100, of: 127) && !room.allows(64, of: 128) && room.allows(63, of: 255))
  }
}

/// The loop in virtual time around an engine with one connection at a time, against a peer with a tactic.
private struct Match<E: Engine> {
  private var engine: E
  private(set) var isDone = false
  private(set) var reports = 0
  private var now = World.start
  private var flow: Flow?
  private var next = SequenceNumber(7_001)
  private var (una, sent) = (SequenceNumber(0), SequenceNumber(0))
  private var isOpen = false
  private var greeting: [UInt8] = []

  init(_ engine: E) { self.engine = engine }

  var elapsed: Interval { now - World.start }
  private var stamp: Stamp { Stamp(instant: now, wall: World.wall + elapsed) }

  mutating func run(_ tactic: PatienceTests.Tactic, start: String, _ random: inout Random) throws {
    greeting = Array(start.utf8)
    perform(engine.start(at: stamp))
    var idle = 0
    while !isDone, elapsed < .seconds(1_000) {
      let due = try #require(engine.nextDeadline, "nothing is ever due at \(elapsed)")
      let says = now + .milliseconds(Int64.random(in: 1...2_000, using: &random))
      if isOpen, says < due, let segment = tactic.segment(next: next, acknowledged: una, sent: sent, &random) {
        now = says
        deliver(segment, text: [UInt8](repeating: 0x41, count: segment.textLength))
        next = next + UInt32(segment.textLength)
        continue
      }
      idle = due <= now ? idle + 1 : 0
      try #require(idle < 1_000, "a busy loop at \(elapsed)")
      now = max(now, due)
      perform(engine.expire(at: stamp))
    }
  }

  private mutating func deliver(_ segment: Segment, text: [UInt8] = []) {
    guard let flow else { return }
    let octets = ListenWorld.packet(segment, text: text, flow: Flow(local: flow.remote, remote: flow.local))
    perform(engine.receive(ReceivedPacket(octets.span.raw, framing: .inBand, mayBeUnfinished: false), at: stamp))
  }

  private mutating func perform(_ action: Action<E.Report>) {
    switch action {
    case .none: break
    case .done: isDone = true
    case .open(let slot, _, _):
      (isOpen, next) = (false, SequenceNumber(7_001))
      perform(engine.note(.opened(slot: slot, port: 50_000, seed: Seed(iss: 1_000, timestamp: 0), at: stamp)))
    case .report(_, let slot):
      // Content has no slot.
      if slot != nil { (reports, isOpen) = (reports + 1, false) }
    case .send(let transmission):
      flow = transmission.flow
      sent = transmission.segment.end
      engine.note(.departed(transmission.token, at: stamp))
      engine.note(.transmitted(transmission.token, kernel: stamp.wall))
      guard transmission.segment.flags == .syn, !isOpen else { return }
      (isOpen, una) = (true, sent)
      deliver(Segment(seq: next - 1, ack: sent, flags: .syn, wnd: 65_535))
      guard !greeting.isEmpty else { return }
      var segment = Segment(seq: next, ack: sent, wnd: 65_535, textLength: greeting.count)
      segment.flags.insert(.psh)
      deliver(segment, text: greeting)
      next = segment.end
    }
  }
}
