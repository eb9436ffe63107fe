import Handshake
import Judging
import Scan
import Statistics
import Timebase
import Wire

/// Comma-separated values: a table, and no summary in it.
struct CSVFormat: ResultWriter {
  private let remarks: @Sendable () -> TextReport

  init(_ wording: Wording) { remarks = wording.remarks }

  var showsPassingPackets: Bool { true }

  mutating func write(_ event: Event, into sheet: inout Sheet) {
    switch event {
    case .connectionsBegin: sheet.results += CSV.connections.header
    case .oneWay(let record):
      sheet.results += CSV.directions.header
      for direction in OneWayRecord.Direction.allCases { sheet.results += CSV.directions.line((record, direction)) }
    case .idleBegin: sheet.results += CSV.trials.header
    case .trial(let trial, let number, let target): sheet.results += CSV.trials.line((trial, number, target))
    case .checksBegin: sheet.results += CSV.checks.header
    case .connection(let record, _, _), .unresolved(let record, _): sheet.results += CSV.connections.line(record)
    case .check(let result, _, _): sheet.results += CSV.checks.line(result)
    case .bench(let summaries, _): sheet.results += table(of: summaries)
    case .routeBegin: sheet.results += CSV.hops.header
    case .route(let record, isFinal: true):
      let flows = record.table.flows
      for hop in record.table.hops + (flows.count > 1 ? flows.flatMap(record.table.hops(ofFlow:)) : []) {
        sheet.results += CSV.hops.line(RouteFields.HopLine(hop: hop, record: record, isFinal: true))
      }
    case .scanBlocks(let blocks, let isFirst):
      if isFirst { sheet.results += CSV.blocks.header }
      for block in blocks { sheet.results += CSV.blocks.line(block) }
    case .scanList(let listing): sheet.remarks += remarks().scanList(listing)
    case .scanBegin: sheet.results += CSV.ports.header
    case .scanResult(let result, let service): sheet.results += CSV.ports.line((result, service))
    // A row is a port's: what is marked is said beside the table, and in its columns where it is known in time.
    case .scanMark(let mark): sheet.remarks += remarks().scanMark(mark)
    case .scanEnd(let summary, isFinal: false): sheet.remarks += remarks().scan(summary)
    case .route(let record, isFinal: false): sheet.remarks += remarks().route(record)
    // A table has no place for it: whoever asks for it on the way reads it on standard error.
    case .summaries(let summaries, isFinal: false):
      let text = remarks()
      for summary in summaries { sheet.remarks += text.summary(summary) }
    default: break
    }
  }

  /// A line for each step of each target.
  private func table(of summaries: [BenchSummary]) -> String {
    var text = CSV.series.header
    for summary in summaries {
      for kind in StepKind.allCases {
        // A target that answered nothing has lost SYNs still.
        guard let series = summary[kind] ?? (kind == .syn ? Series() : nil) else { continue }
        text += CSV.series.line((summary.target, kind, series, summary.syns))
      }
    }
    return text
  }
}

/// Results for spreadsheets: comma-separated values (RFC 4180), a header line and then a line for each.
///
/// Durations are whole nanoseconds; what is absent is an empty field; lines end by CR LF, as the RFC has it.
public enum CSV {
  /// One line of fields, with its end; nil is an empty field.
  public static func line(_ fields: [String?]) -> String {
    fields.map { $0.map(quoted) ?? "" }.together(by: ",") + "\r\n"
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
}

/// A table of comma-separated values, whose columns are members of the JSON lines or made as they are.
public struct CSVTable<Row>: Sendable {
  private let columns: [Field<Row>]

  init(_ columns: [Field<Row>]) { self.columns = columns }

  /// The line with the names of the columns.
  public var header: String { CSV.line(columns.map(\.name)) }

  /// The line of one row.
  public func line(_ row: Row) -> String { CSV.line(columns.map { $0.cell(row) }) }
}

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
        "closed_by", "client_state", "invalid_replies", "server_state", "notes", "icmp_from", "syns_lost",
      ]))

  private static func time(of kind: StepKind) -> Field<Record> {
    let name = kind.rawValue.split(separator: "-").map(String.init).together(by: "_") + "_ns"
    return .time(orNull: name, "how long the step took") { record in
      record.steps.first { $0.kind == kind }?.measurement?.interval
    }
  }

  /// A row for each check.
  public static let checks = CSVTable<CheckResult>(CheckFields.checks.table.leaves)

  /// A row for each hop of a path over all flows, and where there are several flows for each hop of each flow.
  static let hops = CSVTable<RouteFields.HopLine>(
    RouteFields.hops.table.columns([
      "destination", "port", "flow", "ttl", "address", "name", "sent", "answered", "answers_lost", "lost_here_at_most",
      "rate_limited", "target",
    ]) + RouteFields.times.leaves.map { column in Field(column, of: { $0.hop.times }) }
      + RouteFields.hops.table.columns(["addresses_vary", "balances", "reason"]) + [
        .texts("changes", "what its quotes show to be different for the first time") { line in
          line.hop.changes.map { "\($0.field.rawValue):\($0.from)>\($0.to)" }
        }
      ])

  /// A row for each port of each address of a scan.
  static let ports = CSVTable<(result: ScanResult, service: String?)>(
    ScanFields.results.table.leaves.flatMap { field in
      guard field.name == "syn_ack" else { return [field] }
      return ScanFields.synAck.leaves.map { column in
        Field(rows: column.rows, write: { _, _ in }, cell: { $0.result.synAck.flatMap(column.cell) })
      }
    })

  /// A row for each block of addresses that would be scanned.
  static let blocks = CSVTable<AddressBlock>(ScanFields.blocks.table.leaves)

  /// What one step of a target came to.
  public typealias StepSeries = (target: String, step: StepKind, series: Series, syns: SynCounts)

  /// A row for each step of each target.
  public static let series = CSVTable<StepSeries>(
    [
      .text("target", "the target") { $0.target },
      .word("step", among: StepKind.words, "the step") { $0.step.rawValue },
    ]
      + SummaryFields.longSeries.columns([
        "count", "min_ns", "avg_ns", "mdev_ns", "p50_ns", "p90_ns", "p99_ns", "p999_ns", "p9999_ns", "max_ns",
        "jitter_ns",
      ]).map { column in Field(column, of: { $0.series }) }
      + SummaryFields.syns.leaves.map { column in Field(column, of: { $0.syns }) })
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
