import Engines
import Handshake
import Judging
import Kernel
import Path
import Report
import Timebase
import Wire

/// Everything that `probe idle` was asked for.
public struct IdleSettings: Sendable {
  /// What it shares with others that play conversations.
  public var play = PlaySettings()
  /// The longest silence that is tried.
  public var longest = Interval.seconds(7_440)
  /// How near the bounds are to come; nil: a second, or as near as the longest silence is long.
  public var resolution: Interval?
  /// The first silence; nil: eight times the resolution.
  public var first: Interval?
  /// How long an answer may take.
  public var wait = Interval.seconds(1)
  /// The period of keep-alive segments that is to be verified; nil: none is.
  public var keepAlive: Interval?
  /// How long a connection is held with them, without a search; nil: there is a search.
  public var hold: Interval?
  /// The file that trials are kept in; nil: none.
  public var resumePath: FilePath?

  /// The settings of a plain `probe idle HOST:PORT`.
  public init() {}

  /// How often a keep-alive segment is sent that nothing answers.
  static let asks = 3

  /// The search.
  var plan: IdleSearch.Plan {
    var plan = IdleSearch.Plan()
    (plan.longest, plan.resolution, plan.first) = (longest, resolution ?? min(.seconds(1), longest), first)
    plan.patience = wait * Int64(IdleSettings.asks)
    return plan
  }

  /// What is asked of the connections.
  var wish: IdleDirector.Wish {
    var wish = IdleDirector.Wish()
    (wish.wait, wish.asks, wish.keepAlive, wish.hold) = (wait, IdleSettings.asks, keepAlive, hold)
    wish.searches = hold == nil
    return wish
  }
}

extension Run {
  /// Finds out how long a silent connection is remembered.
  public static func idle(_ settings: IdleSettings) throws(RunError) -> PlayRunResult {
    var settings = settings
    var search = IdleSearch(settings.plan)
    var tracking: ConnectionTracking?
    let file = IdleFile(settings)
    let stage = try PlayStage(
      &settings.play, files: [.written(settings.resumePath, by: "--resume")],
      prepare: { (session, target) throws(RunError) in
        tracking = ConnectionTracking()
        search = try file.open(IdleTarget(name: target.name, remote: target.remote), session) ?? search
      })
    if let signal = stage.signal { return PlayRunResult(isGood: false, signal: signal) }
    let target = stage.target
    let director = IdleDirector(
      search, with: target.remote, from: target.source ?? target.remote.address, settings.wish)
    let engine = stage.engine(director, settings.play, places: 1)
    let trace = PacketTraceTeller(settings.play.run.presentation)
    let presenter = IdlePresenter(settings, target, search, tracking)
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.begin() }
    let (work, signal) = try stage.play(engine, settings.play, trace, ticking: presenter.ticking) {
      (report) throws(Errno) in
      guard let report = report ?? nil else { return }
      try presenter.take(report)
      try file.write(presenter.search)
    }
    let record = presenter.record
    if signal == nil, !record.trials.contains(where: { $0.answer != .unclear }), record.proof == nil {
      throw .refused(
        "\(target.name): \(trace.refusals.last ?? work.engine.director.trouble ?? "no connection was made")")
    }
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.finish(record) }
    try stage.finish(junit: nil)
    return PlayRunResult(isGood: record.isGood, signal: signal)
  }
}

/// The file of `--resume`: read before the run, and replaced after each trial.
private final class IdleFile {
  private let path: FilePath?
  private var journal: IdleJournal?
  private let plan: IdleSearch.Plan

  init(_ settings: IdleSettings) { (path, plan) = (settings.resumePath, settings.plan) }

  /// Reads what is there, and prepares for what comes; the search as far as it had come, nil where none is kept.
  func open(_ target: IdleTarget, _ session: Session) throws(RunError) -> IdleSearch? {
    guard let path else { return nil }
    try session.replaces(path)
    var journal = IdleJournal(target: target, plan: plan, trials: [])
    defer { self.journal = journal }
    let octets: [UInt8]
    do throws(Errno) { octets = try File.read(path, atMost: IdleJournal.sizeLimit) } catch {
      if error.isNoSuchFile { return nil }
      throw .unreadable(error, path)
    }
    // What `touch` or mktemp made.
    if octets.isEmpty { return nil }
    let old: IdleJournal
    do throws(IdleJournal.Mistake) { old = try IdleJournal(parsing: octets) } catch {
      throw .refused("--resume \(path), line \(error.line): \(error.text); name another file")
    }
    if let difference = old.difference(from: journal) {
      throw .refused("--resume \(path): \(difference); name another file, or remove it")
    }
    journal = old
    return journal.search
  }

  /// Keeps the trials.
  func write(_ search: IdleSearch) throws(Errno) {
    guard let path, var journal else { return }
    journal.trials = search.trials
    self.journal = journal
    try AtomicFile.replace(path, with: journal.text.utf8.span.raw)
  }
}
