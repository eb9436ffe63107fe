import Engines
import Handshake
import Path
import Testing
import Timebase
import Wire

/// Pairs against a peer in virtual time that ends each connection after so many octets.
@Suite struct OneWayEngineTests {
  private struct Connection {
    var next: SequenceNumber
    var ahead: [SequenceNumber] = []
    var octets: UInt32 = 0
  }

  private struct World {
    static let remote = Endpoint(.v4(IPv4Address(0xc633_6407)), 7)
    static let irs = SequenceNumber(500)
    var engine: OneWayEngine
    var now = Instant(nanoseconds: 1_000_000_000)
    var arrivals: [(at: Instant, octets: [UInt8])] = []
    var connections: [UInt16: Connection] = [:]
    var ports: UInt16 = 40_000
    var hasEnded = false
    /// After how many octets in order the peer resets.
    let limit: UInt32
    /// Every segment with data is lost with 10 %.
    var random: UInt64 = 1

    init(pairs: Int, limit: UInt32) {
      var plan = OneWayEngine.Plan()
      plan.pairs = pairs
      engine = OneWayEngine(plan, from: .v4(IPv4Address(0xc000_0201)), to: World.remote)
      self.limit = limit
    }

    var stamp: Stamp {
      let wall = WallTime(nanoseconds: now.nanoseconds)
      return Stamp(instant: now, wall: wall, kernel: wall)
    }

    mutating func run() {
      perform(engine.start(at: stamp))
      for _ in 0..<400_000 where !hasEnded {
        let due = engine.nextDeadline
        if let arrival = arrivals.first, due.map({ arrival.at <= $0 }) ?? true {
          arrivals.removeFirst()
          now = max(now, arrival.at)
          let packet = ReceivedPacket(arrival.octets.span.raw, framing: .inBand, mayBeUnfinished: false)
          perform(engine.receive(packet, at: stamp))
        } else if let due {
          now = max(now, due)
          perform(engine.expire(at: stamp))
        }
      }
    }

    mutating func perform(_ action: Action<OneWayEngine.Report>) {
      switch action {
      case .none, .done, .report(.connection, _): return
      case .report(.ended, _): hasEnded = true
      case .open(let slot, _, _):
        ports += 1
        engine.note(.opened(slot: slot, port: ports, seed: Seed(iss: UInt32(ports) << 12, timestamp: 7), at: stamp))
      case .send(let transmission):
        let flow = Flow(local: World.remote, remote: transmission.flow.local)
        guard let answer = answer(transmission.segment, transmission.flow.local.port),
          let octets = try? Crafting().packets(answer, flow: flow, ipFields: IPFields(hopLimit: 50))[0]
        else { return }
        arrivals.append((now + .milliseconds(1), octets))
      }
    }

    mutating func answer(_ segment: Segment, _ port: UInt16) -> Segment? {
      if segment.flags.contains(.syn) {
        connections[port] = Connection(next: segment.seq + 1)
        var options = TCPOptionList()
        options.appendSACKPermitted()
        return Segment(seq: World.irs, ack: segment.seq + 1, flags: .syn, wnd: 60_000, options: options)
      }
      guard segment.textLength > 0, var peer = connections[port] else { return nil }
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      if (random >> 33) % 10 == 0 { return nil }
      if peer.next.precedes(segment.seq) {
        peer.ahead.removeAll { $0 == segment.seq }
        peer.ahead.insert(segment.seq, at: 0)
      } else {
        let before = peer.next
        if peer.next.precedes(segment.end) { peer.next = segment.end }
        while peer.ahead.contains(peer.next) { peer.next += 1 }
        let next = peer.next
        peer.ahead.removeAll { !next.precedes($0) }
        peer.octets += peer.next.distance(from: before)
      }
      connections[port] = peer
      if peer.octets >= limit {
        connections[port] = nil
        return Segment(seq: World.irs + 1, flags: .rst)
      }
      var options = TCPOptionList()
      if !peer.ahead.isEmpty { options.append(.sack(peer.ahead.map { SACKBlock(left: $0, right: $0 + 1) })) }
      return Segment(seq: World.irs + 1, ack: peer.next, wnd: 60_000, options: options)
    }
  }

  @Test func aPeerThatEndsConnectionsIsLeftBeforeItDoes() {
    var world = World(pairs: 2_000, limit: 40)
    world.run()
    let counts = world.engine.counts
    #expect(world.hasEnded && counts.pairs == 2_000)
    // The four that were open, at most, until it was known how much the peer takes.
    #expect(world.engine.ends[.reset, default: 0] <= 4, "\(world.engine.ends)")
    #expect(world.engine.ends[.done, default: 0] >= 2_000 / 5 - 10)
    let (lost, sent) = (Double(counts.forwardLoss.count), Double(counts.forwardLoss.total))
    #expect(abs(lost / sent - 0.1) < 4 * (0.09 / sent).squareRoot(), "\(lost) of \(sent)")
  }

  @Test func aPeerThatTakesNoPairIsGivenUp() {
    var world = World(pairs: 100, limit: 1)
    world.run()
    #expect(world.hasEnded && world.engine.counts.pairs == 0 && world.engine.ends[.reset, default: 0] >= 3)
  }
}
