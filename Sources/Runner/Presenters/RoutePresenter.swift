import Engines
import Handshake
import Judging
import Kernel
import Path
import Report
import Timebase
import Wire

/// Shows a path as it becomes known: on a terminal as a live screen, elsewhere as lines at the end, or as they come for a
/// program; and as metrics in a file.
final class RoutePresenter {
  private let settings: RouteSettings
  private let target: ResolvedTarget
  private var record: RouteRecord
  private let names: ReverseLookups
  private var teller: Teller
  private let text: TextReport
  private var screen = LiveScreen()
  private var showsNames = true
  /// When someone began the figures anew; nil where no one did.
  private var resetAt: WallTime?
  private var metrics: MetricsFile?
  private let started = SystemClock.monotonic()

  /// Call it while there is one thread, and before privileges are dropped: names are looked up in a process of its own.
  init(_ settings: RouteSettings, target: ResolvedTarget) {
    (self.settings, self.target) = (settings, target)
    let presentation = settings.run.presentation
    record = RouteRecord(
      target: target.name, remote: target.remote, source: target.source,
      table: RouteTable(target: target.remote, confidence: settings.plan.rule.confidence))
    record.isReport = settings.isReport
    names = ReverseLookups(isWanted: !settings.showsAddressesOnly)
    teller = Teller(presentation)
    text = TextReport(presentation, on: presentation.output)
    metrics = settings.metricsPath.map { MetricsFile($0, every: settings.plan.interval, from: started) }
  }

  /// Whether no probe is to be sent at present.
  var isPaused: Bool { screen.isPaused }
  /// Whether someone has asked for the end by a key.
  var wantsEnd: Bool { screen.isQuit }
  /// Whether the target answered, and as it should.
  var isAsExpected: Bool { record.table.targetLoss.map { $0.received > 0 } ?? false }

  /// Writes the first metrics: where the file cannot be written, nothing is probed.
  func prepare() throws(RunError) {
    do throws(Errno) { try metrics?.write(document) } catch {
      throw RunError(writing: error, to: settings.metricsPath ?? .dash)
    }
  }

  /// Says what is about to be measured, or takes the terminal.
  func begin(source: IPAddress?) throws(Errno) {
    record.source = source ?? record.source
    let presentation = settings.run.presentation
    // mtr's lines begin with their own heading.
    if !settings.isReport || !teller.isForPeople {
      try teller.tell(
        .routeBegin(target: target.name, remote: target.remote, source: record.source, words: settings.words))
    }
    guard teller.isForPeople, !settings.isReport, !presentation.isVerbose, !presentation.tracesPackets,
      !presentation.isOutputTaken
    else { return }
    try screen.begin()
    try draw()
  }

  /// Takes a probe that is finished.
  func take(_ probe: PathProbe) throws(Errno) {
    // Of what was sent before a reset only what is lost would still come.
    if let resetAt, probe.sent < resetAt { return }
    record.table.take(probe)
    if let answer = probe.answer { names.want(answer.address) }
    if screen.isOn { screen.hurry() } else { try teller.tell(.pathProbe(probe, target: target.name)) }
  }

  /// Tells what is known after a round, where a program reads along.
  func roundEnded(_ round: Int) throws(Errno) {
    guard !teller.isForPeople else { return }
    refresh()
    try teller.tell(.routeRound(record))
  }

  /// Shows what there is so far: someone asks for it (SIGQUIT).
  func summarize() throws(Errno) {
    refresh()
    guard !screen.isOn else { return try draw() }
    try teller.tell(.route(record, isFinal: false))
  }

  /// Tells what it comes to.
  func finish(_ ending: RouteEnding, _ signal: Signal?) throws(Errno) {
    leave()
    record.table.isComplete = ending.isComplete
    record.trouble = ending.trouble
    refresh()
    metrics?.refresh(document)
    if signal != nil { try teller.tell(.interrupted) }
    try teller.tell(.route(record, isFinal: true))
  }

  /// Gives the terminal back, however the run ends.
  func leave() { screen.leave() }

  private func refresh() {
    _ = names.take()
    record.names = names.names
    record.elapsed = SystemClock.monotonic() - started
  }

  /// The paths as a picture, as they are known now.
  var picture: String { RoutePicture(record).svg }

  /// The same as a page, by a program of this name and version.
  func page(program: String) -> String { RoutePage.text(record, program: program) }

  private var document: String { PrometheusText.document(record) }
}

// MARK: What it does by itself

extension RoutePresenter {
  /// The signals that it wants to be told of, beyond those that every run takes.
  var signals: [Signal] { Signal.ofTerminal }

  /// Is told of one of them.
  func take(_ signal: Signal) throws(Errno) {
    if case .draw = try screen.take(signal) { try draw() }
  }

  /// When there is something to be done by itself; nil where only answers bring news.
  func nextTick() -> Instant? {
    let next = screen.isOn ? screen.due : nil
    guard let due = metrics?.due else { return next }
    return min(next ?? due, due)
  }

  /// Does it.
  func tick() throws(Errno) {
    let now = SystemClock.monotonic()
    if let due = metrics?.due, due <= now {
      refresh()
      metrics?.refresh(document, isSilent: screen.isOn)
    }
    if screen.isOn, screen.due <= now { try draw() }
  }

  /// Asks the loop to wait for keys and names.
  func watch(_ poller: inout Poller) {
    screen.watch(by: &poller)
    names.watch(by: &poller)
  }

  /// Takes keys and names that have come.
  func takeKeys(_ poller: borrowing Poller) throws(Errno) {
    if names.take(), screen.isOn { screen.hurry() }
    let keys = screen.takeKeys(poller)
    guard !keys.isEmpty else { return }
    if keys.contains("n") { showsNames.toggle() }
    if keys.contains("r") {
      record.table.reset()
      resetAt = SystemClock.now().wall
    }
    try draw()
  }

  private func draw() throws(Errno) {
    guard screen.isOn else { return }
    refresh()
    var frame = RouteScreen.Frame(now: SystemClock.now().wall, interval: settings.plan.interval)
    (frame.hasKeys, frame.isPaused, frame.showsHelp) = (screen.hasKeys, isPaused, screen.showsHelp)
    (frame.showsNames, frame.remark) = (showsNames, metrics?.trouble)
    var style = text.style
    let record = record
    try screen.draw { size in
      style.width = size.columns
      return RouteScreen(style: style, rows: size.rows).lines(record, frame)
    }
  }
}

extension RouteSettings {
  /// How the path is measured, in words: `SYNs with TTL 1 to 30, 10 rounds`.
  var words: String {
    let rounds = plan.rounds.map { $0 == 1 ? "1 round" : "\($0) rounds" } ?? "until stopped"
    let flows = plan.flows > 1 ? ", at most \(plan.flows) flows" : ""
    return "\(plan.isInSession ? "segments in a connection" : "SYNs") with TTL \(plan.ttls.lowerBound) to "
      + "\(plan.ttls.upperBound), \(rounds)\(flows)"
  }
}
