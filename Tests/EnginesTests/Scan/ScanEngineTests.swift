import Engines
import Handshake
import Repeatable
import Scan
import Statistics
import Testing
import Timebase
import Wire

/// A scan in virtual time: every port answers by its number, some SYNs and answers are lost.
private struct ScanWorld {
  var engine: ScanEngine
  var results: [ScanResult] = []
  private(set) var sent: [UInt64: Int] = [:]
  private(set) var now = Instant(nanoseconds: 1_000_000_000)
  private var random = SplitMix64(seed: 11)
  private var arrivals: [(at: Instant, octets: [UInt8])] = []
  /// Of 1,000 packets so many are lost, in each direction, by the address.
  var loss: (IPAddress) -> UInt64 = { _ in 0 }
  /// How long an answer takes, by the address, and how often it comes.
  var delay: (IPAddress) -> Interval = { _ in .milliseconds(3) }
  var copies = 1
  /// Whether a SYN-ACK that is lost comes again after a second, and after two more.
  var repeatsSynAcks = false
  /// What else comes in.
  var forged: [[UInt8]] = []

  static let source = IPAddress.v4(IPv4Address(10, 0, 0, 1))
  static let ports: [UInt16] = [50_001, 50_002, 50_003, 50_004, 50_005, 50_006]

  init(
    _ blocks: [String], ports: [UInt16] = [80], shard: ScanShard = .whole, rate: Int? = 10_000_000, retries: Int = 2,
    lastWait: Interval? = nil, keepsSynAcks: Bool = false,
    resuming place: ScanCheckpoint? = nil, answered: ScanBits? = nil
  ) throws {
    let targets = try ScanTargets(blocks.compactMap { try AddressBlock(parsing: $0) }, ports: ports)
    var plan = ScanPlan(seed: 5, key: SipHash.Key(k0: 3, k1: 4))
    (plan.shard, plan.rate, plan.retries) = (shard, rate, retries)
    (plan.lastWait, plan.keepsSynAcks) = (lastWait, keepsSynAcks)
    let template = try ScanTemplate(
      from: ScanWorld.source, offer: SynOptions(), window: 64_240, ipFields: IPFields())
    engine = ScanEngine(
      targets, plan, templates: targets.blocks.map { _ in template },
      ports: Array(ScanWorld.ports.prefix(plan.mostPasses + 1)),
      resuming: place, answered: answered)
  }

  /// What a port is, by its address: a fifth each, as in the laboratory.
  static func truth(_ address: IPAddress) -> (Verdict, Reason) {
    switch address.number % 5 {
    case 0: (.open, .synAck)
    case 1: (.refused, .rst)
    case 2: (.filtered, .noResponse)
    case 3: (.filtered, .icmpAdminProhibited)
    default: (.unreachable, .icmpHostUnreachable)
    }
  }

  /// How many lanes fill batches beside each other; 0: the engine itself.
  var lanes = 0
  private var divided: [ScanLane] = []
  private var isStarted = false

  /// When the kernel drops what comes in, by the pass from 0, and how many packets to a port there were.
  var drops: (Int) -> Bool = { _ in false }
  private(set) var byPort: [UInt16: Int] = [:]

  mutating func run(until end: (borrowing ScanEngine) -> Bool = { _ in false }) throws {
    if !isStarted { engine.start(at: now) }
    isStarted = true
    var batch = PacketBatch(capacity: 64, room: 128)
    for _ in 0..<2_000_000 where !engine.isDone && !end(engine) {
      engine.advance(at: now)
      if lanes > 0 { divided += engine.divide(into: lanes, at: now) }
      engine.fill(&batch, at: now)
      for index in divided.indices { divided[index].fill(&batch, at: now) }
      divided.removeAll { $0.isOver }
      for index in 0..<batch.count { try carry(batch[index].octets, named: batch.name(of: index)) }
      let count = batch.count
      batch.removeAll()
      for octets in forged { take(octets) }
      while let first = arrivals.first, first.at <= now { take(arrivals.removeFirst().octets) }
      let due = divided.map(\.nextDeadline).min() ?? engine.nextDeadline
      guard count == 0, let due else { continue }
      now = max(min(due, arrivals.first?.at ?? due), now)
    }
    guard engine.isDone else { return }
    while let result = engine.nextUnanswered() { results.append(result) }
  }

  /// The link is down for a while: answers that are on their way are lost.
  mutating func loseLink(for time: Interval) {
    arrivals = []
    engine.pause(at: now)
    var batch = PacketBatch(capacity: 64, room: 128)
    for index in divided.indices { divided[index].fill(&batch, at: now) }
    divided = []
    engine.advance(at: now)
    now = now + time
    engine.advance(at: now)
    engine.fill(&batch, at: now)
    #expect(batch.count == 0 && engine.isPaused && !engine.isDone && engine.nextDeadline == nil)
    engine.proceed(at: now)
  }

  /// Interrupts it where it is.
  mutating func interrupt() {
    engine.interrupt()
    var batch = PacketBatch(capacity: 64, room: 128)
    for index in divided.indices { divided[index].fill(&batch, at: now) }
    engine.advance(at: now)
    while let result = engine.nextUnanswered() { results.append(result) }
  }

  private mutating func take(_ octets: [UInt8]) {
    let arrival = ReceivedPacket(octets.span.raw, framing: .inBand, mayBeUnfinished: false)
    if let result = engine.receive(arrival, at: now) { results.append(result) }
  }

  private mutating func carry(_ packet: [UInt8], named name: UInt64) throws {
    guard
      case .segment(let flow, let segment, _, _) = ReceivedPacket(
        packet.span.raw, framing: .inBand, mayBeUnfinished: false
      ).judged()
    else { return }
    byPort[flow.remote.port, default: 0] += 1
    // What is asked again for control is not a pass.
    if flow.remote.port != ScanWorld.ports[5] { sent[name, default: 0] += 1 }
    if drops(engine.pass) {
      engine.noteDrops()
      return
    }
    // The packet as its receiver sees it.
    let address = flow.local.address
    let rate = loss(address)
    guard random.next() % 1_000 >= rate else { return }
    let (state, reason) = ScanWorld.truth(address)
    var again = Interval.zero
    while random.next() % 1_000 < rate {
      guard repeatsSynAcks, state == .open, again < .seconds(3) else { return }
      again = again == .zero ? .seconds(1) : .seconds(3)
    }
    let answer: [UInt8]?
    switch (state, reason) {
    case (.open, _):
      let stamps = segment.options.timestamps
      let syn = Segment(
        seq: SequenceNumber(9), ack: segment.seq + 1, flags: .syn, wnd: 65_535,
        options: SynOptions().list(value: 1, echoReply: stamps?.value ?? 0))
      answer = try Crafting().packets(syn, flow: flow, ipFields: IPFields(hopLimit: 55))[0]
    case (.refused, _):
      answer = try Crafting().packets(Segment(seq: SequenceNumber(0), ack: segment.seq + 1, flags: .rst), flow: flow)[0]
    case (_, .noResponse): answer = nil
    default:
      answer = try Crafting.icmpError(
        type: 3, code: reason == .icmpAdminProhibited ? 13 : 1, about: packet, quoting: 8, from: address,
        to: ScanWorld.source)
    }
    guard let answer else { return }
    let at = now + delay(address) + again
    let place = arrivals.lastIndex { $0.at <= at }.map { $0 + 1 } ?? 0
    for _ in 0..<copies { arrivals.insert((at, answer), at: place) }
  }
}

@Suite struct ScanEngineTests {
  @Test func everyStateIsToldOnceAndRightly() throws {
    var world = try ScanWorld(["10.9.0.0/22"], ports: [80, 443])
    try world.run()
    #expect(world.results.count == 2_048)
    #expect(Set(world.results.map { "\($0.address):\($0.port)" }).count == 2_048)
    for result in world.results {
      let (state, reason) = ScanWorld.truth(result.address)
      #expect(result.state == state && result.reason == reason)
      if state == .open { #expect(result.rtt.map { $0 >= .milliseconds(3) } == true) }
    }
    // Only those without an answer were asked again.
    let again = world.sent.values.filter { $0 == 3 }.count
    #expect(again == world.results.count { $0.reason == .noResponse })
    #expect(world.sent.values.filter { $0 == 1 }.count == 2_048 - again)
    #expect(world.engine.tally.sent == UInt64(2_048 + 2 * again))
  }

  @Test(arguments: [1, 2, 3, 7]) func sendersShareAPass(lanes: Int) throws {
    var world = try ScanWorld(["10.9.0.0/22", "10.10.1.1-77"], ports: [80, 443], rate: 1_000_003)
    world.lanes = lanes
    try world.run()
    #expect(world.results.count == 2_202)
    #expect(Set(world.results.map { "\($0.address):\($0.port)" }).count == 2_202)
    for result in world.results { #expect(result.state == ScanWorld.truth(result.address).0) }
    let silent = world.results.count { $0.reason == .noResponse }
    #expect(world.sent.values.filter { $0 == 3 }.count == silent)
    #expect(world.sent.values.filter { $0 == 1 }.count == 2_202 - silent)
    #expect(world.engine.tally.sent == UInt64(2_202 + 2 * silent))
  }

  @Test(arguments: [0, 1, 3]) func anInterruptLeavesWhatWasAsked(lanes: Int) throws {
    var world = try ScanWorld(["10.9.0.0/20"], rate: 100_000)
    world.lanes = lanes
    try world.run { $0.tally.sent >= 1_000 }
    world.interrupt()
    let numbers = world.results.compactMap { world.engine.probes.number(of: $0.address, port: $0.port) }
    let left = zip(numbers, world.results).filter { $0.1.reason == .noResponse }.map(\.0)
    let silent = world.sent.keys.filter { !world.engine.course.answered.contains($0) }
    #expect(world.engine.isDone && left.count > 100 && Set(left) == Set(silent))
    #expect(world.engine.tally.sent == UInt64(world.sent.count))
  }

  @Test func aScanGoesOnFromACheckpoint() throws {
    var first = try ScanWorld(["10.9.0.0/22"], ports: [80, 443], rate: 1_000)
    try first.run { $0.tally.sent >= 700 }
    let place = first.engine.place(at: first.now)
    // 200 ms are left for answers, and an eighth of that between two looks.
    #expect(place.pass == 0 && (450...500).contains(place.next), "\(place.next)")
    let bits = ScanBits(count: first.engine.size)
    for index in 0..<bits.wordCount { bits.insert(word: first.engine.course.answered.word(index), at: index) }
    var second = try ScanWorld(["10.9.0.0/22"], ports: [80, 443], rate: 100_000, resuming: place, answered: bits)
    try second.run()
    let before = first.results.filter { $0.reason != .noResponse }
    let all = before + second.results
    #expect(Set(all.map { "\($0.address):\($0.port)" }).count == 2_048 && all.count == 2_048)
    for number in 0..<place.next where bits.contains(number) || first.sent[number] == nil {
      #expect(second.sent[number] == nil || first.sent[number] != nil)
    }
    #expect(second.engine.tally.answered == UInt64(all.count { $0.reason != .noResponse }))
  }

  @Test(arguments: [(0, 1, 2), (2, 1, 4), (2, 2, 5), (2, 3, 5), (2, 9, 5), (0, 9, 3)])
  func whatThisHostLostIsAskedAgainWithoutARetry(retries: Int, dropping: Int, passes: Int) throws {
    var world = try ScanWorld(["10.9.0.0/24"], retries: retries)
    world.drops = { $0 < dropping }
    try world.run()
    #expect(world.engine.pass + 1 == passes && world.engine.repeats == min(dropping, 2))
    let lost = dropping >= passes
    for result in world.results {
      #expect(result.state == (lost ? .filtered : ScanWorld.truth(result.address).0))
    }
    #expect(world.results.count == 256)
  }

  @Test(arguments: [0, 2]) func sendersPauseWhileTheReceiverIsBehind(lanes: Int) throws {
    var world = try ScanWorld(["10.9.0.0/20"], rate: 100_000)
    world.lanes = lanes
    try world.run { $0.tally.sent >= 500 }
    world.engine.isHeld = true
    let before = world.sent.count
    var turns = 0
    try world.run { _ in
      turns += 1
      return turns > 50
    }
    #expect(world.sent.count == before)
    world.engine.isHeld = false
    try world.run()
    #expect(world.results.count == 4_096)
    for result in world.results { #expect(result.state == ScanWorld.truth(result.address).0) }
  }

  @Test func dropsInTheLastPassAreAskedAgainToo() throws {
    var world = try ScanWorld(["10.9.0.0/24"], retries: 1)
    world.drops = { $0 == 1 }
    try world.run()
    #expect(world.engine.passes == 3 && world.engine.pass == 2)
  }

  @Test func theControlSampleChangesNoResult() throws {
    var world = try ScanWorld(["10.9.0.0/20"], rate: nil)
    try world.run()
    #expect(world.results.count == 4_096)
    for result in world.results { #expect(result.state == ScanWorld.truth(result.address).0) }
    let controls = world.byPort[ScanWorld.ports[5]] ?? 0
    #expect((10...100).contains(controls), "\(controls)")
    #expect(world.engine.tally.duplicates == 0 && world.engine.tally.rejected == 0)
    #expect(world.engine.tally.sent == UInt64(world.byPort.values.reduce(0, +)))
    #expect(world.engine.tally.answered == UInt64(world.results.count { $0.reason != .noResponse }))
  }

  @Test func anAdaptingRateFallsWhereKnownAnswerersGoSilent() throws {
    var world = try ScanWorld(["10.9.0.0/16"], rate: nil)
    // From 20,000 packets on nothing comes through.
    var count = 0
    world.loss = { _ in
      count += 1
      return count > 20_000 ? 1_001 : 0
    }
    var (highest, lowest) = (0, Int.max)
    try world.run { engine in
      highest = max(highest, engine.rate)
      if engine.tally.sent > 20_000 { lowest = min(lowest, engine.rate) }
      return engine.tally.sent > 60_000
    }
    #expect(highest == 10_000 && lowest < 3_000, "\(highest), \(lowest)")
  }

  @Test(arguments: [0, 3]) func aPauseLosesNothingOfAPass(lanes: Int) throws {
    var world = try ScanWorld(["10.9.0.0/22"], ports: [80, 443], rate: 1_000, retries: 0)
    world.lanes = lanes
    for part in 1...4 {
      try world.run { $0.tally.sent >= UInt64(part * 450) }
      let settled = world.engine.settled(at: world.now)
      world.loseLink(for: .seconds(5))
      #expect(!world.engine.isPaused && world.engine.next == settled)
    }
    try world.run()
    #expect(Set(world.results.map { "\($0.address):\($0.port)" }).count == 2_048 && world.results.count == 2_048)
    for result in world.results { #expect(result.state == ScanWorld.truth(result.address).0) }
  }

  @Test func lossIsMadeGoodByLaterPassesAndTheBoundIsTheTruth() throws {
    var world = try ScanWorld(["10.9.0.0/18"])
    world.loss = { _ in 150 }
    try world.run()
    let open = world.results.count { $0.state == .open }
    let truth = (0..<16_384).count { ($0 + Int(0x0a09_0000)) % 5 == 0 }
    let missed = truth - open
    guard case .atLeast(let bound)? = world.engine.tally.missed(.open, passes: 3, of: world.engine.size)?.value else {
      Issue.record("no bound")
      return
    }
    #expect(missed > 20)
    #expect(bound > Double(missed) / 2 && bound < Double(missed) * 2)
    #expect(world.results.allSatisfy { $0.state != .open || $0.pass <= 3 })
  }

  @Test func lossThatDiffersIsSaid() throws {
    var world = try ScanWorld(["10.9.0.0/17"])
    world.loss = { $0.number / 5 % 33 == 0 ? 400 : 15 }
    try world.run()
    #expect(world.engine.tally.missed(.open, passes: 3, of: world.engine.size)?.differsBetweenTargets == true)
  }

  @Test func forgedAnswersChangeNothing() throws {
    var world = try ScanWorld(["10.9.0.0/24"])
    let target = Endpoint(.v4(IPv4Address(10, 9, 0, 2)), 80)
    for port in ScanWorld.ports.prefix(3) {
      let flow = Flow(local: target, remote: Endpoint(ScanWorld.source, port))
      for ack in [0, 1, 0xffff_ffff] as [UInt32] {
        for flags in [TCPFlags.syn, .rst] {
          let segment = Segment(seq: SequenceNumber(1), ack: SequenceNumber(ack), flags: flags)
          world.forged.append(try Crafting().packets(segment, flow: flow)[0])
        }
      }
      let own = Flow(local: Endpoint(ScanWorld.source, port), remote: target)
      let quoted = try Crafting().packets(Segment(seq: SequenceNumber(77), flags: .syn), flow: own)[0]
      world.forged.append(
        try Crafting.icmpError(
          type: 3, code: 1, about: quoted, quoting: 8, from: target.address, to: ScanWorld.source))
    }
    try world.run()
    #expect(world.results.count == 256)
    for result in world.results { #expect(result.state == ScanWorld.truth(result.address).0) }
    #expect(world.engine.tally.rejected > 0)
  }

  @Test func anAnswerThatComesTwiceCountsOnce() throws {
    var world = try ScanWorld(["10.9.0.0/24"])
    world.copies = 3
    try world.run()
    #expect(world.results.count == 256)
    for result in world.results { #expect(result.state == ScanWorld.truth(result.address).0) }
    #expect(world.engine.tally.duplicates == 2 * world.engine.tally.answered)
  }

  @Test func aSynAckIsDescribedWhereThatIsAskedFor() throws {
    for keeps in [false, true] {
      var world = try ScanWorld(["10.9.0.0/28"], keepsSynAcks: keeps)
      try world.run()
      for result in world.results {
        let facts = result.synAck
        #expect((facts != nil) == (keeps && result.state == .open))
        if let facts {
          #expect(facts.window == 65_535 && facts.options.maximumSegmentSize == 1_460 && !facts.agreesToECN)
        }
      }
    }
  }

  @Test func aSynAckThatComesAgainShowsThatItsPassWasNotLost() throws {
    var world = try ScanWorld(["10.9.0.0/16"], retries: 1)
    (world.loss, world.repeatsSynAcks) = ({ _ in 100 }, true)
    try world.run()
    func counts(_ state: Verdict, _ remainder: Int) throws -> (truth: Double, bound: Double) {
      let truth = (0..<65_536).count { ($0 + 0x0a09_0000) % 5 == remainder }
      guard case .atLeast(let bound)? = world.engine.tally.missed(state, passes: 2, of: world.engine.size)?.value else {
        throw CancellationError()
      }
      return (Double(truth - world.results.count { $0.state == state && $0.reason != .noResponse }), bound)
    }
    // A hundredth of the open ones, whose SYN was lost twice; of the closed ones three and a half.
    let (open, openBound) = try counts(.open, 0)
    #expect((90...175).contains(open) && openBound > open / 1.5 && openBound < open * 1.5, "\(openBound) of \(open)")
    let (closed, closedBound) = try counts(.refused, 1)
    #expect((410...540).contains(closed) && closedBound > closed / 1.5 && closedBound < closed * 1.5)
  }

  /// The open ones among these addresses whose answers take a second, as a SYN-ACK does that was lost once.
  private func late(_ world: ScanWorld) -> Int {
    world.results.count { $0.state == .open && $0.address.number % 35 == 0 }
  }

  @Test func whereLossShowsTheEndIsListenedTo() throws {
    var world = try ScanWorld(["10.9.0.0/20"], retries: 1, lastWait: .milliseconds(200))
    world.delay = { $0.number % 35 == 0 ? .milliseconds(1_005) : .milliseconds(3) }
    try world.run()
    let truth = (0..<4_096).count { ($0 + 0x0a09_0000) % 35 == 0 }
    // Nothing was lost as far as the passes show, and the answers of a second come too late.
    #expect(late(world) == 0)
    var lossy = try ScanWorld(["10.9.0.0/20"], retries: 1)
    lossy.delay = world.delay
    lossy.loss = { $0.number % 35 == 0 ? 0 : 50 }
    try lossy.run()
    #expect(late(lossy) == truth)
    var patient = try ScanWorld(["10.9.0.0/20"], retries: 0, lastWait: .seconds(2))
    patient.delay = world.delay
    try patient.run()
    #expect(late(patient) == truth)
    #expect(patient.now >= Instant(nanoseconds: 3_000_000_000))
  }

  @Test("hosts that are far away are waited for: alone, and beside near ones", arguments: [0, 1, 2])
  func farHosts(retries: Int) throws {
    for delay in [250, 700, 990] as [Int64] {
      var alone = try ScanWorld(["10.9.0.1-2"], retries: retries)
      alone.delay = { _ in .milliseconds(delay) }
      try alone.run()
      #expect(alone.engine.tally.answered == 2, "\(delay) ms")
      var beside = try ScanWorld(["10.9.0.0/24"], retries: retries)
      beside.delay = { $0.number % 35 == 0 ? .milliseconds(delay) : .milliseconds(1) }
      try beside.run()
      #expect(late(beside) == (0..<256).count { ($0 + 0x0a09_0000) % 35 == 0 }, "\(delay) ms")
    }
  }

  @Test func whereAllHaveAnsweredNothingIsWaitedFor() throws {
    var world = try ScanWorld(["10.9.0.1-2", "10.9.0.6-7"])
    try world.run()
    #expect(world.results.count == 4 && world.engine.tally.answered == 4)
    #expect(world.now - Instant(nanoseconds: 1_000_000_000) < .milliseconds(10))
  }

  @Test func theEndIsNotListenedToForever() throws {
    var world = try ScanWorld(["10.9.0.0/20"], retries: 1)
    world.loss = { _ in 50 }
    world.delay = { .milliseconds(3 + Int64($0.number % 1_000) * 20) }
    try world.run()
    let elapsed = world.now - Instant(nanoseconds: 1_000_000_000)
    #expect(elapsed > .seconds(8) && elapsed < .milliseconds(10_500), "\(elapsed)")
  }

  @Test func shardsTogetherAreTheScan() throws {
    var seen: [String] = []
    for number in 1...3 as ClosedRange<UInt64> {
      let shard = try #require(ScanShard(number: number, of: 3))
      var world = try ScanWorld(["10.9.0.0/24", "10.9.4.7"], ports: [22, 80], shard: shard)
      try world.run()
      seen += world.results.map { "\($0.address):\($0.port) \($0.state)" }
    }
    var whole = try ScanWorld(["10.9.0.0/24", "10.9.4.7"], ports: [22, 80])
    try whole.run()
    #expect(seen.sorted() == whole.results.map { "\($0.address):\($0.port) \($0.state)" }.sorted())
  }

  @Test func anInterruptTellsOnlyWhatWasAsked() throws {
    var world = try ScanWorld(["10.9.0.0/20"], rate: 1_000)
    try world.run { $0.tally.sent >= 500 }
    #expect(world.results.count <= 4_096)
    world.engine.interrupt()
    var batch = PacketBatch(capacity: 64, room: 128)
    let later = Instant(nanoseconds: 9_000_000_000)
    world.engine.advance(at: later)
    world.engine.fill(&batch, at: later)
    #expect(world.engine.isDone && batch.count == 0)
  }

  @Test func aRateIsKeptExactly() {
    var now = Instant(nanoseconds: 0)
    var pacer = RatePacer(rate: 12_345, from: now)
    var sent = 0
    while now < Instant(nanoseconds: 10_000_000_000) {
      let count = pacer.allowance(at: now)
      #expect(count <= 13)
      pacer.take(count)
      sent += count
      now = max(pacer.nextDeadline, now + .nanoseconds(1))
    }
    #expect((123_440...123_460).contains(sent))
    // A stall is not made up for.
    now = now + .seconds(5)
    #expect(pacer.allowance(at: now) <= 12)
  }
}
