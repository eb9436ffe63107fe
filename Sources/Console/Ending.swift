import Kernel
import Runner

/// How a run ended, for the exit code.
struct Ending: Equatable {
  /// The signal that ended it; nil if it ended by itself.
  var signal: Signal?
  /// The code where no signal did.
  var code: Int32

  /// It ran, and everything is as expected.
  static let asExpected: Int32 = 0
  /// It ran, and something is not as expected.
  static let notAsExpected: Int32 = 1
  /// It could not run.
  static let couldNotRun: Int32 = 2

  /// What the process exits with.
  var exitCode: Int32 { signal.map { 128 + $0.number } ?? code }

  /// A run that ended with a code of its own.
  init(_ code: Int32) { self.code = code }

  /// A run that a signal may have ended, and that found everything as expected or not.
  init(_ signal: Signal? = nil, isAsExpected: Bool) {
    self.signal = signal
    code = isAsExpected ? Ending.asExpected : Ending.notAsExpected
  }

  /// A run that could not be carried out to its end.
  init(_ error: RunError) {
    switch error {
    case .interrupted(let signal), .endedWaiting(let signal, _): self.signal = signal
    default: break
    }
    code = Ending.couldNotRun
  }

  /// Probes of targets: with `--expect` all of them have to find the state; without, one probe has to find the port
  /// open, and ping-like runs something that answers.
  init(_ result: RunResult, _ settings: RunSettings) {
    signal = result.signal
    if settings.exitsWithState {
      code = result.tallies.map(Ending.state).max() ?? Ending.couldNotRun
    } else if result.tallies.contains(where: \.isUnsent) {
      code = Ending.couldNotRun
    } else {
      let holds = result.tallies.allSatisfy { Ending.isAsExpected($0, settings) }
      code = holds ? Ending.asExpected : Ending.notAsExpected
    }
  }

  private static func isAsExpected(_ tally: Tally, _ settings: RunSettings) -> Bool {
    if let expected = settings.expected {
      return tally.decided > 0 && tally.unsent == 0 && tally.verdicts[expected] == tally.decided
    }
    return settings.schedule.count == 1 ? tally.best == .open : tally.answered > 0
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
