import HTTP
import Handshake
import Judging
import Timebase
import Wire

/// `probe http`.
enum HTTPFields {
  /// A line for each connection.
  static let pages = RecordTable<HTTPRecord>(
    "connection", kind: "http",
    [
      .members(of: FieldTable(ConnectionFields.connection)) { $0.record },
      .list("requests", "the requests in the order they were sent; their steps are here, not in `steps`", request) {
        $0.requests
      },
      .number("requests_unsent", "requests not sent because the connection ended first") { $0.unsent },
      .object("cost", "the cost of the connection", cost) { $0.cost },
    ])

  /// The same requests on a connection each, and on one.
  static let comparisons = RecordTable<(target: String, each: Traffic, kept: Traffic)>(
    "comparison",
    [
      .text("target", "the URL") { $0.target },
      .object("each", "the cost of one connection per request, summed", cost) { $0.each },
      .object("kept", "the cost of one connection for all requests", cost) { $0.kept },
    ])

  private static let request = FieldTable<HTTPTransaction>([
    .number("request", "its number on the connection, from 1") { $0.number },
    .text("method", "`GET` or `HEAD`") { $0.method.rawValue },
    .text("path", "path and query") { $0.target },
    .text(orNull: "version", "the HTTP version of the final response; null without one") { $0.head?.version },
    .number(orNull: "status", "its status code") { $0.head?.status },
    .text(orNull: "reason", "its reason phrase") { $0.head?.reason },
    .number(orNull: "head_bytes", "bytes of its head") { $0.head?.length },
    .number(orNull: "body_bytes", "bytes of content received, without chunk sizes and trailers") {
      $0.head == nil ? nil : $0.contentLength
    },
    .number("interim", "interim responses (1xx) before it") { $0.interim },
    .list("steps", "`request`, `response` (the time to first byte) and `transfer`", ConnectionFields.step) {
      $0.steps
    },
    .time(orNull: "total_ns", "from the first byte of the request to the last of the response") {
      $0.total?.interval
    },
    .word(orNull: "clock", among: ClockSource.words, "whose clock timed `total_ns`") { $0.total?.clock.rawValue },
    .text(orNull: "fault", "what was wrong, by the names in probe(1)") { $0.fault?.rawValue },
  ])

  private static let cost = FieldTable<Traffic>(
    "cost",
    [
      .number("connections", "connections added up") { $0.connections },
      .number("requests", "requests on them") { $0.requests },
      .number("packets_sent", "packets sent") { $0.packetsSent },
      .number("packets_received", "packets received") { $0.packetsReceived },
      .number("round_trips", "waits for an acknowledgment; overlapping waits count once") {
        $0.roundTrips
      },
      .number("bytes_sent", "bytes of the packets sent, IP headers included") { $0.octetsSent },
      .number("bytes_received", "bytes of the packets received, IP headers included") { $0.octetsReceived },
      .time(orNull: "elapsed_ns", "from the first packet to the last, by the user-space clock") { $0.elapsed },
    ])
}

/// `probe check`.
enum CheckFields {
  /// A line for each check.
  static let checks = RecordTable<CheckResult>(
    "check",
    [
      .text("target", "the port that was checked") { $0.check.target },
      .members(of: ConnectionFields.endpoint) { $0.remote },
      .word(orNull: "mode", among: Outcome.Mode.words, "how connections were made; null where there was none") {
        $0.telling?.mode.rawValue
      },
      .text("file", "the file that the check is written in") { $0.check.file },
      .number("line", "the line in it") { $0.check.line },
      .text(orNull: "comment", "the comment of the line") { $0.check.comment },
      .word("expected", among: ExpectedState.words, "the expected state; `any`: open or closed") {
        $0.check.expected.rawValue
      },
      .time(orNull: "rtt_limit_ns", "what the median must be below") { $0.check.limit },
      .word("result", among: CheckResult.Standing.words, "`holds`, `fails`, or `error`: it could not run") {
        $0.standing.rawValue
      },
      .text(orNull: "failure", "why it failed, in words") { $0.failureWords },
      .word(
        orNull: "state", among: Verdict.words, "of the latest probe that was not as expected, otherwise of the latest"
      ) {
        $0.telling?.verdict.rawValue
      },
      .word(orNull: "reason", among: Reason.words, "of the same probe") { $0.telling?.reason.rawValue },
      .time(orNull: "rtt_ns", "the median time of the handshakes") { $0.rtt },
      .word(orNull: "clock", among: ClockSource.words, "whose clock timed the latest") { $0.telling?.clock?.rawValue },
      .number("probes", "probes with a result") { $0.decided },
      .number("as_expected", "those in the expected state") { $0.asExpected },
      .number("retransmitted", "retransmitted segments, SYNs included") { $0.retransmitted },
      .number("invalid", "rejected packets") { $0.invalid },
      .members(of: SummaryFields.syns) { $0.syns },
    ])

  /// The line at the end.
  static let totals = RecordTable<(totals: CheckTotals, file: String)>(
    "summary", kind: "check",
    [
      .word("mode", among: ["check"], "`check`") { _ in "check" },
      .text("file", "the file of the checks") { $0.file },
      .number("checks", "number of checks") { $0.totals.count },
      .number("hold", "those that passed") { $0.totals.hold },
      .number("fail", "those that failed") { $0.totals.fail },
      .number("error", "those that could not run") { $0.totals.error },
      .time("elapsed_ns", "duration of the run") { $0.totals.elapsed },
    ])
}

/// `probe watch`.
enum WatchFields {
  /// A line for each change of state.
  static let changes = RecordTable<WatchChange>(
    "change",
    [
      .text("target", "the target as given, with one port") { $0.target },
      .members(of: ConnectionFields.endpoint) { $0.remote },
      .number("seq", "the probe that found it; its `connection` comes before") { $0.sequence },
      .word(orNull: "from", among: Verdict.words, "the previous state; null for the first") { $0.from?.rawValue },
      .word("state", among: Verdict.words, "the state now") { $0.to.rawValue },
      .word("reason", among: Reason.words, "why: see Reasons") { $0.reason.rawValue },
      .instant("started", "when the probe that found it was sent") { $0.at },
      .time(orNull: "after_ns", "how long the previous state lasted, from the first probe that found it") {
        $0.after
      },
      .object(orNull: "reset", "who sent the RST that was found; null without one", ConnectionFields.reset) {
        $0.reset
      },
    ])

  /// A line for each change of address.
  static let moves = RecordTable<WatchMove>(
    "address",
    [
      .text("target", "the target as given, with one port") { $0.target },
      .members(of: ConnectionFields.endpoint) { $0.to },
      .text("from", "the previous address; `address` is probed from now on") { "\($0.from)" },
      .instant("time", "when it was found") { $0.at },
    ])
}

/// `probe listen`.
enum ListenFields {
  /// The line before all connections.
  static let starts = RecordTable<(endpoint: Endpoint, service: String)>(
    "meta", kind: "listen",
    [
      .word("mode", among: [Outcome.Mode.listen.rawValue], "`listen`") { _ in Outcome.Mode.listen.rawValue },
      .members(of: own) { $0.endpoint },
      .word("service", among: ["accept", "echo", "http"], "what connections are answered with") { $0.service },
    ])

  /// The line at the end.
  static let tallies = RecordTable<(tally: ListenTally, endpoint: Endpoint)>(
    "summary", kind: "listen",
    [
      .text("target", "the address and port listened on") { $0.endpoint.description },
      .members(of: own) { $0.endpoint },
      .word("mode", among: [Outcome.Mode.listen.rawValue], "`listen`") { _ in Outcome.Mode.listen.rawValue },
      .number("syns", "SYNs received") { $0.tally.syns },
      .number("connections", "completed handshakes") { $0.tally.established },
      .number("abandoned", "handshakes not completed") { $0.tally.abandoned },
      .number("cookies_sent", "SYN cookies sent") { $0.tally.cookiesSent },
      .number("cookies_accepted", "valid SYN cookies received") { $0.tally.cookiesAccepted },
      .number("refused", "SYNs and cookies dropped because the tables were full") { $0.tally.refused },
      .number("displaced", "idle connections reset to make room") { $0.tally.displaced },
      .number("resets", "segments of no connection, answered by an RST") { $0.tally.resets },
    ])

  private static let own = FieldTable<Endpoint>([
    .text(orNull: "address", "the address listened on; null for all") { $0.knownAddress?.description },
    .number("port", "the port; the one that the kernel chose for 0") { $0.port },
  ])
}

/// The version of a program: its number, and what it was built from.
public struct ProgramVersion: Hashable, Sendable {
  /// The number, as Semantic Versioning counts.
  public var number: String
  /// The commit, as git abbreviates it.
  public var commit: String?
  /// The day of the commit, ISO 8601.
  public var date: String?

  /// A version from its number and the words of its build: commit and day; neither where there are not two.
  public init(number: String, build: [String]) {
    self.number = number
    guard build.count == 2 else { return }
    (commit, date) = (build[0], build[1])
  }
}

/// `probe -V --json`.
enum ProgramFields {
  /// The only line.
  static let versions = RecordTable<ProgramVersion>(
    "version",
    [
      .text("version", "the program's version") { $0.number },
      .text(orNull: "commit", "the commit it was built from; null where that is not known") { $0.commit },
      .text(orNull: "date", "the day of that commit") { $0.date },
    ])

  /// A line for each finding of `probe doctor`.
  static let findings = RecordTable<(subject: String, health: String, text: String)>(
    "finding",
    [
      .text("subject", "what was checked") { $0.subject },
      .word("health", among: ["ok", "note", "fail"], "`ok`, `note`: it works with a limit, `fail`: it does not work") {
        $0.health
      },
      .text("text", "what was found, and what to do about it") { $0.text },
    ])
}
