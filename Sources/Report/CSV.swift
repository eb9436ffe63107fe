import Handshake
import Statistics
import Timebase

/// Results for spreadsheets: comma-separated values (RFC 4180), a header line and then a line for each.
///
/// Durations are whole nanoseconds; what is absent is an empty field; lines end by CR LF, as the RFC has it.
public enum CSV {
  /// One line of fields, with its end; nil is an empty field.
  public static func line(_ fields: [String?]) -> String {
    fields.map { $0.map(quoted) ?? "" }.together(by: ",") + "\r\n"
  }

  /// The names of the columns of `connection(_:)`.
  public static let connectionHeader = line(
    [
      "started", "target", "address", "port", "source", "source_port", "mode", "state", "reason", "seq", "ttl",
      "transmissions",
    ] + StepKind.allCases.map { "\(columns($0))_ns" } + ["clock", "closed_by", "invalid_replies"])

  /// One connection.
  public static func connection(_ record: Record) -> String {
    let outcome = record.outcome
    let local = outcome.flow.local
    let times = StepKind.allCases.map { kind in
      record.steps.first { $0.kind == kind }?.measurement.map { String($0.interval.nanoseconds) }
    }
    return line(
      [
        outcome.started.nanoseconds == 0 ? nil : outcome.started.rfc3339, record.target,
        outcome.flow.remote.address.description, "\(outcome.flow.remote.port)",
        local.address.isUnspecified ? nil : local.address.description, local.port == 0 ? nil : "\(local.port)",
        outcome.mode.rawValue, outcome.verdict.rawValue, outcome.reason.rawValue, "\(record.sequence)",
        outcome.hopLimit.map { "\($0)" }, outcome.knownTransmissions.map { "\($0)" },
      ] + times + [
        record.steps.first { $0.measurement != nil }?.measurement?.clock.rawValue,
        outcome.verdict == .open ? outcome.ending.rawValue : nil, "\(outcome.counters.invalid)",
      ])
  }

  /// The names of the columns of `series(_:target:step:)`.
  public static let seriesHeader = line([
    "target", "step", "count", "min_ns", "avg_ns", "mdev_ns", "p50_ns", "p90_ns", "p99_ns", "p999_ns", "p9999_ns",
    "max_ns", "jitter_ns",
  ])

  /// What one step of a target came to.
  public static func series(_ series: Series, target: String, step: StepKind) -> String {
    let times = [
      series.moments.min, series.moments.mean, series.moments.mdev, series.value(at: .p50), series.value(at: .p90),
      series.value(at: .p99), series.value(at: .p999), series.value(at: .p9999), series.moments.max,
      series.jitter.value,
    ]
    return line(
      [target, step.rawValue, "\(series.moments.count)"] + times.map { $0.map { String($0.nanoseconds) } })
  }

  /// A field between quotation marks where it has a comma, one of them, or a line end (RFC 4180 §2).
  private static func quoted(_ field: String) -> String {
    let isPlain = !field.utf8.contains { [UInt8(ascii: ","), UInt8(ascii: "\""), 10, 13].contains($0) }
    if isPlain { return field }
    var text = "\""
    for scalar in field.unicodeScalars {
      if scalar == "\"" { text += "\"" }
      text.unicodeScalars.append(scalar)
    }
    return text + "\""
  }

  private static func columns(_ kind: StepKind) -> String {
    var text = ""
    for scalar in kind.rawValue.unicodeScalars { text.unicodeScalars.append(scalar == "-" ? "_" : scalar) }
    return text
  }
}
