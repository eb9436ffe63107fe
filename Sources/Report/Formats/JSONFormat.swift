import Capture
import HTTP
import Handshake
import Judging
import Timebase
import Wire

/// JSON Lines.
struct JSONFormat: ResultWriter {
  private let isQuiet: Bool
  private let tracesPackets: Bool
  private let isVerbose: Bool

  init(_ wording: Wording) {
    (isQuiet, tracesPackets, isVerbose) = (wording.isQuiet, wording.tracesPackets, wording.text.isVerbose)
  }

  mutating func write(_ event: Event, into sheet: inout Sheet) {
    switch event {
    case .connectionsBegin, .checksBegin, .target, .benchBegin, .auditBegin, .routeBegin, .idleBegin,
      .scanHost, .scanSilent, .interrupted:
      break
    case .listening(let endpoint, let service, _):
      sheet.results += JSONLines.listening(at: endpoint, service: service)
    case .connection(_, _, .watched) where isQuiet: break
    case .connection(let record, _, .watched): sheet.results += JSONLines.connection(record)
    case .connection(let record, _, _): sheet.results += packets(of: record) + JSONLines.connection(record)
    case .unresolved(let record, _): sheet.results += JSONLines.connection(record)
    case .page(let page, _): sheet.results += packets(of: page.record) + JSONLines.page(page)
    case .check(let result, _, _): sheet.results += JSONLines.check(result)
    case .change(let change): sheet.results += JSONLines.change(change)
    case .move(let move): sheet.results += JSONLines.move(move)
    case .summaries(let summaries, _): for summary in summaries { sheet.results += JSONLines.summary(summary) }
    case .bench(let summaries, let comparisons):
      for summary in summaries { sheet.results += JSONLines.summary(summary) }
      for comparison in comparisons { sheet.results += JSONLines.ratio(comparison) }
    case .checks(_, let totals, let file): sheet.results += JSONLines.summary(totals, of: file)
    case .costs(let target, let each, let kept): sheet.results += JSONLines.comparison(target: target, each, kept)
    case .tally(let tally, let endpoint): sheet.results += JSONLines.summary(tally, at: endpoint)
    case .finding(let finding, let target, let remote, _, _):
      sheet.results += AuditFields.findings.line((finding, target, remote))
    case .audit(let totals, let target, let remote): sheet.results += AuditFields.totals.line((totals, target, remote))
    case .profile(let profile, let target, let remote):
      sheet.results += ProfileFields.profiles.line((profile, target, remote))
    case .script(let record, _): sheet.results += AuditFields.scripts.line(record)
    case .service(let finding, let target, let remote):
      sheet.results += ServiceFields.services.line((finding, target, remote))
    case .pathProbe(let probe, let target):
      if isVerbose { sheet.results += RouteFields.probes.line((probe, target)) }
    case .route(_, isFinal: false) where isQuiet: break
    case .routeRound(let record): if !isQuiet { sheet.results += JSONLines.route(record, isFinal: false) }
    case .route(let record, let isFinal): sheet.results += JSONLines.route(record, isFinal: isFinal)
    case .trial(let trial, let number, let target): sheet.results += IdleFields.trials.line((trial, number, target))
    case .idle(let record): sheet.results += IdleFields.findings.line(record)
    case .oneWay(let record): sheet.results += OneWayFields.records.line(record)
    case .scanBegin(let identity, let head): sheet.results += ScanFields.beginnings.line((identity, head))
    case .scanBlocks(let blocks, _): for block in blocks { sheet.results += ScanFields.blocks.line(block) }
    case .scanList(let listing): sheet.results += ScanFields.listings.line(listing)
    case .scanResult(let result, let service): sheet.results += ScanFields.results.line((result, service))
    case .scanMark(let mark): sheet.results += ScanFields.marks.line(mark)
    case .scanEnd(let summary, _): sheet.results += ScanFields.summaries.line(summary)
    case .comparison(let comparison, let first, let second):
      sheet.results += JSONLines.comparison(comparison, first, second)
    case .routeComparison(let comparison, let first, let second):
      sheet.results += RouteFields.comparisons.line((comparison, first, second))
    }
  }

  /// The packets of a connection, where they are traced, each with how it was classified.
  private func packets(of record: Record) -> String {
    guard tracesPackets else { return "" }
    var lines = ""
    for entry in record.outcome.log.entries { lines += JSONLines.packet(entry, of: record) }
    return lines
  }
}

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
      ConnectionFields.records.kind, HTTPFields.pages.kind, HTTPFields.comparisons.kind, SummaryFields.targets.kind,
      SummaryFields.benches.kind, SummaryFields.ratios.kind, CheckFields.checks.kind, CheckFields.totals.kind,
      WatchFields.changes.kind, WatchFields.moves.kind, ListenFields.starts.kind, ListenFields.tallies.kind,
      CaptureFields.flows.kind, CaptureFields.packets.kind, CaptureFields.summaries.kind, DiffFields.comparisons.kind,
      ConnectionFields.packets.kind, AuditFields.findings.kind, AuditFields.totals.kind, AuditFields.scripts.kind,
      ProfileFields.profiles.kind,
      ServiceFields.services.kind,
      RouteFields.hops.kind, RouteFields.paths.kind, RouteFields.probes.kind, RouteFields.totals.kind,
      IdleFields.findings.kind, IdleFields.trials.kind, IdleFields.journals.kind,
      OneWayFields.records.kind,
      RouteFields.comparisons.kind, ScanFields.beginnings.kind, ScanFields.states.kind, ScanFields.blocks.kind,
      ScanFields.listings.kind, ScanFields.results.kind, ScanFields.marks.kind, ScanFields.summaries.kind,
      ProgramFields.versions.kind, ProgramFields.findings.kind,
    ]
  }

  /// A finding of `probe doctor`.
  public static func finding(subject: String, health: String, text: String) -> String {
    ProgramFields.findings.line((subject, health, text))
  }
  /// The program's version.
  public static func version(_ program: ProgramVersion) -> String { ProgramFields.versions.line(program) }
}

/// Connections.
extension JSONLines {
  /// One connection.
  public static func connection(_ record: Record) -> String { ConnectionFields.records.line(record) }

  /// One connection with HTTP requests.
  public static func page(_ page: HTTPRecord) -> String { HTTPFields.pages.line(page) }

  /// The same requests on a connection each and on one that is kept.
  public static func comparison(target: String, _ each: Traffic, _ kept: Traffic) -> String {
    HTTPFields.comparisons.line((target, each, kept))
  }

  /// One packet of a connection, for `--packet-trace`.
  public static func packet(_ entry: PacketLog.Entry, of record: Record) -> String {
    packet(entry, target: record.target, sequence: record.sequence, flow: record.outcome.flow)
  }

  /// One packet of a flow, for `--packet-trace`.
  public static func packet(_ entry: PacketLog.Entry, target: String, sequence: Int, flow: Flow) -> String {
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
