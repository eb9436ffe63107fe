import Handshake
import Timebase

extension Outcome.Mode {
  /// What is done, for a person.
  public var words: String {
    switch self {
    case .full: "full connection"
    case .halfOpen: "half-open, SYN then RST"
    case .connect: "the kernel's connect(), no packets of our own"
    case .listen: "the peer's connection, answered by hand"
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
    case .peerRst: "RST by \(theirs)"
    case .timeout where notes.contains(.keptSending): "the peer kept sending, RST by us"
    case .timeout where notes.contains(.tooSlow): "the peer took the data too slowly, RST by us"
    case .timeout where notes.contains(.peerFinMissing): "the peer did not close, RST by us"
    case .timeout: "the peer fell silent, RST by us"
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
