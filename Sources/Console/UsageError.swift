import Kernel

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

  /// An error in a file: more than so many places are only counted.
  init(places: [String], of file: String, limit: Int = 100) {
    self.places = Array(places.prefix(limit))
    message = places.count > limit ? "\(file): \(places.count - limit) more lines cannot be read" : ""
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
