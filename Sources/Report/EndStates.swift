import Handshake

/// Where both ends of a ladder stand: named at first, and then only where they change.
struct EndStates {
  private let outcome: Outcome
  private let naming: (State) -> String
  /// What is known of our end, then of the peer's.
  private(set) var ours: String
  private(set) var theirs: String

  /// Before the first packet; `naming` spells the states.
  init(_ outcome: Outcome, naming: @escaping (State) -> String) {
    self.outcome = outcome
    self.naming = naming
    (ours, theirs) = ("?", "?")
    guard outcome.unknownBefore == nil else { return }
    theirs = outcome.mode == .listen ? naming(.closed) : outcome.peerAtHead.map(naming) ?? name(.listen)
    ours = naming(outcome.mode == .listen ? .listen : .closed)
  }

  /// What a packet made of them; nil for an end that stands where it stood.
  mutating func take(_ row: Ladder.Row) -> (ours: String?, theirs: String?) {
    let now = (ours: row.state.map(naming) ?? ours, theirs: row.peer.map { name($0) } ?? theirs)
    let changed = (ours: now.ours != ours ? now.ours : nil, theirs: now.theirs != theirs ? now.theirs : nil)
    (ours, theirs) = now
    return changed
  }

  private func name(_ peer: State) -> String { outcome.known(peer).map(naming) ?? "?" }
}
