import Laboratory
import Synchronization
import Testing

/// A network of one prober and one scripted peer.
struct Hostile {
  let namespace: Namespace
  let peer: Peer

  /// A peer that answers by a script.
  init(_ script: @escaping Peer.Script) throws {
    namespace = try Namespace()
    peer = try Peer(in: namespace, script: script)
  }

  /// A server that is polite once the first SYN of a flow has been met by something else.
  init(
    _ server: PoliteServer = PoliteServer(),
    meeting firstSYN: @escaping @Sendable (PeerSegment, PoliteServer) -> [Reply]
  ) throws {
    let counter = Counter()
    try self.init { segment in
      if segment.flags == .syn, counter.next(segment.sourcePort) == 1 { return firstSYN(segment, server) }
      return server.answer(segment)
    }
  }

  /// Probes port 80 of the peer and gives the one connection.
  func probe(_ words: String..., at address: String = Peer.address4) throws -> (JSON, Outcome) {
    let outcome = try Probe.run([target(address, 80), "--json"] + words, in: namespace)
    let connections = try outcome.connections
    try #require(connections.count == 1, "one line of connection: \(outcome.everything)")
    return (connections[0], outcome)
  }
}

/// Counts by a flow's port.
final class Counter: Sendable {
  private let counts = Mutex<[UInt16: Int]>([:])
  /// One more; tells how many it is now.
  func next(_ port: UInt16 = 0) -> Int {
    counts.withLock {
      $0[port, default: 0] += 1
      return $0[port] ?? 0
    }
  }
}

/// The two families of the scripted peer.
let bothFamilies = [Peer.address4, Peer.address6]
