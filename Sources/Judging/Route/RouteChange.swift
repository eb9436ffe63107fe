import Path

/// Something that a box on the path changes in our segments, at the first hop whose quote shows it.
public struct RouteChange: Hashable, Sendable {
  /// The hop whose quote shows it.
  public var ttl: Int
  /// What is different.
  public var field: QuoteChange.Field
  /// The value before: as it was sent, or as an earlier hop showed it.
  public var from: QuoteChange.Value
  /// The value that the quote shows.
  public var to: QuoteChange.Value
  /// Whether an earlier change is gone again: the value is what was sent.
  public var isReverted = false
  /// The last hop before whose quote would have shown it, and did not; nil where that was this host.
  public var after: Int?
  /// The flows that show it; nil where every flow does that passes the hop.
  public var flows: [Int]?
  /// In how many quotes of the hop it was seen.
  public var seen: Int
  /// How many quotes of the hop would have shown it.
  public var quotes: Int

  /// A change from its parts.
  public init(
    ttl: Int, field: QuoteChange.Field, from: QuoteChange.Value, to: QuoteChange.Value, isReverted: Bool = false,
    after: Int?, seen: Int, quotes: Int
  ) {
    (self.ttl, self.field, self.from, self.to, self.isReverted) = (ttl, field, from, to, isReverted)
    (self.after, self.seen, self.quotes) = (after, seen, quotes)
  }
}

extension RouteTable {
  /// What changes on the way, in the order of hops: each once, at the first hop that shows it.
  ///
  /// What is different is found for each flow, and told once for all that agree.
  public var changes: [RouteChange] {
    var found: [RouteChange] = []
    var showing: [[Int]] = []
    for flow in flows {
      for change in changes(of: flow) {
        if let place = found.firstIndex(where: { $0.tellsTheSame(as: change) }) {
          found[place].seen += change.seen
          found[place].quotes += change.quotes
          showing[place].append(flow)
        } else if found.count < RouteTable.mostChanges {
          found.append(change)
          showing.append([flow])
        }
      }
    }
    for place in found.indices {
      // A flow whose quotes could not show it says nothing against it.
      let able = flows.filter { (self[found[place].ttl, $0]?.quotes.isEmpty ?? true) == false }
      if showing[place].count < able.count { found[place].flows = showing[place] }
    }
    return found.enumerated().sorted { ($0.element.ttl, $0.offset) < ($1.element.ttl, $1.offset) }.map(\.element)
  }

  /// The most changes that are told.
  private static let mostChanges = 256

  private func changes(of flow: Int) -> [RouteChange] {
    guard let ttls else { return [] }
    var found: [RouteChange] = []
    var active: [(key: QuoteTally.Key, change: QuoteChange)] = []
    var passed: [QuoteTally] = []
    var places: [Int] = []
    func last(showing key: QuoteTally.Key) -> Int? {
      passed.lastIndex { $0.count(showing: key) > 0 }.map { places[$0] }
    }
    for ttl in ttls {
      guard let quotes = self[ttl, flow]?.quotes, !quotes.isEmpty else { continue }
      for entry in quotes.entries {
        let place = active.firstIndex { $0.key == entry.key }
        let before = place.map { active[$0].change }
        if let before, before.to == entry.change.to || entry.key.field.variesBySegment { continue }
        found.append(
          RouteChange(
            ttl: ttl, field: entry.change.field, from: before?.to ?? entry.change.from, to: entry.change.to,
            after: last(showing: entry.key), seen: entry.count,
            quotes: max(quotes.count(showing: entry.key), entry.count)))
        if let place { active[place].change = entry.change } else { active.append((entry.key, entry.change)) }
      }
      active.removeAll { key, change in
        let able = quotes.count(showing: key)
        guard able > 0, !quotes.entries.contains(where: { $0.key == key }) else { return false }
        found.append(
          RouteChange(
            ttl: ttl, field: change.field, from: change.to, to: change.from, isReverted: true,
            after: last(showing: key), seen: able, quotes: able))
        return true
      }
      passed.append(quotes)
      places.append(ttl)
    }
    return found
  }
}

extension RouteChange {
  fileprivate func tellsTheSame(as other: RouteChange) -> Bool {
    ttl == other.ttl && field == other.field && isReverted == other.isReverted
      && (field.variesBySegment || field == .sourcePort || from == other.from && to == other.to)
  }
}
