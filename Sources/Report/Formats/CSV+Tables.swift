import Handshake
import Judging
import Statistics
import Timebase
import Wire

/// The tables; their columns are named as the members of JSON that say the same.
///
/// Words that others have written are printable in them: a row is one line, and no terminal obeys it.
extension CSV {
  /// A row for each connection.
  public static let connections = CSVTable<Record>(
    ConnectionFields.records.table.columns([
      "started", "target", "address", "port", "source", "source_port", "mode", "state", "reason", "seq", "isn", "irs",
      "ttl", "transmissions",
    ]) + StepKind.ofConnections.map(time) + [
      .text("clock", "whose clock timed the steps but `resolve`") { $0.outcome.clocks.together(by: " ") }
    ]
      + ConnectionFields.records.table.columns([
        "closed_by", "client_state", "invalid_replies", "server_state", "notes",
      ]))

  private static func time(of kind: StepKind) -> Field<Record> {
    let name = kind.rawValue.split(separator: "-").map(String.init).together(by: "_") + "_ns"
    return .time(orNull: name, "how long the step took") { record in
      record.steps.first { $0.kind == kind }?.measurement?.interval
    }
  }

  /// A row for each check.
  public static let checks = CSVTable<CheckResult>(CheckFields.checks.table.leaves)

  /// What one step of a target came to.
  public typealias StepSeries = (target: String, step: StepKind, series: Series)

  /// A row for each step of each target.
  public static let series = CSVTable<StepSeries>(
    [
      .text("target", "the target") { $0.target },
      .word("step", among: StepKind.words, "the step") { $0.step.rawValue },
    ]
      + SummaryFields.longSeries.columns([
        "count", "min_ns", "avg_ns", "mdev_ns", "p50_ns", "p90_ns", "p99_ns", "p999_ns", "p9999_ns", "max_ns",
        "jitter_ns",
      ]).map { column in Field(column, of: { $0.series }) })
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
