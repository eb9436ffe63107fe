import Engines
import Runner
import Timebase

/// The command line of `probe bench`, read.
struct BenchRequest: Sendable {
  /// What means the same as for the default verb.
  var probe = ProbeRequest()
  /// What is asked of the benchmark itself.
  var bench = BenchSettings()
  /// Whether a duration was asked for, rather than the usual one taken.
  var hasDuration = false

  /// The most targets of one run: each has a table of its own.
  static let mostTargets = 16
  /// The most connections that may be under way: each has a port of ours, and no more are to be had.
  static let mostConnections = 28_000
}

extension OptionTable where Settings == BenchRequest {
  /// The options of `probe bench`: its own, and those of the default verb that mean the same here.
  static var bench: OptionTable {
    let path = \BenchRequest.probe
    return OptionTable(groups: [
      .bench, .benchFiles, OptionGroup.timing.lifted(to: path, without: ["-c", "-i", "-w", "--time-wait"]),
      OptionGroup.network.lifted(to: path, without: ["-g"]),
      OptionGroup.crafting.lifted(to: path, without: ["--flags", "--isn"]),
      OptionGroup.output.lifted(to: path, without: ["-D", "--packet-trace"]), .benchHelp,
    ])
  }
}

extension OptionGroup where Settings == BenchRequest {
  fileprivate static let bench = OptionGroup(
    title: "The load",
    options: [
      Option(nil, "rate", "R", "R connections a second to each target (default 10)") {
        request, text throws(UsageError) in
        request.bench.plan.rate = try Values.rate(text, of: "connections", for: "--rate", in: 0.001...1_000_000)
      },
      Option(nil, "duration", "SEC", "begin connections for SEC (default 10)") { request, text throws(UsageError) in
        request.bench.plan.duration = try Values.interval(
          text, for: "--duration", in: .milliseconds(1) ... .seconds(604_800))
        request.hasDuration = true
      },
      Option("c", nil, "N", "N connections to each target, instead of a duration") { request, text throws(UsageError) in
        request.bench.plan.count = try Values.integer(text, for: "-c", in: 1...1_000_000_000)
      },
      Option(nil, "concurrency", "N", "at most N under way at once (default 1000)") {
        request, text throws(UsageError) in
        request.bench.plan.concurrency = try Values.integer(
          text, for: "--concurrency", in: 1...BenchRequest.mostConnections)
      },
      Option(nil, "mode", "MODE", "syn (half-open), full (default) or http (GET of a URL)") {
        request, text throws(UsageError) in
        request.bench.plan.mode = try Values.word(text, for: "--mode")
      },
      Option(nil, "close", "HOW", "end by fin (default) or rst") { request, text throws(UsageError) in
        request.bench.plan.close = try Values.word(text, for: "--close")
      },
      Option(nil, "i-own-the-target", "more than 1000 a second to another host's address") { request, _ in
        request.bench.ownsTargets = true
      },
    ])

  fileprivate static let benchFiles = OptionGroup(
    title: "Files",
    options: [
      Option(nil, "histogram-log", "FILE", "all times, in HdrHistogram's log format") {
        request, text throws(UsageError) in
        request.bench.histogramLog = try Values.path(text, for: "--histogram-log")
      },
      Option(nil, "svg", "FILE", "the distribution and the course of the run, as a picture") {
        request, text throws(UsageError) in request.bench.picture = try Values.path(text, for: "--svg")
      },
    ]
      + OptionGroup<Presentation>.files.lifted(
        to: \BenchRequest.probe.run.presentation, without: ["--svg", "--html"]
      ).options)

  fileprivate static let benchHelp = OptionGroup(
    title: "For scripts",
    options: [
      Option("h", "help", "this help") { request, _ in request.probe.wants = .help },
      Option("V", "version", "the version") { request, _ in request.probe.wants = .version },
    ])
}
