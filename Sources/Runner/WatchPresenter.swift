import Engines
import Handshake
import Kernel
import Report
import Timebase
import Wire

/// Shows targets that are watched: on a terminal as a live screen, elsewhere as lines, and as metrics in a file.
final class WatchPresenter: ConnectionPresenter {
  private(set) var tallies: [Tally]
  /// Targets that cannot be sent to at present, by index.
  private(set) var unreachable: Set<Int> = []
  private var watched: [WatchedTarget]
  private var delays = Delays()
  var unsent = Unsent()
  private(set) var resolved: [ResolvedTarget]
  /// Names that are looked up again; nil where they are not.
  private var relookups: Relookups?
  private var moves: [(index: Int, address: IPAddress)] = []
  private var names = NameTroubles()
  private let settings: WatchSettings
  private let text: TextReport
  private let output: Output
  private let started = SystemClock.monotonic()
  /// Nil where lines are written.
  private var terminal: Terminal?
  private var drawnAt = Instant(nanoseconds: 0)
  private var nextDrawing: Instant
  private var metrics: MetricsFile?
  /// When routes were last looked up again.
  private var lookedAt = Instant(nanoseconds: 0)

  /// Between two drawings while results come, and while none do: clock and lengths go on.
  private static let (quick, slow) = (Interval.milliseconds(250), Interval.seconds(1))

  init(_ settings: WatchSettings, _ targets: [ResolvedTarget]) {
    self.settings = settings
    resolved = targets
    let schedule = settings.run.schedule
    let mode: Outcome.Mode = settings.run.usesKernel ? .connect : Outcome.Mode(settings.run.plan)
    let pace = schedule.due(round: 1, target: 0, of: targets.count)
    watched = targets.map {
      WatchedTarget(
        $0.name, remote: $0.remote, mode: mode, expected: settings.expected, resolve: $0.resolve?.interval,
        interval: pace)
    }
    tallies = targets.map { _ in Tally() }
    output = settings.run.presentation.output
    text = TextReport(settings.run.presentation, on: output)
    nextDrawing = started
    relookups = settings.lookupPeriod.map { Relookups(targets, every: $0, from: started) }
    metrics = settings.prometheusPath.map { MetricsFile($0, every: pace, from: started) }
  }

  private var presentation: Presentation { settings.run.presentation }

  func name(of index: Int) -> String { resolved[index].name }

  /// On the screen it stands below, for as long as it lasts.
  func refused(_ index: Int, _ refusal: RunError) throws(Errno) {
    guard unsent.note(refusal, of: index), terminal == nil else { return }
    try Output.standardError.write(unsent.line(of: index, name(of: index)))
  }

  private var remark: String? {
    let now = SystemClock.monotonic()
    return metrics?.trouble ?? names.latest(at: now) ?? delays.recent(at: now)
      ?? unsent.first.map { "\(name(of: $0)): \(unsent[$0] ?? "")" }
  }

  /// Writes the first metrics: where the file cannot be written, nothing is probed.
  func prepare() throws(RunError) {
    do throws(Errno) { try metrics?.write(watched) } catch {
      let file = RunError.file(error, settings.prometheusPath ?? "")
      guard error.isPermission else { throw file }
      throw .refused(
        file.message + "; privileges are given up before the first packet: name a folder that this user may write to "
          + "without them, or run as the folder's owner, with the program's own privilege (sudo make setcap)")
    }
  }

  func begin() throws(Errno) {
    guard !presentation.json, !presentation.isQuiet, presentation.pcapPath != "-", Terminal.isAvailable else { return }
    terminal = try Terminal()
    try draw()
  }

  func show(_ index: Int, sequence: Int, _ outcome: Outcome?) throws(Errno) {
    guard let outcome else { return watched[index].skip(sequence: sequence) }
    tallies[index].add(outcome.verdict, outcome.reason)
    let target = resolved[index]
    let record = Record(
      target: target.name, sequence: sequence, resolve: sequence == 1 ? target.resolve : nil, outcome: outcome)
    let rounds = sequence - 1 + delays.before(sequence)
    let due = settings.run.schedule.due(round: rounds, target: index, of: watched.count)
    let change = watched[index].add(record, at: due)
    if outcome.reason != .notSent { unsent.clear(index) }
    let cannotSend = outcome.reason == .noRoute || outcome.reason == .notSent
    if cannotSend { unreachable.insert(index) } else { unreachable.remove(index) }
    nextDrawing = min(nextDrawing, drawnAt + WatchPresenter.quick)
    try tell(record, change)
  }

  func putOff(_ rounds: Int, from sequence: Int) throws(Errno) {
    delays.add(rounds, from: sequence)
    for index in watched.indices { watched[index].putOff(rounds) }
    guard delays.isNews(at: SystemClock.monotonic()), terminal == nil else { return }
    try Output.standardError.write("probe: \(delays.words)\n")
  }

  private func tell(_ record: Record, _ change: WatchChange?) throws(Errno) {
    if presentation.json {
      if !presentation.isQuiet { try output.write(JSONLines.connection(record)) }
      if let change { try output.write(JSONLines.change(change)) }
    } else if terminal == nil {
      if !presentation.isQuiet { try output.write(text.line(record)) }
      if let change { try output.write(text.change(change)) }
    }
  }

  /// The summary so far; on the screen all of it stands already.
  func summarize() throws(Errno) {
    guard terminal == nil else { return try draw() }
    let elapsed = SystemClock.monotonic() - started
    for index in watched.indices {
      watched[index].setElapsed(elapsed)
      let target = watched[index]
      try output.write(presentation.json ? JSONLines.summary(target.summary) : text.summary(target.summary))
    }
  }

  func conclude() throws(Errno) {
    leave()
    metrics?.refresh(watched)
    try summarize()
  }

  /// Gives the terminal back, however the run ends.
  func leave() { terminal = nil }
}

// MARK: What it does by itself

extension WatchPresenter {
  var signals: [Signal] { Signal.ofTerminal }

  func take(_ signal: Signal) throws(Errno) {
    switch signal {
    case .suspend:
      let hadTerminal = terminal != nil
      leave()
      Terminal.suspend()
      // Continued in the background it goes on by lines: the terminal is another's.
      if hadTerminal, Terminal.isAvailable { terminal = try Terminal() }
      try draw()
    default: try draw()
    }
  }

  var nextTick: Instant? {
    var next = terminal == nil ? nil : nextDrawing
    if let due = metrics?.due { next = min(next ?? due, due) }
    if let due = relookups?.nextTurn { next = min(next ?? due, due) }
    // Routes are looked up again once a second.
    if !unreachable.isEmpty { next = min(next ?? nextLook, nextLook) }
    return next
  }

  private var nextLook: Instant { max(lookedAt + .seconds(1), started) }

  func tick() throws(Errno) {
    let now = SystemClock.monotonic()
    if nextLook <= now { lookedAt = now }
    if let due = metrics?.due, due <= now { metrics?.refresh(watched, isSilent: terminal != nil) }
    if let due = relookups?.nextTurn, due <= now, let news = relookups?.turn(at: now) { try tell(news, at: now) }
    if nextDrawing <= now { try draw() }
  }

  private func tell(_ news: Relookups.News, at now: Instant) throws(Errno) {
    switch news {
    case .recovered(let host): names.clear(host)
    case .failed(let host, let cause):
      let line = names.fail(host, cause)
      if terminal == nil { try Output.standardError.write("probe: \(line.printable)\n") }
    case .moved(let host, let address):
      names.clear(host)
      for index in resolved.indices where resolved[index].host == host {
        moves.append((index, address))
        let move = watched[index].move(to: address, at: SystemClock.now().wall)
        if presentation.json {
          try output.write(JSONLines.move(move))
        } else if terminal == nil {
          try output.write(text.move(move))
        } else {
          names.note("\(move.target): address \(move.from) -> \(address)", at: now)
        }
      }
    }
  }

  /// Has the targets whose names have other addresses since the last time probed there.
  func takeMoves(_ resolution: TargetResolution, _ body: (Int, ResolvedTarget) -> Void) {
    for (index, address) in moves {
      resolved[index] = resolution.moved(resolved[index], to: address)
      body(index, resolved[index])
    }
    moves = []
  }

  private func draw() throws(Errno) {
    drawnAt = SystemClock.monotonic()
    nextDrawing = drawnAt + WatchPresenter.slow
    guard let size = terminal?.size else { return }
    var style = text.style
    style.width = size.columns
    let frame = WatchScreen.Frame(
      now: SystemClock.now().wall, elapsed: drawnAt - started, interval: settings.run.schedule.interval,
      remark: remark)
    try terminal?.draw(WatchScreen(style: style, rows: size.rows).drawing(watched, frame))
  }
}
