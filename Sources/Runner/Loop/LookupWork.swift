import Kernel
import Timebase

/// The look-ups of names in the loop, for a run that cannot begin before they are over.
struct LookupWork: LoopWork {
  let targets: RunTargets
  /// When they are waited for no more; nil: they have their own limits alone.
  let deadline: Instant?
  private var isInterrupted = false

  init(targets: RunTargets, deadline: Instant?) {
    self.targets = targets
    self.deadline = deadline
  }

  mutating func advance() throws(RunError) -> Rest {
    guard targets.isAwaiting, !isInterrupted else { return .over }
    guard let deadline else { return .until(targets.nextTurn) }
    guard SystemClock.monotonic() < deadline else { return .over }
    return .until(min(targets.nextTurn ?? deadline, deadline))
  }

  mutating func watch(by poller: inout Poller) { targets.watch(by: &poller) }

  mutating func collect(_ poller: borrowing Poller) throws(RunError) { _ = targets.turn(at: SystemClock.monotonic()) }

  mutating func take(_ signal: Signal) throws(RunError) {}

  mutating func interrupt(isRepeated: Bool) throws(RunError) { isInterrupted = true }
}
