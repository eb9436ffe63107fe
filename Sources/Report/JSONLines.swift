import Handshake
import Statistics
import Timebase
import Wire

/// Results for scripts: one JSON object a line, each ended by a line feed.
///
/// What is absent is `null`, never 0; durations are whole nanoseconds; instants are RFC 3339 in UTC.
public enum JSONLines {
  /// The version of the fields' meaning.
  public static let schema = 1

  /// One connection.
  public static func connection(_ record: Record) -> String { connection(record) { _ in } }

  /// The program's version.
  public static func version(_ number: String) -> String { line("version") { $0.member("version", number) } }

  /// One connection, and the members that a verb adds.
  static func connection(_ record: Record, adding more: (inout JSONWriter) -> Void) -> String {
    line("connection") { json in
      let outcome = record.outcome
      json.member("target", record.target)
      json.flow(outcome.flow)
      json.member("mode", outcome.mode.rawValue)
      json.member("state", outcome.verdict.rawValue)
      json.member("reason", outcome.reason.rawValue)
      json.member("seq", record.sequence)
      json.member("started", outcome.knownStart?.rfc3339)
      json.member("isn", outcome.iss?.value)
      json.member("irs", outcome.irs?.value)
      json.member("ttl", outcome.hopLimit)
      json.member("transmissions", outcome.knownTransmissions)
      json.member("peer", outcome.peerOffer) { $0.offer($1) }
      json.key("steps")
      json.array { for step in record.steps { $0.step(step) } }
      json.member("closed_by", outcome.knownEnding?.rawValue)
      json.member("client_state", outcome.clientState?.identifier)
      json.member("invalid_replies", outcome.counters.invalid)
      json.member("server_state", outcome.serverState?.identifier)
      json.member("notes", outcome.notes.list)
      more(&json)
    }
  }

  /// The summary of one target.
  public static func summary(_ summary: TargetSummary) -> String {
    line("summary") { json in
      json.member("target", summary.target)
      json.member("sent", summary.loss.sent)
      json.member("received", summary.loss.received)
      json.member("loss", summary.loss.ratio)
      json.member("retransmitted", summary.retransmitted)
      json.member("duplicates", summary.duplicates)
      json.member("invalid", summary.invalid)
      json.member("steps", summary) { json, summary in
        for kind in StepKind.allCases {
          guard let series = summary[kind] else { continue }
          json.member(kind.rawValue, series) { $0.series($1) }
        }
      }
      json.endpoint(summary.remote)
      json.member("mode", summary.mode.rawValue)
      json.member("loss_low", summary.loss.interval?.lower)
      json.member("loss_high", summary.loss.interval?.upper)
      json.member("reordered", summary.reordering.count)
      json.member("interrupted", summary.undecided)
      json.member("not_started", summary.notStarted)
      json.member("outages", summary.outages.settled) { $0.outages($1) }
    }
  }

  /// One packet of a connection, for `--packet-trace`.
  public static func packet(_ entry: ExchangeEntry, of record: Record) -> String {
    packet(entry, target: record.target, sequence: record.sequence, flow: record.outcome.flow)
  }

  /// One packet of a flow, for `--packet-trace`.
  public static func packet(_ entry: ExchangeEntry, target: String, sequence: Int, flow: Flow) -> String {
    line("packet") { json in
      json.member("target", target)
      json.flow(flow)
      json.member("seq", sequence)
      json.member("time", entry.stamp.bestWall.rfc3339)
      json.member("clock", (entry.stamp.kernel == nil ? ClockSource.user : .kernel).rawValue)
      json.member("direction", entry.direction == .sent ? "sent" : "received")
      json.content(entry.content, errorSource: entry.errorSource)
      json.member("retransmission", entry.isRetransmission)
      json.member("refused", entry.refusal?.rawValue)
    }
  }

  static func line(_ type: String, _ body: (inout JSONWriter) -> Void) -> String {
    var json = JSONWriter()
    json.object {
      $0.member("schema", schema)
      $0.member("type", type)
      body(&$0)
    }
    return json.text + "\n"
  }
}

extension JSONWriter {
  /// The members `address` and `port`; null where it is not known yet.
  mutating func endpoint(_ endpoint: Endpoint?) {
    member("address", endpoint?.knownAddress?.description)
    member("port", endpoint?.port)
  }

  fileprivate mutating func flow(_ flow: Flow) {
    endpoint(flow.remote)
    member("source", flow.knownSource?.description)
    member("source_port", flow.knownSourcePort)
  }

  fileprivate mutating func offer(_ offer: PeerOffer) {
    member("mss", offer.options.maximumSegmentSize)
    member("wscale", offer.options.windowScale)
    member("sack", offer.options.sackPermitted)
    member("timestamps", offer.options.timestamps != nil)
    member("ecn", offer.explicitCongestion)
    member("window", offer.window)
  }

  mutating func step(_ step: Step) {
    object {
      $0.member("step", step.kind.rawValue)
      $0.member("rtt_ns", step.measurement?.interval.nanoseconds)
      $0.member("clock", step.measurement?.clock.rawValue)
      if step.isAmbiguous { $0.member("ambiguous", true) }
    }
  }

  mutating func series(_ series: Series) {
    member("count", series.moments.count)
    member("min_ns", series.moments.min?.nanoseconds)
    member("avg_ns", series.moments.mean?.nanoseconds)
    member("mdev_ns", series.moments.mdev?.nanoseconds)
    member("p50_ns", series.value(at: .p50)?.nanoseconds)
    member("p90_ns", series.value(at: .p90)?.nanoseconds)
    member("p99_ns", series.value(at: .p99)?.nanoseconds)
    member("p999_ns", series.value(at: .p999)?.nanoseconds)
    member("max_ns", series.moments.max?.nanoseconds)
    member("jitter_ns", series.jitter.value?.nanoseconds)
  }

  fileprivate mutating func outages(_ outages: Outages) {
    member("count", outages.count)
    member("longest", outages.longest) { $0.outage($1) }
    member("latest", outages.latest) { $0.outage($1) }
    member("current", outages.current) { $0.outage($1) }
  }

  private mutating func outage(_ outage: Outage) {
    member("first", outage.first.rfc3339)
    member("last", outage.last.rfc3339)
    member("end", outage.end?.rfc3339)
    member("probes", outage.misses)
    member("length_ns", outage.length.nanoseconds)
  }

  mutating func content(_ content: ExchangeEntry.Content, errorSource: IPAddress? = nil) {
    switch content {
    case .segment(let segment):
      member("protocol", "tcp")
      member("flags", segment.flags.description)
      member("sequence", segment.seq.value)
      member("acknowledgment", segment.ack?.value)
      member("window", segment.wnd)
      member("options", OptionWords.list(segment.options))
      member("length", segment.textLength)
    case .icmp(let type, let code):
      member("protocol", "icmp")
      member("icmp_type", type)
      member("icmp_code", code)
      member("icmp_source", errorSource.map { "\($0)" })
    case .unreadable: member("protocol", String?.none)
    }
  }
}
