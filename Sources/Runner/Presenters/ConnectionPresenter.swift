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
  /// What this host refused to send, by target.
  var unsent: SendErrors { get set }
  /// The target as it was typed.
  func name(of index: Int) -> String
  /// Whether everything that the run was for has been seen: then it ends.
  var isSatisfied: Bool { get }
  /// Is told why the probe that is shown next could not be sent.
  func refused(_ index: Int, _ refusal: RunError) throws(Errno)
  /// Is told that a target whose name was being looked up has an address, and is probed from now on.
  func resolved(_ index: Int, _ target: ResolvedTarget) throws(Errno)
  /// Is told that a target's name gave no address, in words that begin with the name.
  func unresolved(_ index: Int, _ cause: String) throws(Errno)
  /// Is told of other news of names.
  func learn(_ news: RunTargets.News, _ targets: RunTargets) throws(Errno)
  /// Is told that probes, from the n-th of each target on, begin so many rounds later than they were due.
  func putOff(_ rounds: Int, from sequence: Int) throws(Errno)
  /// Is told that a probe never began, because earlier ones of its target hold all places that one target may.
  func leaveOut(_ index: Int, sequence: Int) throws(Errno)
  /// Shows a packet that passed.
  func show(_ arrival: borrowing ReceivedPacket, at stamp: Stamp) throws(Errno)
  /// Shows what there is so far: someone asks for it (SIGQUIT), or something failed.
  func summarize() throws(Errno)
  /// The signals that it wants to be told of, beyond those that every run takes.
  var signals: [Signal] { get }
  /// Is told of one of them.
  func take(_ signal: Signal) throws(Errno)
  /// Asks the loop to wait for what is typed.
  func watch(by poller: inout Poller)
  /// Takes what was typed.
  func takeKeys(_ poller: borrowing Poller) throws(Errno)
  /// Reads the targets again if someone asked for it: `add` and `drop` are told of what changed, by the targets' indices.
  func reload(_ targets: RunTargets, add: (Int) -> Void, drop: (Int) -> Void) throws(Errno)
  /// Whether no probe is to begin at present.
  var isPaused: Bool { get }
  /// When it has something to do by itself; nil where results alone bring news.
  var nextTick: Instant? { get }
  /// Does it.
  func tick() throws(Errno)
  /// Shows what it comes to, at the end.
  func conclude() throws(Errno)
}

extension ConnectionPresenter {
  /// Most tell it at once, on standard error.
  func refused(_ index: Int, _ refusal: RunError) throws(Errno) {
    guard unsent.note(refusal, of: index) else { return }
    Output.complain(unsent.line(of: index, name(of: index)))
  }
  /// Most read no keys.
  func watch(by poller: inout Poller) {}
  /// There are none.
  func takeKeys(_ poller: borrowing Poller) throws(Errno) {}
  /// Most keep their targets.
  func reload(_ targets: RunTargets, add: (Int) -> Void, drop: (Int) -> Void) throws(Errno) {}
  /// Most never pause.
  var isPaused: Bool { false }
  /// Most want every probe.
  var isSatisfied: Bool { false }
  /// Most follow no name.
  func learn(_ news: RunTargets.News, _ targets: RunTargets) throws(Errno) {}
  /// Most tell of what was probed, whenever that was.
  func putOff(_ rounds: Int, from sequence: Int) throws(Errno) {}
  /// Most tell of what was probed.
  func leaveOut(_ index: Int, sequence: Int) throws(Errno) {}
  /// Most tell of no single packet.
  func show(_ arrival: borrowing ReceivedPacket, at stamp: Stamp) throws(Errno) {}
  /// Most want none.
  var signals: [Signal] { [] }
  /// There are none.
  func take(_ signal: Signal) throws(Errno) {}
  /// Most tell of results as they come.
  var nextTick: Instant? { nil }
  /// There is nothing to do.
  func tick() throws(Errno) {}
  /// What there is so far is all there is.
  func conclude() throws(Errno) { try summarize() }
}
