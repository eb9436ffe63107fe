import Runner

/// The default verb: `probe HOST:PORT…`.
enum ProbeVerb {
  /// Reads the words, runs, and returns the exit code.
  static func run(_ words: [String]) throws(UsageError) -> Int32 {
    try Monitor.answering(words) { () throws(UsageError) in try carryOut(words) }
  }

  private static func carryOut(_ words: [String]) throws(UsageError) -> Int32 {
    var request = ProbeRequest()
    let operands = try OptionTable<ProbeRequest>.probe.read(words, into: &request)
    switch request.wants {
    case .help: return show(Help.text)
    case .version: return show(Version.line)
    case nil: break
    }
    request.run.targets = try TargetParser.targets(operands)
    try request.check()
    if request.monitor.isPlugin { return Monitor.run(request) }
    do throws(RunError) {
      return try ExitCode.of(Run.probe(request.run), request)
    } catch {
      complain(error.message)
      return ExitCode.of(error)
    }
  }
}
