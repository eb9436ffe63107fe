import Engines
import Handshake
import Kernel
import Timebase
import Wire

/// The targets of a run as whoever makes the connections knows them.
extension RunTargets {
  /// All targets, for the engine.
  func engineTargets(_ settings: RunSettings) -> [ConnectEngine.Target] {
    list.indices.map { index in
      var target = list[index].target(settings)
      if !list[index].isKnown { target.standing = isAwaited(index) ? .awaited : .absent }
      return target
    }
  }

  /// Has the engine and whoever tells of the run do what news ask for.
  func learn(
    _ news: News, _ engine: inout ConnectEngine, _ settings: RunSettings, _ network: Network,
    _ presenter: any ConnectionPresenter, at now: Instant
  ) throws(Errno) {
    switch news {
    case .known(let index):
      do throws(RunError) {
        try network.admit(list[index])
      } catch {
        engine.dismiss(index)
        return try presenter.unresolved(index, error.message)
      }
      engine.join(index, as: list[index].target(settings), at: now)
      try presenter.resolved(index, list[index])
    case .unknown(let index):
      // A run without an end asks for it again, and goes on until then.
      if !waitsForNames { engine.dismiss(index) }
      try presenter.unresolved(index, problems[index] ?? "")
    case .moved(let index, _):
      engine.retarget(index, to: list[index].target(settings))
      try presenter.learn(news, self)
    case .troubled, .recovered, .lookedUp: try presenter.learn(news, self)
    }
  }

  /// Tells of the targets whose problem was known before the run began.
  func tellProblems(_ presenter: any ConnectionPresenter) throws(Errno) {
    for index in list.indices where !list[index].isKnown {
      if let problem = problems[index] { try presenter.unresolved(index, problem) }
    }
  }

  /// Tells of the targets whose names had no answer before the run ended.
  func tellAbandoned(_ presenter: any ConnectionPresenter, _ deadline: Interval?) throws(Errno) {
    for news in abandon(deadline) {
      if case .unknown(let index) = news { try presenter.unresolved(index, problems[index] ?? "") }
    }
  }
}

extension Tally {
  /// Counts a target whose name gave no address: nothing was sent to it.
  mutating func addUnresolved() { add(.unreachable, .notSent) }
}

extension Outcome {
  /// What is told of a target whose name gave no address.
  static func unresolved(_ target: ResolvedTarget, mode: Mode) -> Outcome {
    var outcome = Outcome(unroutable: target.remote, mode: mode, at: SystemClock.now(), .notSent)
    outcome.notes = .unresolved
    return outcome
  }
}

/// The lookups of names in the loop, for a run that cannot begin before they are over.
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
