/// Any packets between a benchmark's own: it keeps its accounts, sends no flood, and comes to an end.
@c(LLVMFuzzerTestOneInput)
public func fuzzBench(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let octets = unsafe Array(UnsafeBufferPointer(start: start, count: count))
  guard octets.count > 2, var run = BenchedRun(octets[0], octets[1]) else { return 0 }
  for at in stride(from: 2, to: octets.count - 7, by: 8) { run.play(Array(octets[at..<at + 8])) }
  run.end()
  return 0
}

/// A benchmark in virtual time, and whoever sends packets to it.
private struct BenchedRun: ~Copyable {
  private var engine: BenchEngine
  private var batch = PacketBatch(capacity: 8, room: 512)
  private var now = Stamp(instant: Instant(nanoseconds: 1_000_000_000), wall: WallTime(nanoseconds: 0))
  private var ports: UInt16 = 0
  private var ended = 0

  private static let source = IPAddress.v4(IPv4Address(10, 0, 0, 1))
  private static let remote = Endpoint(.v4(IPv4Address(10, 0, 0, 2)), 80)

  init?(_ manner: UInt8, _ sizes: UInt8) {
    var plan = BenchPlan()
    plan.mode = BenchPlan.Mode.allCases[Int(manner & 3) % BenchPlan.Mode.allCases.count]
    plan.close = manner & 4 != 0 ? .rst : .fin
    plan.retries = Int(manner >> 3 & 3)
    plan.rate = 1_000
    plan.count = Int(sizes & 15) + 1
    plan.duration = nil
    plan.concurrency = Int(sizes >> 4 & 7) + 1
    let target = BenchTarget(
      source: BenchedRun.source, remote: BenchedRun.remote,
      offer: manner & 32 != 0 ? SynOptions(timestamps: false) : SynOptions(),
      request: Array("GET / HTTP/1.1\r\n\r\n".utf8))
    guard let engine = try? BenchEngine(plan, targets: [target], seed: 0xffff_ffff_ffff_0000) else { return nil }
    self.engine = engine
    self.engine.start(at: now.instant)
    advance()
  }

  mutating func play(_ move: [UInt8]) {
    if move[0] & 7 == 7 {
      let time = Interval.microseconds(Int64(move[1]) * Int64(move[1]) * Int64(move[2] & 31))
      now.instant = now.instant + time
      now.wall = now.wall + time
    } else if !engine.slots.isEmpty {
      receive(move, slot: Int(move[1]) % engine.slots.count)
    }
    advance()
    checkAccounts()
  }

  /// A packet to one of our ports, whose numbers lie near those that count.
  private mutating func receive(_ move: [UInt8], slot: Int) {
    let own = engine.slots[slot]
    let scale: UInt32 = [1, 1, 1_000, 1 << 28][Int(move[0] >> 3 & 3)]
    func moved(_ number: SequenceNumber, by octet: UInt8) -> SequenceNumber {
      number + UInt32(bitPattern: Int32(Int8(bitPattern: octet))) &* scale
    }
    var segment = Segment(seq: moved(own.receiveNext, by: move[2]))
    segment.acknowledgment = moved(move[0] & 32 == 0 ? own.nxt : own.una, by: move[3])
    segment.flags = TCPFlags(rawValue: UInt16(move[4] ^ 0x10))
    segment.wnd = UInt16(move[5]) << 4
    if move[5] & 1 != 0 {
      segment.options.appendTimestamps(value: UInt32(move[5]), echoReply: engine.timestampBase &+ UInt32(move[6] & 3))
    }
    let texts = [
      "", "x", "HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n\r\n", "hello", "\r\n",
      "Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n0\r\n\r\n",
    ]
    let text = Array(texts[Int(move[7] & 7)].utf8)
    segment.textLength = text.count
    let flow = Flow(local: BenchedRun.remote, remote: Endpoint(BenchedRun.source, own.port))
    var buffer = [UInt8](repeating: 0, count: 512)
    var span = buffer.mutableSpan
    var out = unsafe span.mutableBytes
    let length =
      (try? PacketAssembly.write(segment, flow: flow, text: text.span.raw, ipFields: IPFields(), into: &out)) ?? 0
    if move[7] & 0xf8 == 0xf8 { buffer[Int(move[6]) % max(length, 1)] ^= 0x40 }
    let before = batch.count
    engine.receive(
      ReceivedPacket(buffer.span.raw.extracting(first: length), framing: .inBand, mayBeUnfinished: false), at: now,
      into: &batch)
    check(batch.count - before <= BenchEngine.mostPacketsPerEvent, "more packets than there is room for")
    flush()
  }

  /// What the loop does between packets.
  private mutating func advance() {
    var turns = 0
    repeat {
      turns += 1
      check(turns < 200, "begins without end")
      engine.advance(at: now.instant, into: &batch)
      flush()
      guard let home = engine.wantedHome else { continue }
      if ports < 12 {
        engine.add(port: 40_000 + ports, home: home)
        ports += 1
      } else {
        engine.refusePorts()
      }
    } while engine.wantedHome != nil || engine.nextDeadline.map { $0 <= now.instant } ?? false
    engine.takeResults { _ in ended += 1 }
  }

  private mutating func flush() {
    for index in 0..<batch.count {
      engine.departed(batch.name(of: index), at: now)
      if index & 1 == 0 { engine.transmitted(batch.name(of: index), kernel: now.wall) }
    }
    batch.removeAll()
  }

  private func checkAccounts() {
    let counts = engine.counts(of: 0)
    let busy = engine.slots.count { $0.state != .closed }
    check(engine.underWay == busy, "miscounts what is under way")
    check(busy <= engine.plan.concurrency, "more under way than may be")
    check(engine.lanes[0].free.count + busy == engine.slots.count, "a slot is lost, or free twice")
    check(Set(engine.lanes[0].free).count == engine.lanes[0].free.count, "a slot is free twice")
    check(ended + busy + counts.notStarted <= engine.plan.count ?? 0, "more connections than were asked for")
    for slot in engine.slots.indices where engine.slots[slot].state == .closed {
      check(engine.deadlines[slot] == .max, "a timer of nobody's")
    }
  }

  /// Nobody answers any more: the timers bring it to its end.
  mutating func end() {
    var turns = 0
    while !engine.isDone {
      turns += 1
      guard let deadline = engine.nextDeadline else { return check(false, "waits for nothing") }
      check(turns < 2_000, "does not end")
      now.instant = max(now.instant, deadline)
      advance()
    }
    checkAccounts()
    check(ended + engine.counts(of: 0).notStarted == engine.plan.count, "a connection is missing")
  }
}
