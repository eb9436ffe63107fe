import Engines
import Handshake
import Judging
import Kernel
import Path
import Report
import Timebase

/// Tells the trials of a search for an idle limit, what is under way, and what it came to.
final class IdlePresenter {
  /// The search, as far as it has been told.
  private(set) var search: IdleSearch
  private let settings: IdleSettings
  private let target: ResolvedTarget
  private let tracking: ConnectionTracking?
  private var teller: Teller
  private let errors = Output.standardError
  private let showsProgress: Bool
  private var proof: KeepAliveProof?
  private let started = SystemClock.monotonic()
  /// When the connection that is silent now began.
  private var began: Instant
  private var drawnAt: Instant?
  /// Whether this host tracked connections when one of ours had just been open.
  private var isTracking = false

  init(_ settings: IdleSettings, _ target: ResolvedTarget, _ search: IdleSearch, _ tracking: ConnectionTracking?) {
    (self.settings, self.target, self.search, self.tracking) = (settings, target, search, tracking)
    teller = Teller(settings.play.run.presentation)
    showsProgress = Output.standardError.isTerminal && !settings.play.run.presentation.isQuiet
    began = started
  }

  private var place: IdleTarget { IdleTarget(name: target.name, remote: target.remote) }

  func begin() throws(Errno) {
    let source = target.source ?? target.remote.address
    try teller.tell(.idleBegin(searches: settings.hold == nil, target: place, source: source, words: words))
    for (index, trial) in search.trials.enumerated() {
      try teller.tell(.trial(trial, number: index + 1, target: place))
    }
  }

  private var words: String {
    if let hold = settings.hold {
      return "a connection held for \(hold.compact) by a keep-alive every \((settings.keepAlive ?? .zero).compact)"
    }
    return "how long a silent connection lives, up to \(settings.longest.compact), to \(search.plan.resolution.compact)"
  }

  func take(_ report: IdleDirector.Report) throws(Errno) {
    isTracking = isTracking || tracking?.isTracking == true
    began = SystemClock.monotonic()
    try clear()
    switch report {
    case .trial(let trial, let number):
      search.take(trial)
      try teller.tell(.trial(trial, number: number, target: place))
    case .hold(let proof): self.proof = proof
    }
  }

  /// What the search has come to.
  var record: IdleRecord {
    let host = tracking?.establishedTimeout.map {
      IdleFinding.HostTracking(established: .seconds(Int64($0)), isTracking: isTracking)
    }
    return IdleRecord(
      target: place, search: search, hasSearched: settings.hold == nil, host: host, proof: proof,
      elapsed: SystemClock.monotonic() - started)
  }

  func finish(_ record: IdleRecord) throws(Errno) {
    try clear()
    try teller.tell(.idle(record))
  }

  // MARK: Progress

  /// When the line of progress is written again, and what writes it; nil where no one sees it.
  var ticking: (next: () -> Instant?, tick: () throws(Errno) -> Void)? {
    guard showsProgress else { return nil }
    return ({ [self] in (drawnAt ?? started) + .seconds(1) }, { [self] () throws(Errno) in try draw() })
  }

  private func draw() throws(Errno) {
    let now = SystemClock.monotonic()
    drawnAt = now
    let passed = now - began
    var line: String
    if let silence = search.next, settings.hold == nil {
      line = "trial \(search.trials.count + 1): silent for \(passed.whole) of \(silence.whole)"
      line += ", at most \(max(search.timeLeft - passed, .zero).clock) left"
    } else {
      line = "keep-alive: \(passed.whole)"
    }
    try errors.rewriteLine(line + "    ")
  }

  private func clear() throws(Errno) {
    if drawnAt != nil { try errors.rewriteLine("") }
    drawnAt = drawnAt == nil ? nil : SystemClock.monotonic()
  }
}

extension Interval {
  /// In whole seconds.
  fileprivate var whole: String { "\(nanoseconds / 1_000_000_000) s" }

  /// Hours, minutes and seconds, those that there are.
  fileprivate var clock: String {
    let seconds = (nanoseconds + 999_999_999) / 1_000_000_000
    if seconds >= 3_600 { return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min" }
    return seconds >= 60 ? "\(seconds / 60) min \(seconds % 60) s" : "\(seconds) s"
  }
}
