/// The ways in which a box on the way ends a connection, by what is seen of it: nineteen of them.
///
/// Sundara Raman et al., "Global, Passive Detection of Connection Tampering", SIGCOMM 2023. The paper counts packets that
/// bear the client's address; here the server's count as well, for a capture that was taken at the client.
public enum TamperingSignature: String, Hashable, Sendable, CaseIterable {
  case synNothing = "SYN → ∅"
  case synReset = "SYN → RST"
  case synResetAck = "SYN → RST+ACK"
  case synBoth = "SYN → RST;RST+ACK"
  case ackNothing = "ACK → ∅"
  case ackReset = "ACK → RST"
  case ackResets = "ACK → RST;RST"
  case ackResetAck = "ACK → RST+ACK"
  case ackResetAcks = "ACK → RST+ACK;RST+ACK"
  case pushNothing = "PSH → ∅"
  case pushReset = "PSH → RST"
  case pushResetAck = "PSH → RST+ACK"
  case pushBoth = "PSH → RST;RST+ACK"
  case pushResetAcks = "PSH → RST+ACK;RST+ACK"
  case pushEqualResets = "PSH → RST=RST"
  case pushUnequalResets = "PSH → RST≠RST"
  case pushZeroReset = "PSH → RST;RST₀"
  case dataReset = "Data → RST"
  case dataResetAck = "Data → RST+ACK"

  /// Where it stands among all of them.
  public var index: Int { TamperingSignature.allCases.firstIndex(of: self) ?? 0 }
}
