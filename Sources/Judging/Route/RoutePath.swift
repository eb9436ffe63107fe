import Path
import Statistics
import Timebase
import Wire

/// A way that flows take: all that pass the same hops.
public struct RoutePath: Sendable {
  /// What is known of a hop of it.
  public enum Step: Hashable, Sendable {
    /// It never answered.
    case silent
    /// One address answers.
    case one(IPAddress)
    /// Packets are spread over several, in the order of their numbers.
    case several([IPAddress])

    /// Its addresses.
    public var addresses: [IPAddress] {
      switch self {
      case .silent: []
      case .one(let address): [address]
      case .several(let addresses): addresses
      }
    }
  }

  /// The time to live of the first hop.
  public var firstTTL: Int
  /// The hops, the target last where it answered.
  public var steps: [Step]
  /// The flows that take it.
  public var flows: [Int]
  /// Whether it reaches the target, as far as is known.
  public var reachesTarget: Bool
  /// Probes that should have reached the target, and its answers.
  public var loss = Loss()
  /// The round-trip times to the target.
  public var times = RouteTimes()
  /// How its median compares with that of the fastest path; nil for that one, where there are too few times, and
  /// where it was not asked for (`RouteTable.comparedPaths`).
  public var slowness: Bootstrap.Ratio?

  /// What names it: a hash of the addresses of its hops, equal on every machine and in every run.
  ///
  /// 48 bits, so that a double holds it exactly. FNV-1a of 64 bits over, for each hop, its time to live, the number of
  /// octets of its addresses, and the octets; folded by exclusive or of the upper 16 bits.
  public var id: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func take(_ octet: UInt8) { hash = (hash ^ UInt64(octet)) &* 0x100_0000_01b3 }
    for (index, step) in steps.enumerated() {
      take(UInt8(truncatingIfNeeded: firstTTL + index))
      let octets = step.addresses.flatMap(\.octets)
      take(UInt8(truncatingIfNeeded: octets.count))
      for octet in octets { take(octet) }
    }
    return (hash >> 48) ^ (hash & 0xffff_ffff_ffff)
  }
}

extension RouteTable {
  /// The ways that flows take, those of the first flows first.
  public var paths: [RoutePath] {
    let all = flows.compactMap { path(of: $0) }
    // Those of which most is known come first: what did not answer matches anything, but belongs to one.
    let order = all.enumerated().sorted { ($1.element.known, $0.offset) < ($0.element.known, $1.offset) }
    var groups: [RoutePath] = []
    for (_, path) in order {
      if let place = groups.firstIndex(where: { $0.matches(path) }) {
        groups[place].join(path)
      } else {
        groups.append(path)
      }
    }
    for place in groups.indices {
      groups[place].flows.sort()
      for flow in groups[place].flows {
        guard let cell = distance(of: flow).flatMap({ self[$0, flow] }) else { continue }
        groups[place].loss.sent += cell.sent
        groups[place].loss.received += cell.answered
        groups[place].times = groups[place].times.count == 0 ? cell.times : groups[place].times.merged(cell.times)
      }
    }
    return groups.sorted { ($0.flows.first ?? 0) < ($1.flows.first ?? 0) }
  }

  /// The same, each with how its median compares with that of the fastest: a millisecond's work for each path, which is
  /// too much for what is drawn while probes are timed.
  public var comparedPaths: [RoutePath] {
    var paths = paths
    compare(&paths)
    return paths
  }

  /// So few times of a path say nothing of its median.
  static let fewestTimes = 5

  private func compare(_ paths: inout [RoutePath]) {
    let timed = paths.indices.filter { paths[$0].times.count >= RouteTable.fewestTimes }
    func median(_ place: Int) -> Interval { paths[place].times.value(at: .p50) ?? .zero }
    guard let fastest = timed.min(by: { median($0) < median($1) }) else { return }
    let base = paths[fastest].times.histogram
    for place in timed where place != fastest {
      paths[place].slowness = Bootstrap(seed: 0x70_726f_6265).ratio(
        of: paths[place].times.histogram, to: base, at: .p50)
    }
  }

  /// The way of one flow.
  private func path(of flow: Int) -> RoutePath? {
    guard let ttls, let end = end(of: flow), let first = ttls.first(where: { self[$0, flow] != nil }) else {
      return nil
    }
    var steps: [RoutePath.Step] = []
    for ttl in first...max(end, first) {
      guard let cell = self[ttl, flow], let address = cell.settledAddress else {
        steps.append(.silent)
        continue
      }
      let isSpread = cell.variation == .perPacket
      steps.append(isSpread ? .several(cell.addresses.map(\.address).sorted()) : .one(address))
    }
    let reaches = distance(of: flow) != nil
    // What lies behind the last answer may be anything.
    if !reaches { while case .silent? = steps.last { steps.removeLast() } }
    return RoutePath(firstTTL: first, steps: steps, flows: [flow], reachesTarget: reaches)
  }
}

extension RouteTimes {
  fileprivate func merged(_ other: RouteTimes) -> RouteTimes {
    var times = self
    times.merge(other)
    return times
  }
}

extension RoutePath {
  /// How many hops answered.
  fileprivate var known: Int { steps.count { $0 != .silent } }

  /// Whether both may be one: no hop that answered on both has other addresses.
  fileprivate func matches(_ other: RoutePath) -> Bool {
    guard firstTTL == other.firstTTL else { return false }
    if reachesTarget, other.reachesTarget, steps.count != other.steps.count { return false }
    if reachesTarget, other.steps.count > steps.count { return false }
    if other.reachesTarget, steps.count > other.steps.count { return false }
    return zip(steps, other.steps).allSatisfy { $0.matches($1) }
  }

  /// Takes another flow's way in, which matches.
  fileprivate mutating func join(_ other: RoutePath) {
    flows += other.flows
    reachesTarget = reachesTarget || other.reachesTarget
    for (place, step) in other.steps.enumerated() {
      if place >= steps.count { steps.append(step) } else { steps[place].join(step) }
    }
  }
}

extension RoutePath.Step {
  fileprivate func matches(_ other: RoutePath.Step) -> Bool {
    switch (self, other) {
    case (.silent, _), (_, .silent): true
    default: addresses.contains { other.addresses.contains($0) }
    }
  }

  fileprivate mutating func join(_ other: RoutePath.Step) {
    let all = Set(addresses + other.addresses).sorted()
    self = all.isEmpty ? .silent : all.count == 1 ? .one(all[0]) : .several(all)
  }
}
