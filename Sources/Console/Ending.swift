import Kernel
import Report
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
  /// Whoever read standard output has gone: what a shell says of a program that SIGPIPE ended.
  static let readerGone: Int32 = 141

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
    code = error.isReaderGone ? Ending.readerGone : Ending.couldNotRun
  }

  /// Probes of targets, one or many: at least one probe of each target was answered as expected, and none otherwise.
  init(_ result: RunResult, _ settings: RunSettings) {
    signal = result.signal
    if let awaited = settings.awaited {
      code = result.tallies.allSatisfy { $0.verdicts[awaited] > 0 } ? Ending.asExpected : Ending.notAsExpected
    } else if settings.exitsWithState {
      code = result.tallies.map(Ending.state).max() ?? Ending.couldNotRun
    } else if result.tallies.contains(where: \.isUnsent) {
      code = Ending.couldNotRun
    } else {
      let expected = settings.expected ?? .open
      let holds = result.tallies.allSatisfy { $0.isAsExpected(expected) }
      code = holds ? Ending.asExpected : Ending.notAsExpected
    }
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

/// A command line, or a file that it names, that cannot be carried out.
public struct UsageError: Error, Hashable, Sendable {
  /// One line that says what was meant, without the program's name; empty if the places say all.
  public var message: String
  /// What is wrong in a file, a line each: `FILE:LINE:COLUMN: what`.
  var places: [String] = []
  /// The signal that came while something that the command line names was waited for; nil: none.
  public var signal: Signal?

  /// An error with its line.
  public init(_ message: String) { self.message = message }

  /// An error in a file: of more than so many places the first are printed.
  init(places: [String], of file: String) {
    self.places = Array(places.prefix(ListFile.mostFaults))
    message = places.count > ListFile.mostFaults ? "\(file): more lines are invalid" : ""
  }

  /// The first of its lines: what fits where there is room for one.
  var first: String { places.first ?? message }

  /// What was named, such as `--data @FILE`, could not be read.
  init(reading what: String, _ errno: Errno) {
    message = "\(what): " + (errno.isInterruption ? "interrupted while waiting for data" : errno.hinted)
    signal = errno.signal
  }

  /// What the process exits with.
  var exitCode: Int32 { signal.map { 128 + $0.number } ?? Ending.couldNotRun }
}

/// Failures in the words of a monitoring plugin, where its answer was asked for: monitoring reads standard output alone.
enum Monitor {
  /// Prints the line and returns the exit code; nil if nothing of the sort was asked for.
  ///
  /// Looked for in the words, since they may not have been read to their end.
  static func unknown(_ message: String, for verb: Verb, _ words: [String]) -> Int32? {
    guard words.contains("--nagios"), verb.options.contains(where: { $0.long == "nagios" }) else { return nil }
    let line = PluginLine(.unknown, message)
    try? Output.standardOutput.write(line.text)
    return line.state.rawValue
  }
}
