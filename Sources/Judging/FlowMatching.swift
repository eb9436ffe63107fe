/// Which connections of two files are one and the same, or do the same work.
package struct FlowMatching {
  /// By what two flows were found to belong together.
  package enum Evidence: String, CaseIterable {
    /// Both addresses and both ports.
    case addresses
    /// Both initial sequence numbers: someone has rewritten addresses or ports.
    case numbers
    /// The timestamps of both SYNs, and the octets each way: someone has rewritten the numbers as well.
    case contents
    /// The same server, in the same turn: another run of the same work.
    case order
    /// The same port of another server, in the same turn.
    case port

    /// Whether it is one connection that was seen twice.
    var isSame: Bool {
      switch self {
      case .addresses, .numbers, .contents: true
      case .order, .port: false
      }
    }
  }

  /// Two flows that belong together.
  struct Pair {
    var first: ComparedFlow
    var second: ComparedFlow
    var evidence: Evidence
  }

  private(set) var pairs: [Pair] = []
  private(set) var onlyFirst: [ComparedFlow]
  private(set) var onlySecond: [ComparedFlow]

  /// Finds the pairs, the surest evidence first; of what looks alike the first goes with the first.
  init(_ first: [ComparedFlow], _ second: [ComparedFlow]) {
    onlyFirst = first
    onlySecond = second
    for evidence in Evidence.allCases { match(evidence) }
    pairs.sort { $0.first.number < $1.first.number }
  }

  private mutating func match(_ evidence: Evidence) {
    // A chain a key, in the flows' order: arrays as values would be changed in place by way of the heap.
    var waiting: [String: Int] = [:]
    var following = [Int?](repeating: nil, count: onlySecond.count)
    for index in onlySecond.indices.reversed() {
      if let key = evidence.key(onlySecond[index]) { following[index] = waiting.updateValue(index, forKey: key) }
    }
    var taken: Set<Int> = []
    var rest: [ComparedFlow] = []
    for flow in onlyFirst {
      guard let key = evidence.key(flow), let index = waiting.removeValue(forKey: key) else {
        rest.append(flow)
        continue
      }
      if let next = following[index] { waiting.updateValue(next, forKey: key) }
      taken.insert(index)
      pairs.append(Pair(first: flow, second: onlySecond[index], evidence: evidence))
    }
    onlyFirst = rest
    onlySecond = onlySecond.indices.filter { !taken.contains($0) }.map { onlySecond[$0] }
  }
}

extension FlowMatching.Evidence {
  /// What must be equal; nil where a flow has no such thing.
  fileprivate func key(_ flow: ComparedFlow) -> String? {
    switch self {
    case .addresses: return "\(flow.client.endpoint) \(flow.server.endpoint)"
    case .numbers:
      guard let isn = flow.client.isn, let irs = flow.server.isn else { return nil }
      return "\(isn) \(irs)"
    case .contents:
      guard let client = flow.client.timestamp, let octets = flow.client.octets, let back = flow.server.octets else {
        return nil
      }
      return "\(client) \(flow.server.timestamp ?? "") \(octets) \(back)"
    case .order: return flow.server.endpoint
    case .port: return flow.server.port.map(String.init)
    }
  }
}
