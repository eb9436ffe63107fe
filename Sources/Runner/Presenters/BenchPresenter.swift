import Engines
import Handshake
import Judging
import Kernel
import Report
import Statistics
import Timebase
import Wire

/// Gathers what a benchmark's connections came to, and writes it.
final class BenchPresenter {
  private(set) var summaries: [BenchSummary]
  private let settings: BenchSettings
  private let targets: [ResolvedTarget]
  private var teller: Teller
  private let errors = Output.standardError
  private var start: Instant?
  /// By target and kind of ending.
  private var endings: [[Int]]
  private var progressAt: Instant?
  private let showsProgress: Bool
  private let files: BenchFiles
  /// The seed of the comparisons: written nowhere, since the intervals hardly move with it.
  private let seed: UInt64

  private static let everyEnd = BenchResult.End.allCases

  init(_ settings: BenchSettings, _ targets: [ResolvedTarget], _ session: Session) throws(RunError) {
    self.settings = settings
    self.targets = targets
    let plan = settings.plan
    summaries = targets.map {
      BenchSummary(target: $0.name, remote: $0.remote, mode: plan.mode.rawValue, askedRate: plan.rate)
    }
    endings = targets.map { _ in [Int](repeating: 0, count: BenchPresenter.everyEnd.count) }
    teller = Teller(settings.run.presentation)
    showsProgress = Output.standardError.isTerminal && !settings.run.presentation.isQuiet
    files = try BenchFiles(settings, names: targets.map(\.name), started: SystemClock.now().wall, session)
    seed = Entropy.uint64()
  }

  /// What the loop tells.
  var observer: BenchObserver {
    BenchObserver(
      result: { [self] in add($0) },
      progress: { [self] (engine, now) throws(Errno) in try progress(engine, now) },
      summarize: { [self] (engine) throws(Errno) in try summarize(engine, path: nil) })
  }

  /// Says what is about to happen, so that a long run is not a silent one.
  func begin() throws(Errno) {
    for target in targets { try teller.tell(.benchBegin(words: target.words(settings.plan))) }
  }

  private func add(_ result: BenchResult) {
    let target = result.target
    endings[target][BenchPresenter.everyEnd.firstIndex(of: result.end) ?? 0] += 1
    guard result.end != .interrupted else {
      summaries[target].interrupted += 1
      return
    }
    summaries[target].syns += result.syns
    summaries[target].record(response: result.response?.interval, syn: result.syn?.interval)
    if result.isAnswered { summaries[target].answered += 1 }
    if result.end == .completed { summaries[target].completed += 1 }
    summaries[target].record(lateness: result.lateness, sinceDue: result.sinceDue)
    for kind in BenchResult.steps {
      if let measurement = result[kind] { summaries[target].record(measurement, of: kind) }
    }
    if result.status >= 100 { summaries[target].statuses[min(Int(result.status / 100), 5) - 1] += 1 }
    files.add(result)
    guard let start else { return }
    let begun = result.due + result.lateness - start
    summaries[target].beginning = max(summaries[target].beginning, begun)
    // Where it cannot be known which copy was answered there is no time, and no loss either.
    if result.syn != nil || !result.isAnswered {
      summaries[target].record(handshake: result.syn?.interval, at: begun)
    }
  }

  private func progress(_ engine: borrowing BenchEngine, _ now: Instant) throws(Errno) {
    if start == nil { start = now }
    guard let start else { return }
    for index in summaries.indices { summaries[index].elapsed = now - start }
    try files.advance(to: now - start)
    guard showsProgress, progressAt.map({ now - $0 >= .milliseconds(500) }) ?? true else { return }
    progressAt = now
    let started = targets.indices.reduce(0) { $0 + engine.counts(of: $1).started }
    try errors.rewriteLine(
      "\((now - start).nanoseconds / 1_000_000_000) s, \(started) connections, \(engine.underWay) in flight  ")
  }

  /// Writes the closing lines of all targets, as far as they have come, and how they compare.
  func summarize(_ engine: borrowing BenchEngine, path: BatchSender.Path?) throws(Errno) {
    if showsProgress, progressAt != nil { try errors.rewriteLine("") }
    for index in summaries.indices {
      settle(index, engine.counts(of: index))
      if let path { summaries[index].path = path.rawValue }
    }
    let comparisons = comparisons()
    try teller.tell(.bench(summaries, comparisons))
  }

  private func settle(_ index: Int, _ counts: BenchCounts) {
    summaries[index].started = counts.started
    summaries[index].notStarted = counts.notStarted
    summaries[index].retransmitted = counts.retransmitted
    summaries[index].duplicates = counts.duplicates
    summaries[index].invalid = counts.invalid
    summaries[index].endings = zip(BenchPresenter.everyEnd, endings[index]).map {
      BenchSummary.Ending(name: $0.rawValue, count: $1)
    }
  }

  /// Every target but the first against the first.
  private func comparisons() -> [BenchComparison] {
    guard let base = summaries.first else { return [] }
    let step = settings.plan.mode == .http ? [StepKind.syn, .response] : [.syn]
    return summaries.dropFirst().flatMap { summary in
      step.map { BenchComparison(summary, to: base, step: $0, seed: seed) }
    }
  }

  /// Writes the files that were asked for.
  func writeFiles() throws(RunError) {
    try files.commit(summaries, at: summaries.map(\.elapsed).max() ?? .zero)
  }
}

extension BenchResult {
  /// The steps that it may have times of.
  static let steps: [StepKind] = [.syn, .request, .response, .transfer, .fin, .peerFin]
}

extension ResolvedTarget {
  /// The line before a benchmark begins.
  fileprivate func words(_ plan: BenchPlan) -> String {
    let words =
      switch plan.mode {
      case .halfOpen: "half-open connections"
      case .full: "full connections, closed by \(plan.close.rawValue.uppercased())"
      case .http: "HTTP requests, one connection each, closed by \(plan.close.rawValue.uppercased())"
      }
    return "\(name) (\(remote)): \(words), \(plan.rate)/s\n"
  }
}
