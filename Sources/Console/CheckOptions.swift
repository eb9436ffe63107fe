import Runner
import Timebase

/// The command line of `probe check`, read.
struct CheckRequest: Sendable {
  /// What means the same as for the default verb.
  var probe = ProbeRequest()
  /// Whether the Test Anything Protocol is wanted.
  var isTAP = false
  /// Where a JUnit document goes.
  var junitPath: String?

  /// Refuses what contradicts itself, before anything is sent.
  func check() throws(UsageError) {
    try probe.check()
    guard probe.run.schedule.count != nil else { throw UsageError("-c 0 has no end, and checks are judged at theirs") }
    let shown = probe.run.presentation
    guard !isTAP || !(probe.monitor.isPlugin || shown.json || shown.csv) else {
      throw UsageError("--tap, --nagios, --json and --csv exclude each other; choose one")
    }
  }
}

extension OptionTable where Settings == CheckRequest {
  /// The options of `probe check`: its own, and those of the default verb that mean the same here.
  static var check: OptionTable {
    let path = \CheckRequest.probe
    return OptionTable(groups: [
      .reports, OptionGroup.monitor.lifted(to: path),
      OptionGroup.connection.lifted(to: path, without: ["--confirm", "--data"]), .pace,
      OptionGroup.timing.lifted(to: path), OptionGroup.network.lifted(to: path, without: ["-g"]),
      OptionGroup.output.lifted(to: path, without: ["-q", "-v", "-D", "--packet-trace"]),
      OptionGroup<Presentation>.files.lifted(
        to: \CheckRequest.probe.run.presentation, without: ["--svg", "--html"]), .checkHelp,
    ])
  }
}

extension OptionGroup where Settings == CheckRequest {
  fileprivate static let reports = OptionGroup(
    title: "Reports",
    options: [
      Option("q", nil, "only the checks that do not hold") { request, _ in
        request.probe.run.presentation.isQuiet = true
      },
      Option("v", nil, "every check's connection in full") { request, _ in
        request.probe.run.presentation.isVerbose = true
      },
      Option(nil, "tap", "the Test Anything Protocol, version 13") { request, _ in request.isTAP = true },
      Option(nil, "junit", "FILE", "write JUnit's XML to FILE as well, whole or not at all") { request, path in
        request.junitPath = path
      },
    ])

  /// The least rate is one probe in a quarter of an hour, the most what no run goes beyond.
  fileprivate static let pace = OptionGroup(
    title: "Load",
    options: [
      Option(nil, "rate", "R", "begin R probes a second over all checks, 1000 at most (default: 200, more for many)") {
        request, text throws(UsageError) in
        let rate = try Values.rate(text, of: "probes", for: "--rate", in: 0.001...1_000)
        request.probe.run.schedule.gap = Interval(nanoseconds: Int64((1e9 / rate).rounded()))
      }
    ])

  fileprivate static let checkHelp = OptionGroup(
    title: "Help",
    options: [
      Option("h", "help", "this help") { request, _ in request.probe.wants = .help },
      Option("V", "version", "the version") { request, _ in request.probe.wants = .version },
    ])
}
