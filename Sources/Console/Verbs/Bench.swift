import Engines
import HTTP
import Runner
import Timebase

extension Verb {
  /// `probe bench HOST:PORT…`: handshakes at a fixed rate.
  static let bench = Verb(
    "bench", "HOST:PORT...", of: .targets, "a fixed connection rate, percentiles of every step",
    offers: [.packets, .verbosity, .table, .capture, .outputLetter],
    settings: BenchSettings(),
    options: [.load, .targets, .benchFiles, .timing, .families, .addresses, .network, .syn, .output, .files],
    about: """
      Opens connections at a fixed rate, however slowly they are answered, and prints
      the percentiles of their steps. Several targets take turns in one run, and are
      compared. With --mode http a target may be a URL.
      """,
    exitCode: """
      Exit code: 0 if every connection that was due went as far as it was to go,
      1 otherwise, 2 could not run.
      """,
    prepare: { (settings, operands) throws(UsageError) in try settings.take(operands) },
    run: { (settings) throws(RunError) in
      let outcome = try Run.bench(settings)
      if outcome.isPartial, outcome.signal == nil { return Ending(Ending.couldNotRun) }
      return Ending(outcome.signal, isAsExpected: outcome.isGood)
    })
}

extension OptionGroup where Settings == BenchSettings {
  fileprivate static var load: OptionGroup {
    OptionGroup(
      title: "The load",
      rows: [
        .value(
          nil, "rate", "R", .rate(of: "connections", 0.001...1_000_000), "R connections/s to each target (default 10)",
          "Connections per second to each target; fractions are allowed. Default 10."
        ) { $0.plan.rate = $1 },
        .value(
          nil, "duration", "SEC", .interval(.milliseconds(1) ... .seconds(604_800)), "run for SEC seconds (default 10)",
          "How long connections are started. Default 10 seconds, or with -c as long as that takes."
        ) { $0.plan.duration = $1 },
        .value(
          "c", "count", "N", .integer(1...1_000_000_000), "N connections to each target instead of a duration",
          "Makes N connections to each target instead of running for a duration."
        ) { $0.plan.count = $1 },
        .value(
          nil, "concurrency", "N", .integer(1...BenchSettings.mostConnections),
          "at most N connections in flight (default 1000)",
          """
          The most connections in flight at once, over all targets. Default 1,000. If the target is near and the rate
          cannot be reached, fewer are faster.
          """
        ) { $0.plan.concurrency = $1 },
        .value(
          nil, "mode", "MODE", .word(BenchPlan.Mode.self), "syn (half-open), full (default) or http (GET of a URL)",
          """
          `syn`: SYN and answer, then RST. `full`: the handshake and the close. `http`: with one GET of a URL or of `/`
          inside; the time to the first octet is `response`, from there to the last one `transfer`.
          """
        ) { $0.plan.mode = $1 },
        .value(
          nil, "max-time", "SEC", .interval(.milliseconds(1) ... .seconds(86_400)),
          "time limit of each HTTP connection (default 60)",
          """
          Limits each connection with `--mode http`, from when it was due to the last byte of its response; what is not
          complete by then is reset. At most a day. Default 60.
          """
        ) { $0.plan.lifetime = $1 },
        .value(
          nil, "close", "HOW", .word(BenchPlan.Close.self), "how to close: fin (default) or rst",
          "How to close a connection: `fin` (the default) or `rst`."
        ) { $0.plan.close = $1 },
        .flag(
          nil, "i-own-the-target", "allow more than 1000 connections/s to a remote host",
          """
          Allows more than 1,000 connections per second to an address that is not this host's. Only use it for hosts that
          are yours to load.
          """
        ) { $0.ownsTargets = true },
      ])
  }

  fileprivate static var benchFiles: OptionGroup {
    OptionGroup(
      title: "Files",
      rows: [
        .value(
          nil, "histogram-log", "FILE", .file, "all times in HdrHistogram's log format",
          """
          Writes all times to FILE in HdrHistogram's log format: a line per second for each step of each target, tagged
          with target and step.
          """
        ) { $0.histogramLog = $1 },
        .value(
          nil, "svg", "FILE", .file, "latency distribution and timeline as SVG",
          """
          Writes an SVG to FILE: the cumulative latency distribution and a timeline of the run; for a single target its
          other steps as well.
          """
        ) { $0.picture = $1 },
      ])
  }
}

extension BenchSettings {
  /// Takes the targets, or URLs, and settles how long it lasts.
  fileprivate mutating func take(_ operands: [String]) throws(UsageError) {
    guard !operands.isEmpty || !run.targetLists.isEmpty else {
      throw UsageError("no target; use probe bench HOST:PORT")
    }
    // As long as the count takes, unless a duration was asked for.
    if plan.count == nil, plan.duration == nil { plan.duration = BenchPlan().duration }
    (plan.retries, plan.wait) = (run.plan.retries, run.plan.wait)
    if plan.mode == .http || operands.contains(where: { $0.contains("://") }) {
      plan.mode = .http
      for operand in operands {
        let url = try HTTPWords.url(operand)
        guard url.scheme == .http else { throw UsageError("\(operand): TLS is not supported; use http") }
        run.targets.append(TargetSpec(host: url.host, port: url.port))
        requests.append(HTTPRequest(url, agent: Version.agent))
      }
    } else {
      try takeTargets(operands)
    }
    let count = run.targets.reduce(0) { $0 + $1.ports.count }
    guard count <= BenchSettings.mostTargets else {
      throw UsageError("\(count) targets; at most \(BenchSettings.mostTargets) are measured in one run")
    }
  }
}
