import Handshake
import Runner

/// The default verb's command line, read: what to run, and how to judge it.
struct ProbeRequest: Sendable {
  /// What to run.
  var run = RunSettings()
  /// The state that every target should be in; nil expects the usual.
  var expected: Verdict?
  /// Whether the exit code tells the state itself.
  var exitsWithState = false
  /// Whether the help, or the version, was asked for instead.
  var wants: Instead?

  /// What may be asked for instead of a run.
  enum Instead: Hashable, Sendable {
    /// `-h`.
    case help
    /// `-V`.
    case version
  }
}
