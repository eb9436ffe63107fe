import Engines
import Handshake
import Testing
import Timebase
import Wire

/// A network in virtual time around a benchmark: it does what the loop does, and peers answer by a rule.
struct BenchWorld: ~Copyable {
  /// A packet of ours, as whoever gets it reads it.
  struct Sent {
    var at: Interval
    var flow: Flow
    var segment: Segment
    var text: [UInt8]
    var flags: TCPFlags { segment.flags }
  }

  /// What a packet of ours is answered by: each answer after its delay, its text as octets.
  typealias Peer = @Sendable (Sent) -> [(after: Interval, segment: Segment, text: [UInt8])]

  var engine: BenchEngine
  var peer: Peer
  /// Whether the kernel says when packets leave.
  var stamps = true
  /// The most ports that can be had.
  var mostPorts = 30_000
  /// The loop sleeps through this: (from, to).
  var pause: ClosedRange<Interval>?

  /// Whether each packet is judged by itself, as where packets are written to a file.
  var keepsJudgements = false

  private(set) var sent: [Sent] = []
  /// What each packet that came, and each that left, was said to be.
  private(set) var judgements: [Judgement?] = []
  private(set) var results: [BenchResult] = []
  private(set) var ports: [UInt16] = []
  private(set) var now = BenchWorld.start
  private(set) var turns = 0
  private var batch = PacketBatch(capacity: 16, room: 1_024)
  private var queue: [(at: Instant, order: Int, octets: [UInt8])] = []
  private var order = 0

  static let start = Instant(nanoseconds: 5_000_000_000)
  static let wall = WallTime(nanoseconds: 1_700_000_000_000_000_000)
  static let source = IPAddress.v4(IPv4Address(192, 0, 2, 1))

  init(_ plan: BenchPlan, targets: [BenchTarget] = [BenchWorld.target()], peer: @escaping Peer) throws {
    engine = try BenchEngine(plan, targets: targets, seed: 42)
    self.peer = peer
  }

  var elapsed: Interval { now - BenchWorld.start }
  private var stamp: Stamp { Stamp(instant: now, wall: BenchWorld.wall + elapsed) }

  /// Runs until the engine is done, or no later than a moment after the start.
  mutating func run(until end: Interval = .seconds(1_000)) throws {
    if turns == 0 { engine.start(at: now) }
    while !engine.isDone {
      turns += 1
      try #require(turns < 200_000, "a busy loop at \(elapsed)")
      engine.advance(at: now, into: &batch)
      flush()
      if let home = engine.wantedHome {
        reserve(home)
        continue
      }
      engine.takeResults { results.append($0) }
      guard !engine.isDone else { break }
      let next = [engine.nextDeadline, queue.first?.at].compactMap(\.self).min()
      guard let next, next - BenchWorld.start <= end else { break }
      now = max(now, next)
      if let pause, pause.contains(elapsed) { now = BenchWorld.start + pause.upperBound }
      while let first = queue.first, first.at <= now {
        queue.removeFirst()
        deliver(first.octets)
      }
    }
    engine.takeResults { results.append($0) }
  }

  mutating func interrupt() {
    while !engine.interrupt(at: now, into: &batch) { flush() }
    flush()
    engine.takeResults { results.append($0) }
  }

  /// A packet from anywhere, at once.
  mutating func deliver(_ octets: [UInt8]) {
    var stamp = stamp
    if stamps { stamp.kernel = stamp.wall }
    let arrival = ReceivedPacket(octets.span.raw, framing: .inBand, mayBeUnfinished: false)
    if keepsJudgements {
      judgements.append(engine.judge(arrival, at: stamp, into: &batch))
    } else {
      engine.receive(arrival, at: stamp, into: &batch)
    }
    flush()
  }

  /// A segment from the other end of a flow of ours, at once.
  mutating func deliver(_ segment: Segment, to flow: Flow) { deliver(BenchWorld.packet(segment, [], of: flow)) }

  private mutating func reserve(_ home: Int) {
    guard ports.count < mostPorts else { return engine.refusePorts() }
    let port = UInt16(50_000 + ports.count)
    ports.append(port)
    engine.add(port: port, home: home)
  }

  private mutating func flush() {
    for index in 0..<batch.count {
      engine.departed(batch.name(of: index), at: stamp)
      if stamps { engine.transmitted(batch.name(of: index), kernel: stamp.wall) }
      guard let packet = read(batch[index]) else {
        Issue.record("a packet of ours is not sound: \(batch[index].octets)")
        continue
      }
      sent.append(packet)
      if keepsJudgements {
        judgements.append(engine.judgement(ofSent: batch.name(of: index), packet.segment, at: stamp))
      }
      for answer in peer(packet) {
        order += 1
        queue.append((now + answer.after, order, BenchWorld.packet(answer.segment, answer.text, of: packet.flow)))
      }
    }
    batch.removeAll()
    queue.sort { ($0.at, $0.order) < ($1.at, $1.order) }
  }

  /// What the other end reads: only what is sound in every checksum.
  private func read(_ packet: RawSpan) -> Sent? {
    let arrival = ReceivedPacket(packet, framing: .inBand, mayBeUnfinished: false)
    guard case .segment(let back, let segment, let text, _) = arrival.judged() else { return nil }
    return Sent(
      at: elapsed, flow: Flow(local: back.remote, remote: back.local), segment: segment,
      text: text.octets)
  }

  static func packet(_ segment: Segment, _ text: [UInt8], of flow: Flow) -> [UInt8] {
    var segment = segment
    segment.textLength = text.count
    var buffer = FrameBuffer()
    let back = Flow(local: flow.remote, remote: flow.local)
    let count = try? buffer.build { out throws(WireError) in
      try PacketAssembly.write(segment, flow: back, text: text.span.raw, ipFields: IPFields(), into: &out)
    }
    return buffer.view(first: count ?? 0).octets
  }

  static func target(_ host: UInt8 = 2, port: UInt16 = 80, offer: SynOptions = SynOptions()) -> BenchTarget {
    BenchTarget(
      source: source, remote: Endpoint(.v4(IPv4Address(192, 0, 2, host)), port), offer: offer,
      request: Array("GET / HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
  }
}

// MARK: Peers

extension BenchWorld {
  /// Options that echo a SYN's time stamps.
  static func echo(_ sent: Sent) -> TCPOptionList {
    guard let stamps = sent.segment.options.timestamps else { return TCPOptionList() }
    return SynOptions().list(value: 9_000, echoReply: stamps.value)
  }

  static func synAck(_ sent: Sent, iss: UInt32 = 7_000) -> Segment {
    Segment(seq: SequenceNumber(iss), ack: sent.segment.end, flags: .syn, wnd: 65_535, options: echo(sent))
  }

  /// A server that accepts, and closes once we do.
  static func server(after delay: Interval = .milliseconds(1)) -> Peer {
    { sent in
      if sent.flags.contains(.syn) { return [(delay, synAck(sent), [])] }
      guard sent.flags.contains(.fin) else { return [] }
      return [(delay, Segment(seq: sent.segment.acknowledgment, ack: sent.segment.end, flags: .fin, wnd: 9), [])]
    }
  }

  /// Nobody.
  static let silence: Peer = { _ in [] }
}
