import Engines
import Handshake
import Judging
import Kernel
import Report
import Timebase
import Wire

/// Shows targets that are watched: on a terminal as a live screen, elsewhere as lines, and as metrics in a file.
final class WatchPresenter: ConnectionPresenter {
  var tallies: [Tally] { removed.isEmpty ? allTallies : present.map { allTallies[$0] } }
  private var allTallies: [Tally]
  /// Targets that are probed no more, since the file that named them does not any longer.
  private var removed: Set<Int> = []
  private var wantsReload = false
  /// Targets that cannot be sent to at present, by index.
  private(set) var unreachable: Set<Int> = []
  private var watched: [WatchedTarget]
  private var delays = MissedRounds()
  private var crowded = Crowding()
  var unsent = SendErrors()
  private var targets: [ResolvedTarget]
  /// How many rounds of probes had begun when a target joined whose name was not known at the start.
  private var missed: [Int: Int] = [:]
  private var names = NameLookupErrors()
  private let settings: WatchSettings
  private let text: TextReport
  private var teller: Teller
  private let started = SystemClock.monotonic()
  private var screen = LiveScreen()
  var isPaused: Bool { screen.isPaused }
  /// Whether someone has asked for the end by a key.
  var isSatisfied: Bool { screen.isQuit }
  private var metrics: MetricsFile?
  /// When routes were last looked up again.
  private var lookedAt = Instant(nanoseconds: 0)

  init(_ settings: WatchSettings, _ targets: [ResolvedTarget]) {
    self.settings = settings
    self.targets = targets
    let schedule = settings.run.schedule
    let mode: Outcome.Mode = settings.run.usesKernel ? .connect : Outcome.Mode(settings.run.plan)
    let pace = schedule.due(round: 1, target: 0, of: targets.count)
    watched = targets.map {
      WatchedTarget(
        $0.name, remote: $0.remote, mode: mode, expected: settings.expected, resolve: $0.resolve?.interval,
        interval: pace)
    }
    allTallies = targets.map { _ in Tally() }
    teller = Teller(settings.run.presentation)
    text = TextReport(settings.run.presentation, on: settings.run.presentation.output)
    metrics = settings.prometheusPath.map { MetricsFile($0, every: pace, from: started) }
  }

  func name(of index: Int) -> String { targets[index].name }

  /// On the screen it stands below, for as long as it lasts.
  func refused(_ index: Int, _ refusal: RunError) throws(Errno) {
    guard unsent.note(refusal, of: index), !screen.isOn else { return }
    Output.complain(unsent.line(of: index, name(of: index)))
  }

  private var remark: String? {
    let now = SystemClock.monotonic()
    return metrics?.trouble ?? names.latest(at: now) ?? delays.recent(at: now) ?? crowded.recent(at: now)
      ?? unsent.first.map { "\(name(of: $0)): \(unsent[$0] ?? "")" }
  }

  /// Writes the first metrics: where the file cannot be written, nothing is probed.
  func prepare() throws(RunError) {
    do throws(Errno) { try metrics?.write(PrometheusText.document(watched)) } catch {
      let file = RunError(writing: error, to: settings.prometheusPath ?? .dash)
      guard error.isPermission else { throw file }
      throw .refused(
        file.message + "; privileges are dropped before the first packet: name a directory that this user may write to "
          + "without them, or run as the directory's owner with file capabilities "
          + "(sudo setcap cap_net_raw+ep \(Arguments.programPath.printable))")
    }
  }

  func begin() throws(Errno) {
    guard teller.isForPeople, !settings.run.presentation.isOutputTaken else { return }
    try screen.begin()
    if screen.isOn { try draw() }
  }

  func show(_ index: Int, sequence: Int, _ outcome: Outcome?) throws(Errno) {
    guard !removed.contains(index) else { return }
    guard let outcome else { return watched[index].skip(sequence: sequence) }
    allTallies[index].add(outcome.verdict, outcome.reason)
    let target = targets[index]
    let record = Record(
      target: target.name, sequence: sequence, resolve: sequence == 1 ? target.resolve : nil, outcome: outcome)
    let turn = sequence + (missed[index] ?? 0)
    let rounds = turn - 1 + delays.before(turn)
    let due = settings.run.schedule.due(round: rounds, target: index, of: watched.count)
    let change = watched[index].add(record, at: due, isHeldBack: isHeldBack(outcome, index))
    if outcome.reason != .notSent { unsent.clear(index) }
    let cannotSend = outcome.reason == .noRoute || outcome.reason == .notSent
    if cannotSend { unreachable.insert(index) } else { unreachable.remove(index) }
    screen.hurry()
    try tell(record, of: index, change)
  }

  /// Whether the next hop's link address is still being asked for (ARP, neighbour discovery), so that the SYNs wait in this
  /// host.
  ///
  /// The kernel stops asking after three seconds, and reports it with an ICMP error from this host.
  private func isHeldBack(_ outcome: Outcome, _ index: Int) -> Bool {
    guard outcome.reason == .noResponse, watched[index].state != .filtered, let interface = targets[index].interface,
      !interface.isLoopback
    else { return false }
    let address = outcome.flow.remote.address
    let route = try? Route.to(address, from: targets[index].source, interface: interface)
    return (try? Neighbor.isUnresolved(route?.gateway ?? address, on: interface)) ?? false
  }

  func putOff(_ rounds: Int, from sequence: Int) throws(Errno) {
    delays.add(rounds, from: sequence)
    for index in watched.indices { watched[index].putOff(rounds) }
    guard delays.isNews(at: SystemClock.monotonic()), !screen.isOn else { return }
    Output.complain(delays.words)
  }

  func leaveOut(_ index: Int, sequence: Int) throws(Errno) {
    watched[index].leaveOut(sequence: sequence)
    guard crowded.isNews(name(of: index), at: SystemClock.monotonic()), !screen.isOn else { return }
    Output.complain(crowded.words)
  }

  private func tell(_ record: Record, of index: Int, _ change: WatchChange?) throws(Errno) {
    guard !screen.isOn else { return }
    try teller.tell(.connection(record, target: index, .watched))
    if let change { try teller.tell(.change(change)) }
  }

  /// The summary so far; on the screen all of it stands already.
  func summarize() throws(Errno) {
    guard !screen.isOn else { return try draw() }
    let elapsed = SystemClock.monotonic() - started
    for index in watched.indices { watched[index].setElapsed(elapsed) }
    try teller.tell(.summaries(shown.map(\.summary), isFinal: false))
  }

  func conclude() throws(Errno) {
    leave()
    metrics?.refresh(PrometheusText.document(shown))
    try summarize()
  }

  /// Gives the terminal back, however the run ends.
  func leave() { screen.leave() }
}

// MARK: What it does by itself

extension WatchPresenter {
  var signals: [Signal] { Signal.ofTerminal + (settings.reload == nil ? [] : [.hangUp]) }

  func take(_ signal: Signal) throws(Errno) {
    switch try screen.take(signal) {
    case .draw: try draw()
    case .none where signal == .hangUp: wantsReload = true
    case .none, .gone: break
    }
  }

  func watch(by poller: inout Poller) { screen.watch(by: &poller) }

  func takeKeys(_ poller: borrowing Poller) throws(Errno) {
    let keys = screen.takeKeys(poller)
    if keys.contains("r") { for index in watched.indices { watched[index].reset() } }
    if !keys.isEmpty { try draw() }
  }

  var nextTick: Instant? {
    if wantsReload { return started }
    var next = screen.isOn ? screen.due : nil
    if let due = metrics?.due { next = min(next ?? due, due) }
    // Routes are looked up again once a second.
    if !unreachable.isEmpty { next = min(next ?? nextLook, nextLook) }
    return next
  }

  /// The targets that are probed, and what is known of them.
  private var present: [Int] { watched.indices.filter { !removed.contains($0) } }
  private var shown: [WatchedTarget] { removed.isEmpty ? watched : present.map { watched[$0] } }

  func reload(_ all: RunTargets, add: (Int) -> Void, drop: (Int) -> Void) throws(Errno) {
    guard wantsReload, let reload = settings.reload else { return }
    wantsReload = false
    switch reload() {
    case .failure(let error): try announce("targets not reloaded: \(error.message)")
    case .success(let specs):
      let wanted = Run.unique(specs)
      let names = Set(wanted.map(\.text))
      let gone = present.filter { !names.contains(targets[$0].name) }
      for index in gone {
        removed.insert(index)
        unreachable.remove(index)
        unsent.clear(index)
        drop(index)
      }
      let known = Set(present.map { targets[$0].name })
      let new = wanted.filter { !known.contains($0.text) }
      for spec in new {
        for index in all.add(spec) { try join(index, all, add) }
      }
      try announce("targets reloaded: \(new.count) added, \(gone.count) removed")
    }
    try draw()
  }

  private func join(_ index: Int, _ all: RunTargets, _ add: (Int) -> Void) throws(Errno) {
    let (target, run) = (all.list[index], settings.run)
    let pace = run.schedule.due(round: 1, target: 0, of: watched.count + 1)
    targets.append(target)
    allTallies.append(Tally())
    watched.append(
      WatchedTarget(
        target.name, remote: target.remote, mode: watched.first?.summary.mode ?? Outcome.Mode(run.plan),
        expected: settings.expected, interval: pace))
    missed[index] = Int((SystemClock.monotonic() - started).nanoseconds / max(pace.nanoseconds, 1))
    add(index)
    if let problem = all.problems[index] { try unresolved(index, problem) }
  }

  private func announce(_ words: String) throws(Errno) {
    guard screen.isOn else { return Output.complain(words) }
    names.note(words, at: SystemClock.monotonic())
  }

  private var nextLook: Instant { max(lookedAt + .seconds(1), started) }

  func tick() throws(Errno) {
    let now = SystemClock.monotonic()
    if nextLook <= now { lookedAt = now }
    if let due = metrics?.due, due <= now { metrics?.refresh(PrometheusText.document(shown), isSilent: screen.isOn) }
    if screen.due <= now { try draw() }
  }

  func resolved(_ index: Int, _ target: ResolvedTarget) throws(Errno) {
    let pace = settings.run.schedule.due(round: 1, target: 0, of: watched.count)
    let begun = (SystemClock.monotonic() - started).nanoseconds / max(pace.nanoseconds, 1)
    let turn = Int(begun)
    missed[index] = max(turn - delays.before(turn), 0)
    targets[index] = target
    watched[index].find(target.remote, resolve: target.resolve?.interval)
    if let host = target.host { names.clear(host) }
    screen.hurry()
  }

  /// It is as unreachable as what cannot be sent to, and looked up again.
  func unresolved(_ index: Int, _ cause: String) throws(Errno) {
    guard !removed.contains(index) else { return }
    allTallies[index].addUnresolved()
    let outcome = Outcome.unresolved(targets[index], mode: watched[index].summary.mode)
    let change = watched[index].fail(outcome)
    if let line = names.fail(targets[index].name, "\(cause); the lookup will be retried"), !screen.isOn {
      Output.complain(line)
    }
    screen.hurry()
    guard let change, !screen.isOn else { return }
    try teller.tell(.change(change))
  }

  func learn(_ news: RunTargets.News, _ all: RunTargets) throws(Errno) {
    let now = SystemClock.monotonic()
    switch news {
    case .recovered(let host): names.clear(host)
    case .troubled(let host, let cause):
      let line = names.fail(host, "\(cause); still probing the old address; the lookup will be retried")
      if let line, !screen.isOn { Output.complain(line) }
    case .moved(let index, _):
      targets[index] = all.list[index]
      let move = watched[index].move(to: targets[index].remote.address, at: SystemClock.now().wall)
      if !screen.isOn {
        try teller.tell(.move(move))
      } else {
        names.note("\(move.target): address \(move.from) -> \(move.to.address)", at: now)
      }
    case .lookedUp(let index): watched[index].lookUp(took: all.list[index].resolve?.interval)
    case .known, .unknown: break
    }
  }

  /// The screen as a picture, with a line for every target, whether or not it is on a terminal.
  var picture: String {
    let style = Style(isColoured: true, isUnicode: true, width: 110)
    let frame = frame(at: SystemClock.monotonic())
    let lines = WatchScreen(style: style, rows: shown.count + 8).lines(shown, frame)
    // A picture has no keys: without anything to report, the line below the targets is left out.
    return ScreenPicture(frame.remark == nil ? lines.dropLast() : lines, title: "probe watch").svg
  }

  private func frame(at now: Instant) -> WatchScreen.Frame {
    WatchScreen.Frame(
      now: SystemClock.now().wall, elapsed: now - started, interval: settings.run.schedule.interval, remark: remark)
  }

  private func draw() throws(Errno) {
    var (style, frame) = (text.style, frame(at: SystemClock.monotonic()))
    (frame.hasKeys, frame.isPaused, frame.showsHelp) = (screen.hasKeys, isPaused, screen.showsHelp)
    let shown = shown
    try screen.draw { size in
      style.width = size.columns
      return WatchScreen(style: style, rows: size.rows).lines(shown, frame)
    }
  }
}
