import Handshake
import Judging
import Statistics
import Timebase
import Wire

/// What a connection and its packets are told by.
enum ConnectionFields {
  /// A line for each connection, of whatever command.
  static let records = RecordTable<Record>("connection", connection)

  /// The members of every connection.
  static let connection: [Field<Record>] = [
    .text("target", "the target as given, with one port; with `probe listen` the address and port listened on") {
      $0.target
    },
    .members(of: FieldTable(remote)) { $0.outcome.flow.remote },
    .members(of: source) { $0.outcome.flow },
    .word(
      "mode", among: Outcome.Mode.words.filter { $0 != Outcome.Mode.capture.rawValue },
      "`full`; `syn`: half-open; `connect`: made by the kernel; `listen`: opened by the peer"
    ) { $0.outcome.mode.rawValue },
    .word("state", among: Verdict.words, "the port's state: see States") { $0.outcome.verdict.rawValue },
    .word("reason", among: Reason.words, "why: see Reasons") { $0.outcome.reason.rawValue },
    .number("seq", "which probe of the target, from 1; with `probe listen` which connection") { $0.sequence },
    .instant(orNull: "started", "when the first segment was sent, or with `probe listen` received") {
      $0.outcome.knownStart
    },
    .number(orNull: "isn", "our initial sequence number") { $0.outcome.iss?.value },
    .number(orNull: "irs", "the peer's initial sequence number; null where no SYN of it was accepted") {
      $0.outcome.irs?.value
    },
    .number(orNull: "ttl", "time to live, or hop limit, of the reply that decided, or else of the first error") {
      $0.outcome.hopLimit
    },
    .number(orNull: "transmissions", "transmissions of the SYN; with `probe listen` of the SYN-ACK") {
      $0.outcome.knownTransmissions
    },
    .object(orNull: "peer", "the options of the peer's SYN; null where none was accepted", offer) {
      $0.outcome.peerOffer
    },
    .list("steps", "the steps in the order in which they ended", step) { $0.steps },
    .word(
      orNull: "closed_by", among: Ending.words,
      "how an open connection ended: `fin`; `rst` (by us); `peer-rst`; `timeout` (RST by us: see Notes); `none`"
    ) { $0.outcome.knownEnding?.rawValue },
    .word(orNull: "client_state", among: states, "the final state of the side that opened the connection") {
      $0.outcome.clientState?.identifier
    },
    .number("invalid_replies", "rejected packets: see Rejected packets") { $0.outcome.counters.invalid },
    .word(orNull: "server_state", among: states, "the other side's state at the end, inferred from what it sent") {
      $0.outcome.serverState?.identifier
    },
    .words("notes", among: Notes.names.map(\.name), "see Notes") { $0.outcome.notes.list },
    .text(orNull: "icmp_from", "the address that sent the ICMP error that decided; null where none did") {
      $0.errorSource?.description
    },
    .number(orNull: "syns_lost", "those of `transmissions` that nothing answered; null with `probe listen`") {
      $0.outcome.mode == .listen ? nil : $0.outcome.syns.lost
    },
    .object(orNull: "reset", "who sent the RST, or a FIN that is not the peer's; null without one", reset) {
      $0.outcome.reset
    },
  ]

  /// Who sent an RST.
  static let reset = FieldTable<ResetOrigin>(
    "reset",
    [
      .word("origin", among: ResetOrigin.Sender.words, "who sent it: see Resets") { $0.sender.rawValue },
      .words("evidence", among: ResetOrigin.Evidence.names.map(\.name), "what that is concluded from") {
        $0.evidence.list
      },
      .word("kind", among: ["rst", "fin"], "which packet it is") { $0.isReset ? "rst" : "fin" },
      .truth("accepted", "whether it was accepted; one with a wrong sequence number resets nothing") {
        $0.isAccepted
      },
      .number("ttl", "its time to live, or hop limit") { $0.hopLimit },
      .number(orNull: "peer_ttl", "that of the peer's other packets, of several the nearest; null without any") {
        $0.peerHopLimit
      },
      .number(orNull: "hops_nearer", "how much nearer its sender is than the peer; negative: farther away") {
        $0.hopsNearer
      },
      .number(orNull: "ip_id", "its IPv4 identification; null for IPv6") { $0.identification },
      .number(orNull: "peer_ip_id", "the latest of the peer's before it that is not 0; null without one") {
        $0.peerIdentification
      },
      .number(orNull: "sequence_offset", "bytes from the nearest sequence number that the peer may send; null if none")
      {
        $0.sequenceOffset
      },
      .time(orNull: "elapsed_ns", "the time since the latest packet to the peer; null where it is not known") {
        $0.elapsed
      },
    ])

  /// Address and port of the other side.
  static let remote: [Field<Endpoint>] = [
    .text(orNull: "address", "the address of the other side; null where it is not known") {
      $0.knownAddress?.description
    },
    .number("port", "the port of the other side") { $0.port },
  ]

  /// Address and port that may both be unknown.
  static let endpoint = FieldTable<Endpoint?>([
    .text(orNull: "address", "the address; null where it is not known") { $0?.knownAddress?.description },
    .number(orNull: "port", "the port; null where it is not known") { $0?.port },
  ])

  /// Our own end.
  static let source = FieldTable<Flow>([
    .text(orNull: "source", "our address; null where it is not known") { $0.knownSource?.description },
    .number(orNull: "source_port", "our port; null where nothing was sent, or the kernel did not report it") {
      $0.knownSourcePort
    },
  ])

  private static let states = State.allCases.map(\.identifier)

  private static let offer = FieldTable<PeerSyn>([
    .number(orNull: "mss", "maximum segment size, bytes") { $0.options.maximumSegmentSize },
    .number(orNull: "wscale", "window scale, as sent") { $0.options.windowScale },
    .truth("sack", "whether it offered selective acknowledgments") { $0.options.sackPermitted },
    .truth("timestamps", "whether it offered timestamps") { $0.options.timestamps != nil },
    .truth("ecn", "whether it agreed to explicit congestion notification") { $0.explicitCongestion },
    .number("window", "the window field, bytes, not scaled") { $0.window },
    .text(orNull: "tfo_cookie", "the TCP Fast Open cookie that it gave, in hexadecimal; null without the option") {
      $0.fastOpenCookie?.description
    },
    .number(orNull: "mptcp_version", "the version of Multipath TCP that it agreed to; null without the option") {
      $0.multipath?.version
    },
    .text(orNull: "mptcp_key", "its key of Multipath TCP, in hexadecimal; null without one") {
      $0.multipath?.key.map { key in
        let digits = String(key, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
      }
    },
  ])

  /// A step of a connection.
  static let step = FieldTable<Step>(
    "step",
    [
      .word("step", among: StepKind.ofConnections.map(\.rawValue), "its name") { $0.kind.rawValue },
      .time(orNull: "rtt_ns", "its duration; null where it cannot be known") { $0.measurement?.interval },
      .word(orNull: "clock", among: ClockSource.words, "whose clock timed it: see Measurement.md") {
        $0.measurement?.clock.rawValue
      },
      .mark("ambiguous", "true where it is ambiguous which transmission was answered; the time is then null") {
        $0.isAmbiguous
      },
    ])
}

/// One packet of a connection that is told as a line.
struct PacketLine: Sendable {
  var entry: PacketLog.Entry
  var target: String
  var sequence: Int
  var flow: Flow
}

extension ConnectionFields {
  /// A line for each packet of a connection.
  static let packets = RecordTable<PacketLine>(
    "packet",
    [
      .text("target", "the target as given, with one port") { $0.target },
      .members(of: FieldTable(remote)) { $0.flow.remote },
      .members(of: source) { $0.flow },
      .number("seq", "which probe of the target, from 1") { $0.sequence },
      .instant("time", "when it was sent or received") { $0.entry.stamp.bestWall },
      .word("clock", among: [ClockSource.kernel, .user].map(\.rawValue), "whose clock `time` is by") {
        ($0.entry.stamp.kernel == nil ? ClockSource.user : .kernel).rawValue
      },
      .word("direction", among: directions, "`sent` by us, or `received`") {
        $0.entry.direction == .sent ? "sent" : "received"
      },
      .word(
        orNull: "protocol", among: ["tcp", "icmp"],
        "null for a packet whose header cannot be read; a rejected packet is shown as received"
      ) {
        switch $0.entry.content {
        case .segment: "tcp"
        case .icmp: "icmp"
        case .unreadable: nil
        }
      },
      .members(absentOr: segment) { if case .segment(let segment) = $0.entry.content { segment } else { nil } },
      .members(absentOr: error) {
        if case .icmp(let type, let code) = $0.entry.content { (type, code, $0.entry.errorSource) } else { nil }
      },
      .truth("retransmission", "whether it is a retransmission") { $0.entry.isRetransmission },
      .word(orNull: "refused", among: Refusal.words, "why it was rejected: see Rejected packets") {
        $0.entry.refusal?.rawValue
      },
    ])

  /// Which way a packet went.
  static let directions = ["sent", "received"]

  /// A TCP segment.
  static let segment = FieldTable<Segment>([
    .text("flags", "with `tcp`: the control bits, as `SYN,ACK`") { $0.flags.description },
    .number("sequence", "with `tcp`: the absolute sequence number") { $0.seq.value },
    .number(orNull: "acknowledgment", "with `tcp`: the absolute acknowledgment number; null without ACK") {
      $0.ack?.value
    },
    .number("window", "with `tcp`: the window field, not scaled") { $0.wnd },
    .texts("options", "with `tcp`: each option as tcpdump prints it") { OptionWords.list($0.options) },
    .number("length", "with `tcp`: bytes of payload") { $0.textLength },
  ])

  private static let error = FieldTable<(type: UInt8, code: UInt8, source: IPAddress?)>([
    .number("icmp_type", "with `icmp`: the type") { $0.type },
    .number("icmp_code", "with `icmp`: the code") { $0.code },
    .text(orNull: "icmp_source", "with `icmp`: the address that sent it, a router's or the target's") {
      $0.source.map { "\($0)" }
    },
  ])
}

extension CaseIterable where Self: RawRepresentable, RawValue == String {
  /// All of them as they are written.
  static var words: [String] { allCases.map(\.rawValue) }
}
