import Handshake
import Scan
import Timebase
import Wire

/// Scans: SYNs to all targets and ports in a random order, and what answers them; then again to what was not answered.
///
/// Of a probe one bit is kept, whether it was answered. Its sequence number is a hash of its flow, so that an answer proves
/// itself; the source port says which pass it belongs to, and the timestamp when it left. A batched sibling of `Engine`, as
/// `BenchEngine` is: packets are made in batches, and answers taken one by one without an allocation.
public struct ScanEngine: Sendable {
  /// What is scanned.
  public let targets: ScanTargets
  let plan: ScanPlan
  private let order: ScanOrder
  private let cookie: ScanCookie
  /// A SYN for each block of addresses.
  private let templates: [ScanTemplate]
  /// Our ports, one a pass.
  private let ports: [UInt16]
  /// How many probes are sent here: all of them, or a shard's.
  public let size: UInt64
  /// A bit a probe, by its number in the shard: whether it was answered.
  public private(set) var answered: [UInt64]
  /// What came out so far.
  public private(set) var tally: ScanTally
  /// The pass, from 0, and the next probe of it.
  public private(set) var (pass, next): (Int, UInt64) = (0, 0)

  private var pacer: RatePacer
  private var adaptive: AdaptiveRate?
  private var startedAt = Instant(nanoseconds: 0)
  /// Until when answers of this pass are waited for; nil while it is sent.
  private var waitingUntil: Instant?
  /// The slowest answer so far.
  private var slowest = Interval.zero
  private var isStopped = false
  /// The next probe that is looked at for those without an answer.
  private var unanswered: UInt64 = 0

  /// The shortest wait behind a pass: losses come in bursts.
  static let leastWait = Interval.milliseconds(200)
  /// How many answered probes are passed over in one go.
  private static let mostSkipped = 100_000

  /// A scan of targets; `templates` has one for each of their blocks, `ports` one for each pass.
  public init(_ targets: ScanTargets, _ plan: ScanPlan, templates: [ScanTemplate], ports: [UInt16]) {
    (self.targets, self.plan, self.templates, self.ports) = (targets, plan, templates, ports)
    order = ScanOrder(count: targets.count, seed: plan.seed)
    cookie = ScanCookie(plan.key)
    size = plan.shard.size(of: targets.count)
    answered = [UInt64](repeating: 0, count: Int((size + 63) / 64))
    tally = ScanTally(passes: plan.passes)
    pacer = RatePacer(rate: plan.rate ?? AdaptiveRate.first, from: startedAt)
  }

  /// Begins.
  public mutating func start(at now: Instant) {
    startedAt = now
    pacer.change(to: plan.rate ?? AdaptiveRate.first, at: now)
    adaptive = plan.rate == nil ? AdaptiveRate(at: now) : nil
  }

  /// Whether nothing more is sent or awaited.
  public private(set) var isDone = false

  /// When something is due.
  public var nextDeadline: Instant? {
    if isDone { return nil }
    return waitingUntil ?? pacer.nextDeadline
  }

  /// The rate at present, in packets a second.
  public var rate: Int { Int(pacer.rate) }

  /// Puts what is due into a batch.
  public mutating func advance(at now: Instant, into batch: inout PacketBatch) {
    if isDone { return }
    if isStopped {
      isDone = true
      return
    }
    if let until = waitingUntil {
      guard now >= until else { return }
      waitingUntil = nil
      guard pass + 1 < plan.passes, tally.answered < size else {
        isDone = true
        return
      }
      (pass, next) = (pass + 1, 0)
    }
    if adaptive?.turn(at: now) == true, let rate = adaptive?.value { pacer.change(to: rate, at: now) }
    var left = min(pacer.allowance(at: now), batch.vacancies)
    var skipped = 0
    var sent = 0
    while left > 0, next < size, skipped < ScanEngine.mostSkipped {
      let number = next
      next += 1
      if pass > 0, isAnswered(number) {
        skipped += 1
        continue
      }
      append(number, at: now, to: &batch)
      sent += 1
      left -= 1
    }
    pacer.take(sent)
    tally.sent += UInt64(sent)
    if next >= size { waitingUntil = now + wait }
  }

  /// How long answers of a pass are waited for: well beyond the slowest so far.
  private var wait: Interval { min(plan.wait, max(ScanEngine.leastWait, slowest * 4)) }

  private func append(_ number: UInt64, at now: Instant, to batch: inout PacketBatch) {
    let (address, port, block) = targets.probe(order.index(at: plan.shard.position(number)))
    let local = ports[pass]
    let fields = ScanTemplate.Fields(
      address: address, port: port, localPort: local, seq: cookie.iss(from: local, to: address, port: port),
      timestamp: tick(now))
    batch.append(to: batch.count, named: number) { (out, start) in templates[block].write(fields, into: &out, at: start)
    }
  }

  /// Our timestamp clock: a microsecond a tick since the start.
  private func tick(_ now: Instant) -> UInt32 {
    UInt32(truncatingIfNeeded: (now - startedAt).nanoseconds / 1_000)
  }

  private func isAnswered(_ number: UInt64) -> Bool { answered[Int(number >> 6)] >> (number & 63) & 1 == 1 }

  /// Takes a packet; what it says of a port, if it is the first answer there.
  public mutating func receive(_ arrival: borrowing ReceivedPacket, at now: Instant) -> ScanResult? {
    switch arrival.judged() {
    case .segment(let flow, let segment, _, let ip):
      guard let pass = pass(of: flow.local.port) else { return nil }
      guard let ack = segment.ack, segment.flags.contains(.rst) || segment.flags.contains(.syn),
        ack == cookie.iss(from: flow.local.port, to: flow.remote.address, port: flow.remote.port) + 1
      else {
        tally.rejected += 1
        return nil
      }
      let isOpen = !segment.flags.contains(.rst)
      var result = ScanResult(
        address: flow.remote.address, port: flow.remote.port, state: isOpen ? .open : .refused,
        reason: isOpen ? .synAck : .rst, hopLimit: ip.hopLimit, pass: pass + 1)
      if isOpen, let echoed = segment.options.timestamps?.echoReply { result.rtt = age(echoed, at: now) }
      return take(result)
    case .icmp(let flow, let notice, let hopLimit):
      guard let pass = pass(of: flow.local.port), let verdict = notice.verdict, verdict.decides else { return nil }
      guard let sequence = notice.quotedSequence,
        sequence == cookie.iss(from: flow.local.port, to: flow.remote.address, port: flow.remote.port)
      else {
        tally.rejected += 1
        return nil
      }
      return take(
        ScanResult(
          address: flow.remote.address, port: flow.remote.port, state: verdict.reason.verdict, reason: verdict.reason,
          hopLimit: hopLimit, pass: pass + 1, router: notice.source == flow.remote.address ? nil : notice.source))
    case .refused(_, let flow):
      if let flow, pass(of: flow.local.port) != nil { tally.rejected += 1 }
      return nil
    case .notOurs: return nil
    }
  }

  private func pass(of port: UInt16) -> Int? { ports.firstIndex(of: port) }

  /// How old a tick is; nil for one that is not ours, or older than the scan.
  private func age(_ echoed: UInt32, at now: Instant) -> Interval? {
    let age = Interval.microseconds(Int64(tick(now) &- echoed))
    return age < .seconds(120) && age <= now - startedAt ? age : nil
  }

  private mutating func take(_ result: ScanResult) -> ScanResult? {
    guard let index = targets.number(of: result.address, port: result.port),
      let number = plan.shard.number(of: order.position(of: index))
    else {
      tally.rejected += 1
      return nil
    }
    guard !isAnswered(number) else {
      tally.duplicates += 1
      return nil
    }
    answered[Int(number >> 6)] |= 1 << (number & 63)
    tally.add(result.state, pass: result.pass)
    if let rtt = result.rtt { slowest = max(slowest, rtt) }
    return result
  }

  /// A packet found no room in this host: it is asked again in the next pass.
  public mutating func refuse(_ count: Int = 1) { adaptive?.note() }

  /// This host has no route for a probe, by its number in the shard: that is its result.
  public mutating func fail(_ number: UInt64) -> ScanResult? {
    guard number < size else { return nil }
    let (address, port, _) = targets.probe(order.index(at: plan.shard.position(number)))
    return take(
      ScanResult(address: address, port: port, state: .unreachable, reason: .noRoute, pass: pass + 1))
  }

  /// Ends it early: nothing more is sent.
  public mutating func interrupt() { isStopped = true }

  /// The next probe that was never answered, once the scan is done; nil behind the last.
  ///
  /// After an interrupt only those that were asked.
  public mutating func nextUnanswered() -> ScanResult? {
    let end = isStopped && pass == 0 ? next : size
    while unanswered < end {
      let number = unanswered
      unanswered += 1
      // Words that are all answered are passed over.
      if number & 63 == 0, answered[Int(number >> 6)] == .max {
        unanswered += 63
        continue
      }
      guard !isAnswered(number) else { continue }
      let (address, port, _) = targets.probe(order.index(at: plan.shard.position(number)))
      tally.unanswered += 1
      return ScanResult(
        address: address, port: port, state: .filtered, reason: .noResponse, pass: min(pass + 1, plan.passes))
    }
    return nil
  }
}
