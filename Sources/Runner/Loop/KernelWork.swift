import Engines
import Handshake
import Kernel
import Timebase

/// The unprivileged run: the same schedule, by `connect()` (`--connect`).
struct KernelWork: LoopWork {
  private let settings: RunSettings
  private let targets: RunTargets
  private let presenter: any ConnectionPresenter
  /// By target: source ports that could be had before the seal alone.
  private var sources: [[ReservedSource]]
  private var probes: [KernelProbe] = []
  /// Where the loop waits for them.
  private var slots: [Poller.Slot] = []
  private var isInterrupted = false
  private var rota: ProbeClock
  private let room: Room
  private let start = SystemClock.monotonic()

  init(
    _ settings: RunSettings, _ targets: RunTargets, _ presenter: any ConnectionPresenter, _ session: Session
  ) throws(RunError) {
    sources = try session.sources(settings, targets.list)
    room = Room(settings.schedule, targets: targets.list.count)
    _ = try session.seal()
    self.settings = settings
    self.targets = targets
    self.presenter = presenter
    rota = ProbeClock(settings.schedule, targets: targets.list.count, from: start) { !targets.list[$0].isKnown }
  }

  /// Runs to the end of the schedule, its deadline, or a signal.
  mutating func run() throws(RunError) -> RunResult {
    SystemClock.sharpenTimers()
    var loop = try Loop(presenter.signals)
    try writing { () throws(Errno) in
      try presenter.begin()
      try targets.tellProblems(presenter)
    }
    let signal = try loop.run(&self)
    // Whatever was in flight is undecided; its socket closes with it.
    for probe in probes {
      try writing { () throws(Errno) in try presenter.show(probe.index, sequence: probe.sequence, nil) }
    }
    try writing { () throws(Errno) in
      if signal == nil { try targets.tellAbandoned(presenter, settings.schedule.deadline) }
      try presenter.conclude()
    }
    return RunResult(tallies: presenter.tallies, signal: signal)
  }

  mutating func advance() throws(RunError) -> Rest {
    if isInterrupted { return .over }
    try begin()
    try step()
    if isInterrupted { return .over }
    if probes.isEmpty, nextStart == nil, isOverdue || !targets.mayGrow { return .over }
    return .until(nextWake)
  }

  private var nextWake: Instant? {
    var next = isFull ? nil : nextStart
    for probe in probes { next = min(next ?? probe.deadline, probe.deadline) }
    if let turn = targets.nextTurn { next = min(next ?? turn, turn) }
    if let limit, next != nil || targets.isAwaiting { next = min(next ?? limit, limit) }
    if let tick = presenter.nextTick { next = min(next ?? tick, tick) }
    return next
  }

  mutating func watch(by poller: inout Poller) {
    targets.watch(by: &poller)
    presenter.watch(by: &poller)
    for slot in slots { poller.remove(slot) }
    slots.removeAll(keepingCapacity: true)
    for probe in probes { if let slot = probe.watch(by: &poller) { slots.append(slot) } }
  }

  mutating func collect(_ poller: borrowing Poller) throws(RunError) {
    try takeNames()
    do throws(Errno) { try presenter.takeKeys(poller) } catch { throw RunError(writing: error) }
    if presenter.isSatisfied { isInterrupted = true }
    try reload()
    rota.setPaused(presenter.isPaused, at: SystemClock.monotonic())
    guard let due = presenter.nextTick, due <= SystemClock.monotonic() else { return }
    try writing { () throws(Errno) in try presenter.tick() }
  }

  private mutating func reload() throws(RunError) {
    let (presenter, targets, now) = (presenter, targets, SystemClock.monotonic())
    try writing { () throws(Errno) in
      try presenter.reload(targets) { index in
        rota.add(isAbsent: !targets.list[index].isKnown, at: now)
        sources.append([])
      } drop: {
        rota.remove($0)
      }
    }
  }

  mutating func take(_ signal: Signal) throws(RunError) {
    try writing { () throws(Errno) in try signal == .quit ? presenter.summarize() : presenter.take(signal) }
  }

  mutating func interrupt(isRepeated: Bool) throws(RunError) { isInterrupted = true }

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
    if presenter.isSatisfied { isInterrupted = true }
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
        case .moved, .troubled, .recovered, .lookedUp: try presenter.learn(news, targets)
        }
      }
    }
  }

  private func writing(_ body: () throws(Errno) -> Void) throws(RunError) {
    try attempt(orThrow: RunError.init(writing:), body)
  }
}
