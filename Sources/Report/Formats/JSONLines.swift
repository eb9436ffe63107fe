import Capture
import Handshake
import Judging
import Timebase
import Wire

/// Results for scripts: one JSON object a line, each ended by a line feed.
///
/// What is absent is `null`, never 0; durations are whole nanoseconds; instants are RFC 3339 in UTC. Which members a line
/// has, and what they mean, is in the tables of `Fields`.
public enum JSONLines {
  /// The version of the fields' meaning.
  public static let schema = ComparedFlow.schema

  /// All kinds of lines.
  package static var kinds: [RecordKind] {
    [
      ConnectionFields.records.kind, PageFields.pages.kind, PageFields.comparisons.kind, SummaryFields.targets.kind,
      SummaryFields.benches.kind, SummaryFields.ratios.kind, CheckFields.checks.kind, CheckFields.totals.kind,
      WatchFields.changes.kind, WatchFields.moves.kind, ListenFields.starts.kind, ListenFields.tallies.kind,
      CaptureFields.flows.kind, CaptureFields.packets.kind, CaptureFields.summaries.kind, DiffFields.comparisons.kind,
      ConnectionFields.packets.kind, ProgramFields.versions.kind,
    ]
  }

  /// The program's version.
  public static func version(_ number: String) -> String { ProgramFields.versions.line(number) }
}

/// Connections.
extension JSONLines {
  /// One connection.
  public static func connection(_ record: Record) -> String { ConnectionFields.records.line(record) }

  /// One connection with HTTP requests.
  public static func page(_ page: PageRecord) -> String { PageFields.pages.line(page) }

  /// The same requests on a connection each and on one that is kept.
  public static func comparison(target: String, _ each: CostRecord, _ kept: CostRecord) -> String {
    PageFields.comparisons.line((target, each, kept))
  }

  /// One packet of a connection, for `--packet-trace`.
  public static func packet(_ entry: ExchangeEntry, of record: Record) -> String {
    packet(entry, target: record.target, sequence: record.sequence, flow: record.outcome.flow)
  }

  /// One packet of a flow, for `--packet-trace`.
  public static func packet(_ entry: ExchangeEntry, target: String, sequence: Int, flow: Flow) -> String {
    ConnectionFields.packets.line(PacketLine(entry: entry, target: target, sequence: sequence, flow: flow))
  }
}

/// What several connections come to.
extension JSONLines {
  /// The summary of one target.
  public static func summary(_ summary: TargetSummary) -> String { SummaryFields.targets.line(summary) }

  /// The summary of one target of a benchmark.
  public static func summary(_ summary: BenchSummary) -> String { SummaryFields.benches.line(summary) }

  /// How the steps of one target compare with those of another.
  public static func ratio(_ comparison: BenchComparison) -> String { SummaryFields.ratios.line(comparison) }

  /// One check.
  public static func check(_ result: CheckResult) -> String { CheckFields.checks.line(result) }

  /// What the checks of a run come to.
  public static func summary(_ totals: CheckTotals, of file: String) -> String {
    CheckFields.totals.line((totals, file))
  }

  /// One change of state.
  public static func change(_ change: WatchChange) -> String { WatchFields.changes.line(change) }

  /// One change of address.
  public static func move(_ move: WatchMove) -> String { WatchFields.moves.line(move) }

  /// The port is open: connections are answered from now on.
  public static func listening(at endpoint: Endpoint, service: String) -> String {
    ListenFields.starts.line((endpoint, service))
  }

  /// The summary of a listener.
  public static func summary(_ tally: ListenTally, at endpoint: Endpoint) -> String {
    ListenFields.tallies.line((tally, endpoint))
  }
}

/// What captures hold.
extension JSONLines {
  /// One flow of a capture.
  public static func flow(_ flow: TrackedFlow, of file: String) -> String { CaptureFields.flows.line((flow, file)) }

  /// One packet of a flow of a capture.
  public static func packet(
    _ segment: borrowing CapturedSegment, _ sighting: Sighting, _ mark: FrameMark, of file: String
  ) -> String {
    let header = segment.header
    var content = try? Segment(header)
    content?.textLength = segment.payloadLength
    let (sourcePort, destinationPort) = (header.sourcePort, header.destinationPort)
    return CaptureFields.packets.line(
      CapturedPacketLine(
        file: file, sighting: sighting, mark: mark, source: Endpoint(segment.source, sourcePort),
        destination: Endpoint(segment.destination, destinationPort), segment: content))
  }

  /// What a run over captures came to.
  public static func summary(_ summary: CaptureSummary, of files: [String]) -> String {
    CaptureFields.summaries.line((summary, files))
  }

  /// What differs between two files, and whether anything does.
  public static func comparison(_ comparison: CaptureComparison, _ first: String, _ second: String) -> String {
    DiffFields.comparisons.line((comparison, first, second))
  }
}
