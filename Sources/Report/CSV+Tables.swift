import Handshake
import Statistics
import Timebase
import Wire

/// The tables; their columns are named as the members of JSON that say the same.
///
/// Words that others have written are printable in them: a row is one line, and no terminal obeys it.
extension CSV {
  /// A row for each connection.
  public static let connections = CSVTable<Record>(identity + StepKind.ofConnections.map(time) + course)

  private static let identity: [CSVTable<Record>.Column] = [
    .text("started") { $0.outcome.knownStart?.rfc3339 },
    .text("target") { $0.target.printable },
    .text("address") { $0.outcome.flow.remote.knownAddress?.description },
    .number("port") { $0.outcome.flow.remote.port },
    .text("source") { $0.outcome.flow.knownSource?.description },
    .number("source_port") { $0.outcome.flow.knownSourcePort },
    .text("mode") { $0.outcome.mode.rawValue },
    .text("state") { $0.outcome.verdict.rawValue },
    .text("reason") { $0.outcome.reason.rawValue },
    .number("seq") { $0.sequence },
    .number("isn") { $0.outcome.iss?.value },
    .number("irs") { $0.outcome.irs?.value },
    .number("ttl") { $0.outcome.hopLimit },
    .number("transmissions") { $0.outcome.knownTransmissions },
  ]

  private static func time(of kind: StepKind) -> CSVTable<Record>.Column {
    let name = kind.rawValue.split(separator: "-").map(String.init).together(by: "_") + "_ns"
    return .time(name) { record in record.steps.first { $0.kind == kind }?.measurement?.interval }
  }

  private static let course: [CSVTable<Record>.Column] = [
    .text("clock") { $0.outcome.clocks.together(by: " ") },
    .text("closed_by") { $0.outcome.knownEnding?.rawValue },
    .text("client_state") { $0.outcome.clientState?.identifier },
    .number("invalid_replies") { $0.outcome.counters.invalid },
    .text("server_state") { $0.outcome.serverState?.identifier },
    .text("notes") { $0.outcome.notes.list.together(by: " ") },
  ]

  /// A row for each check.
  public static let checks = CSVTable<CheckResult>([
    .text("target") { $0.check.target.printable },
    .text("address") { $0.remote?.knownAddress?.description },
    .number("port") { $0.remote?.port },
    .text("mode") { $0.telling?.mode.rawValue },
    .text("file") { $0.check.file.printable },
    .number("line") { $0.check.line },
    .text("comment") { $0.check.comment?.printable },
    .text("expected") { $0.check.expected.rawValue },
    .time("rtt_limit_ns") { $0.check.limit },
    .text("result") { $0.standing.rawValue },
    .text("failure") { $0.failure },
    .text("state") { $0.telling?.verdict.rawValue },
    .text("reason") { $0.telling?.reason.rawValue },
    .time("rtt_ns") { $0.rtt },
    .text("clock") { $0.telling?.clock?.rawValue },
    .number("probes") { $0.decided },
    .number("as_expected") { $0.asExpected },
    .number("retransmitted") { $0.retransmitted },
    .number("invalid") { $0.invalid },
  ])

  /// What one step of a target came to.
  public typealias StepSeries = (target: String, step: StepKind, series: Series)

  /// A row for each step of each target.
  public static let series = CSVTable<StepSeries>([
    .text("target") { $0.target.printable },
    .text("step") { $0.step.rawValue },
    .number("count") { $0.series.moments.count },
    .time("min_ns") { $0.series.moments.min },
    .time("avg_ns") { $0.series.moments.mean },
    .time("mdev_ns") { $0.series.moments.mdev },
    .time("p50_ns") { $0.series.value(at: .p50) },
    .time("p90_ns") { $0.series.value(at: .p90) },
    .time("p99_ns") { $0.series.value(at: .p99) },
    .time("p999_ns") { $0.series.value(at: .p999) },
    .time("p9999_ns") { $0.series.value(at: .p9999) },
    .time("max_ns") { $0.series.moments.max },
    .time("jitter_ns") { $0.series.jitter.value },
  ])
}

extension Outcome {
  /// Whose clocks timed its steps, each once and in their order.
  fileprivate var clocks: [String] {
    var clocks: [String] = []
    for step in steps {
      guard let name = step.measurement?.clock.rawValue, !clocks.contains(name) else { continue }
      clocks.append(name)
    }
    return clocks
  }
}
