import Engines
import Handshake
import Kernel
import Timebase

/// The unprivileged run: the same schedule, one `connect()` after the other (`--connect`).
struct KernelRun {
  let settings: RunSettings
  let targets: [ResolvedTarget]
  let presenter: any ConnectionPresenter

  init(_ settings: RunSettings, _ targets: [ResolvedTarget], _ presenter: any ConnectionPresenter) {
    self.settings = settings
    self.targets = targets
    self.presenter = presenter
  }

  /// Runs to the end of the schedule, its deadline, or a signal.
  func run() throws(RunError) -> RunResult {
    let watch = try SignalWatch(presenter)
    let start = SystemClock.monotonic()
    try writing { () throws(Errno) in try presenter.begin() }
    var round = 0
    rounds: while round < settings.schedule.count ?? .max {
      for (index, target) in targets.enumerated() {
        let due = start + settings.schedule.due(round: round, target: index, of: targets.count)
        guard try wait(until: due, start, watch) else { break rounds }
        try probe(index, target, sequence: round + 1, start, watch)
        if watch.signal != nil { break rounds }
      }
      round += 1
    }
    try writing { () throws(Errno) in try presenter.conclude() }
    return RunResult(tallies: presenter.tallies, signal: watch.signal)
  }

  private func probe(
    _ index: Int, _ target: ResolvedTarget, sequence: Int, _ start: Instant, _ watch: SignalWatch
  ) throws(RunError) {
    guard target.source != nil else {
      let outcome = Outcome(unroutable: target.remote, mode: .connect, at: SystemClock.now())
      return try writing { () throws(Errno) in try presenter.show(index, sequence: sequence, outcome) }
    }
    let probe = KernelProbe(
      target: target, plan: settings.plan, settings: settings,
      isInterrupted: { () throws(Errno) in
        try watch.look()
        return watch.signal != nil
      },
      deadline: settings.schedule.deadline.map { start + $0 })
    let outcome = try probe.run()
    try writing { () throws(Errno) in try presenter.show(index, sequence: sequence, outcome) }
  }

  private func isOver(_ start: Instant) -> Bool {
    settings.schedule.deadline.map { SystemClock.monotonic() - start >= $0 } ?? false
  }

  /// Waits for a probe's turn; false where the run ends before.
  private func wait(until due: Instant, _ start: Instant, _ watch: SignalWatch) throws(RunError) -> Bool {
    while true {
      try attempt { () throws(Errno) in try watch.look() }
      if watch.signal != nil || isOver(start) { return false }
      let left = due - SystemClock.monotonic()
      guard left > .zero else { return true }
      try attempt { () throws(Errno) in try watch.sleep(min(left, .milliseconds(50))) }
    }
  }

  private func writing(_ body: () throws(Errno) -> Void) throws(RunError) {
    try attempt(orThrow: RunError.init(writing:), body)
  }
}

/// The signals of a run without an event loop.
final class SignalWatch {
  private let source: SignalSource
  private let presenter: any ConnectionPresenter
  /// The signal that asked for an end; nil while none has.
  private(set) var signal: Signal?

  init(_ presenter: any ConnectionPresenter) throws(RunError) {
    self.presenter = presenter
    source = try attempt { () throws(Errno) in try SignalSource() }
  }

  /// Takes what has come; SIGQUIT asks for the summary so far.
  func look() throws(Errno) {
    while let next = try source.next() {
      if next == .quit { try presenter.summarize() } else { signal = next }
    }
  }

  /// Lets time pass until a signal comes.
  func sleep(_ time: Interval) throws(Errno) {
    var poller = Poller()
    _ = poller.add(source.descriptor, for: .readable)
    _ = try poller.wait(atMost: time)
  }
}
