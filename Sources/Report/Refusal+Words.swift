import Handshake

extension Refusal {
  /// Why, for a person who asked.
  var explanation: String {
    switch self {
    case .malformed: "does not parse"
    case .truncated: "longer than the receive buffer: its end was lost"
    case .badChecksum: "its checksum is wrong"
    case .ackMismatch: "acknowledges what was never sent"
    case .rstMismatch: "a reset that does not acknowledge our SYN, or is not exactly the next in sequence"
    case .irsMismatch: "a second SYN-ACK with another initial sequence number"
    case .badQuote: "an ICMP error that quotes no packet of ours"
    case .outOfWindow: "outside the receive window"
    case .notSyn: "neither SYN nor RST, and only those can answer a SYN"
    case .noAck: "no ACK on an established connection"
    case .paws: "its time stamp is older than what came before"
    case .unexpectedSyn: "a SYN on an established connection"
    case .notForListen: "no SYN, and only one opens a connection"
    }
  }
}
