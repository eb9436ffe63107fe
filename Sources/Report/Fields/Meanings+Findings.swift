import Handshake
import Judging
import Path
import Script

// What the words for findings mean: verdicts of checks, what is behind a port, what came of a silence, several addresses.

extension PlayVerdict {
  /// What a check found.
  package var meaning: Meaning {
    switch self {
    case .pass:
      Meaning(
        "the peer did what the rule demands", "It was seen to in every variant that could be asked.",
        by: "RFC 9293 §3.10")
    case .fail:
      Meaning(
        "the peer did what the rule forbids, or did not do what it demands",
        "A silence is asked about again first. What the service itself does counts as nothing.", by: "RFC 2119 §1")
    case .note:
      Meaning(
        "the peer did something that is allowed and worth knowing",
        "The rule leaves it open, or the peer does less than it may.", by: "RFC 2119 §5")
    case .inconclusive:
      Meaning(
        "the answers do not show whether the rule holds",
        "Packets were lost, the connection ended too early, or the service closes connections by itself.",
        by: "RFC 9293 §3.10")
    case .notApplicable:
      Meaning(
        "the rule cannot be asked about through this port",
        "The peer does not offer what it is about, or the service sends no data. Try --request.", by: "RFC 9293 §3.10")
    case .error:
      Meaning(
        "this host could not put the question", "A packet was refused here, or a port was not free.", by: "raw(7)")
    }
  }
}

extension ServiceState {
  /// What is behind a port.
  package var meaning: Meaning {
    switch self {
    case .service:
      Meaning(
        "data came back: a service", "An application has read what was sent, or sends data first.", by: "RFC 9293 §3.4")
    case .acked:
      Meaning(
        "the data was acknowledged, and nothing else came",
        "A kernel acknowledges without its application: it may wait for something else.", by: "RFC 9293 §3.4")
    case .zeroWindow:
      Meaning(
        "the SYN-ACK offers no window", "There is nothing to send to: so answer SYN proxies.", by: "RFC 9293 §3.8.6")
    case .reset:
      Meaning(
        "an RST answered the data", "The service refused the request, or a firewall the connection.",
        by: "RFC 9293 §3.5.2")
    case .closed: Meaning("an RST answered the SYN", "Nothing listens on the port.", by: "RFC 9293 §3.5.2")
    case .silent:
      Meaning(
        "nothing answered the SYN, or the data", "Packets are lost or dropped, or no one is behind the SYN-ACK.",
        by: "RFC 9293 §3.8.3")
    case .ackingFirewall:
      Meaning(
        "random ports acknowledge data too: a firewall answers for all of them",
        "Nothing is known of the port itself.", by: "RFC 2979 §2")
    }
  }
}

extension IdleTrial.Answer {
  /// What came of a silence.
  package var meaning: Meaning {
    switch self {
    case .alive:
      Meaning(
        "the peer answered a keep-alive segment after the silence", "The connection is still known everywhere.",
        by: "RFC 9293 §3.8.4")
    case .silent:
      Meaning(
        "nothing answered after the silence, but a new connection was answered",
        "A box on the way forgot the connection and drops its packets.", by: "RFC 5382 §5")
    case .rst:
      Meaning(
        "an RST answered after the silence, or came in it",
        "The sender no longer knows the connection. Its TTL shows whether that is the peer or a box.",
        by: "RFC 9293 §3.5.1")
    case .fin:
      Meaning(
        "a FIN came in the silence", "The application has its own idle timeout.", by: "RFC 9293 §3.6")
    case .icmp:
      Meaning(
        "an ICMP error answered after the silence", "A box on the way forgot the connection and says so.",
        by: "RFC 5382 §5")
    case .refused:
      Meaning(
        "this host refused to send on the connection", "Its own connection tracking forgot it.", by: "RFC 5382 §5")
    case .busy:
      Meaning(
        "the peer sends packets by itself", "There was no silence of this length.", by: "RFC 9293 §3.8.4")
    case .unclear:
      Meaning(
        "the trial shows nothing", "No connection was made, or the target does not answer any more.",
        by: "RFC 9293 §3.8.4")
    }
  }
}

extension RouteHop.Variation {
  /// Why several addresses answer at a hop.
  package var meaning: Meaning {
    switch self {
    case .perFlow:
      Meaning(
        "each flow has one of the addresses",
        "A router before spreads flows, by their addresses and ports, over several ways.", by: "RFC 2992 §2")
    case .perPacket:
      Meaning(
        "answers to one flow come from several addresses",
        "A router before spreads packets one by one, so they may overtake each other.", by: "RFC 2991 §2")
    case .pathChanged:
      Meaning(
        "one address answered before, and another one since", "The route changed while it was traced.",
        by: "RFC 2991 §2")
    case .unclear:
      Meaning("there are too few answers to say why", "More rounds or more flows show it.", by: "RFC 2991 §2")
    }
  }
}
