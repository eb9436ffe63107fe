import Kernel
import Runner

/// What the exit codes mean.
enum ExitCode {
  /// It ran, and everything is as expected.
  static let asExpected: Int32 = 0
  /// It ran, and something is not as expected.
  static let notAsExpected: Int32 = 1
  /// It could not run.
  static let couldNotRun: Int32 = 2

  /// The code of a run that could not be carried out to its end.
  static func of(_ error: RunError) -> Int32 {
    if case .interrupted(let signal) = error { return 128 + signal.number }
    return couldNotRun
  }

  /// The code of a run's result.
  static func of(_ result: RunResult, _ request: ProbeRequest) -> Int32 {
    if let signal = result.signal { return 128 + signal.number }
    if request.exitsWithState { return result.tallies.map(state).max() ?? couldNotRun }
    if result.tallies.contains(where: \.isUnsent) { return couldNotRun }
    let holds = result.tallies.allSatisfy { isAsExpected($0, request) }
    return holds ? asExpected : notAsExpected
  }

  /// With `--expect`, every probe; without, one probe has to find the port open, and ping-like runs something that
  /// answers.
  private static func isAsExpected(_ tally: Tally, _ request: ProbeRequest) -> Bool {
    if let expected = request.expected {
      return tally.decided > 0 && tally.unsent == 0 && tally.verdicts[expected] == tally.decided
    }
    return request.run.schedule.count == 1 ? tally.best == .open : tally.answered > 0
  }

  /// The state itself, the best that any of the target's probes found.
  private static func state(_ tally: Tally) -> Int32 {
    switch tally.best {
    case _ where tally.isUnsent: couldNotRun
    case .open: 0
    case .refused: 1
    case .filtered: tally.onlyInvalid ? 5 : 3
    case .unreachable: 4
    case nil: couldNotRun
    }
  }
}
