import Handshake
import Judging
import Path
import Statistics
import Timebase
import Wire

/// `probe route`.
enum RouteFields {
  /// A hop, and what stands around it.
  struct HopLine: Sendable {
    var hop: RouteHop
    var record: RouteRecord
    var isFinal: Bool

    func name(of address: IPAddress) -> String? { record.names[address] }
  }

  /// A line for each hop after every round, and at the end; at the end also for each hop of each flow where there are
  /// several.
  static let hops = RecordTable<HopLine>(
    "hop",
    [
      .number("ttl", "its time to live, or hop limit") { $0.hop.ttl },
      .text(orNull: "address", "the address that answered most; null where none did") {
        $0.hop.address.map { "\($0)" }
      },
      .text(orNull: "name", "its name; null where it is not known, or not yet") { line in
        line.hop.address.flatMap { line.name(of: $0) }
      },
      .number("sent", "probes") { $0.hop.answers.sent },
      .number("answered", "probes that were answered") { $0.hop.answers.received },
      .object("rtt", "the round-trip times", times) { $0.hop.times },
      .decimal(orNull: "answers_lost", "the share of its answers that is missing; null without probes") {
        $0.hop.answers.ratio
      },
      .decimal(
        orNull: "lost_here_at_most", "the largest share that it can have dropped: the smallest loss from here on"
      ) { $0.hop.lostHereAtMost?.ratio },
      .truth("rate_limited", "whether it leaves probes unanswered that hops behind it received") {
        $0.hop.isRateLimited
      },
      .truth("target", "whether the target answered") { $0.hop.isTarget },
      .number(orNull: "flow", "the flow, from 0; null where all flows are added up") { line in
        line.hop.flow ?? (line.record.table.flows.count == 1 ? line.record.table.flows[0] : nil)
      },
      .list("changes", "what its quotes show to be different for the first time", change) { $0.hop.changes },
      .list("mpls", "the MPLS labels that it adds to its errors (RFC 4950)", label) { $0.hop.extensions.labels },
      .text("destination", "the target of the run, as given") { $0.record.target },
      .number("port", "its port") { $0.record.remote.port },
      .number("round", "the latest round, from 1") { $0.record.table.round + 1 },
      .truth("final", "whether the run is over") { $0.isFinal },
      .decimals("answers_lost_interval", "the ends of the 95 % interval of `answers_lost`; empty without probes") {
        $0.hop.answers.interval.map { [$0.lower, $0.upper] } ?? []
      },
      .decimals("lost_here_interval", "those of `lost_here_at_most`") { line in
        line.hop.lostHereAtMost.map { [$0.lower, $0.upper] } ?? []
      },
      .list("addresses", "every address that answered, the most frequent first", address) { line in
        line.hop.addresses.map { ($0, line.name(of: $0.address)) }
      },
      .number("other_answers", "answers from more addresses than are listed") { $0.hop.otherAnswers },
      .word(
        orNull: "addresses_vary", among: RouteHop.Variation.allCases.map(\.rawValue),
        "why there are several: `per-flow` and `per-packet` balancing before it, `path-changed`, or `unclear`"
      ) { $0.hop.variation?.rawValue },
      .word(orNull: "balances", among: ["per-flow", "per-packet"], "how it spreads what it forwards") {
        $0.hop.balances.map { $0.isPerPacket ? "per-packet" : "per-flow" }
      },
      .text(orNull: "reason", "why packets go no further, as an ICMP error says: see Reasons") {
        $0.hop.reason?.rawValue
      },
      .number(orNull: "answer_ttl", "time to live, or hop limit, of its latest answer") { $0.hop.answerTTL },
      .number(orNull: "quoted_ttl", "time to live that its latest error quotes") { $0.hop.quotedTTL },
      .list("interfaces", "the interfaces that it adds to its errors (RFC 5837)", interface) {
        $0.hop.extensions.interfaces
      },
    ])

  static let times = FieldTable<RouteTimes>(
    "route-times",
    [
      .time(orNull: "min_ns", "the shortest") { $0.min },
      .time(orNull: "avg_ns", "the mean") { $0.mean },
      .time(orNull: "p50_ns", "the median") { $0.value(at: .p50) },
      .time(orNull: "p99_ns", "99 % are not longer") { $0.value(at: .p99) },
      .time(orNull: "max_ns", "the longest") { $0.max },
      .time(orNull: "stdev_ns", "the standard deviation") { $0.deviation },
      .time(orNull: "last_ns", "the latest") { $0.last },
      .word(orNull: "clock", among: ClockSource.words, "whose clock timed them: `kernel` only if it timed them all") {
        $0.clock?.rawValue
      },
    ])

  private static let change = FieldTable<RouteChange>(
    "route-change",
    [
      .word("field", among: QuoteChange.Field.allCases.map(\.rawValue), "what is different") { $0.field.rawValue },
      .value(orNull: "from", "the value before; null where there was none") { $0.from },
      .value(orNull: "to", "the value that the quote shows; null where there is none") { $0.to },
      .truth("reverted", "whether it is back to what was sent, after an earlier hop showed it different") {
        $0.isReverted
      },
      .number(orNull: "after", "the last hop before whose quote would have shown it; null for this host") { $0.after },
      .number("seen", "in how many quotes") { $0.seen },
      .number("quotes", "how many quotes would have shown it") { $0.quotes },
    ])

  private static let address = FieldTable<(address: RouteHop.Address, name: String?)>([
    .text("address", "the address") { "\($0.address.address)" },
    .text(orNull: "name", "its name") { $0.name },
    .number("answers", "its answers") { $0.address.count },
  ])

  /// A path, and what stands around it.
  struct PathLine: Sendable {
    var path: RoutePath
    var record: RouteRecord
    var isSlowest: Bool
  }

  /// A line for each path, at the end.
  static let paths = RecordTable<PathLine>(
    "path",
    [
      .number("flow", "the first of its flows, from 0") { $0.path.flows.first ?? 0 },
      .number("path_id", "a hash of the addresses of its hops, 48 bits; equal in every run") { $0.path.id },
      .texts("hops", "the addresses of its hops; `*` where none answered, `|` between several") {
        $0.path.steps.map(\.words)
      },
      .number("sent", "probes to the target") { $0.path.loss.sent },
      .number("answered", "those that were answered") { $0.path.loss.received },
      .object("rtt", "the round-trip times to the target", times) { $0.path.times },
      .text("destination", "the target of the run, as given") { $0.record.target },
      .number("port", "its port") { $0.record.remote.port },
      .number("first_ttl", "the time to live of its first hop") { $0.path.firstTTL },
      .numbers("flows", "its flows") { $0.path.flows },
      .numbers("source_ports", "their source ports") { line in
        line.path.flows.compactMap { line.record.table.port(of: $0).map(Int.init) }
      },
      .truth("reaches_target", "whether the target answered") { $0.path.reachesTarget },
      .decimal(orNull: "loss", "the share that was lost; null where the target never answered") {
        $0.path.reachesTarget ? $0.path.loss.ratio : nil
      },
      .decimals("loss_interval", "the ends of its 95 % interval; empty where it is null") { line in
        line.path.reachesTarget ? line.path.loss.interval.map { [$0.lower, $0.upper] } ?? [] : []
      },
      .truth("slowest", "whether its median is clearly the longest") { $0.isSlowest },
      .decimal(orNull: "ratio", "its median divided by that of the fastest path; null for that one") {
        $0.path.slowness?.estimate
      },
      .decimals("ratio_interval", "the ends of its 95 % interval") { line in
        line.path.slowness.map { [$0.lower, $0.upper] } ?? []
      },
    ])

  /// The line at the end.
  static let totals = RecordTable<RouteRecord>(
    "summary", kind: "route",
    [
      .text("target", "the target, as given") { $0.target },
      .text("address", "its address") { "\($0.remote.address)" },
      .number("port", "its port") { $0.remote.port },
      .word("mode", among: ["route"], "`route`") { _ in "route" },
      .text(orNull: "source", "the address that probes left from") { $0.source.map { "\($0)" } },
      .number(orNull: "distance", "the hop at which the target answered first; null where it did not") { record in
        record.table.hops.first(where: \.isTarget)?.ttl
      },
      .number("rounds", "rounds of probes") { $0.table.round + 1 },
      .number("flows", "flows") { $0.table.flows.count },
      .number("paths", "paths that they take") { $0.table.paths.count },
      .truth(orNull: "complete", "whether so many flows rule out another path; null where only one was asked for") {
        $0.table.isComplete
      },
      .decimal(orNull: "confidence", "how certain that is") { $0.table.confidence },
      .number(orNull: "sent", "probes to the target; null where it never answered") { $0.table.targetLoss?.sent },
      .number(orNull: "answered", "those that were answered") { $0.table.targetLoss?.received },
      .decimal(orNull: "loss", "the share that the path lost") { $0.table.targetLoss?.ratio },
      .decimals("loss_interval", "the ends of its 95 % interval") { record in
        record.table.targetLoss?.interval.map { [$0.lower, $0.upper] } ?? []
      },
      .number(orNull: "loss_begins", "the hop from which on all hops share the loss; null where there is none") {
        $0.table.lossBegins?.ttl
      },
      .list("path_changes", "when flows took another way", pathChange) { $0.table.pathChanges },
      .text(orNull: "trouble", "what kept probes from being sent as they should be") { $0.trouble },
      .time("elapsed_ns", "duration of the run") { $0.elapsed },
      .words("forms", among: PathProbe.Form.allCases.map(\.rawValue), "what probes were: see `probe`") {
        $0.table.forms.map(\.rawValue)
      },
    ])

  private static let pathChange = FieldTable<RoutePathChange>([
    .number("ttl", "the hop") { $0.ttl },
    .number("flow", "the flow") { $0.flow },
    .text("from", "the address before") { "\($0.from)" },
    .text("to", "the address since") { "\($0.to)" },
    .number("round", "the round that found it, from 1") { $0.round + 1 },
    .instant(orNull: "time", "when its probe was sent") { $0.at.isKnown ? $0.at : nil },
  ])

  /// A line for each probe, with `-v`.
  static let probes = RecordTable<(probe: PathProbe, target: String)>(
    "probe",
    [
      .text("destination", "the target of the run, as given") { $0.target },
      .number("number", "its number, from 0") { $0.probe.number },
      .number("round", "its round, from 1") { $0.probe.round + 1 },
      .number("flow", "its flow, from 0") { $0.probe.flow },
      .number("source_port", "the source port of the flow") { $0.probe.sourcePort },
      .number("ttl", "its time to live, or hop limit") { $0.probe.ttl },
      .word(
        "form", among: PathProbe.Form.allCases.map(\.rawValue),
        "`syn`; within a connection `beyond` what the peer expects, or `keep-alive`"
      ) { $0.probe.form.rawValue },
      .number("traffic_class", "the traffic class that it was sent with") { $0.probe.trafficClass },
      .truth("extra", "whether it counts in neither loss nor times") { $0.probe.isExtra },
      .instant(orNull: "sent", "when it was sent") { $0.probe.sent.isKnown ? $0.probe.sent : nil },
      .word(
        orNull: "answer", among: PathProbe.Answer.Kind.allCases.map(\.rawValue),
        "what came; null where nothing came in time"
      ) { $0.probe.answer?.kind.rawValue },
      .text(orNull: "address", "who answered") { $0.probe.answer.map { "\($0.address)" } },
      .text(orNull: "reason", "what an ICMP error means: see Reasons") { $0.probe.answer?.reason?.rawValue },
      .time(orNull: "rtt_ns", "from the probe to its answer") { $0.probe.answer?.rtt?.interval },
      .word(orNull: "clock", among: ClockSource.words, "whose clock timed it") {
        $0.probe.answer?.rtt?.clock.rawValue
      },
      .number(orNull: "answer_ttl", "time to live, or hop limit, of the answer") { $0.probe.answer?.hopLimit },
      .number(orNull: "quoted_ttl", "time to live that the error quotes") { $0.probe.answer?.quotedTTL },
      .number(orNull: "quoted_bytes", "bytes of the segment that the error quotes") { $0.probe.answer?.quotedLength },
      .list("changes", "what the quote shows to be different from what was sent", quoteChange) {
        $0.probe.answer?.changes ?? []
      },
      .list("mpls", "MPLS labels of the error", label) { $0.probe.answer?.extensions.labels ?? [] },
    ])

  private static let quoteChange = FieldTable<QuoteChange>([
    .word("field", among: QuoteChange.Field.allCases.map(\.rawValue), "what is different") { $0.field.rawValue },
    .value(orNull: "from", "what was sent; null where there was nothing") { $0.from },
    .value(orNull: "to", "what is quoted; null where there is nothing") { $0.to },
  ])
}

extension RoutePath.Step {
  /// The address, `*` where none answered, and several with `|` between.
  var words: String {
    switch self {
    case .silent: "*"
    case .one(let address): "\(address)"
    case .several(let addresses): addresses.map { "\($0)" }.together(by: "|")
    }
  }
}

extension RouteRecord {
  /// The path whose median is clearly longer than that of the fastest, and longer than all others; nil where none is.
  func slowest(of paths: [RoutePath]) -> Int? {
    let slow = paths.indices.filter { paths[$0].slowness.map { $0.isDifferent && $0.estimate > 1 } ?? false }
    return slow.max { (paths[$0].slowness?.estimate ?? 0) < (paths[$1].slowness?.estimate ?? 0) }
  }
}

/// Paths.
extension JSONLines {
  /// The hops so far; at the end also those of each flow, its paths, and what it comes to.
  static func route(_ record: RouteRecord, isFinal: Bool) -> String {
    var hops = record.table.hops
    if isFinal, record.table.flows.count > 1 { hops += record.table.flows.flatMap { record.table.hops(ofFlow: $0) } }
    var text = ""
    for hop in hops {
      text += RouteFields.hops.line(RouteFields.HopLine(hop: hop, record: record, isFinal: isFinal))
    }
    guard isFinal else { return text }
    let paths = record.table.comparedPaths
    let slowest = record.slowest(of: paths)
    for (place, path) in paths.enumerated() {
      text += RouteFields.paths.line(
        RouteFields.PathLine(path: path, record: record, isSlowest: place == slowest))
    }
    return text + RouteFields.totals.line(record)
  }
}

/// What routers add to their errors.
extension RouteFields {
  fileprivate static let label = FieldTable<MPLSLabelStackEntry>(
    "mpls-label",
    [
      .number("label", "the label") { $0.label },
      .number("traffic_class", "its traffic class") { $0.trafficClass },
      .truth("bottom", "whether it is the bottom of the stack") { $0.isBottom },
      .number("ttl", "its time to live") { $0.timeToLive },
    ])

  fileprivate static let interface = FieldTable<InterfaceInformation>([
    .word(
      "role", among: InterfaceInformation.Role.allCases.map(\.word),
      "`incoming`; `sub-ip`: a part of that; `outgoing`; `next-hop`: the next router's"
    ) { $0.role.word },
    .number(orNull: "index", "the number that the router has for it") { $0.index },
    .text(orNull: "address", "its address") { $0.address.map { "\($0)" } },
    .text(orNull: "name", "its name, as the router wrote it") { $0.name },
    .number(orNull: "mtu", "its MTU, bytes") { $0.mtu },
  ])
}

extension InterfaceInformation.Role {
  fileprivate var word: String {
    switch self {
    case .incoming: "incoming"
    case .subIP: "sub-ip"
    case .outgoing: "outgoing"
    case .nextHop: "next-hop"
    }
  }
}

extension [ICMPExtension] {
  fileprivate var labels: [MPLSLabelStackEntry] {
    flatMap { item -> [MPLSLabelStackEntry] in if case .labels(let entries) = item { entries } else { [] } }
  }

  fileprivate var interfaces: [InterfaceInformation] {
    compactMap { item in if case .interface(let information) = item { information } else { nil } }
  }
}

/// `probe diff` of two paths.
extension RouteFields {
  /// The only line.
  static let comparisons = RecordTable<(comparison: RouteComparison, first: String, second: String)>(
    "diff", kind: "route",
    [
      .text("first", "the first file") { $0.first },
      .text("second", "the second file") { $0.second },
      .word("mode", among: ["route"], "`route`") { _ in "route" },
      .truth("same", "whether nothing differs that counts: hops, changes on the way, loss, times to the target") {
        $0.comparison.isSame
      },
      .text(orNull: "first_target", "the target of the first") { $0.comparison.first.target },
      .text(orNull: "second_target", "the target of the second") { $0.comparison.second.target },
      .list("hops", "every hop of both, aligned by their addresses", pair) { $0.comparison.pairs },
      .texts("paths_only_first", "path identifiers that only the first has") {
        $0.comparison.pathsOnlyFirst.map { "\($0)" }
      },
      .texts("paths_only_second", "path identifiers that only the second has") {
        $0.comparison.pathsOnlySecond.map { "\($0)" }
      },
      .object(orNull: "loss", "how the paths' loss differs; null where a target never answered", lossDifference) {
        $0.comparison.loss
      },
      .object(orNull: "rtt", "how the mean times to the target differ; null where there are fewer than five", mean) {
        $0.comparison.times
      },
    ])

  private static let pair = FieldTable<RouteComparison.Pair>([
    .number(orNull: "first_ttl", "the hop in the first; null where only the second has it") { $0.first?.ttl },
    .number(orNull: "second_ttl", "the hop in the second; null where only the first has it") { $0.second?.ttl },
    .texts("first_addresses", "its addresses in the first") { $0.first?.addresses ?? [] },
    .texts("second_addresses", "its addresses in the second") { $0.second?.addresses ?? [] },
    .truth("readdressed", "whether both answered, and no address is the same") { $0.isReaddressed },
    .texts("changes_only_first", "changes of our segments that only the first shows here") { $0.changesOnlyFirst },
    .texts("changes_only_second", "changes that only the second shows here") { $0.changesOnlySecond },
    .object(orNull: "answers_lost", "how the share of missing answers differs", lossDifference) { $0.answers },
    .truth("loses_otherwise", "whether the intervals of what it can have dropped at most have nothing in common") {
      $0.losesOtherwise
    },
    .object(orNull: "rtt", "how the mean times differ; null where there are fewer than five", mean) { $0.times },
  ])

  private static let lossDifference = FieldTable<LossDifference>(
    "loss-difference",
    [
      .decimal(orNull: "estimate", "the second share less the first") { $0.estimate },
      .decimal(orNull: "lower", "the lower end of its 95 % interval") { $0.lower },
      .decimal(orNull: "upper", "its upper end") { $0.upper },
      .truth("different", "whether the interval excludes 0") { $0.isDifferent },
    ])

  private static let mean = FieldTable<MeanDifference>(
    "mean-difference",
    [
      .time("estimate_ns", "the second mean less the first") { $0.estimate },
      .time("lower_ns", "the lower end of its 95 % interval") { $0.lower },
      .time("upper_ns", "its upper end") { $0.upper },
      .truth("different", "whether the interval excludes 0") { $0.isDifferent },
    ])
}
