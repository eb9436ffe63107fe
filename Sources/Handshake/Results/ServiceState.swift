/// What is behind a port: whether more than a SYN-ACK comes of it.
public enum ServiceState: String, Hashable, Sendable, CaseIterable {
  /// Data came back.
  case service
  /// The data was acknowledged, and nothing else came.
  case acked
  /// The SYN-ACK offers no window: there is nothing to send to.
  case zeroWindow = "zero-window"
  /// An RST answered the data.
  case reset
  /// An RST answered the SYN.
  case closed
  /// Nothing answered the SYN, or the data.
  case silent
  /// The data was acknowledged, and on random ports too: a firewall answers for all of them.
  case ackingFirewall = "acking-firewall"
}
