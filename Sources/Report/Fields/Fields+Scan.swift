import Handshake
import Scan
import Timebase

/// `probe scan`.
enum ScanFields {
  private static let states = ScanTally.states.map(\.rawValue)

  /// A line for each port of each address.
  static let results = RecordTable<(result: ScanResult, service: String?)>(
    "result",
    [
      .text("address", "the address") { "\($0.result.address)" },
      .number("port", "the port") { $0.result.port },
      .word("state", among: states, "its state: see States") { $0.result.state.rawValue },
      .word("reason", among: Reason.allCases.map(\.rawValue), "why: see Reasons") { $0.result.reason.rawValue },
      .time(
        orNull: "rtt_ns", "from the SYN to the SYN-ACK, by the user-space clock; null without a timestamp in the answer"
      ) { $0.result.rtt },
      .number(orNull: "ttl", "time to live, or hop limit, of the answer; null without one") { $0.result.hopLimit },
      .number("transmissions", "the pass that was answered, from 1; for no answer, the number of passes") {
        $0.result.pass
      },
      .text(orNull: "router", "who sent the ICMP error, if not the address itself; null otherwise") {
        $0.result.router.map { "\($0)" }
      },
      .text(orNull: "service", "the name of the port in /etc/services; null if it has none") { $0.service },
    ])

  /// What it comes to.
  static let summaries = RecordTable<ScanSummary>(
    "scan",
    [
      .number("probes", "how many ports were to be asked") { $0.probes },
      .number("sent", "how many SYNs were sent") { $0.tally.sent },
      .number("passes", "how many passes there were") { $0.passes },
      .number("open", "how many ports are open") { $0.tally.count(of: .open) },
      .number("closed", "how many are closed") { $0.tally.count(of: .refused) },
      .number("filtered", "how many are filtered, those without an answer included") { $0.tally.count(of: .filtered) },
      .number("unreachable", "how many are unreachable") { $0.tally.count(of: .unreachable) },
      .number("unanswered", "how many gave no answer") { $0.tally.unanswered },
      .number("duplicates", "answers to ports that had answered") { $0.tally.duplicates },
      .number("rejected", "packets to the scan's ports that answer none of its SYNs") { $0.tally.rejected },
      .number("dropped", "packets that arrived and that the kernel had no room for; answers may be among them") {
        $0.dropped
      },
      .list(
        "missed", "what was missed of each state, at least, by the passes: see Scans; none after a single pass", missed
      ) { summary in
        ScanTally.states.compactMap { state in
          summary.tally.missed(state, passes: summary.passes).map { (state, $0) }
        }
      },
      .time("time_ns", "how long it took") { $0.elapsed },
    ])

  private static let missed = FieldTable<(state: Verdict, bound: MissedBound)>([
    .word("state", among: states, "the state") { $0.state.rawValue },
    .numbers("answers", "answers first seen in each pass") { $0.bound.answers.map { Int(clamping: $0) } },
    .decimal(orNull: "at_least", "how many were missed at least; null if the passes do not show it") {
      if case .atLeast(let count) = $0.bound.value { count } else { nil }
    },
    .truth("differs", "whether loss clearly differs between targets: then more may be missing") {
      $0.bound.differsBetweenTargets
    },
  ])
}
