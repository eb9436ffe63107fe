import Handshake
import Kernel
import Runner

/// Runs the command line and returns the exit code.
public func run() -> Int32 {
  SignalSource.ignoreWriteSignals()
  let words = Array(CommandLine.arguments.dropFirst())
  do throws(UsageError) {
    return try dispatch(words)
  } catch {
    complain(error.message)
    return ExitCode.couldNotRun
  }
}

/// The verbs, told from targets by having no colon.
private func dispatch(_ words: [String]) throws(UsageError) -> Int32 {
  switch words.first {
  case "demo": try DemoVerb.run(Array(words.dropFirst()))
  case "doctor": try DoctorVerb.run(Array(words.dropFirst()))
  case "listen": try ListenVerb.run(Array(words.dropFirst()))
  case "help": show(Help.text)
  default: try ProbeVerb.run(words)
  }
}

/// Prints something that was asked for; the exit code says whether it could be written.
func show(_ text: String) -> Int32 {
  do throws(Errno) {
    try Output.standardOutput.write(text)
    return ExitCode.asExpected
  } catch {
    complain(RunError.output(error).message)
    return ExitCode.couldNotRun
  }
}

/// One line on standard error; where even that cannot be written, there is nobody to tell.
func complain(_ line: String) { try? Output.standardError.write("probe: \(line)\n") }

/// What the exit codes mean.
enum ExitCode {
  /// It ran, and everything is as expected.
  static let asExpected: Int32 = 0
  /// It ran, and something is not as expected.
  static let notAsExpected: Int32 = 1
  /// It could not run.
  static let couldNotRun: Int32 = 2

  /// The code of a run's result.
  static func of(_ result: RunResult, _ request: ProbeRequest) -> Int32 {
    if let signal = result.signal { return 128 + signal.number }
    if request.exitsWithState { return result.tallies.map(state).max() ?? couldNotRun }
    let holds = result.tallies.allSatisfy { isAsExpected($0, request) }
    return holds ? asExpected : notAsExpected
  }

  /// With `--expect`, every probe; without, one probe has to find the port open, and ping-like runs something that
  /// answers.
  private static func isAsExpected(_ tally: Tally, _ request: ProbeRequest) -> Bool {
    if let expected = request.expected {
      return tally.decided > 0 && tally.verdicts[expected] == tally.decided
    }
    return request.run.schedule.count == 1 ? tally.best == .open : tally.answered > 0
  }

  /// The state itself, the best that any of the target's probes found.
  private static func state(_ tally: Tally) -> Int32 {
    switch tally.best {
    case .open: 0
    case .refused: 1
    case .filtered: tally.onlyInvalid ? 5 : 3
    case .unreachable: 4
    case nil: couldNotRun
    }
  }
}
