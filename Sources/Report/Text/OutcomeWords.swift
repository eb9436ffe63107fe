import Handshake
import Timebase
import Wire

extension Outcome.Mode {
  /// What is done, for a person.
  public var words: String {
    switch self {
    case .full: "full connection"
    case .halfOpen: "half-open, SYN then RST"
    case .connect: "the kernel's connect(), no packets crafted"
    case .listen: "the peer's connection, answered from user space"
    case .capture: "read from a capture"
    }
  }

  /// Whose time it is, for a person.
  func words(_ clock: ClockSource) -> String { self == .capture ? "capture's clock" : clock.words }
}

extension Outcome {
  /// Who ended it and how, for a person.
  var endingWords: String {
    let (ours, theirs) = mode == .capture ? ("the client", "the server") : ("us", "the peer")
    return switch ending {
    case .fin: "FIN both ways"
    case .rst: "RST by \(ours)"
    case .peerRst where reset?.isAccepted == true && reset?.mark != nil: "RST in the name of \(theirs)"
    case .peerRst: "RST by \(theirs)"
    case .timeout where notes.contains(.keptSending): "peer kept sending; we sent RST"
    case .timeout where notes.contains(.tooSlow): "peer read the data too slowly; we sent RST"
    case .timeout where notes.contains(.peerFinMissing): "peer did not close; we sent RST"
    case .timeout: "peer stopped responding; we sent RST"
    case .none: "left open"
    }
  }
}

extension Verdict {
  /// Good news, bad news, or none.
  var colour: Style.Colour {
    switch self {
    case .open: .good
    case .refused, .unreachable: .bad
    case .filtered: .doubtful
    }
  }
}

extension ClockSource {
  /// The clock, for a person.
  var words: String {
    switch self {
    case .kernel: "kernel clock"
    case .user: "user clock"
    case .tcpInfo: "kernel's TCP_INFO"
    }
  }
}

/// What may be said of an outcome without guessing.
extension Outcome {
  /// When the first segment left; nil where none did.
  var knownStart: WallTime? { started.nanoseconds == 0 || !started.isKnown ? nil : started }

  /// How many copies of the SYN were sent; nil where the kernel sent them and did not say.
  var knownTransmissions: Int? {
    mode == .connect && counters.transmissions == 0 ? nil : counters.transmissions
  }

  /// How an open connection ended; nil where it was none.
  var knownEnding: Ending? { verdict == .open ? ending : nil }

  /// The state of the end that opened the connection; nil where it is not known.
  var clientState: State? { mode == .listen ? knownPeer : knownState }

  /// The state of the other end; nil where it is not known.
  var serverState: State? { mode == .listen ? knownState : knownPeer }

  /// Our state at the end; nil where the kernel keeps it to itself.
  private var knownState: State? { mode == .connect ? nil : state }

  /// The peer's state at the end; nil where nothing that it sent gave it away.
  var knownPeer: State? { mode == .connect ? nil : known(peer) }

  /// What is known of a peer that the machine takes to be in a state: that it listens is certain only once it
  /// has said so.
  func known(_ peer: State) -> State? {
    // Whoever opened a connection to us has told its state; behind a forged address there is no one to have one.
    if mode == .listen { return verdict == .open || verdict == .refused ? peer : nil }
    guard peer == .listen else { return verdict == .filtered || verdict == .unreachable ? nil : peer }
    switch verdict {
    case .open: return notes.contains(.simultaneousOpen) ? .closed : .listen
    case .refused: return .closed
    case .filtered, .unreachable: return nil
    }
  }
}

extension Endpoint {
  /// The address; nil where it is not known: no one is probed at the unspecified one.
  var knownAddress: IPAddress? { address.isUnspecified ? nil : address }
}

/// A connection that was never begun, or that the kernel kept to itself, has neither.
extension Flow {
  /// Our address; nil where it is not known.
  var knownSource: IPAddress? { local.address.isUnspecified ? nil : local.address }
  /// Our port; nil where it is not known.
  var knownSourcePort: UInt16? { local.port == 0 ? nil : local.port }
}
