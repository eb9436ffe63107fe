import Handshake
import Script

/// What is behind a port, for people.
extension TextReport {
  /// `service 192.0.2.1:80: data came back: P. 1:86(85) ack 39 win 64`.
  func service(_ finding: ServiceFinding, target: String, remote: Endpoint) -> String {
    var text = style.paint(finding.state.rawValue, finding.state.colour) + " \(target.printable)"
    if !target.hasSuffix("\(remote)") { text += " (\(remote.address))" }
    text += ": \(finding.state.words)"
    if !finding.evidence.isEmpty { text += ": \(finding.evidence)" }
    text += "\n"
    if !finding.others.isEmpty {
      let ports = finding.others.map { "\($0.port) \($0.state.rawValue)" }
      text += "random ports: " + ports.together(by: ", ") + "\n"
    }
    guard isVerbose else { return text }
    return finding.exchange.map { "  \($0.after.fixedSeconds) \($0.marked)\n" }.together(by: "")
      + text
  }
}

extension ServiceState {
  var colour: Style.Colour {
    switch self {
    case .service: .good
    case .acked, .zeroWindow, .ackingFirewall, .silent: .doubtful
    case .reset, .closed: .bad
    }
  }

  /// What it means, in a few words.
  package var words: String {
    switch self {
    case .service: "data came back"
    case .acked: "the data was acknowledged, and nothing else came"
    case .zeroWindow: "the SYN-ACK offers no window: a SYN proxy or a tarpit"
    case .reset: "an RST answered the data"
    case .closed: "an RST answered the SYN"
    case .silent: "no reply to the SYN, or to the data"
    case .ackingFirewall: "the data was acknowledged, and on random ports too"
    }
  }
}
