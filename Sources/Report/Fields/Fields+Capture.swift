import Capture
import Handshake
import Judging
import Statistics
import Timebase
import Wire

/// `probe read`.
enum CaptureFields {
  /// A line for each flow.
  static let flows = RecordTable<(flow: TrackedFlow, file: String)>(
    "flow", [.text("file", "the capture") { $0.file }, .members(of: flow) { $0.flow }])

  /// An end of a flow.
  static let ends = ["client", "server"]

  /// The steps that a capture can show.
  private static let flowSteps = StepKind.allCases.filter { $0 != .resolve && $0 != .confirm }

  private static let flow = FieldTable<TrackedFlow>([
    .number("flow", "the flow's number in the capture, Wireshark's `tcp.stream`; ICMP errors alone take a number too") {
      $0.number
    },
    .text("client", "the address of the end that opened the connection") { $0.client.endpoint.address.description },
    .number("client_port", "its port") { $0.client.endpoint.port },
    .text("server", "the address of the other end") { $0.server.endpoint.address.description },
    .number("server_port", "its port") { $0.server.endpoint.port },
    .truth("opener_known", "whether a SYN or SYN-ACK shows who opened; if not, the client is the end that sent first") {
      $0.isOpenerKnown
    },
    .instant(orNull: "started", "the timestamp of the first packet; null without one") { $0.first.stamp },
    .time(orNull: "duration_ns", "the time to the last packet; null where a timestamp is missing or far off") {
      $0.last.since($0.first)
    },
    .number("first_frame", "the first frame, Wireshark's `frame.number`") { $0.first.frame },
    .number("last_frame", "the last frame") { $0.last.frame },
    .word(
      "end", among: TrackedFlow.Ending.words,
      "how it ended; `unreachable`: only an ICMP error answered the SYN; `half-open`: SYN-ACK, no ACK"
    ) { $0.ending.rawValue },
    .word(orNull: "closed_by", among: ends, "who sent the first FIN or RST, whichever came first") {
      $0.isClosedByClient.map(TrackedFlow.name)
    },
    .word(orNull: "reset_by", among: ends, "who sent the first RST") { $0.isResetByClient.map(TrackedFlow.name) },
    .truth("complete", "whether SYN, SYN-ACK and ACK were seen") { $0.isHandshakeComplete },
    .number(orNull: "isn", "the client's initial sequence number") { $0.client.isn?.value },
    .number(orNull: "irs", "the server's initial sequence number") { $0.server.isn?.value },
    .time(
      orNull: "initial_rtt_ns",
      "latest SYN to first ACK of the client: `tcp.analysis.initial_rtt` of a plain handshake"
    ) { $0.initialRTT },
    .list("steps", "the steps: see below", step) { $0.steps },
    .object("client_sent", "what the client sent", side) { $0.client },
    .object("server_sent", "what the server sent", side) { $0.server },
    .object(orNull: "agreed", "what both ends agreed on", agreement) { $0.agreement },
    .object(orNull: "icmp", "the ICMP errors that quote a segment of it", errors) { flow in
      flow.errors.map { ($0, flow.isErrorAboutClient) }
    },
    .truth("simultaneous", "whether both sent a SYN without ACK") { $0.isSimultaneous },
    .truth("given_up", "whether the flow was evicted or expired before it ended") { $0.isForgotten },
    .truth(
      "reopened",
      "whether it was refused or reset, and a retransmission of the SYN was answered: the steps are of that one"
    ) {
      $0.isReopened
    },
    .word(orNull: "only_side", among: ends, "the only side whose packets were captured, although the other answered") {
      $0.isOnlyClientSeen.map(TrackedFlow.name)
    },
    .object(orNull: "reset", "who sent the first RST, or a FIN that is not the end's; null without one", reset) {
      $0.resetOrigin
    },
    .word(
      orNull: "tampering", among: TamperingSignature.words,
      "the tampering signature that it matches: see Tampering signatures; null without one"
    ) { flow in
      if case .signature(let signature) = flow.tampering { signature.rawValue } else { nil }
    },
  ])

  private static let reset = ConnectionFields.reset

  private static let step = FieldTable<FlowStep>([
    .word("step", among: flowSteps.map(\.rawValue), "its name") { $0.kind.rawValue },
    .time(orNull: "rtt_ns", "its duration; null where it cannot be known") { $0.time },
    .number("from_frame", "the frame that it is counted from") { $0.from.frame },
    .number("to_frame", "the frame that ended it") { $0.to.frame },
    .mark("ambiguous", "true where the packet was retransmitted and nothing shows which transmission was answered") {
      $0.isAmbiguous
    },
    .members(absentOr: copies) { step in
      step.firstCopy.flatMap { first in step.lastCopy.map { (step.to, first, $0) } }
    },
  ])

  private static let copies = FieldTable<(to: FrameMark, first: FrameMark, last: FrameMark)>([
    .time(orNull: "since_first_ns", "of a retransmitted packet: the time since the first transmission") {
      $0.to.since($0.first)
    },
    .time(orNull: "since_last_ns", "of a retransmitted packet: the time since the previous one") {
      $0.to.since($0.last)
    },
  ])

  private static let errors = FieldTable<(errors: FlowErrors, quotesClient: Bool?)>([
    .number("count", "how many") { $0.errors.count },
    .number("type", "the type of the first") { $0.errors.type },
    .number("code", "its code") { $0.errors.code },
    .word(orNull: "reason", among: Reason.words, "its meaning for TCP; null where it has none") {
      $0.errors.verdict?.reason.rawValue
    },
    .text("source", "the address that sent it") { $0.errors.source.description },
    .number("frame", "its frame") { $0.errors.mark.frame },
    .word(orNull: "quotes", among: ends, "whose segment it quotes") { $0.quotesClient.map(TrackedFlow.name) },
  ])

  private static let side = FieldTable<FlowSide>(
    "side",
    [
      .number("packets", "packets") { $0.packets },
      .number("octets", "bytes of payload, retransmissions included") { $0.octets },
      .number("retransmissions", "retransmitted segments") { $0.retransmissions },
      .number("out_of_order", "out-of-order segments") { $0.outOfOrder },
      .number("gaps", "gaps in the sequence numbers") { $0.gaps },
      .number("keep_alives", "keep-alive probes") { $0.keepAlives },
      .number("window_probes", "zero-window probes") { $0.windowProbes },
      .number("duplicates", "packets that were captured twice") { $0.duplicates },
      .number("strays", "segments outside any window, and SYN-ACKs with another initial sequence number") {
        $0.strays
      },
      .number("zero_windows", "segments with a zero window") { $0.zeroWindows },
      .number("bad_checksums", "wrong checksums") { $0.badChecksums },
      .number("unfinished_checksums", "offloaded checksums, not yet filled in") { $0.unfinishedChecksums },
      .number("unverified_checksums", "segments truncated by the capture") { $0.unverifiedChecksums },
      .number("malformed_options", "option lists that do not parse") { $0.malformedOptions },
      .number("syn_copies", "transmissions of the SYN") { $0.synCopies },
      .number("fin_copies", "transmissions of the FIN") { $0.finCopies },
      .truth("reset", "whether it sent an RST") { $0.resets > 0 },
      .number(orNull: "ttl", "time to live, or hop limit, of its first packet") {
        $0.packets > 0 ? $0.hopLimit : nil
      },
      .object(orNull: "syn", "its SYN; null where none was seen", syn) { $0.synchronization },
    ])

  private static let syn = FieldTable<FlowSide.Synchronization>([
    .text("flags", "the control bits, as `SYN,ACK`") { $0.flags.description },
    .number("window", "the window field, not scaled") { $0.window },
    .members(of: offered) { ParsedOptions($0.options) },
    .texts("options", "each option as tcpdump prints it") { OptionWords.list($0.options) },
    .text("options_hex", "the options byte for byte") { OptionWords.hexadecimal($0.options) },
    .number("length", "bytes of payload in it") { $0.textLength },
  ])

  private static let offered = FieldTable<ParsedOptions>([
    .number(orNull: "mss", "maximum segment size, bytes") { $0.maximumSegmentSize },
    .number(orNull: "wscale", "window scale") { $0.windowScale },
    .truth("sack", "whether it offered selective acknowledgments") { $0.sackPermitted },
    .truth("timestamps", "whether it offered timestamps") { $0.timestamps != nil },
  ])

  private static let agreement = FieldTable<FlowAgreement>([
    .number(orNull: "client_mss", "the longest segment that the client may send") { $0.clientMaximumSegmentSize },
    .number(orNull: "server_mss", "the longest segment that the server may send") { $0.serverMaximumSegmentSize },
    .number(orNull: "client_wscale", "the client's window scale") { $0.clientWindowScale },
    .number(orNull: "server_wscale", "the server's window scale") { $0.serverWindowScale },
    .truth("sack", "selective acknowledgments") { $0.sack },
    .truth("timestamps", "timestamps") { $0.timestamps },
    .truth("ecn", "explicit congestion notification") { $0.ecn },
  ])
}

/// One packet of a capture that is told as a line.
struct CapturedPacketLine: Sendable {
  var file: String
  var sighting: Sighting
  var mark: FrameMark
  var source: Endpoint
  var destination: Endpoint
  /// Nil where it does not parse.
  var segment: Segment?
}

extension CaptureFields {
  /// A line for each packet of a flow.
  static let packets = RecordTable<CapturedPacketLine>(
    "packet", kind: "read",
    [
      .text("file", "the capture") { $0.file },
      .number("flow", "the number of its flow; the `flow` comes after its packets") { $0.sighting.flow },
      .number("frame", "its frame, from 1") { $0.mark.frame },
      .instant(orNull: "time", "its timestamp") { $0.mark.stamp },
      .text("source", "the address that it came from") { $0.source.address.description },
      .number("source_port", "the port that it came from") { $0.source.port },
      .text("address", "the address that it went to") { $0.destination.address.description },
      .number("port", "the port that it went to") { $0.destination.port },
      .word("direction", among: ConnectionFields.directions, "`sent` by the client, or `received`") {
        $0.sighting.isFromClient ? "sent" : "received"
      },
      .members(absentOr: content) { $0.segment },
      .word("novelty", among: SegmentNovelty.words, "payload bytes not seen before") { $0.sighting.novelty.word },
      .word(
        orNull: "checksum", among: TransportChecksum.words, "`unfinished`: offloaded; null: truncated by the capture"
      ) {
        $0.sighting.checksum?.word
      },
    ])

  private static let content = FieldTable<Segment>(
    [
      .word("protocol", among: ["tcp"], "`tcp`; this and the next are absent where the header does not parse") { _ in
        "tcp"
      }
    ]
      + ConnectionFields.segment.fields)

  /// The line at the end.
  static let summaries = RecordTable<(summary: CaptureSummary, files: [String])>(
    "meta", kind: "read", [.texts("files", "the captures") { $0.files }, .members(of: summary) { $0.summary }])

  private static let summary = FieldTable<CaptureSummary>([
    .number("frames", "frames that the captures hold") { $0.frames },
    .number("segments", "TCP segments") { $0.counts.segments },
    .number("malformed", "frames that do not parse") { $0.counts.malformed },
    .number("other", "frames without TCP") { $0.counts.other },
    .number("flows", "flows that were reported") { $0.flows },
    .number("complete", "flows whose SYN, SYN-ACK and ACK were seen") { $0.complete },
    .number("given_up", "flows that were evicted or expired before they ended") {
      $0.counts.evicted + $0.counts.idle
    },
    .number("syn_retransmissions", "retransmitted SYNs") { $0.synRetransmissions },
    .number("syn_ack_retransmissions", "retransmitted SYN-ACKs") { $0.synAckRetransmissions },
    .number("retransmissions", "retransmitted segments") { $0.retransmissions },
    .number("out_of_order", "out-of-order segments") { $0.outOfOrder },
    .number("bad_checksums", "wrong checksums") { $0.badChecksums },
    .number("unfinished_checksums", "offloaded checksums, not yet filled in") { $0.unfinishedChecksums },
    .number("icmp_errors", "ICMP errors that quote a segment of a flow") { $0.icmpErrors },
    .counts("ends", "how many flows ended how", among: TrackedFlow.Ending.words) { summary in
      TrackedFlow.Ending.allCases.map { ($0.rawValue, summary[$0]) }
    },
    .counts("tampering", "how many flows match which tampering signature", among: TamperingSignature.words) { summary in
      TamperingSignature.allCases.map { ($0.rawValue, summary[$0]) }
    },
    .number("tampering_undecided", "silent flows that the capture shows for less than the 3 s that ∅ asks for") {
      $0.undecided
    },
    .object("steps", "the times of each step that has any, by its name", steps) { $0 },
  ])

  private static let steps = FieldTable<CaptureSummary>(
    flowSteps.map { kind in
      .object(absentOr: kind.rawValue, "the times of the step `\(kind.rawValue)`", SummaryFields.series) { $0[kind] }
    })
}

/// `probe diff`.
enum DiffFields {
  /// The only line.
  static let comparisons = RecordTable<(comparison: CaptureComparison, first: String, second: String)>(
    "diff",
    [
      .text("first", "the first file") { $0.first },
      .text("second", "the second file") { $0.second },
      .members(of: comparison) { $0.comparison },
    ])

  private static let comparison = FieldTable<CaptureComparison>([
    .truth(orNull: "same", "whether nothing differs; null where nothing differs but not everything was compared") {
      $0.finding == .incomplete ? nil : $0.isSame
    },
    .number("first_flows", "flows of the first that were compared") { $0.counts.first },
    .number("second_flows", "flows of the second that were compared") { $0.counts.second },
    .object("first_gap", "parts of the first that were not compared", gap) { $0.gaps.first },
    .object("second_gap", "parts of the second that were not compared", gap) { $0.gaps.second },
    .counts("matched", "pairs of flows by what matched them: see decision 29", among: FlowMatching.Evidence.words) {
      $0.matched.map { ($0.evidence, $0.count) }
    },
    .number("only_first", "flows of the first without a counterpart") { $0.only.first.count },
    .number("only_second", "flows of the second without a counterpart") { $0.only.second.count },
    .number("packets_only_first", "packets of matched flows that the second has fewer of") { $0.lost.first },
    .number("packets_only_second", "packets of matched flows that the first has fewer of") { $0.lost.second },
    .list("differences", "what differs, the most frequent first", difference) { $0.differences },
    .list("steps", "how the times of steps differ", shift) { $0.shifts },
  ])

  private static let gap = FieldTable<CaptureComparison.Gap>(
    "gap",
    [
      .number("flows", "flows beyond the first 65,536") { $0.flows },
      .number("options_cut", "flows whose SYN options the capture cut short") { $0.cutOptions },
      .truth("partly_read", "whether a part is damaged, or has frames or tunnels that were not decoded") {
        $0.isPartlyRead
      },
    ])

  private static let difference = FieldTable<CaptureComparison.Difference>([
    .text("what", "what differs, as `client mss`") { $0.what },
    .text("how", "how, as `1460 → 1380`, `stripped`, `added` or `rewritten`") { $0.how.words() },
    .number("flows", "in how many pairs") { $0.count },
    .number("first_flow", "the number of the first such flow in the first file") { $0.example.0 },
    .number("second_flow", "the number of its counterpart") { $0.example.1 },
  ])

  private static let shift = FieldTable<CaptureComparison.Shift>([
    .text("step", "the step") { $0.step },
    .object("first", "its times in the first file", SummaryFields.series) { $0.first },
    .object("second", "its times in the second file", SummaryFields.series) { $0.second },
    .decimal(orNull: "ratio", "the second's median divided by the first's; null where there are fewer than five times")
    {
      $0.ratio?.estimate
    },
    .decimal(orNull: "ratio_lower", "the lower end of its 95 % confidence interval") { $0.ratio?.lower },
    .decimal(orNull: "ratio_upper", "its upper end") { $0.ratio?.upper },
    .truth(orNull: "different", "whether that interval excludes 1") { $0.ratio?.isDifferent },
  ])
}

extension SegmentNovelty {
  /// All words.
  static var words: [String] { allCases.map(\.word) }

  /// The word in machine output.
  var word: String {
    switch self {
    case .inOrder: "in-order"
    case .beyondGap: "beyond-gap"
    case .outOfOrder: "out-of-order"
    case .retransmission: "retransmission"
    case .keepAlive: "keep-alive"
    case .windowProbe: "window-probe"
    case .duplicate: "duplicate"
    case .stray: "stray"
    }
  }
}

extension TransportChecksum {
  /// All words.
  static var words: [String] { allCases.map(\.word) }

  /// The word in machine output.
  var word: String {
    switch self {
    case .good: "good"
    case .bad: "bad"
    case .unfinished: "unfinished"
    }
  }
}
