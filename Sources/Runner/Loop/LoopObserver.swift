import Handshake
import Kernel
import Timebase

/// What the loop tells while it runs; each may fail where output fails.
struct LoopObserver<Report: Sendable> {
  /// Something has ended.
  var report: (Report) throws(Errno) -> Void
  /// What this host refused to send, told right before the report of the connection that it ended; nil: such a refusal
  /// ends the run.
  ///
  /// Whoever has several targets must not be ended by one of them that a firewall shuts out, and whoever serves
  /// strangers not by an address that takes no packets.
  var refused: ((Report, RunError) throws(Errno) -> Void)?
  /// SIGQUIT: the summary so far is wanted.
  var summarize: () throws(Errno) -> Void = {}
  /// A packet passed, in either direction.
  var packet: ((borrowing Arrival, Stamp) throws(Errno) -> Void)?
  /// Signals that are wanted beyond those that every run takes, and who is told of them.
  var signals: [Signal] = []
  var signal: (Signal) throws(Errno) -> Void = { _ in }
  /// When the observer has something to do by itself, and what.
  var nextTick: () -> Instant? = { nil }
  var tick: () throws(Errno) -> Void = {}
}
