import Handshake
import Kernel
import Report
import Timebase

/// Tells checks in the order in which they stand in their file, each as soon as all before it are decided.
final class CheckPresenter: ConnectionPresenter {
  private(set) var results: [CheckResult]
  /// Exit codes of checks come from their results.
  let tallies: [Tally] = []
  var unsent = Unsent()
  private let settings: CheckSettings
  /// How many probes of each check have ended.
  private var ended: [Int]
  /// The probes of checks that have not been told yet, where every detail is wanted.
  private var details: [[Record]]
  private var resolves: [Measurement?]
  /// The next check to be told.
  private var next = 0
  private let text: TextReport
  private let output: Output
  private let width: Int
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
    output = settings.run.presentation.output
    text = TextReport(settings.run.presentation, on: output)
    width = min(results.map(\.check.target.unicodeScalars.count).max() ?? 0, 48)
  }

  func name(of index: Int) -> String { results[index].check.target }

  /// It is the check's own result, and told as that.
  func refused(_ index: Int, _ refusal: RunError) throws(Errno) { _ = unsent.note(refusal, of: index) }

  private var presentation: Presentation { settings.run.presentation }

  func begin() throws(Errno) {
    if settings.form == .tap { try output.write(TAP.header(results.count)) }
    if settings.form == .lines, presentation.csv { try output.write(CSV.checks.header) }
    try tellDecided()
  }

  func resolved(_ index: Int, _ target: ResolvedTarget) throws(Errno) {
    results[index].remote = target.remote
    resolves[index] = target.resolve
  }

  /// A check that could not be made, and keeps the others from nothing.
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
      if presentation.isVerbose { details[check].append(record) }
    }
    try tellDecided()
  }

  /// Every probe has to find the state: one that was never made does not.
  func leaveOut(_ index: Int, sequence: Int) throws(Errno) {
    ended[index] += 1
    results[index].fail("probe \(sequence) was not started: earlier ones are still open")
    try tellDecided()
  }

  /// The checks that are told so far, for whoever asks by SIGQUIT; on standard error, since it is no result.
  func summarize() throws(Errno) {
    let decided = ended.indices.count { isDecided($0) }
    Output.complain("\(decided) of \(results.count) checks are decided")
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
    switch settings.form {
    case .plugin: return
    case .tap: try output.write(TAP.line(result, number: next + 1))
    case .lines where presentation.json: try output.write(JSONLines.check(result))
    case .lines where presentation.csv: try output.write(CSV.checks.line(result))
    case .lines:
      if !presentation.isQuiet || result.standing != .holds { try output.write(text.check(result, width: width)) }
      for record in records { try output.write(text.detail(record)) }
    }
  }
}

extension CheckPresenter {
  /// Tells what has not been told yet, and what it comes to; returns what a monitoring plugin answers.
  func finish(_ signal: Signal?) throws(Errno) -> PluginState? {
    if case .plugin(let warning, let critical) = settings.form {
      let line = PluginLine(results, warning: warning, critical: critical)
      try output.write(line.text)
      return line.state
    }
    if settings.form == .tap, signal != nil {
      try output.write(TAP.bailOut("interrupted"))
      return nil
    }
    while next < results.count { try tellNext() }
    let totals = CheckTotals(results, elapsed: SystemClock.monotonic() - started.instant)
    if settings.form == .lines {
      if presentation.json {
        try output.write(JSONLines.summary(totals, of: settings.file))
      } else if presentation.isText, !presentation.isQuiet || totals.hold < totals.count {
        try output.write(text.totals(totals))
      }
    }
    return nil
  }

  /// The JUnit document of all results.
  var document: String {
    let totals = CheckTotals(results, elapsed: SystemClock.monotonic() - started.instant)
    return JUnit.document(results, of: settings.file, totals: totals, started: started.wall)
  }
}
