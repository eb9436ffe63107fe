import Handshake
import Judging
import Kernel
import Report
import Timebase

/// Tells checks in the order in which they stand in their file, each as soon as all before it are decided.
final class CheckPresenter: ConnectionPresenter {
  private(set) var results: [CheckResult]
  /// Exit codes of checks come from their results.
  let tallies: [Tally] = []
  var unsent = SendErrors()
  private let settings: CheckSettings
  /// How many probes of each check have ended.
  private var ended: [Int]
  /// The probes of checks that have not been told yet, where every detail is wanted.
  private var details: [[Record]]
  private var resolves: [Measurement?]
  /// The next check to be told.
  private var next = 0
  private var teller: Teller
  private let started = SystemClock.now()

  /// A presenter for checks, each of a target of its own.
  init(_ settings: CheckSettings, _ targets: RunTargets) {
    self.settings = settings
    results = zip(settings.items, targets.list).map { item, target in
      CheckResult(item.check, remote: target.isKnown ? target.remote : nil)
    }
    resolves = targets.list.map(\.resolve)
    ended = results.map { _ in 0 }
    details = results.map { _ in [] }
    teller = Teller(settings.run.presentation)
  }

  func name(of index: Int) -> String { results[index].check.target }

  /// It is the check's own result, and told as that.
  func refused(_ index: Int, _ refusal: RunError) throws(Errno) { _ = unsent.note(refusal, of: index) }

  func begin() throws(Errno) {
    let width = min(results.map(\.check.target.unicodeScalars.count).max() ?? 0, 48)
    try teller.tell(.checksBegin(count: results.count, width: width))
    try tellDecided()
  }

  func resolved(_ index: Int, _ target: ResolvedTarget) throws(Errno) {
    results[index].remote = target.remote
    resolves[index] = target.resolve
  }

  /// A check that could not run, and keeps the others from nothing.
  func unresolved(_ index: Int, _ cause: String) throws(Errno) {
    results[index].problem = cause
    try tellDecided()
  }

  func show(_ index: Int, sequence: Int, _ outcome: Outcome?) throws(Errno) {
    let check = index
    ended[check] += 1
    if let outcome, outcome.reason == .notSent {
      results[check].fail(unsent[index] ?? outcome.reason.rawValue)
    } else if let outcome {
      let resolve = sequence == 1 ? resolves[index] : nil
      let record = Record(
        target: results[check].check.target, sequence: sequence, resolve: resolve, outcome: outcome)
      results[check].add(record)
      if settings.run.presentation.isVerbose { details[check].append(record) }
    }
    try tellDecided()
  }

  /// Every probe has to find the state: one that was never made does not.
  func leaveOut(_ index: Int, sequence: Int) throws(Errno) {
    ended[index] += 1
    results[index].fail("probe \(sequence) was not started: earlier connections are still open")
    try tellDecided()
  }

  /// The checks that are told so far, for whoever asks by SIGQUIT; on standard error, since it is no result.
  func summarize() throws(Errno) {
    let decided = ended.indices.count { isDecided($0) }
    Output.complain("\(decided) of \(results.count) checks done")
  }

  /// Not before the JUnit document lies in its place: see `finish(_:)`.
  func conclude() throws(Errno) {}

  private func isDecided(_ check: Int) -> Bool {
    results[check].problem != nil || ended[check] == settings.run.schedule.count
  }

  private func tellDecided() throws(Errno) {
    while next < results.count, isDecided(next) { try tellNext() }
  }

  private func tellNext() throws(Errno) {
    let result = results[next]
    defer { next += 1 }
    let records = details[next]
    details[next] = []
    try teller.tell(.check(result, number: next + 1, records))
  }
}

extension CheckPresenter {
  /// Shows what has not been told yet, and what it comes to; returns what a monitoring plugin answers.
  func finish(_ signal: Signal?) throws(Errno) -> PluginState? {
    if signal != nil { try teller.tell(.interrupted) }
    while next < results.count { try tellNext() }
    let totals = CheckTotals(results, elapsed: SystemClock.monotonic() - started.instant)
    try teller.tell(.checks(results, totals, file: settings.file))
    return teller.state(of: results)
  }

  /// The JUnit document of all results.
  var document: String {
    let totals = CheckTotals(results, elapsed: SystemClock.monotonic() - started.instant)
    return JUnit.document(results, of: settings.file, totals: totals, started: started.wall)
  }
}
