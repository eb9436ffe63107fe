import Handshake
import Scan
import Timebase
import Wire

/// Scans: SYNs to all targets and ports in a random order, and what answers them; then again to what was not answered.
///
/// Of a probe one bit is kept, whether it was answered. Its sequence number is a hash of its flow, so that an answer proves
/// itself; the source port says which pass it belongs to, and the timestamp when it left. A batched sibling of `Engine`, as
/// `BenchEngine` is: packets are made in batches, and answers taken one by one without an allocation.
///
/// Who runs it calls `advance` and `fill` by turns. A pass may also be divided among threads (`divide`), each of which fills
/// its own `ScanLane`; the engine stays where answers come in.
public struct ScanEngine: Sendable {
  /// Which packet each probe is.
  public let probes: ScanProbes
  /// What the senders see of it; a bit a probe, by its number in the shard: whether it was answered.
  public let course: ScanCourse
  let plan: ScanPlan
  /// What came out so far.
  public private(set) var tally: ScanTally
  /// The pass, from 0.
  public private(set) var pass = 0
  /// How many packets this host had no room for, or refused, so far.
  public private(set) var unsent: UInt64 = 0

  /// What fills batches of this pass here; over where threads do.
  private var lane: ScanLane?
  /// How far the senders of this pass are, and from which probe on it was divided among the last of them.
  private var (strides, dividedFrom): ([ScanStride], UInt64) = ([], 0)
  /// What was sent in earlier passes, and what did not leave.
  private var (sentBefore, unsentBefore): (UInt64, UInt64) = (0, 0)
  /// How often there was no room when that was last looked at.
  private var fullBefore: UInt64 = 0
  /// The rate's policy, and what tells it of losses on the way; nil for a rate that was given.
  private var adaptive: AdaptiveRate?
  private var control: ControlSample?
  /// Whether this host has lost packets of this pass.
  private var hasLost = false
  /// How many passes are made more because this host has lost packets.
  public private(set) var repeats = 0
  private var startedAt = Instant(nanoseconds: 0)
  /// Until when answers of this pass are waited for; nil while it is sent.
  private var waitingUntil: Instant?
  /// When the last packet of this pass had left, and when the latest answer came.
  private var (sentAt, newestAt) = (Instant(nanoseconds: 0), Instant(nanoseconds: 0))
  /// Which pass was answered of open ports that an earlier one did not find.
  private var firstPasses: [UInt64: UInt8] = [:]
  /// The most of them: some 30 MB.
  private static let mostRelabelled = 1 << 20
  /// Whether packets have come in that were not handed over yet: no wait ends before they are.
  public var isBehind = false
  /// The slowest answer so far.
  private var slowest = Interval.zero
  private var isStopped = false
  /// Whether nothing is sent for a while (`pause`).
  public private(set) var isPaused = false
  /// Where this pass goes on then.
  private var resumption: UInt64 = 0
  /// Whether this host had lost packets of the pass before that.
  private var hadLost = false
  /// How far this pass was at some moments, the earliest first.
  private var marks = ScanMarks()
  /// The next probe that is looked at for those without an answer.
  private var unanswered: UInt64 = 0
  /// Where it goes on; nil for a scan from the beginning.
  private let checkpoint: ScanCheckpoint?

  /// The shortest wait behind a pass: losses come in bursts.
  static let leastWait = Interval.milliseconds(200)
  /// How long is listened behind the last answer where packets are lost, and at most: a SYN-ACK that was lost comes again
  /// after a second (RFC 6298 §2.1), and a few hosts need more than five.
  static let (lastQuiet, longestEnd) = (Interval.milliseconds(1_500), Interval.seconds(8))

  /// A scan of targets; `templates` has one for each of their blocks (or one that `ways` names for each), `ports` one for each pass, and perhaps one more, from
  /// which answered probes are asked again where the rate adapts.
  ///
  /// With a checkpoint it goes on from there. The plan's seed, key, shard and the ports must be those of then, so that late
  /// answers count still; `answered` has the bits of then.
  public init(
    _ targets: ScanTargets, _ plan: ScanPlan, templates: [ScanTemplate], ways: [UInt16] = [], ports: [UInt16],
    resuming checkpoint: ScanCheckpoint? = nil, answered: ScanBits? = nil
  ) {
    self.plan = plan
    self.checkpoint = checkpoint
    probes = ScanProbes(
      targets, shard: plan.shard, seed: plan.seed, key: plan.key, templates: templates, ways: ways,
      ports: Array(ports.prefix(plan.mostPasses)),
      controlPort: ports.count > plan.mostPasses ? ports[plan.mostPasses] : nil)
    course = ScanCourse(answered ?? ScanBits(count: probes.size))
    tally = checkpoint?.tally ?? ScanTally(passes: plan.mostPasses)
    sentBefore = tally.sent
  }

  /// What is scanned.
  public var targets: ScanTargets { probes.targets }

  /// How many probes are sent here: all of them, or a shard's.
  public var size: UInt64 { probes.size }

  /// Where it is, to go on from later; the bits of `course.answered` belong to it.
  ///
  /// What was sent last and may still be answered lies behind it: in another process those answers are lost.
  public func place(at now: Instant) -> ScanCheckpoint {
    ScanCheckpoint(pass: pass, next: settled(at: now), repeats: repeats, tally: tally)
  }

  /// Begins.
  public mutating func start(at now: Instant) {
    (startedAt, sentAt, newestAt) = (now, now, now)
    adaptive = plan.rate == nil ? AdaptiveRate(from: now, most: plan.maxRate) : nil
    control = plan.rate == nil && probes.controlPort != nil ? ControlSample() : nil
    course.rate = plan.rate ?? adaptive?.value ?? 1
    (pass, repeats) = (min(checkpoint?.pass ?? 0, probes.ports.count - 1), checkpoint?.repeats ?? 0)
    begin(from: min(checkpoint?.next ?? 0, size), at: now)
  }

  private mutating func begin(from next: UInt64, at now: Instant) {
    let lane = lane(0, of: 1, from: next, at: now)
    (strides, dividedFrom, fullBefore, self.lane) = ([lane.stride], next, 0, lane)
    marks = ScanMarks(next)
  }

  private func lane(_ index: Int, of count: Int, from next: UInt64, at now: Instant) -> ScanLane {
    ScanLane(
      probes, course, from: probes.ports[pass], at: next, part: index, of: count, epoch: startedAt, now: now)
  }

  /// Divides what is left of this pass into parts, which threads fill from now on; none where nothing is left.
  public mutating func divide(into count: Int, at now: Instant) -> [ScanLane] {
    guard var lane, !lane.isOver else { return [] }
    lane.finish()
    let next = lane.stride.next
    let lanes = (0..<count).map { self.lane($0, of: count, from: next, at: now) }
    (sentBefore, unsentBefore) = (sentBefore + lane.stride.sent, unsentBefore + lane.stride.unsent)
    (strides, dividedFrom, fullBefore, self.lane) = (lanes.map(\.stride), next, 0, nil)
    return lanes
  }

  /// Whether nothing more is sent or awaited.
  public private(set) var isDone = false

  /// How many passes there are, as far as is known.
  public var passes: Int { max(pass + 1, min(plan.passes + repeats, probes.ports.count)) }

  /// Whether the rate adapts.
  public var isAdaptive: Bool { adaptive != nil }

  /// Whether packets of a pass are still to be sent.
  public var isSending: Bool { waitingUntil == nil && !isDone && !isPaused }

  /// Up to which probe all of this pass were sent, and had the time to be answered.
  public func settled(at now: Instant) -> UInt64 { min(marks.value(before: now + (.zero - wait)), next) }

  /// Sends nothing more for a while, as where the link is down.
  ///
  /// What was sent last is asked again, since its answers are lost too. To be called between `start` and the end.
  public mutating func pause(at now: Instant) {
    guard !isPaused, !isDone, !isStopped else { return }
    (isPaused, resumption, hadLost) = (true, settled(at: now), hasLost)
    course.stop()
    lane?.finish()
  }

  /// Goes on where it paused; every sender must have come to its end.
  public mutating func proceed(at now: Instant) {
    guard isPaused, !isStopped else { return }
    _ = count()
    // What did not leave meanwhile is asked again by this.
    (sentBefore, unsentBefore, isPaused, waitingUntil, hasLost) = (tally.sent, unsent, false, nil, hadLost)
    course.proceed()
    begin(from: resumption, at: now)
  }

  /// Up to which probe all of this pass were sent.
  public var next: UInt64 {
    var least = size
    for stride in strides where !stride.isOver || isStopped || isPaused { least = min(least, stride.next) }
    return least
  }

  /// When something is due here; nil where threads send.
  public var nextDeadline: Instant? {
    if isDone || isPaused { return nil }
    if waitingUntil != nil, tally.answered >= size { return sentAt }
    return waitingUntil ?? lane?.nextDeadline
  }

  /// The rate at present, in packets a second.
  public var rate: Int { course.rate }

  /// Ends waits, begins passes, and sees how far senders are.
  public mutating func advance(at now: Instant) {
    if isDone { return }
    let isSent = count()
    if isStopped {
      isDone = isSent
      return
    }
    if isPaused { return }
    marks.note(next, at: now, every: wait)
    if let until = waitingUntil {
      // Where all have answered, nothing is waited for.
      guard now >= until || tally.answered >= size, !isBehind else { return }
      // What was lost here was not lost by the targets: it is asked again, and no retry is used up.
      if hasLost, repeats < ScanPlan.mostRepeats { (repeats, hasLost) = (repeats + 1, false) }
      let isLast = pass + 1 >= min(plan.passes + repeats, probes.ports.count)
      if isLast, now < end {
        waitingUntil = end
        return
      }
      waitingUntil = nil
      guard !isLast, tally.answered < size else {
        isDone = true
        return
      }
      hasLost = false
      (sentBefore, unsentBefore) = (tally.sent, unsent)
      pass += 1
      begin(from: 0, at: now)
    } else if isSent {
      sentAt = now
      waitingUntil = now + wait
    }
    adapt(at: now)
  }

  private mutating func adapt(at now: Instant) {
    guard adaptive != nil else { return }
    if control?.isSilent(at: now, patience: max(.seconds(1), slowest * 4)) == true { adaptive?.note(.silence) }
    if adaptive?.turn(at: now, answered: tally.answered) == true, let rate = adaptive?.value { course.rate = rate }
  }

  /// Adds up what the senders have done; whether all of them are over.
  private mutating func count() -> Bool {
    var (sent, unsent, full, isOver) = (sentBefore, unsentBefore, UInt64(0), true)
    for stride in strides {
      sent += stride.sent
      unsent += stride.unsent
      full += stride.full
      if !stride.isOver { isOver = false }
    }
    if unsent != self.unsent { hasLost = true }
    if full != fullBefore || unsent != self.unsent { adaptive?.note(.full) }
    (tally.sent, self.unsent, fullBefore) = (sent, unsent, full)
    return isOver
  }

  /// Puts what is due into a batch: probes, where no thread does that, and answered ones that are asked again.
  public mutating func fill(_ batch: inout PacketBatch, at now: Instant) {
    guard isSending, !isStopped else { return }
    lane?.fill(&batch, at: now)
    guard batch.vacancies > 0, let port = probes.controlPort, let number = control?.next(at: now) else { return }
    let timestamp = tick(now)
    batch.append(to: batch.count, named: number) { (out, start) in
      probes.write(number, from: port, timestamp: timestamp, into: &out, at: start)
    }
    sentBefore += 1
  }

  /// What does not leave of what was filled here is noted in this.
  public var stride: ScanStride? { lane?.stride }

  /// How long answers of a pass are waited for: well beyond the slowest so far, and in full where there was none.
  private var wait: Interval {
    tally.answered == 0 ? plan.wait : min(plan.wait, max(ScanEngine.leastWait, slowest * 4))
  }

  /// Until when is listened behind the last pass: what is silent may be farther away than what has answered.
  private var end: Instant {
    guard tally.answered < size else { return sentAt }
    let least = sentAt + (plan.lastWait ?? plan.wait)
    // What was answered in a later pass was lost in the first one; what came late may not be the last.
    let showsLoss = tally.answers.contains { $0.dropFirst().contains { $0 > 0 } }
    guard showsLoss || newestAt > sentAt + ScanEngine.leastWait else { return least }
    return max(least, min(max(newestAt, sentAt) + ScanEngine.lastQuiet, sentAt + ScanEngine.longestEnd))
  }

  /// Our timestamp clock: a microsecond a tick since the start.
  private func tick(_ now: Instant) -> UInt32 {
    UInt32(truncatingIfNeeded: (now - startedAt).nanoseconds / 1_000)
  }

  /// Takes a packet; what it says of a port, if it is the first answer there.
  public mutating func receive(_ arrival: borrowing ReceivedPacket, at now: Instant) -> ScanResult? {
    switch arrival.judged() {
    case .segment(let flow, let segment, _, let ip):
      let pass = probes.pass(of: flow.local.port)
      guard pass != nil || flow.local.port == probes.controlPort else { return nil }
      guard let ack = segment.ack, segment.flags.contains(.rst) || segment.flags.contains(.syn),
        ack == probes.iss(from: flow.local.port, to: flow.remote.address, port: flow.remote.port) + 1
      else {
        tally.rejected += 1
        return nil
      }
      guard let pass else {
        if let number = probes.number(of: flow.remote.address, port: flow.remote.port) { control?.note(number) }
        return nil
      }
      let isOpen = !segment.flags.contains(.rst)
      var result = ScanResult(
        address: flow.remote.address, port: flow.remote.port, state: isOpen ? .open : .refused,
        reason: isOpen ? .synAck : .rst, hopLimit: ip.hopLimit, pass: pass + 1)
      if isOpen, let echoed = segment.options.timestamps?.echoReply { result.rtt = age(echoed, at: now) }
      if plan.keepsSynAcks, isOpen, case .tcp(let envelope, _) = arrival.dissection {
        result.synAck = SynAckFacts(segment, ip, trafficClass: envelope.trafficClass)
      }
      return take(result, at: now)
    case .icmp(let flow, let notice, let hopLimit):
      guard let pass = probes.pass(of: flow.local.port), let verdict = notice.verdict, verdict.decides else {
        return nil
      }
      guard let sequence = notice.quotedSequence,
        sequence == probes.iss(from: flow.local.port, to: flow.remote.address, port: flow.remote.port)
      else {
        tally.rejected += 1
        return nil
      }
      return take(
        ScanResult(
          address: flow.remote.address, port: flow.remote.port, state: verdict.reason.verdict, reason: verdict.reason,
          hopLimit: hopLimit, pass: pass + 1, router: notice.source == flow.remote.address ? nil : notice.source),
        at: now)
    case .refused(_, let flow):
      if let flow, probes.pass(of: flow.local.port) != nil { tally.rejected += 1 }
      return nil
    case .notOurs: return nil
    }
  }

  /// How old a tick is; nil for one that is not ours, or older than the scan.
  private func age(_ echoed: UInt32, at now: Instant) -> Interval? {
    let age = Interval.microseconds(Int64(tick(now) &- echoed))
    return age < .seconds(120) && age <= now - startedAt ? age : nil
  }

  private mutating func take(_ result: ScanResult, at now: Instant) -> ScanResult? {
    guard let number = probes.number(of: result.address, port: result.port) else {
      tally.rejected += 1
      return nil
    }
    guard course.answered.insert(number) else {
      tally.duplicates += 1
      if result.state == .open { relabel(number, result.pass) }
      return nil
    }
    tally.add(result.state, pass: result.pass)
    if result.state == .open, result.pass > 1, firstPasses.count < ScanEngine.mostRelabelled {
      firstPasses[number] = UInt8(clamping: result.pass)
    }
    if result.reason == .synAck || result.reason == .rst { control?.learn(number) }
    if let rtt = result.rtt { slowest = max(slowest, rtt) }
    newestAt = now
    // The first answer says how long others take.
    if waitingUntil != nil, tally.answered == 1 { waitingUntil = max(now, sentAt + wait) }
    return result
  }

  /// A SYN-ACK that was lost comes again after a second: then an earlier pass had reached the port than that which was
  /// answered first.
  ///
  /// Without this each pass would seem to lose what is only late, and the bound of what was missed would be too high.
  private mutating func relabel(_ number: UInt64, _ pass: Int) {
    guard let first = firstPasses[number], pass < first else { return }
    tally.move(.open, from: Int(first), to: pass)
    firstPasses[number] = UInt8(clamping: pass)
  }

  /// Whether senders pause, since so much has come in and was not handed over yet that more of it might be lost.
  public var isHeld: Bool {
    get { course.isHeld }
    set {
      if newValue, !course.isHeld { adaptive?.note(.full) }
      course.isHeld = newValue
    }
  }

  /// The kernel dropped packets that came in.
  public mutating func noteDrops() {
    hasLost = true
    adaptive?.note(.dropped)
  }

  /// The interface has counted packets beyond what it is allowed.
  public mutating func noteAllowance() {
    hasLost = true
    adaptive?.note(.allowance)
  }

  /// This host has no route for a probe, by its number in the shard: that is its result.
  public mutating func fail(_ number: UInt64) -> ScanResult? {
    guard number < size else { return nil }
    let (address, port, _) = probes.place(of: number)
    return take(
      ScanResult(address: address, port: port, state: .unreachable, reason: .noRoute, pass: pass + 1), at: sentAt)
  }

  /// Ends it early: nothing more is sent.
  public mutating func interrupt() {
    isStopped = true
    course.stop()
    lane?.finish()
  }

  /// The next probe that was never answered, once the scan is done; nil behind the last.
  ///
  /// After an interrupt only those that were asked.
  public mutating func nextUnanswered() -> ScanResult? {
    while unanswered < size {
      let number = unanswered
      unanswered += 1
      // Words that are all answered are passed over.
      if number & 63 == 0, course.answered.word(number >> 6) == .max {
        unanswered += 63
        continue
      }
      guard !course.answered.contains(number), wasAsked(number) else { continue }
      let (address, port, _) = probes.place(of: number)
      tally.unanswered += 1
      return ScanResult(
        address: address, port: port, state: .filtered, reason: .noResponse, pass: pass + 1)
    }
    return nil
  }

  private func wasAsked(_ number: UInt64) -> Bool {
    guard isStopped, pass == 0, number >= dividedFrom else { return true }
    return number < strides[ScanLane.part(number, from: dividedFrom, of: strides.count)].next
  }
}

/// How far a pass was, at a few moments of the time in which answers are still awaited.
struct ScanMarks: Sendable {
  private var list: [(at: Instant, next: UInt64)] = []
  private var first: UInt64 = 0

  /// So many moments of that time.
  private static let parts: Int64 = 8

  /// A pass that begins at a probe.
  init(_ first: UInt64 = 0) { self.first = first }

  /// Notes how far it is now, unless it did a short time ago.
  mutating func note(_ next: UInt64, at now: Instant, every wait: Interval) {
    if let last = list.last, now - last.at < .nanoseconds(wait.nanoseconds / ScanMarks.parts) { return }
    list.append((now, next))
    // The latest that is old enough is the first one.
    while list.count > 1, list[1].at <= now + (.zero - wait) { list.removeFirst() }
  }

  /// How far it was at a moment, or some time before.
  func value(before moment: Instant) -> UInt64 { list.last { $0.at <= moment }?.next ?? first }
}

/// Where a scan is, beside the bits of what was answered: what `--resume` goes on from.
public struct ScanCheckpoint: Hashable, Sendable {
  /// The pass, from 0.
  public var pass: Int
  /// Up to which probe all of this pass were sent and waited for; some beyond it may have been sent.
  public var next: UInt64
  /// How many passes were added because this host lost packets.
  public var repeats: Int
  /// What came out so far.
  public var tally: ScanTally

  /// A place in a scan.
  public init(pass: Int, next: UInt64, repeats: Int = 0, tally: ScanTally) {
    (self.pass, self.next, self.repeats, self.tally) = (pass, next, repeats, tally)
  }
}
