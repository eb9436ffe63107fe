import Engines
import Runner

/// `probe bench HOST:PORT…`: handshakes at a fixed rate.
enum BenchVerb {
  /// Reads the words, runs, and returns the exit code.
  static func run(_ words: [String]) throws(UsageError) -> Int32 {
    var request = BenchRequest()
    let operands = try OptionTable<BenchRequest>.bench.read(words, into: &request)
    switch request.probe.wants {
    case .help: return show(help)
    case .version: return show(Version.line)
    case nil: break
    }
    let settings = try settings(request, operands)
    do throws(RunError) {
      let outcome = try Run.bench(settings)
      if let signal = outcome.signal { return 128 + signal.number }
      // Every connection that was due has to go as far as it was to go.
      let isGood = outcome.summaries.allSatisfy { $0.completed > 0 && $0.completed == $0.started && $0.notStarted == 0 }
      return isGood ? ExitCode.asExpected : ExitCode.notAsExpected
    } catch {
      complain(error.message)
      return ExitCode.of(error)
    }
  }

  private static func settings(_ request: BenchRequest, _ operands: [String]) throws(UsageError) -> BenchSettings {
    try request.probe.run.presentation.checkTable()
    guard !operands.isEmpty else { throw UsageError("no target; say probe bench HOST:PORT") }
    var settings = request.bench
    settings.run = request.probe.run
    settings.plan.retries = request.probe.run.plan.retries
    settings.plan.wait = request.probe.run.plan.wait
    // As long as the count takes, unless a duration was asked for.
    if settings.plan.count != nil, !request.hasDuration { settings.plan.duration = nil }
    if settings.plan.mode == .http || operands.contains(where: { $0.contains("://") }) {
      settings.plan.mode = .http
      for operand in operands {
        let url = try HTTPWords.url(operand.contains("://") ? operand : "http://\(operand)/")
        guard url.scheme == .http else { throw UsageError("\(operand): TLS is not spoken; only http is") }
        let host = url.host.contains(":") ? "[\(url.host)]:\(url.port)" : "\(url.host):\(url.port)"
        settings.run.targets.append(TargetSpec(host: url.host, ports: [url.port], text: host))
        settings.requests.append(HTTPRequest(url, agent: "probe/\(Version.number)"))
      }
    } else {
      settings.run.targets = try TargetParser.targets(operands)
    }
    let count = settings.run.targets.reduce(0) { $0 + $1.ports.count }
    guard count <= BenchRequest.mostTargets else {
      throw UsageError("\(count) targets; at most \(BenchRequest.mostTargets) are measured in one run")
    }
    return settings
  }

  /// The text of `-h`.
  static var help: String {
    """
    probe bench HOST:PORT... [OPTIONS]: connections at a fixed rate, however slowly they are answered, and the
    percentiles of their steps. Several targets take turns in one run, and are compared.

    Exit code: 0 if every connection that was due went as far as it was to go, 1 otherwise, 2 could not run.
    \(OptionTable<BenchRequest>.bench.help)
    """
  }
}
