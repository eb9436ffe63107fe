import Handshake

/// What may be said of an outcome without guessing.
extension Outcome {
  /// How many copies of the SYN were sent; nil where the kernel sent them and did not say.
  var knownTransmissions: Int? {
    mode == .connect && counters.transmissions == 0 ? nil : counters.transmissions
  }

  /// The peer's state at the end; nil where nothing that it sent gave it away.
  var knownPeer: State? { mode == .connect ? nil : known(peer) }

  /// What is known of a peer that the machine takes to be in a state: that it listens is certain only once it
  /// has said so.
  func known(_ peer: State) -> State? {
    // Whoever opened a connection to us has told its state; behind a forged address there is nobody to have one.
    if mode == .listen { return verdict == .open || verdict == .refused ? peer : nil }
    guard peer == .listen else { return verdict == .filtered || verdict == .unreachable ? nil : peer }
    switch verdict {
    case .open: return notes.contains(.simultaneousOpen) ? .closed : .listen
    case .refused: return .closed
    case .filtered, .unreachable: return nil
    }
  }
}
