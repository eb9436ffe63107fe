import Handshake
import Path
import Statistics
import Timebase
import Wire

/// What is known of a path: its hops, its branches, what it loses, and what it changes.
///
/// It takes probes as they are finished. Memory is bounded by hops and flows, whoever answers.
public struct RouteTable: Sendable {
  /// Where the path leads to.
  public let target: Endpoint
  /// How certain it is to be that no branch was missed, from 0 to 1.
  public let confidence: Double
  /// The cells of each time to live, by flow.
  private(set) var cells: [[RouteCell?]] = Array(repeating: [], count: 256)
  /// The times of each time to live over all flows, more exact than those of its cells.
  private var times: [RouteTimes?] = Array(repeating: nil, count: 256)
  /// The source port of each flow.
  private(set) var ports: [UInt16?] = []
  /// The latest round of which there is a probe, from 0; -1 before the first.
  public private(set) var round = -1
  /// What probes were sent, in the order in which they began.
  public private(set) var forms: [PathProbe.Form] = []
  /// When the first probe was sent.
  public private(set) var started = WallTime.unknown
  /// Whether the flows that were tried suffice by the stopping rule; nil where only one was asked for, or before the end.
  public var isComplete: Bool?

  /// The most flows that are kept.
  public static let mostFlows = 1_024

  /// Nothing known yet.
  public init(target: Endpoint, confidence: Double = 0.95) { (self.target, self.confidence) = (target, confidence) }

  /// Forgets everything.
  public mutating func reset() { self = RouteTable(target: target, confidence: confidence) }

  /// Takes a probe that is finished.
  public mutating func take(_ probe: PathProbe) {
    guard (0..<RouteTable.mostFlows).contains(probe.flow) else { return }
    if !forms.contains(probe.form) { forms.append(probe.form) }
    let ttl = Int(probe.ttl)
    while ports.count <= probe.flow { ports.append(nil) }
    ports[probe.flow] = probe.sourcePort
    while cells[ttl].count <= probe.flow { cells[ttl].append(nil) }
    cells[ttl][probe.flow, default: RouteCell()].take(probe)
    round = max(round, probe.round)
    if probe.sent.isKnown, !started.isKnown || probe.sent < started { started = probe.sent }
    if !probe.isExtra, let rtt = probe.answer?.rtt { times[ttl, default: RouteTimes()].record(rtt) }
  }

  /// The flows that were tried, in their order.
  public var flows: [Int] { ports.indices.filter { ports[$0] != nil } }

  /// The source port of a flow.
  public func port(of flow: Int) -> UInt16? { ports.indices.contains(flow) ? ports[flow] : nil }

  /// What is known of a flow at a hop.
  subscript(ttl: Int, flow: Int) -> RouteCell? { cells[ttl].indices.contains(flow) ? cells[ttl][flow] : nil }

  /// The times to live that were tried.
  var ttls: ClosedRange<Int>? {
    guard let first = cells.firstIndex(where: { !$0.isEmpty }), let last = cells.lastIndex(where: { !$0.isEmpty })
    else { return nil }
    return first...last
  }

  /// The time to live at which a flow reaches the target, as far as is known: where it answered last.
  func distance(of flow: Int) -> Int? {
    guard let ttls else { return nil }
    var found: (ttl: Int, round: Int)?
    for ttl in ttls {
      guard let cell = self[ttl, flow], cell.isTarget else { continue }
      if let known = found, known.round > cell.targetRound { continue }
      found = (ttl, cell.targetRound)
    }
    return found?.ttl
  }

  /// The last hop of a flow: the target, or the last one that was tried.
  func end(of flow: Int) -> Int? {
    if let distance = distance(of: flow) { return distance }
    return ttls.flatMap { ttls in ttls.last { self[$0, flow] != nil } }
  }

  /// What the path itself lost: the probes that should have reached the target, and its answers; nil where it never
  /// answered.
  public var targetLoss: Loss? {
    let reached = flows.filter { distance(of: $0) != nil }
    guard !reached.isEmpty else { return nil }
    return reached.reduce(into: Loss()) { loss, flow in
      guard let cell = distance(of: flow).flatMap({ self[$0, flow] }) else { return }
      loss.sent += cell.sent
      loss.received += cell.answered
    }
  }

  /// The round-trip times to the target; nil where it never answered.
  public var targetTimes: RouteTimes? {
    let reached = flows.compactMap { flow in distance(of: flow).flatMap { self[$0, flow]?.times } }
    guard let first = reached.first else { return nil }
    return reached.dropFirst().reduce(into: first) { $0.merge($1) }
  }

  /// The times of all flows at a hop.
  func allTimes(at ttl: Int) -> RouteTimes { times[ttl] ?? RouteTimes() }
}

extension [RouteCell?] {
  fileprivate subscript(place: Int, default cell: @autoclosure () -> RouteCell) -> RouteCell {
    get { self[place] ?? cell() }
    set { self[place] = newValue }
  }
}

extension [RouteTimes?] {
  fileprivate subscript(place: Int, default times: @autoclosure () -> RouteTimes) -> RouteTimes {
    get { self[place] ?? times() }
    set { self[place] = newValue }
  }
}
