import Handshake
import Script

/// `probe --service`.
enum ServiceFields {
  /// The only line.
  static let services = RecordTable<(finding: ServiceFinding, target: String, remote: Endpoint)>(
    "service",
    [
      .text("target", "the target, as given") { $0.target },
      .text("address", "its address") { "\($0.remote.address)" },
      .number("port", "its port") { $0.remote.port },
      .word("state", among: ServiceState.words, "what was found: see Services") { $0.finding.state.rawValue },
      .text("evidence", "the packet that decided, or what was missing; may be empty") { $0.finding.evidence },
      .list("random_ports", "what random ports of the host answered; empty where they were not asked", other) {
        $0.finding.others
      },
      .texts("segments", "the packets of the port's connection, in one-line notation: `>` sent, `<` received") {
        $0.finding.exchange.map { ($0.isSent ? "> " : "< ") + $0.text }
      },
    ])

  private static let other = FieldTable<ServiceFinding.OtherPort>([
    .number("port", "the port") { $0.port },
    .word("state", among: ServiceState.words, "what was found there") { $0.state.rawValue },
  ])
}
