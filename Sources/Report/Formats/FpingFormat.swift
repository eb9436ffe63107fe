import Timebase

/// What fping's `-C` writes: a line of times for each target, at the end and on standard error.
///
/// fping reports there, and SmokePing's FPing probe reads there unless told otherwise.
struct FpingFormat: ResultWriter {
  private var names: [String] = []
  /// By target and probe; nil where nothing answered, or it cannot be told how fast.
  private var times: [[Interval?]] = []
  /// Targets whose names gave no address: fping has no line for them either.
  private var unknown: Set<Int> = []

  mutating func write(_ event: Event, into sheet: inout Sheet) {
    switch event {
    case .connectionsBegin(let targets, let count):
      names = targets
      times = targets.map { _ in Array(repeating: nil, count: count ?? 1) }
    case .connection(let record, let target, _):
      guard times.indices.contains(target), times[target].indices.contains(record.sequence - 1) else { return }
      times[target][record.sequence - 1] = record.outcome.measurement(of: .syn)?.interval
    case .unresolved(_, let target): unknown.insert(target)
    case .summaries:
      let width = names.map(\.unicodeScalars.count).max() ?? 0
      for (index, name) in names.enumerated() where !unknown.contains(index) {
        sheet.remarks += FpingLine.text(name, width: width, times: times[index])
      }
    default: break
    }
  }
}
