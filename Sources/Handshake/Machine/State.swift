/// The states of a connection (RFC 9293 §3.3.2), in the order in which the RFC lists them.
public enum State: String, Hashable, Sendable, CaseIterable {
  /// Waiting for a connection request.
  case listen = "LISTEN"
  /// Our SYN is out; a matching one is awaited.
  case synSent = "SYN-SENT"
  /// Both SYNs are out; ours is not acknowledged yet.
  case synReceived = "SYN-RECEIVED"
  /// Data may flow both ways.
  case established = "ESTABLISHED"
  /// Our FIN is out, not yet acknowledged; the peer has sent none.
  case finWait1 = "FIN-WAIT-1"
  /// Our FIN is acknowledged; the peer has sent none.
  case finWait2 = "FIN-WAIT-2"
  /// The peer has sent its FIN; ours is still to come.
  case closeWait = "CLOSE-WAIT"
  /// Both FINs crossed; ours is not acknowledged yet.
  case closing = "CLOSING"
  /// The peer closed first; our FIN is not acknowledged yet.
  case lastAck = "LAST-ACK"
  /// Both ends are done; old segments are waited out.
  case timeWait = "TIME-WAIT"
  /// No connection at all.
  case closed = "CLOSED"

  /// The RFC's name in the spelling of JSON output: `TIME_WAIT`.
  public var identifier: String { String(rawValue.map { $0 == "-" ? "_" : $0 }) }

  /// The RFC's name, shortened where the textbooks shorten it: `SYN-RCVD`.
  public var shortName: String { self == .synReceived ? "SYN-RCVD" : rawValue }

  /// Whether both ends have agreed on sequence numbers (RFC 9293 §3.5.1 calls these states synchronized).
  public var isSynchronized: Bool {
    switch self {
    case .closed, .listen, .synSent, .synReceived: false
    default: true
    }
  }
}
