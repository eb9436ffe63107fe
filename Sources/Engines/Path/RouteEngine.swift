import Handshake
import Path
import Timebase
import Wire

/// Finds the hops of a path: SYNs of one flow or several, or segments within connections, with growing time to live.
///
/// A round asks every hop of every flow once. The first one finds how long the path is: probes go out lowest first and
/// arrive so, hence the first that the target answers is the one that just reaches it; what was sent beyond it is
/// forgotten. Every SYN-ACK is answered by an RST at once: nothing stays half open.
public struct RouteEngine: Engine {
  /// What there is to show.
  public enum Report: Sendable {
    /// A probe that was answered, or was not in time.
    case probe(PathProbe)
    /// All probes of a round are told.
    case roundEnded(Int)
    /// Everything is told.
    case ended(RouteEnding)
  }

  let plan: RoutePlan
  let source: IPAddress
  let remote: Endpoint
  let syn: RouteSyn
  var flows: [RouteFlow] = []
  var pending: [PendingProbe] = []
  /// Segments that are no probes, with their flows.
  var outbox: [(flow: Int, segment: Segment)] = []
  var reports: [Report] = []
  /// The addresses that answered, by time to live.
  private var seen: [[IPAddress]] = []
  /// What the packet that passed last is.
  public internal(set) var lastRemark: String?
  /// Whether no round is begun at present.
  public var isPaused = false

  private var startedAt = Instant(nanoseconds: 0)
  private var roundBegan = Instant(nanoseconds: 0)
  /// The current round, the last one that was told to have ended, and how many have begun.
  private var (round, ended) = (0, -1)
  /// How many of the sweeps that only ask for changes have begun.
  private var extras = 0
  private var probes = 0
  /// The flow whose turn it is, and when the next probe may leave.
  private var turn = 0
  private var nextProbe = Instant(nanoseconds: 0)
  var trouble: String?
  /// The slowest answer so far.
  private var slowest = Interval.zero
  private enum Phase { case running, draining, ending, over }
  private var phase = Phase.running

  /// The ECN fields of the sweeps that ask for changes: ECT(0), ECT(1), CE (RFC 3168 §5).
  private static let marks: [UInt8] = [2, 1, 3]
  /// How long an answered probe waits for the kernel's stamp of its departure.
  static let stampWait = Interval.milliseconds(2)
  /// How long what is under way is waited for at least, where the run is ended early.
  static let leastDrain = Interval.milliseconds(50)
  /// The most segments that wait to be sent, and flows.
  static let (mostWaiting, mostFlows) = (256, 512)

  /// A trace from an address to an end.
  public init(_ plan: RoutePlan, from source: IPAddress, to remote: Endpoint, syn: RouteSyn) {
    (self.plan, self.source, self.remote, self.syn) = (plan, source, remote, syn)
  }

  /// When something is due; in the past while something is to be sent or told.
  public var nextDeadline: Instant? {
    guard phase != .over else { return startedAt }
    if !outbox.isEmpty || !reports.isEmpty || phase == .ending { return startedAt }
    if phase == .draining { return pending.map(\.deadline).min() ?? startedAt }
    var next: Instant?
    func consider(_ instant: Instant?) {
      if let instant { next = min(next ?? instant, instant) }
    }
    for probe in pending { consider(probe.deadline) }
    for flow in flows {
      if flow.stage == .wanted { return startedAt }
      if flow.stage == .opening { consider(flow.session?.nextDeadline) }
    }
    if sender != nil { consider(nextProbe) } else if !isPaused { consider(nextTurn) }
    if let limit = plan.deadline { consider(startedAt + limit) }
    return next
  }

  /// Begins: everything is done by `expire(at:)`.
  public mutating func start(at now: Stamp) -> Action<Report> {
    (startedAt, roundBegan) = (now.instant, now.instant)
    seen = [[IPAddress]](repeating: [], count: 256)
    addFlow(expected: plan.ttls.upperBound)
    return .none
  }

  /// Does one thing that is due.
  public mutating func expire(at now: Stamp) -> Action<Report> {
    if phase == .running || phase == .draining { lapse(at: now.instant) }
    if !outbox.isEmpty {
      let (flow, segment) = outbox.removeFirst()
      return .send(transmission(flow, segment))
    }
    if !reports.isEmpty { return .report(reports.removeFirst(), slot: nil) }
    switch phase {
    case .over: return .done
    case .ending:
      phase = .over
      return .report(.ended(ending), slot: nil)
    case .draining:
      if pending.isEmpty { finish() }
      return .none
    case .running: break
    }
    if let limit = plan.deadline, now.instant >= startedAt + limit {
      drain(at: now.instant)
      return .none
    }
    if let index = flows.firstIndex(where: { $0.stage == .wanted }) {
      flows[index].stage = .asked
      return .open(slot: index, address: source, port: index == 0 ? syn.port : 0)
    }
    if let index = sender {
      guard now.instant >= nextProbe else { return .none }
      nextProbe = now.instant + .nanoseconds(1_000_000_000 / Int64(max(plan.rate, 1)))
      return probe(index, at: now)
    }
    advance(at: now.instant)
    return .none
  }

  /// How it came out so far.
  private var ending: RouteEnding {
    let distance = flows.first.flatMap { flow in flow.end }
    return RouteEnding(
      distance: distance, flows: flows.count { $0.stage == .ready }, isComplete: plan.flows > 1 ? isComplete : nil,
      trouble: trouble)
  }

  // MARK: Rounds

  /// The flow that has a probe to send; nil where all have sent what this round asks for, or wait for answers.
  private var sender: Int? {
    guard phase == .running else { return nil }
    for step in flows.indices {
      let index = (turn + step) % flows.count
      if canSend(index) { return index }
    }
    return nil
  }

  private func canSend(_ index: Int) -> Bool {
    let flow = flows[index]
    guard flow.stage == .ready, let sweep = flow.sweep, sweep.next <= Int(flow.last(plan.ttls)) else { return false }
    let limit = flow.namesAnswers || flow.isExplored ? plan.parallel : 1
    return open(index, sweep) < max(limit, 1)
  }

  /// How many probes of a flow's sweep are under way.
  private func open(_ index: Int, _ sweep: RouteFlow.Sweep) -> Int {
    pending.count {
      $0.probe.flow == index && $0.probe.round == sweep.round && $0.probe.isExtra == sweep.isExtra && !$0.isAnswered
    }
  }

  /// Whether a flow has sent all of its sweep; in the first one also heard of all.
  private func isSwept(_ flow: RouteFlow, _ index: Int) -> Bool {
    switch flow.stage {
    case .failed: return true
    case .ready: break
    case .wanted, .asked, .opening: return false
    }
    guard let sweep = flow.sweep else { return true }
    guard sweep.next > Int(flow.last(plan.ttls)) else { return false }
    return flow.isExplored || !pending.contains { $0.probe.flow == index }
  }

  /// Whether all flows have sent all of their sweeps.
  private var isSwept: Bool { flows.enumerated().allSatisfy { isSwept($1, $0) } }

  /// When the next round may begin, if nothing is left of this one.
  private var nextTurn: Instant? {
    guard isSwept else { return nil }
    if !flows.allSatisfy(\.isSettled) { return startedAt }
    // The last round ends with its last probe; what asks for changes does not wait longer than it must.
    if isLastRound || wantsExtra, pending.isEmpty { return startedAt }
    if isLastRound, !wantsExtra { return nil }
    return roundBegan + plan.interval
  }

  private var isLastRound: Bool { plan.rounds.map { round + 1 >= $0 } ?? false }

  /// Whether the sweeps that ask for changes are due: behind the last round, and the tenth of an endless run.
  private var wantsExtra: Bool {
    plan.asksECN && extras < RouteEngine.marks.count && (isLastRound || round + 1 >= 10)
  }

  private mutating func advance(at now: Instant) {
    settleExplored()
    if flows.allSatisfy({ $0.stage == .failed }) { return finish() }
    guard isSwept, flows.allSatisfy(\.isSettled) else {
      return tellRounds(before: round)
    }
    if growFlows() { return }
    tellRounds(before: round + 1)
    if isLastRound, !wantsExtra {
      if pending.isEmpty { finish() }
      return
    }
    guard !isPaused, let due = nextTurn, due <= now else { return }
    var mark: UInt8?
    if wantsExtra {
      mark = RouteEngine.marks[extras]
      extras += 1
    } else {
      round += 1
    }
    roundBegan = now
    for index in flows.indices where flows[index].stage == .ready {
      if flows[index].isWorn { reopen(index, at: now) }
      if let seq = flows[index].lastReset { outbox.append((index, Segment(seq: seq, flags: .rst))) }
      flows[index].sweep = sweep(mark)
    }
  }

  private func sweep(_ mark: UInt8? = nil) -> RouteFlow.Sweep {
    let trafficClass = syn.ipFields.trafficClass
    return RouteFlow.Sweep(
      round: round, trafficClass: mark.map { trafficClass & 0xfc | $0 } ?? trafficClass, isExtra: mark != nil,
      next: Int(plan.ttls.lowerBound))
  }

  /// Ends the first sweep of flows that have heard of all: what lies beyond their paths is forgotten.
  private mutating func settleExplored() {
    for index in flows.indices where !flows[index].isExplored && isSwept(flows[index], index) {
      flows[index].isExplored = true
      let last = flows[index].last(plan.ttls)
      for probe in flows[index].silent where probe.ttl <= last { reports.append(.probe(probe)) }
      flows[index].silent = []
    }
  }

  /// Adds flows until the stopping rule is met; whether it added any.
  private mutating func growFlows() -> Bool {
    guard flows.count < min(plan.flows, RouteEngine.mostFlows), !isComplete, round == 0 else { return false }
    let last = flows[0].last(plan.ttls)
    let (count, wanted) = (flows.count, min(plan.flows, RouteEngine.mostFlows, neededFlows))
    while flows.count < wanted { addFlow(expected: last) }
    return flows.count > count
  }

  private mutating func addFlow(expected: UInt8) { flows.append(RouteFlow(Endpoint(source, 0), expected: expected)) }

  /// How many flows the stopping rule asks for, at the hop that asks for most.
  private var neededFlows: Int { plan.rule.flows(known: seen.map(\.count).max() ?? 1) }

  private var isComplete: Bool { flows.count { $0.stage == .ready && $0.isExplored } >= neededFlows }

  /// Tells that rounds have ended of which nothing is under way.
  private mutating func tellRounds(before next: Int) {
    while ended + 1 < next, !pending.contains(where: { !$0.probe.isExtra && $0.probe.round <= ended + 1 }) {
      ended += 1
      reports.append(.roundEnded(ended))
    }
  }

  /// Sends nothing more, and waits for what is under way for as long as answers take, but not for longer than it must:
  /// what is then not answered is lost.
  ///
  /// Answers that came count as well: to leave out only what had none yet would make the loss look less.
  private mutating func drain(at now: Instant) {
    guard phase == .running else { return }
    phase = .draining
    let until = now + max(RouteEngine.leastDrain, slowest * 4)
    for index in pending.indices where !pending[index].isAnswered {
      pending[index].deadline = min(pending[index].deadline, until)
    }
  }

  /// Ends it: what is under way is not waited for, and every connection is reset.
  private mutating func finish() {
    guard phase == .running || phase == .draining else { return }
    phase = .ending
    pending = []
    for index in flows.indices {
      let last = flows[index].last(plan.ttls)
      // An interrupted first sweep has no end yet: silence behind the last answer says nothing.
      for probe in flows[index].silent where probe.ttl <= min(last, flows[index].farthest) {
        reports.append(.probe(probe))
      }
      flows[index].silent = []
      if let reset = flows[index].session?.reset { outbox.append((index, reset)) }
    }
  }

  /// Ends it early.
  public mutating func interrupt(at now: Stamp) { drain(at: now.instant) }

  // MARK: Probes

  private mutating func probe(_ index: Int, at now: Stamp) -> Action<Report> {
    guard var sweep = flows[index].sweep else { return .none }
    let ttl = UInt8(clamping: sweep.next)
    sweep.next += 1
    flows[index].sweep = sweep
    turn = (index + 1) % flows.count
    let form = flows[index].form
    let (segment, text) = flows[index].segment(syn, at: now.instant)
    probes += 1
    let identification = UInt16(truncatingIfNeeded: probes &+ Int(flows[0].seed.timestamp)) | 1
    var crafting = Crafting()
    crafting.identification = identification
    var transmission = Transmission(
      token: Token(slot: index, generation: 0, number: UInt32(truncatingIfNeeded: probes)),
      flow: Flow(local: flows[index].local, remote: remote), segment: segment,
      ipFields: IPFields(hopLimit: ttl, trafficClass: sweep.trafficClass), data: text, text: 0..<text.count)
    transmission.packets =
      (try? crafting.packets(segment, flow: transmission.flow, text: text, ipFields: transmission.ipFields)) ?? []
    let probe = PathProbe(
      number: probes, round: sweep.round, flow: index, sourcePort: flows[index].local.port, ttl: ttl, form: form,
      trafficClass: sweep.trafficClass, isExtra: sweep.isExtra, sent: now.wall)
    pending.append(
      PendingProbe(
        probe: probe, seq: segment.seq, timestamp: ParsedOptions(segment.options).timestamps?.value,
        identification: identification, octets: transmission.packets.first ?? [],
        deadline: now.instant + plan.wait))
    lastRemark = "probe \(probes), TTL \(ttl)" + (sweep.isExtra ? ", only for changes" : "")
    return .send(transmission)
  }

  private mutating func transmission(_ index: Int, _ segment: Segment) -> Transmission {
    lastRemark = segment.flags.contains(.rst) ? "reset" : segment.flags.contains(.syn) ? "opening" : "acknowledgment"
    return Transmission(
      token: Token(slot: index, generation: 1, number: 0), flow: Flow(local: flows[index].local, remote: remote),
      segment: segment, ipFields: syn.ipFields)
  }

  /// Gives up what was not answered in time, and tells what waited for a stamp for long enough.
  private mutating func lapse(at now: Instant) {
    var index = 0
    while index < pending.count {
      guard pending[index].deadline <= now else {
        index += 1
        continue
      }
      let entry = pending.remove(at: index)
      if entry.isAnswered { tell(entry) } else { tellSilent(entry.probe) }
    }
    for index in flows.indices where flows[index].stage == .opening {
      if let segment = flows[index].session?.expire(at: now) { outbox.append((index, segment)) }
      if flows[index].session?.state == .unanswered {
        fail(index, "no connection for probes within it: the SYN was not answered")
      }
    }
  }

  private mutating func tellSilent(_ probe: PathProbe) {
    guard !probe.isExtra else { return }
    let flow = flows[probe.flow]
    if flow.isExplored {
      if probe.ttl <= flow.last(plan.ttls) { reports.append(.probe(probe)) }
    } else {
      flows[probe.flow].silent.append(probe)
    }
  }

  /// Hands out an answered probe with its time.
  mutating func tell(_ entry: PendingProbe) {
    guard let departure = entry.departure, let arrival = entry.arrival else { return }
    var probe = entry.probe
    probe.sent = departure.bestWall
    let rtt = arrival.since(departure)
    probe.answer?.rtt = rtt
    slowest = max(slowest, rtt.interval)
    // What was answered beyond an end that showed meanwhile is no hop.
    guard probe.ttl <= flows[probe.flow].end ?? .max else { return }
    reports.append(.probe(probe))
  }

  /// Learns what an answer says of the path: who is there, and where it ends.
  mutating func learn(_ probe: PathProbe, _ answer: PathProbe.Answer) {
    let (index, ttl) = (probe.flow, probe.ttl)
    if !seen[Int(ttl)].contains(answer.address), seen[Int(ttl)].count < MultipathRule.mostNextHops {
      seen[Int(ttl)].append(answer.address)
    }
    flows[index].farthest = max(flows[index].farthest, ttl)
    if answer.isEnd {
      let end = min(flows[index].end ?? ttl, ttl)
      flows[index].end = end
      flows[index].farthest = min(flows[index].farthest, end)
      pending.removeAll { $0.probe.flow == index && $0.probe.ttl > end && !$0.isAnswered }
      flows[index].silent.removeAll { $0.ttl > end }
    } else if let end = flows[index].end, ttl >= end {
      // The path has become longer.
      flows[index].end = nil
    }
  }

  // MARK: Connections

  /// Opens another connection in place of one that has ended, or whose peer keeps much.
  private mutating func reopen(_ index: Int, at now: Instant) {
    if let reset = flows[index].session?.reset { outbox.append((index, reset)) }
    // Of a connection that the peer has ended nothing can be said of what was to reach it; all else is answered or lost.
    if flows[index].session?.state != .established, let end = flows[index].end {
      pending.removeAll { $0.probe.flow == index && $0.probe.ttl >= end && !$0.isAnswered }
    }
    let hits = flows[index].hits
    guard flows[index].sessions < 5 || hits > 0 else {
      return fail(index, "the target ends every connection before it answers")
    }
    openSession(index, at: now)
  }

  mutating func openSession(_ index: Int, at now: Instant) {
    flows[index].sessions += 1
    flows[index].stage = .opening
    (flows[index].hits, flows[index].count) = (0, 0)
    let seed = flows[index].seed
    let step = UInt32(flows[index].sessions) &* 0x9e37_79b1
    flows[index].session = ProbeSession(
      seed: Seed(iss: seed.iss &+ step, timestamp: seed.timestamp &+ step), offer: syn.offer, window: syn.window,
      at: now)
  }

  /// A flow's port is there: it can send, or opens its connection.
  mutating func begin(_ index: Int, port: UInt16, seed: Seed, at now: Instant) {
    flows[index].local = Endpoint(source, port)
    flows[index].seed = seed
    flows[index].sweep = sweep()
    flows[index].stage = .ready
    if plan.isInSession { openSession(index, at: now) }
  }

  /// A flow sends nothing any more.
  mutating func fail(_ index: Int, _ words: String) {
    flows[index].stage = .failed
    pending.removeAll { $0.probe.flow == index && !$0.isAnswered }
    if trouble == nil { trouble = words }
  }
}

extension RouteFlow {
  /// Whether its first sweep is over.
  fileprivate var isSettled: Bool { stage == .failed || isExplored }
}
