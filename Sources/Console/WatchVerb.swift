import Handshake
import Runner
import Timebase

/// `probe watch HOST:PORT…`: probes without an end, a live screen, metrics.
enum WatchVerb {
  /// Reads the words, runs, and returns the exit code.
  static func run(_ words: [String]) throws(UsageError) -> Int32 {
    var request = WatchRequest()
    let operands = try OptionTable<WatchRequest>.watch.read(words, into: &request)
    switch request.probe.wants {
    case .help: return show(help)
    case .version: return show(Version.line)
    case nil: break
    }
    request.probe.run.targets = try TargetParser.targets(operands)
    try request.probe.check()
    var settings = WatchSettings()
    settings.run = request.probe.run
    settings.expected = request.probe.expected ?? .open
    settings.prometheusPath = request.prometheusPath
    settings.lookupPeriod = request.lookupPeriod
    do throws(RunError) {
      return try ExitCode.of(Run.watch(settings), request.probe)
    } catch {
      complain(error.message)
      return ExitCode.of(error)
    }
  }

  /// The text of `-h`.
  static var help: String {
    """
    probe watch HOST:PORT... [OPTIONS]: probes until interrupted. On a terminal a live screen; elsewhere, and with -q, lines:
    each probe (not with -q), and each change of state with its time and how long the state before had lasted.

    Times and percentiles are milliseconds of the handshake. A sign of the course stands for the slowest of its probes, each
    step up is longer by the root of two; a cross is loss. A name that has another address is probed there from then on.
    \(OptionTable<WatchRequest>.watch.help)
    Exit code: with -c or -w as without watch; 130 interrupted, 143 terminated, after the summary; 2 could not run.

    """
  }
}

/// The command line of `probe watch`, read.
struct WatchRequest: Sendable {
  /// What means the same as for the default verb.
  var probe: ProbeRequest = {
    var request = ProbeRequest()
    request.run.schedule.count = nil
    return request
  }()
  /// Where metrics go.
  var prometheusPath: String?
  /// How often names are looked up again; nil never.
  var lookupPeriod: Interval? = .seconds(60)
}

extension OptionTable where Settings == WatchRequest {
  /// The options of `probe watch`: its own, and those of the default verb that mean the same here.
  static var watch: OptionTable {
    let path = \WatchRequest.probe
    return OptionTable(groups: [
      .metrics, OptionGroup.connection.lifted(to: path, without: ["--data"]),
      OptionGroup.timing.lifted(to: path, without: ["-c"]), OptionGroup.network.lifted(to: path),
      OptionGroup.crafting.lifted(to: path, without: ["--flags"]),
      OptionGroup.output.lifted(to: path, without: ["-q", "-v", "--packet-trace", "--csv"]),
      OptionGroup<Presentation>.files.lifted(
        to: \WatchRequest.probe.run.presentation, without: ["--svg", "--html"]), .watchEnd,
    ])
  }
}

extension OptionGroup where Settings == WatchRequest {
  fileprivate static let metrics = OptionGroup(
    title: "Watching",
    options: [
      Option("c", nil, "N", "end after N probes of every target (default: until interrupted)") {
        request, text throws(UsageError) in
        let count = try Values.integer(text, for: "-c", in: 0...1_000_000_000)
        request.probe.run.schedule.count = count == 0 ? nil : count
      },
      Option("q", nil, "no screen, and no line but changes of state and the summary") { request, _ in
        request.probe.run.presentation.isQuiet = true
      },
      Option(nil, "prometheus", "FILE", "write metrics to FILE at every interval, as text collectors read them") {
        request, path in request.prometheusPath = path
      },
      Option(nil, "resolve-every", "SEC", "look names up again every SEC (default 60; 0: only at the start)") {
        request, text throws(UsageError) in
        let isNever = text == "0"
        request.lookupPeriod =
          isNever
          ? nil : try Values.interval(text, for: "--resolve-every", in: .milliseconds(100) ... .seconds(86_400))
      },
    ])

  fileprivate static let watchEnd = OptionGroup(
    title: "For scripts",
    options: [
      Option(nil, "expect", "STATE", "what counts as success: open (default), closed, filtered or unreachable") {
        request, text throws(UsageError) in
        request.probe.expected = try Values.word(text, for: "--expect")
      },
      Option("h", "help", "this help") { request, _ in request.probe.wants = .help },
      Option("V", "version", "the version") { request, _ in request.probe.wants = .version },
    ])
}
