import Engines
import Handshake
import Testing
import Timebase
import Wire

/// A network in virtual time around one engine: it does what the event loop does, and peers answer by a rule.
struct World {
  /// What a packet of ours is answered by, each answer after its delay.
  typealias Peer = @Sendable (Transmission) -> [(after: Interval, segment: Segment)]

  /// When the kernel says that a packet has left.
  enum KernelStamps {
    case prompt
    case after(Interval)
    case never
  }

  /// A packet that went out, and when.
  struct Departure {
    var at: Interval
    var transmission: Transmission
    var flags: TCPFlags { transmission.segment.flags }
  }

  private enum Event {
    case arrival([UInt8])
    case stamp(Token, WallTime)
  }

  var engine: ConnectEngine
  var stamps = KernelStamps.prompt
  /// Who answers.
  var peer: Peer = World.server(after: .milliseconds(1))
  /// Which packets have no route.
  var hasRoute: (Transmission) -> Bool = { _ in true }

  private(set) var sent: [Departure] = []
  private(set) var findings: [(at: Interval, finding: ConnectEngine.Finding)] = []
  private(set) var opened: [(at: Interval, slot: Int, port: UInt16)] = []
  private(set) var isDone = false
  /// How often `expire(at:)` was called, and how often that led to nothing.
  private(set) var turns = 0
  private(set) var idleTurns = 0
  /// The most ports that were reserved at once.
  private(set) var mostPorts = 0

  private var queue: [(at: Instant, order: Int, event: Event)] = []
  private var order = 0
  private var ports: Set<Int> = []
  private var nextPort: UInt16 = 50_000
  private(set) var now = World.start

  static let start = Instant(nanoseconds: 1_000_000_000_000)
  static let wall = WallTime(nanoseconds: 1_700_000_000_000_000_000)

  init(_ engine: ConnectEngine) { self.engine = engine }

  var elapsed: Interval { now - World.start }

  private var stamp: Stamp { Stamp(instant: now, wall: World.wall + elapsed) }

  /// Runs until the engine is done, or no later than a moment after the start.
  mutating func run(until end: Interval = .seconds(100_000)) throws {
    if turns == 0 { perform(engine.start(at: stamp)) }
    turns += 1
    while !isDone {
      try catchUp()
      let next = [engine.nextDeadline, queue.first?.at].compactMap(\.self).min()
      guard !isDone, let next, next - World.start <= end else { break }
      now = max(now, next)
      while let first = queue.first, first.at <= now {
        queue.removeFirst()
        happen(first.event)
      }
    }
    if !isDone { now = max(now, World.start + end) }
  }

  mutating func interrupt() { engine.interrupt(at: stamp) }

  /// A packet from anywhere, at once.
  mutating func deliver(_ octets: [UInt8]) { happen(.arrival(octets)) }

  /// Does all that is due, one thing at a time, as the loop does, and counts the turns that lead to nothing.
  private mutating func catchUp() throws {
    var idle = 0
    while !isDone, let due = engine.nextDeadline, due <= now {
      turns += 1
      let action = engine.expire(at: stamp)
      if case .none = action {
        idle += 1
        idleTurns += 1
      } else {
        idle = 0
      }
      perform(action)
      // Each connection may once begin to wait for a stamp or move its plan on without a packet.
      try #require(idle <= 2 * ConnectEngine.concurrency, "a busy loop at \(elapsed)")
    }
  }

  private mutating func happen(_ event: Event) {
    switch event {
    case .stamp(let token, let wall): engine.note(.transmitted(token, kernel: wall))
    case .arrival(let octets):
      var stamp = stamp
      stamp.kernel = World.wall + elapsed
      perform(engine.receive(ReceivedPacket(octets.span.raw, framing: .inBand, mayBeUnfinished: false), at: stamp))
    }
  }

  private mutating func perform(_ action: Action<ConnectEngine.Finding>) {
    switch action {
    case .none: break
    case .done: isDone = true
    case .report(let finding, let slot):
      if let slot { ports.remove(slot) }
      findings.append((elapsed, finding))
    case .open(let slot, _, let port):
      ports.insert(slot)
      mostPorts = max(mostPorts, ports.count)
      if port == 0 { nextPort += 1 }
      let reserved = port == 0 ? nextPort : port
      opened.append((elapsed, slot, reserved))
      perform(engine.note(.opened(slot: slot, port: reserved, seed: Seed(iss: 1_000, timestamp: 0), at: stamp)))
    case .send(let transmission): send(transmission)
    }
  }

  private mutating func send(_ transmission: Transmission) {
    guard hasRoute(transmission) else {
      engine.note(.failed(transmission.token, .noRoute))
      return
    }
    sent.append(Departure(at: elapsed, transmission: transmission))
    engine.note(.departed(transmission.token, at: stamp))
    switch stamps {
    case .prompt: engine.note(.transmitted(transmission.token, kernel: stamp.wall))
    case .after(let delay): put(.stamp(transmission.token, stamp.wall), after: delay)
    case .never: break
    }
    for answer in peer(transmission) {
      put(.arrival(World.packet(answer.segment, of: transmission.flow)), after: answer.after)
    }
  }

  private mutating func put(_ event: Event, after delay: Interval) {
    order += 1
    queue.append((now + delay, order, event))
    queue.sort { ($0.at, $0.order) < ($1.at, $1.order) }
  }
}

// MARK: Peers

extension World {
  /// The octets of a segment from the other end of a flow of ours.
  static func packet(_ segment: Segment, of flow: Flow) -> [UInt8] {
    let text = [UInt8](repeating: 0x78, count: segment.textLength)
    var buffer = FrameBuffer()
    let back = Flow(local: flow.remote, remote: flow.local)
    let count = try? buffer.build { out throws(WireError) in
      try PacketAssembly.write(segment, flow: back, text: text.span.raw, ipFields: IPFields(), into: &out)
    }
    let octets = buffer.view(first: count ?? 0)
    return (0..<octets.byteCount).map { octets.octet(at: $0) }
  }

  /// A server that accepts, and closes once we do.
  static func server(after delay: Interval) -> Peer {
    { transmission in
      let segment = transmission.segment
      if segment.flags.contains(.syn) {
        return [(delay, Segment(seq: SequenceNumber(7_000), ack: segment.end, flags: .syn, wnd: 65_535))]
      }
      guard segment.flags.contains(.fin) else { return [] }
      return [(delay, Segment(seq: segment.acknowledgment, ack: segment.end, flags: .fin, wnd: 65_535))]
    }
  }

  /// A host where nothing listens.
  static func refusing(after delay: Interval) -> Peer {
    { [(delay, Segment(seq: SequenceNumber(0), ack: $0.segment.end, flags: .rst))] }
  }

  /// Nobody.
  static let silence: Peer = { _ in [] }

  static func target(_ host: UInt8 = 2, port: UInt16 = 80, _ change: (inout Plan) -> Void = { _ in })
    -> ConnectEngine.Target
  {
    var plan = Plan()
    plan.offer = SynOptions(maximumSegmentSize: 1460, windowScale: nil, sack: false, timestamps: false)
    change(&plan)
    return ConnectEngine.Target(
      source: .v4(IPv4Address(192, 0, 2, 1)), remote: Endpoint(.v4(IPv4Address(192, 0, 2, host)), port), plan: plan)
  }
}
