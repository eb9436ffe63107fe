import Engines
import Handshake
import Kernel
import Timebase

/// The unprivileged run: the same schedule, by `connect()` (`--connect`).
struct KernelRun {
  private let settings: RunSettings
  private let targets: RunTargets
  private let presenter: any ConnectionPresenter
  /// By target: source ports that could be had before the seal alone.
  private var sources: [[ReservedSource]]
  private var probes: [KernelProbe] = []
  private var rota: Rota
  private let room: Room
  private let start = SystemClock.monotonic()

  init(
    _ settings: RunSettings, _ targets: RunTargets, _ presenter: any ConnectionPresenter, _ session: Session
  ) throws(RunError) {
    room = Room(for: targets.list.count, count: settings.schedule.count)
    if room.places > ConnectEngine.concurrency { _ = ResourceLimit.raiseDescriptors() }
    sources = try session.sources(settings, targets.list)
    _ = try session.seal()
    self.settings = settings
    self.targets = targets
    self.presenter = presenter
    rota = Rota(settings.schedule, targets: targets.list.count, from: start) { !targets.list[$0].isKnown }
  }

  /// Runs to the end of the schedule, its deadline, or a signal.
  mutating func run() throws(RunError) -> RunResult {
    SystemClock.sharpenTimers()
    let signals = try attempt { () throws(Errno) in try SignalSource(Signal.usual + presenter.signals) }
    var signal: Signal?
    try writing { () throws(Errno) in
      try presenter.begin()
      try targets.tellProblems(presenter)
    }
    var poller = Poller()
    _ = poller.add(signals.descriptor, for: .readable)
    while signal == nil {
      try begin()
      try step()
      if probes.isEmpty, nextStart == nil, !targets.isAwaiting || isOverdue { break }
      try wait(&poller)
      signal = try take(signals)
      if signal == nil { try takeNames() }
      if let due = presenter.nextTick, due <= SystemClock.monotonic() {
        try writing { () throws(Errno) in try presenter.tick() }
      }
    }
    // Whatever was under way is undecided; its socket closes with it.
    for probe in probes {
      try writing { () throws(Errno) in try presenter.show(probe.index, sequence: probe.sequence, nil) }
    }
    try writing { () throws(Errno) in
      if signal == nil { try targets.tellAbandoned(presenter, settings.schedule.deadline) }
      try presenter.conclude()
    }
    return RunResult(tallies: presenter.tallies, signal: signal)
  }

  private var isOverdue: Bool { limit.map { SystemClock.monotonic() >= $0 } ?? false }

  private var limit: Instant? { settings.schedule.deadline.map { start + $0 } }

  /// When the next probe is to begin; nil where none is left, or none may begin yet.
  private var nextStart: Instant? {
    if isOverdue { return nil }
    return rota.nextStart
  }

  /// A source port that was asked for serves one connection at a time.
  private var isFull: Bool { probes.count >= (settings.sourcePort == 0 ? room.places : 1) }

  private mutating func begin() throws(RunError) {
    while !isFull, let due = nextStart, due <= SystemClock.monotonic() {
      let rounds = rota.slip(at: SystemClock.monotonic())
      let sequence = rota.next.sequence
      if rounds > 0 { try writing { () throws(Errno) in try presenter.putOff(rounds, from: sequence) } }
      let turn = rota.take(at: SystemClock.monotonic())
      guard room.allows(probes.count { $0.index == turn.target }, of: probes.count) else {
        try writing { () throws(Errno) in try presenter.leaveOut(turn.target, sequence: turn.sequence) }
        continue
      }
      probes.append(
        KernelProbe(
          turn.target, sequence: turn.sequence, to: targets.list[turn.target], settings,
          from: sources[turn.target].popLast(), limit: limit))
    }
  }

  private mutating func step() throws(RunError) {
    var rest: [KernelProbe] = []
    for probe in probes {
      guard let outcome = probe.step() else {
        rest.append(probe)
        continue
      }
      try writing { () throws(Errno) in
        if let refusal = probe.refusal { try presenter.refused(probe.index, refusal) }
        try presenter.show(probe.index, sequence: probe.sequence, outcome)
      }
    }
    probes = rest
  }

  /// Waits for a signal, a connection, or the next thing that is due.
  private func wait(_ poller: inout Poller) throws(RunError) {
    targets.watch(by: &poller)
    let slots = probes.compactMap { $0.watch(by: &poller) }
    defer { for slot in slots { poller.remove(slot) } }
    var next = isFull ? nil : nextStart
    for probe in probes { next = min(next ?? probe.deadline, probe.deadline) }
    if let turn = targets.nextTurn { next = min(next ?? turn, turn) }
    if let limit, next != nil || targets.isAwaiting { next = min(next ?? limit, limit) }
    if let tick = presenter.nextTick { next = min(next ?? tick, tick) }
    do throws(Errno) { _ = try poller.wait(until: next) } catch { throw .system(error) }
  }

  /// Takes what has become known of names.
  private mutating func takeNames() throws(RunError) {
    let now = SystemClock.monotonic()
    for news in targets.turn(at: now) {
      try writing { () throws(Errno) in
        switch news {
        case .known(let index):
          rota.join(index, at: now)
          try presenter.resolved(index, targets.list[index])
        case .unknown(let index):
          try presenter.unresolved(index, targets.problems[index] ?? "")
        case .moved, .troubled, .recovered: try presenter.learn(news, targets)
        }
      }
    }
  }

  /// Takes the signals that have come; SIGQUIT asks for the summary so far.
  private func take(_ signals: borrowing SignalSource) throws(RunError) -> Signal? {
    while let next = try next(signals) {
      if next == .interrupt || next == .terminate { return next }
      try writing { () throws(Errno) in try next == .quit ? presenter.summarize() : presenter.take(next) }
    }
    return nil
  }

  private func next(_ signals: borrowing SignalSource) throws(RunError) -> Signal? {
    do throws(Errno) { return try signals.next() } catch { throw .system(error) }
  }

  private func writing(_ body: () throws(Errno) -> Void) throws(RunError) {
    try attempt(orThrow: RunError.init(writing:), body)
  }
}
