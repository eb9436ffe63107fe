import Engines
import Handshake
import Runner
import Timebase

/// The default verb: `probe HOST:PORT…`.
enum ProbeVerb {
  /// Reads the words, runs, and returns the exit code.
  static func run(_ words: [String]) throws(UsageError) -> Int32 {
    var request = ProbeRequest()
    let operands = try OptionTable<ProbeRequest>.probe.read(words, into: &request)
    switch request.wants {
    case .help: return show(Help.text)
    case .version: return show(Version.line)
    case nil: break
    }
    request.run.targets = try TargetParser.targets(operands)
    try check(request)
    do throws(RunError) {
      return try ExitCode.of(Run.probe(request.run), request)
    } catch {
      complain(error.message)
      return ExitCode.of(error)
    }
  }

  /// Refuses what contradicts itself, before anything is sent.
  private static func check(_ request: ProbeRequest) throws(UsageError) {
    let plan = request.run.plan
    if plan.mode == .halfOpen {
      if plan.confirm { throw UsageError("--confirm needs the whole handshake; leave --syn out") }
      if request.run.usesKernel { throw UsageError("--connect makes whole connections; leave --syn out") }
    }
    if request.run.usesKernel {
      if plan.confirm { throw UsageError("--confirm needs raw sockets; leave --connect out") }
      if !plan.data.isEmpty { throw UsageError("--data needs raw sockets; leave --connect out") }
      if plan.flags != .syn { throw UsageError("--flags needs raw sockets; leave --connect out") }
      if request.run.presentation.tracesPackets {
        throw UsageError("--packet-trace needs raw sockets; leave --connect out")
      }
    }
    if plan.mode == .halfOpen || !plan.opensConnection, plan.data.count > 1_220 {
      throw UsageError("--data: at most 1220 octets fit into the first segment")
    }
  }
}
