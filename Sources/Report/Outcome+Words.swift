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

extension Ending {
  /// Who ended it and how, for a person.
  var words: String {
    switch self {
    case .fin: "FIN both ways"
    case .rst: "RST by us"
    case .peerRst: "RST by the peer"
    case .timeout: "the peer fell silent, RST by us"
    case .none: "left open"
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
