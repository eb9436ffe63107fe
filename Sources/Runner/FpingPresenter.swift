import Handshake
import Kernel
import Report
import Timebase

/// Writes what fping's `-C` writes: a line of times for each target, at the end and on standard error.
///
/// fping reports there, and SmokePing's FPing probe reads there unless told otherwise.
final class FpingPresenter: ConnectionPresenter {
  private let names: [String]
  private(set) var tallies: [Tally]
  var unsent = Unsent()
  /// By target and probe; nil where nothing answered, or it cannot be told how fast.
  private var times: [[Interval?]]
  /// Targets whose names gave no address: fping has no line for them either.
  private var unknown: Set<Int> = []

  /// A presenter for a run that has an end.
  init(_ settings: RunSettings, _ targets: [ResolvedTarget]) {
    names = targets.map(\.name)
    tallies = targets.map { _ in Tally() }
    times = targets.map { _ in Array(repeating: nil, count: settings.schedule.count ?? 1) }
  }

  func name(of index: Int) -> String { names[index] }

  func begin() throws(Errno) {}

  func resolved(_ index: Int, _ target: ResolvedTarget) throws(Errno) {}

  func unresolved(_ index: Int, _ cause: String) throws(Errno) {
    tallies[index].addUnresolved()
    unknown.insert(index)
    Output.complain(cause)
  }

  func show(_ index: Int, sequence: Int, _ outcome: Outcome?) throws(Errno) {
    guard let outcome else { return }
    tallies[index].add(outcome.verdict, outcome.reason)
    guard times[index].indices.contains(sequence - 1) else { return }
    times[index][sequence - 1] = outcome.measurement(of: .syn)?.interval
  }

  func summarize() throws(Errno) {
    let width = names.map(\.unicodeScalars.count).max() ?? 0
    let output = Output.standardError
    for (index, name) in names.enumerated() where !unknown.contains(index) {
      try output.write(FpingLine.text(name, width: width, times: times[index]))
    }
  }
}
