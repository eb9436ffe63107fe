import Handshake
import Path
import Timebase
import Wire

/// Sends pairs on a few connections until so many are known: loss and reordering of each direction from one end.
public struct OneWayEngine: Engine {
  /// What there is to show.
  public enum Report: Sendable {
    /// A connection has ended.
    case connection(OneWaySession.End)
    /// Everything has.
    case ended
  }

  /// What is asked for.
  public struct Plan: Hashable, Sendable {
    /// How many pairs.
    public var pairs = 100
    /// How many connections at once.
    public var connections = 4
    /// The time from one pair to the next, on whatever connection.
    public var interval = Interval.milliseconds(2)
    /// What the SYNs offer.
    public var offer = SynOptions()
    /// The IP fields that are ours to choose.
    public var ipFields = IPFields()

    /// A hundred pairs.
    public init() {}
  }

  /// What the pairs came to.
  public private(set) var counts = OneWayCounts()
  /// How connections ended that carried no more, and how many.
  public private(set) var ends: [OneWaySession.End: Int] = [:]
  private let plan: Plan
  private let source: IPAddress
  private let remote: Endpoint
  private var slots: [Slot]
  private var startedAt = Instant(nanoseconds: 0)
  private var nextPair = Instant(nanoseconds: 0)
  private var number: UInt32 = 0
  /// Connections in a row that ended before a pair was known.
  private var failures = 0
  /// How many pairs a connection carries before it is ended from here: half of what one carried that the peer ended.
  ///
  /// A peer's end is not independent of the losses, since pairs with losses take longer; ours is.
  private var limit = Int.max
  private var isInterrupted = false
  private var hasTold = false
  /// What the packet that passed last is.
  public private(set) var lastRemark: String?

  private struct Slot {
    var session: OneWaySession?
    var port: UInt16 = 0
    var isAsked = false
    var hasPairs = false
  }

  /// Connections in a row that may end before a pair is known.
  private static let failureLimit = 3
  /// The octet that data consists of: a letter that no service takes for the end of a request.
  private static let filler = UInt8(ascii: "A")

  /// Pairs from an address to an end.
  public init(_ plan: Plan, from source: IPAddress, to remote: Endpoint) {
    (self.plan, self.source, self.remote) = (plan, source, remote)
    slots = [Slot](repeating: Slot(), count: max(min(plan.connections, plan.pairs), 1))
  }

  /// Pairs that are known, or may still be.
  private var begun: Int {
    slots.reduce(counts.pairs) { $0 + ($1.session?.pending ?? 0) }
  }

  private var wantsMore: Bool { !isInterrupted && failures < OneWayEngine.failureLimit && begun < plan.pairs }

  /// When something is due; in the past while something is to be sent.
  public var nextDeadline: Instant? {
    if hasTold { return startedAt }
    var next: Instant?
    func consider(_ instant: Instant?) {
      if let instant { next = min(next ?? instant, instant) }
    }
    let wantsMore = wantsMore
    for slot in slots {
      guard let session = slot.session else {
        if wantsMore, !slot.isAsked { return startedAt }
        continue
      }
      if session.hasSends || session.end != nil { return startedAt }
      consider(session.nextDeadline)
      if session.isReady { consider(wantsMore ? nextPair : startedAt) }
    }
    if slots.allSatisfy({ $0.session == nil && !$0.isAsked }) { return startedAt }
    return next
  }

  /// Begins: everything is done by `expire(at:)`.
  public mutating func start(at now: Stamp) -> Action<Report> {
    (startedAt, nextPair) = (now.instant, now.instant)
    return .none
  }

  /// Does one thing that is due.
  public mutating func expire(at now: Stamp) -> Action<Report> {
    for index in slots.indices { slots[index].session?.expire(at: now.instant) }
    for index in slots.indices {
      if let segment = slots[index].session?.nextSend() { return .send(transmission(index, segment)) }
      collect(index)
      if let end = slots[index].session?.end { return release(index, end) }
    }
    if wantsMore {
      if now.instant >= nextPair, let index = slots.indices.first(where: { slots[$0].session?.isReady == true }) {
        guard slots[index].session.map({ $0.sent < limit }) == true else {
          slots[index].session?.close()
          return .none
        }
        nextPair = max(nextPair + plan.interval, now.instant)
        slots[index].session?.send(at: now.instant)
        return .none
      }
      if let index = slots.indices.first(where: { slots[$0].session == nil && !slots[$0].isAsked }) {
        slots[index].isAsked = true
        return .open(slot: index, address: source, port: 0)
      }
      return .none
    }
    for index in slots.indices where slots[index].session?.hasUnfinished == false || isInterrupted {
      slots[index].session?.close()
    }
    guard slots.allSatisfy({ $0.session == nil && !$0.isAsked }) else { return .none }
    if hasTold { return .done }
    hasTold = true
    return .report(.ended, slot: nil)
  }

  private mutating func collect(_ index: Int) {
    for pair in slots[index].session?.takeFinished() ?? [] {
      counts.take(pair)
      slots[index].hasPairs = true
    }
  }

  private mutating func release(_ index: Int, _ end: OneWaySession.End) -> Action<Report> {
    failures = slots[index].hasPairs || end == .done ? 0 : failures + 1
    ends[end, default: 0] += 1
    let sent = slots[index].session?.sent ?? 0
    if end != .done, sent > 0 { limit = max(min(limit, sent) / 2, 1) }
    slots[index] = Slot()
    return .report(.connection(end), slot: index)
  }

  private mutating func transmission(_ index: Int, _ segment: Segment) -> Transmission {
    number &+= 1
    lastRemark = words(segment)
    return Transmission(
      token: Token(slot: index, generation: 0, number: number),
      flow: Flow(local: Endpoint(source, slots[index].port), remote: remote), segment: segment,
      ipFields: plan.ipFields, data: [UInt8](repeating: OneWayEngine.filler, count: segment.textLength),
      text: 0..<segment.textLength)
  }

  private func words(_ segment: Segment) -> String {
    if segment.flags.contains(.rst) { return "end of the connection" }
    if segment.flags.contains(.syn) { return "opening" }
    return segment.textLength > 0 ? "pair, or what fills its holes" : "acknowledgment"
  }

  /// Hands a segment to the connection that it belongs to.
  public mutating func receive(_ arrival: borrowing ReceivedPacket, at now: Stamp) -> Action<Report> {
    lastRemark = nil
    guard case .segment(let flow, let segment, _, _) = arrival.judged(), flow.remote == remote,
      let index = slots.firstIndex(where: { $0.session != nil && $0.port == flow.local.port })
    else { return .none }
    lastRemark = "answer"
    slots[index].session?.receive(segment, at: now.instant)
    return .none
  }

  /// Begins a connection when its port is there; what cannot be sent ends it.
  @discardableResult public mutating func note(_ event: Happening) -> Action<Report> {
    switch event {
    case .opened(let slot, let port, let seed, let now):
      guard slots.indices.contains(slot) else { break }
      slots[slot].port = port
      slots[slot].isAsked = false
      slots[slot].session = OneWaySession(seed: seed, offer: plan.offer, at: now.instant)
    case .unreserved(let slot, _):
      guard slots.indices.contains(slot) else { break }
      slots[slot].isAsked = false
      failures += 1
    case .failed(let token, _):
      guard slots.indices.contains(token.slot) else { break }
      slots[token.slot].session?.close()
      failures += 1
    case .departed, .transmitted: break
    }
    return .none
  }

  /// Ends it: every connection is reset.
  public mutating func interrupt(at now: Stamp) { isInterrupted = true }
}
