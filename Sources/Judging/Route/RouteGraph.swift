import Wire

/// A path with its branches, as it is drawn: a node for each address at each hop, and what leads from one to the next.
public struct RouteGraph: Sendable {
  /// An address at a hop, or a hop of a branch that does not answer.
  public struct Node: Sendable {
    /// Its address; nil where it does not answer.
    public var address: IPAddress?
    /// The last hop of a run of hops that do not answer, up to the end of the path; nil for one hop.
    public var last: Int?
    /// The flows that pass it.
    public var flows: [Int] = []
    /// What is known of the hop, of these flows.
    public var hop: RouteHop
    /// Whether its flows have other addresses at this hop, too: then its times are those of all of them.
    public var isShared = false
  }

  /// Flows that go from one node to one of the next row.
  public struct Link: Hashable, Sendable {
    /// The node's place in its row; nil for this host.
    public var from: Int?
    /// The place in the next row.
    public var to: Int
    /// How many flows there are.
    public var flows: Int
  }

  /// A hop's nodes, and the links that lead to them.
  public struct Row: Sendable {
    /// The time to live.
    public var ttl: Int
    /// The nodes, from left to right.
    public var nodes: [Node]
    /// What leads to them from the row before.
    public var links: [Link]
  }

  /// The hops, the nearest first.
  public private(set) var rows: [Row] = []

  /// The graph of what is known.
  public init(_ table: RouteTable) {
    guard let ttls = table.ttls else { return }
    let changes = table.changes
    let ends = table.flows.map { (flow: $0, end: table.end(of: $0) ?? 0) }
    // Behind the last answer there is nothing to draw but that there was none.
    let answered = ttls.last { ttl in ends.contains { $0.end >= ttl && table[ttl, $0.flow]?.address != nil } } ?? 0
    /// Where each flow is.
    var places: [Int: [Int]] = [:]
    for ttl in ttls {
      var row = Row(ttl: ttl, nodes: [], links: [])
      var next: [Int: [Int]] = [:]
      // A silent hop belongs to the branch that it lies in.
      var silent: [[Int]: Int] = [:]
      for (flow, end) in ends where end >= ttl {
        guard let cell = table[ttl, flow] else { continue }
        let before = places[flow] ?? []
        var own: [Int] = []
        let isSpread = cell.variation == .perPacket
        let addresses = isSpread ? cell.addresses.map(\.address) : cell.settledAddress.map { [$0] } ?? []
        for address in addresses {
          own.append(row.nodes.firstIndex { $0.address == address } ?? row.add(address))
          row.nodes[own[own.count - 1]].isShared = isSpread
        }
        if addresses.isEmpty { own = [silent[before] ?? row.add(nil)] }
        if addresses.isEmpty { silent[before] = own[0] }
        for place in own {
          row.nodes[place].flows.append(flow)
          if ttl == ttls.lowerBound { row.link(from: nil, to: place) }
          for from in before { row.link(from: from, to: place) }
        }
        next[flow] = own
      }
      guard !row.nodes.isEmpty else { continue }
      for place in row.nodes.indices {
        let flows = row.nodes[place].flows
        row.nodes[place].hop = table.hop(at: ttl, of: ends.filter { flows.contains($0.flow) })
        row.nodes[place].hop.changes = changes.filter { change in
          change.ttl == ttl && change.flows?.contains(where: flows.contains) ?? true
        }
      }
      places = next
      row.sort(after: rows.last, &places)
      if ttl > answered + 1, let last = rows.indices.last, rows[last].nodes.count == 1, row.nodes.count == 1 {
        rows[last].nodes[0].last = ttl
        continue
      }
      rows.append(row)
    }
  }
}

extension RouteGraph.Row {
  fileprivate mutating func add(_ address: IPAddress?) -> Int {
    nodes.append(RouteGraph.Node(address: address, hop: RouteHop(ttl: ttl)))
    return nodes.count - 1
  }

  fileprivate mutating func link(from: Int?, to: Int) {
    if let place = links.firstIndex(where: { $0.from == from && $0.to == to }) {
      links[place].flows += 1
    } else {
      links.append(RouteGraph.Link(from: from, to: to, flows: 1))
    }
  }

  /// Puts each node below those that lead to it, so that few links cross; `places` follows.
  fileprivate mutating func sort(after row: RouteGraph.Row?, _ places: inout [Int: [Int]]) {
    guard let row, row.nodes.count > 1 || nodes.count > 1 else { return }
    let weights = nodes.indices.map { node -> Double in
      let from = links.filter { $0.to == node }.compactMap(\.from)
      return from.isEmpty ? 0 : Double(from.reduce(0, +)) / Double(from.count)
    }
    let order = nodes.indices.sorted { (weights[$0], $0) < (weights[$1], $1) }
    var moved = Array(repeating: 0, count: nodes.count)
    for (place, node) in order.enumerated() { moved[node] = place }
    nodes = order.map { nodes[$0] }
    for place in links.indices { links[place].to = moved[links[place].to] }
    for (flow, nodes) in places { places[flow] = nodes.map { moved[$0] } }
  }
}
