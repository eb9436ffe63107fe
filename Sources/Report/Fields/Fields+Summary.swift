import Handshake
import Judging
import Statistics
import Timebase

/// What many probes of a target came to.
enum SummaryFields {
  /// A line for each target that was probed several times.
  static let targets = RecordTable<TargetSummary>(
    "summary",
    [
      .text("target", "the target as given, with one port") { $0.target },
      .number("sent", "probes that ended") { $0.loss.sent },
      .number("received", "probes that a SYN-ACK or an RST answered") { $0.loss.received },
      .decimal(orNull: "loss", "the share that was not answered, 0 to 1") { $0.loss.ratio },
      .number("retransmitted", "retransmitted segments, SYNs included") { $0.retransmitted },
      .number("duplicates", "duplicate replies") { $0.duplicates },
      .number("invalid", "rejected packets") { $0.invalid },
      .object("steps", "the times of each step that has any, by its name", steps) { $0 },
      .members(of: ConnectionFields.endpoint) { $0.remote },
      .word(
        "mode", among: [Outcome.Mode.full, .halfOpen, .connect].map(\.rawValue), "how connections were made"
      ) { $0.mode.rawValue },
      .decimal(orNull: "loss_low", "the lower end of the 95 % confidence interval of the loss (Wilson's)") {
        $0.loss.interval?.lower
      },
      .decimal(orNull: "loss_high", "its upper end") { $0.loss.interval?.upper },
      .number("reordered", "replies that arrived after the reply to a later probe (retransmitted probes excluded)") {
        $0.reordering.count
      },
      .number("interrupted", "probes interrupted before they had a result; not counted in `sent`") {
        $0.undecided
      },
      .number("not_started", "intervals in which a probe was due but not started: see Rates") { $0.notStarted },
      .object("outages", "two or more consecutive probes without a reply", outages) { $0.outages.settled },
      .members(of: syns) { $0.syns },
      .members(of: share) { $0.share },
    ])

  /// The loss of SYNs, whatever their retransmissions came to.
  static let syns = FieldTable<SynCounts>([
    .number("syns_sent", "SYNs sent, retransmissions included: see SYN loss") { $0.sent },
    .number("syns_answered", "those that a SYN-ACK, an RST or an ICMP error answered") { $0.answered },
    .number("syns_lost", "those that nothing answered") { $0.lost },
    .decimal(orNull: "syn_loss", "the share of `syns_sent` that was lost, 0 to 1") { Loss($0).ratio },
    .decimal(orNull: "syn_loss_low", "the lower end of its 95 % confidence interval (Wilson's)") {
      Loss($0).interval?.lower
    },
    .decimal(orNull: "syn_loss_high", "its upper end") { Loss($0).interval?.upper },
  ])

  /// The path's part of the time, and the application's.
  static let share = FieldTable<PathShare?>([
    .time(orNull: "path_ns", "with responses: the median round-trip time of the path; null if the times do not show it")
    {
      $0?.path
    },
    .time(orNull: "application_ns", "the median of what is left of the responses: the application's time") {
      $0?.application
    },
  ])

  private static let steps = FieldTable<TargetSummary>(
    StepKind.ofConnections.map { kind in
      .object(absentOr: kind.rawValue, "the times of the step `\(kind.rawValue)`", series) { $0[kind] }
    })

  /// What is told of the times of a step.
  static let series = FieldTable<Series>("series", times)

  /// The times, and the quantile that only a benchmark has the samples for.
  static let longSeries = FieldTable<Series>(
    "long-series",
    times + [.time(orNull: "p9999_ns", "the 99.99th percentile") { $0.value(at: .p9999) }])

  private static let times: [Field<Series>] = [
    .number("count", "number of measurements") { $0.moments.count },
    .time(orNull: "min_ns", "the shortest") { $0.moments.min },
    .time(orNull: "avg_ns", "the mean") { $0.moments.mean },
    .time(orNull: "mdev_ns", "the deviation as ping computes it") { $0.moments.mdev },
    .time(orNull: "p50_ns", "the median") { $0.value(at: .p50) },
    .time(orNull: "p90_ns", "the 90th percentile") { $0.value(at: .p90) },
    .time(orNull: "p99_ns", "the 99th percentile") { $0.value(at: .p99) },
    .time(orNull: "p999_ns", "the 99.9th percentile") { $0.value(at: .p999) },
    .time(orNull: "max_ns", "the longest") { $0.moments.max },
    .time(orNull: "jitter_ns", "the jitter of RFC 3550 §6.4.1") { $0.jitter.value },
  ]

  private static let outages = FieldTable<Outages>([
    .number("count", "how many, the current one included") { $0.count },
    .object(orNull: "longest", "the longest that has ended", outage) { $0.longest },
    .object(orNull: "latest", "the latest that has ended", outage) { $0.latest },
    .object(orNull: "current", "the one that is ongoing", outage) { $0.current },
  ])

  private static let outage = FieldTable<Outage>(
    "outage",
    [
      .instant("first", "when its first probe was sent") { $0.first },
      .instant("last", "when its last probe was sent") { $0.last },
      .instant(orNull: "end", "when the next answered probe was sent; null while there is none") { $0.end },
      .number("probes", "how many were not answered") { $0.misses },
      .time("length_ns", "from `first` to `end`, or to `last`") { $0.length },
    ])
}

/// What a benchmark came to.
extension SummaryFields {
  /// A line for each target of a benchmark.
  static let benches = RecordTable<BenchSummary>("summary", kind: "bench", benchCounts + benchTimes)

  /// How connections of a benchmark end.
  static let endings = [
    "completed", "refused", "unreachable", "lost", "reset", "abandoned", "garbled", "interrupted",
  ]

  private static let benchCounts: [Field<BenchSummary>] = [
    .text("target", "the target as given, with one port") { $0.target },
    .members(of: FieldTable(ConnectionFields.remote)) { $0.remote },
    .word("mode", among: ["full", "syn", "http"], "how far each connection goes") { $0.mode },
    .number("sent", "connections started and not interrupted") { $0.loss.sent },
    .number("received", "connections whose SYN was answered") { $0.loss.received },
    .decimal(orNull: "loss", "the share that was not answered, 0 to 1") { $0.loss.ratio },
    .decimal(orNull: "loss_low", "the lower end of the 95 % confidence interval of the loss (Wilson's)") {
      $0.lossInterval?.lower
    },
    .decimal(orNull: "loss_high", "its upper end") { $0.lossInterval?.upper },
    .number("retransmitted", "retransmitted segments") { $0.retransmitted },
    .number("duplicates", "duplicate replies") { $0.duplicates },
    .number("invalid", "rejected packets") { $0.invalid },
    .number("started", "connections whose SYN was sent") { $0.started },
    .number("not_started", "connections that were due but not started: too many in flight, or over a second late") {
      $0.notStarted
    },
    .counts(
      "endings",
      "how many ended how: `completed`; `refused`, `unreachable`, `lost` (no reply to the SYN); `reset` by the peer; "
        + "`abandoned` (the peer stopped answering, sent no FIN or no response, or took longer over it than `--max-time`); "
        + "`garbled` (not HTTP, or truncated); `interrupted`", among: endings
    ) { $0.endings.map { ($0.name, $0.count) } },
    .decimal(orNull: "asked_rate", "requested connections per second") { $0.askedRate },
    .decimal(orNull: "achieved_rate", "started connections per second") { $0.achievedRate },
    .time("elapsed_ns", "from the start to the end") { $0.elapsed },
    .text(
      "path", "how packets were sent: `raw` (through the kernel's IP layer) or `packet` (straight to the interface)"
    ) {
      $0.path
    },
    .word(
      orNull: "clock", among: ["kernel", "user", "mixed"],
      "`kernel`: both ends of every time are kernel timestamps; `user`: the transmit time was read before the system call"
    ) { $0.clock },
  ]

  private static let benchTimes: [Field<BenchSummary>] = [
    .object("steps", "the times of each step that has any, by its name", benchSteps) { $0 },
    .object(
      "since_due", "from when a connection was due to the reply to its SYN, queueing and lost SYNs included",
      longSeries
    ) {
      $0.sinceDue
    },
    .object("lateness", "how late connections started", longSeries) { $0.lateness },
    .members(of: syns) { $0.syns },
    .members(of: share) { $0.share },
    .counts(
      absentOr: "statuses", "with `http`: responses by class of status", among: (1...5).map { "\($0)xx" }
    ) { summary in
      summary.mode == "http" ? summary.statuses.enumerated().map { ("\($0 + 1)xx", $1) } : nil
    },
  ]

  private static let benchSteps = FieldTable<BenchSummary>(
    StepKind.ofConnections.map { kind in
      .object(absentOr: kind.rawValue, "the times of the step `\(kind.rawValue)`", longSeries) { $0[kind] }
    })

  /// A line for each step of each target that is compared with the first.
  static let ratios = RecordTable<BenchComparison>(
    "ratio",
    [
      .text("target", "the target") { $0.target },
      .text("base", "the first target, with which it is compared") { $0.base },
      .word("step", among: StepKind.ofConnections.map(\.rawValue), "the step whose times are compared") {
        $0.step.rawValue
      },
    ]
      + ["p50", "p90", "p99"].map { name in
        .object(orNull: name, "the target's quantile divided by that of the base; null where one has no times", ratio) {
          $0.quantiles.first { $0.name == name }?.ratio
        }
      })

  private static let ratio = FieldTable<Bootstrap.Ratio>(
    "quotient",
    [
      .decimal(orNull: "ratio", "the quotient") { $0.estimate },
      .decimal(orNull: "low", "the lower end of its 95 % confidence interval (bootstrap)") { $0.lower },
      .decimal(orNull: "high", "its upper end") { $0.upper },
    ])
}
