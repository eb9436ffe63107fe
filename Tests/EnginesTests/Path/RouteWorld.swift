import Engines
import Handshake
import Path
import Timebase
import Wire

/// A path in virtual time: routers that answer, and a target behind them with a small TCP of its own.
struct RouteWorld {
  enum Target { case open, closed, silent }

  /// The addresses at each hop: the source port chooses one.
  var hops: [[IPAddress]]
  var target = Target.open
  /// Whether the target agrees on SACK and timestamps.
  var (hasSACK, hasTimestamps) = (true, true)
  /// The time that each hop adds, both ways together.
  var delay = Interval.milliseconds(2)
  /// Whether a probe is lost before the hop that would answer it.
  var loses: (PathProbe.Form, _ ttl: UInt8, _ time: Interval) -> Bool = { _, _, _ in false }
  /// Whether an RST of ours is lost, by how many there were.
  var losesReset: (_ number: Int) -> Bool = { _ in false }
  private var resets = 0
  /// Whether the target challenges a SYN that finds it half open: Linux does so once in half a second, and else drops it.
  var challenges = true
  /// How the path changes with time: the hops from then on.
  var later: (after: Interval, hops: [[IPAddress]])?

  var engine: RouteEngine
  private(set) var probes: [PathProbe] = []
  private(set) var rounds: [Int] = []
  private(set) var ending: RouteEnding?
  /// What was sent to the target that is no probe.
  private(set) var segments: [Segment] = []
  private(set) var sent = 0
  private var now = RouteWorld.start
  private var arrivals: [(at: Instant, octets: [UInt8])] = []
  private var ports: UInt16 = 40_000
  /// What the target knows: connections by our port.
  private var half: [UInt16: SequenceNumber] = [:]
  private var connections: [UInt16: (next: SequenceNumber, recent: UInt32)] = [:]

  static let start = Instant(nanoseconds: 1_000_000_000)
  static let source = IPAddress.v4(IPv4Address(0xc000_0201))
  static let remote = Endpoint(.v4(IPv4Address(0xc633_6407)), 443)

  static func address(_ hop: Int, _ branch: Int = 0) -> IPAddress {
    .v4(IPv4Address(0x0a00_0000 + UInt32(hop) << 8 + UInt32(branch)))
  }

  init(hops: Int, _ adjust: (inout RoutePlan) -> Void = { _ in }) {
    self.hops = (1...hops).map { [RouteWorld.address($0)] }
    var plan = RoutePlan()
    plan.asksECN = false
    adjust(&plan)
    engine = RouteEngine(plan, from: RouteWorld.source, to: RouteWorld.remote, syn: RouteSyn())
  }

  /// Plays until it is over, or the time is up.
  mutating func run(for time: Interval = .seconds(60), interruptAfter: Interval? = nil) {
    var isInterrupted = false
    perform(engine.start(at: stamp))
    for _ in 0..<200_000 {
      guard ending == nil, now < RouteWorld.start + time else { return }
      if let after = interruptAfter, !isInterrupted, now >= RouteWorld.start + after {
        isInterrupted = true
        engine.interrupt(at: stamp)
      }
      let arrival = arrivals.min { $0.at < $1.at }
      let due = engine.nextDeadline
      if let arrival, due.map({ arrival.at <= $0 }) ?? true {
        arrivals.remove(at: arrivals.firstIndex { $0.at == arrival.at && $0.octets == arrival.octets } ?? 0)
        now = max(now, arrival.at)
        perform(
          engine.receive(
            ReceivedPacket(arrival.octets.span.raw, framing: .inBand, mayBeUnfinished: false), at: stamp))
      } else if let due {
        now = max(now, due)
        perform(engine.expire(at: stamp))
      } else {
        return
      }
    }
  }

  private var stamp: Stamp {
    let wall = WallTime(nanoseconds: now.nanoseconds)
    return Stamp(instant: now, wall: wall, kernel: wall)
  }

  private mutating func perform(_ action: Action<RouteEngine.Report>) {
    switch action {
    case .none, .done: return
    case .open(let slot, _, let port):
      ports += 1
      let seed = Seed(iss: 0x1234_5678 &* UInt32(slot + 1), timestamp: 77)
      engine.note(.opened(slot: slot, port: port == 0 ? ports : port, seed: seed, at: stamp))
    case .send(let transmission):
      engine.note(.departed(transmission.token, at: stamp))
      engine.note(.transmitted(transmission.token, kernel: stamp.wall))
      carry(transmission)
    case .report(.probe(let probe), _): probes.append(probe)
    case .report(.roundEnded(let round), _): rounds.append(round)
    case .report(.ended(let ending), _): self.ending = ending
    }
  }

  private mutating func carry(_ transmission: Transmission) {
    let time = now - RouteWorld.start
    if let later, time >= later.after { hops = later.hops }
    let ttl = transmission.ipFields.hopLimit
    let segment = transmission.segment
    if transmission.packets.isEmpty { segments.append(segment) } else { sent += 1 }
    let form: PathProbe.Form = segment.flags.contains(.syn) ? .syn : .beyond
    if !transmission.packets.isEmpty, loses(form, ttl, time) { return }
    guard Int(ttl) > hops.count else {
      let choices = hops[Int(ttl) - 1]
      guard !choices.isEmpty, let packet = transmission.packets.first else { return }
      let router = choices[Int(transmission.flow.local.port) % choices.count]
      let error = try? Crafting.icmpError(
        type: 11, code: 0, about: packet, quoting: 8, from: router, to: RouteWorld.source)
      if let error { arrivals.append((now + delay * Int64(ttl), error)) }
      return
    }
    for answer in answers(segment, transmission.flow.local.port) {
      let flow = Flow(local: RouteWorld.remote, remote: transmission.flow.local)
      if let octets = try? Crafting().packets(answer, flow: flow, ipFields: IPFields(hopLimit: 50))[0] {
        arrivals.append((now + delay * Int64(hops.count + 1), octets))
      }
    }
  }

  /// What the target answers: as much of TCP as a trace meets.
  private mutating func answers(_ segment: Segment, _ port: UInt16) -> [Segment] {
    if target == .silent { return [] }
    if segment.flags.contains(.rst) {
      resets += 1
      if losesReset(resets) { return [] }
      if half[port].map({ $0 + 1 == segment.seq }) ?? false { half[port] = nil }
      if connections[port]?.next == segment.seq { connections[port] = nil }
      return []
    }
    if segment.flags.contains(.syn) {
      if target == .closed { return [Segment(seq: SequenceNumber(0), ack: segment.seq + 1, flags: .rst)] }
      if let old = half[port] {
        return old == segment.seq || !challenges ? [] : [Segment(seq: SequenceNumber(501), ack: old + 1, wnd: 65_000)]
      }
      half[port] = segment.seq
      let offer = SynOptions(sack: hasSACK, timestamps: hasTimestamps)
      return [
        Segment(
          seq: SequenceNumber(500), ack: segment.seq + 1, flags: .syn, wnd: 65_000,
          options: offer.list(value: 9, echoReply: 0))
      ]
    }
    let stamps = ParsedOptions(segment.options).timestamps
    if connections[port] == nil, let iss = half[port], segment.seq == iss + 1 {
      half[port] = nil
      connections[port] = (segment.seq, stamps?.value ?? 0)
      if segment.textLength == 0 { return [] }
    }
    guard var connection = connections[port], segment.textLength > 0 else { return [] }
    var options = TCPOptionList()
    if hasTimestamps, let stamps {
      if !connection.next.precedes(segment.seq) { connection.recent = stamps.value }
      options = .timestampsOnly(value: 10, echoReply: connection.recent)
    }
    connections[port] = connection
    if hasSACK, connection.next.precedes(segment.seq) {
      options.appendSACK(first: segment.seq, last: segment.end)
    }
    return [Segment(seq: SequenceNumber(501), ack: connection.next, wnd: 65_000, options: options)]
  }

  /// How many connections the target holds, half open ones too.
  var left: Int { half.count + connections.count }
}
