import Handshake
import Kernel
import Timebase

/// Whoever tells the results of a run of connections as they come.
protocol ConnectionPresenter: AnyObject {
  /// What the exit code is made of, by target.
  var tallies: [Tally] { get }
  /// Says what is about to be probed.
  func begin() throws(Errno)
  /// Tells of one probe; without an outcome it was interrupted before anything was decided.
  func show(_ index: Int, sequence: Int, _ outcome: Outcome?) throws(Errno)
  /// Shows a packet that passed.
  func show(_ arrival: borrowing Arrival, at stamp: Stamp) throws(Errno)
  /// Tells what there is so far: somebody asks for it (SIGQUIT), or something failed.
  func summarize() throws(Errno)
  /// Tells what it comes to, at the end.
  func conclude() throws(Errno)
}

extension ConnectionPresenter {
  /// Most tell of no single packet.
  func show(_ arrival: borrowing Arrival, at stamp: Stamp) throws(Errno) {}
  /// What there is so far is all there is.
  func conclude() throws(Errno) { try summarize() }
}
