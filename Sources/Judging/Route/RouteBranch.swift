import Wire

/// A hop that spreads what it forwards over several next hops.
public struct RouteBranch: Hashable, Sendable {
  /// Its time to live; 0 for this host.
  public var ttl: Int
  /// Its address; nil where it never answered, and of this host.
  public var address: IPAddress?
  /// The next hops, in the order of their numbers.
  public var nextHops: [IPAddress]
  /// Whether each packet goes its own way; otherwise each flow does.
  public var isPerPacket: Bool
}

extension RouteTable {
  /// The hops that balance load, as far as the answers show it.
  public var branches: [RouteBranch] {
    guard let ttls else { return [] }
    var found: [RouteBranch] = []
    for ttl in ttls {
      // By where flows come from: the branches of an earlier hop are not this one's.
      var sources: [(address: IPAddress?, next: Set<IPAddress>, isPerPacket: Bool)] = []
      for flow in flows {
        guard let cell = self[ttl, flow], let address = cell.address else { continue }
        let before = ttl == ttls.lowerBound ? nil : self[ttl - 1, flow]
        // Packets that were spread before come from several addresses at every hop until the ways join.
        if before?.variation == .perPacket { continue }
        let next = cell.variation == .perPacket ? cell.addresses.map(\.address) : [cell.settledAddress ?? address]
        let from = before?.settledAddress
        let place = sources.firstIndex { $0.address == from } ?? sources.count
        if place == sources.count { sources.append((from, [], false)) }
        sources[place].next.formUnion(next)
        if cell.variation == .perPacket { sources[place].isPerPacket = true }
      }
      for source in sources where source.next.count > 1 && found.count < RouteTable.mostBranches {
        found.append(
          RouteBranch(
            ttl: ttl - 1, address: source.address, nextHops: source.next.sorted(), isPerPacket: source.isPerPacket))
      }
    }
    return found
  }

  /// The most branches that are told.
  private static let mostBranches = 256
}

extension RouteCell {
  /// The address that answers now: the later one where the path changed, otherwise that with the most answers.
  var settledAddress: IPAddress? { if case .changed(let change)? = variation { change.to } else { address } }
}
