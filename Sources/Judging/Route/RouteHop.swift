import Handshake
import Path
import Statistics
import Timebase
import Wire

/// What is known of a hop: of one flow, or of all.
public struct RouteHop: Sendable {
  /// An address that answered, and how often.
  public struct Address: Hashable, Sendable {
    /// The address.
    public var address: IPAddress
    /// How many answers it sent.
    public var count: Int
  }

  /// Why there are several addresses.
  public enum Variation: String, Hashable, Sendable, CaseIterable {
    /// Each flow has one of them: a hop before spreads flows.
    case perFlow = "per-flow"
    /// Answers to one flow come from several: a hop before spreads packets.
    case perPacket = "per-packet"
    /// One answered before, and another one since.
    case pathChanged = "path-changed"
    /// There are too few answers to say.
    case unclear
  }

  /// A share, and between which shares the true one lies, with a confidence of 95 %.
  public struct Bound: Hashable, Sendable {
    /// The share, from 0 to 1.
    public var ratio: Double
    /// The lower end of the interval.
    public var lower: Double
    /// The upper end of the interval.
    public var upper: Double
  }

  /// Its time to live.
  public var ttl: Int
  /// The flow; nil where all are meant.
  public var flow: Int?
  /// The addresses that answered, the most frequent first.
  public var addresses: [Address] = []
  /// How many answers came from addresses that were not kept, because there are too many.
  public var otherAnswers = 0
  /// Why there are several addresses; nil where there are not.
  public var variation: Variation?
  /// Probes, and answers: the hop's own loss.
  public var answers = Loss()
  /// The round-trip times.
  public var times = RouteTimes()
  /// The most that this hop can have dropped: the smallest loss that it and any later hop shows; nil without probes.
  public var lostHereAtMost: Bound?
  /// Whether it leaves probes unanswered that hops behind it received: it limits its ICMP errors.
  public var isRateLimited = false
  /// Whether the target answered here.
  public var isTarget = false
  /// How it spreads what it forwards; nil where no answer shows that it does.
  public var balances: RouteBranch?
  /// Why packets go no further, as an ICMP error says; nil where none does.
  public var reason: Reason?
  /// What its quotes show to be different for the first time.
  public var changes: [RouteChange] = []
  /// What it adds to its errors (RFC 4884): MPLS labels, interfaces.
  public var extensions: [ICMPExtension] = []
  /// The time to live that its latest answer arrived with.
  public var answerTTL: UInt8?
  /// The time to live that its latest quote shows.
  public var quotedTTL: UInt8?

  /// The address that answered most; nil without any.
  public var address: IPAddress? { addresses.first?.address }
  /// Whether it never answered, though it was asked.
  public var isSilent: Bool { answers.received == 0 }
}

extension RouteTable {
  /// The hops over all flows, in their order.
  public var hops: [RouteHop] { hops(of: flows, flow: nil) }

  /// The hops of one flow, in their order.
  public func hops(ofFlow flow: Int) -> [RouteHop] { hops(of: [flow], flow: flow) }

  private func hops(of flows: [Int], flow: Int?) -> [RouteHop] {
    guard let ttls else { return [] }
    let (changes, branches) = (changes, branches)
    let ends = flows.map { end(of: $0) ?? 0 }
    return ttls.compactMap { ttl in
      // What was tried before the target was known to be nearer is no hop.
      let present = zip(flows, ends).filter { ttl <= $1 && self[ttl, $0] != nil }
      guard !present.isEmpty else { return nil }
      var hop = hop(at: ttl, of: present)
      hop.flow = flow
      if flow == nil { hop.times = allTimes(at: ttl) }
      hop.variation = variation(at: ttl, of: present.map(\.0), hop)
      hop.balances = branches.first { branch in
        branch.ttl == ttl
          && (branch.address.map { address in hop.addresses.contains { $0.address == address } } ?? true)
      }
      hop.changes = changes.filter { change in
        change.ttl == ttl && (flow == nil || change.flows?.contains { $0 == flow } ?? true)
      }
      return hop
    }
  }

  /// A hop of some flows, each with its last hop: what is counted and timed.
  func hop(at ttl: Int, of flows: [(flow: Int, end: Int)]) -> RouteHop {
    var hop = RouteHop(ttl: ttl)
    for (flow, _) in flows { if let cell = self[ttl, flow] { hop.add(cell) } }
    hop.addresses.sort { ($1.count, $0.address) < ($0.count, $1.address) }
    weigh(&hop, flows)
    return hop
  }

  private func variation(at ttl: Int, of flows: [Int], _ hop: RouteHop) -> RouteHop.Variation? {
    guard hop.addresses.count > 1 else { return nil }
    let variations = flows.compactMap { self[ttl, $0]?.variation }
    if variations.contains(.perPacket) { return .perPacket }
    if variations.contains(where: { if case .changed = $0 { true } else { false } }) { return .pathChanged }
    return Set(flows.compactMap { self[ttl, $0]?.address }).count > 1 ? .perFlow : .unclear
  }

  /// Compares a hop's loss with that of the hops behind it, of the flows that pass it.
  private func weigh(_ hop: inout RouteHop, _ present: [(flow: Int, end: Int)]) {
    guard let ratio = hop.answers.ratio, let own = hop.answers.interval else { return }
    var bound = RouteHop.Bound(ratio: ratio, lower: own.lower, upper: own.upper)
    // A flow whose branch is silent here says nothing of how often the others' hop answers.
    let answered = present.filter { (self[hop.ttl, $0.flow]?.answered ?? 0) > 0 }
    let limited = loss(of: answered, at: hop.ttl).interval
    let last = present.map(\.end).max() ?? hop.ttl
    for later in stride(from: hop.ttl + 1, through: last, by: 1) {
      if let limited, let behind = loss(of: answered, at: later).interval, limited.lower > behind.upper {
        hop.isRateLimited = true
      }
      let loss = loss(of: present, at: later)
      guard let ratio = loss.ratio, let interval = loss.interval else { continue }
      bound.ratio = min(bound.ratio, ratio)
      bound.lower = min(bound.lower, interval.lower)
      bound.upper = min(bound.upper, interval.upper)
    }
    hop.lostHereAtMost = bound
  }

  /// What flows lost at a hop; one that has reached the target goes no further: its loss is the target's.
  private func loss(of flows: [(flow: Int, end: Int)], at ttl: Int) -> Loss {
    flows.reduce(into: Loss()) { loss, each in
      guard let cell = self[min(ttl, each.end), each.flow] else { return }
      loss.sent += cell.sent
      loss.received += cell.answered
    }
  }

  /// The first hop that shows loss which every hop behind it shares: it drops packets, or the link before it; nil where
  /// the path loses nothing that can be told from chance, or the target never answered.
  public var lossBegins: RouteHop? {
    guard targetLoss != nil else { return nil }
    var before: Double?
    for hop in hops {
      guard let bound = hop.lostHereAtMost, let none = Wilson(0, of: hop.answers.sent) else { continue }
      if bound.lower > before ?? none.upper { return hop }
      before = max(before ?? 0, bound.upper)
    }
    return nil
  }

  /// When flows took another way.
  public var pathChanges: [RoutePathChange] {
    guard let ttls else { return [] }
    var found: [RoutePathChange] = []
    for flow in flows {
      for ttl in ttls {
        guard case .changed(let change)? = self[ttl, flow]?.variation else { continue }
        found.append(
          RoutePathChange(
            ttl: ttl, flow: flow, from: change.from, to: change.to, round: change.round, at: change.at))
      }
    }
    return found
  }
}

/// Another address at a hop of a flow, from some moment on.
public struct RoutePathChange: Hashable, Sendable {
  /// The hop.
  public var ttl: Int
  /// The flow.
  public var flow: Int
  /// The address before.
  public var from: IPAddress
  /// The address since.
  public var to: IPAddress
  /// The round of the first answer from it, from 0.
  public var round: Int
  /// When the probe was sent that it answered.
  public var at: WallTime
}

extension RouteHop {
  /// The most addresses of a hop that are told.
  static let mostAddresses = 64

  fileprivate mutating func add(_ cell: RouteCell) {
    answers.sent += cell.sent
    answers.received += cell.answered
    times.merge(cell.times)
    isTarget = isTarget || cell.isTarget
    reason = reason ?? cell.reason
    otherAnswers += cell.others
    answerTTL = cell.hopLimit ?? answerTTL
    quotedTTL = cell.quotedTTL ?? quotedTTL
    for sighting in cell.addresses {
      if let place = addresses.firstIndex(where: { $0.address == sighting.address }) {
        addresses[place].count += sighting.count
      } else if addresses.count < RouteHop.mostAddresses {
        addresses.append(Address(address: sighting.address, count: sighting.count))
      } else {
        otherAnswers += sighting.count
      }
    }
    for item in cell.extensions where !extensions.contains(item) && extensions.count < RouteCell.mostExtensions {
      extensions.append(item)
    }
  }
}
