import Handshake
import Judging

/// Comma-separated values: a table, and no summary in it.
struct CSVFormat: ResultWriter {
  private let remarks: @Sendable () -> TextReport

  init(_ wording: Wording) { remarks = wording.remarks }

  var showsPassingPackets: Bool { true }

  mutating func write(_ event: Event, into sheet: inout Sheet) {
    switch event {
    case .connectionsBegin: sheet.results += CSV.connections.header
    case .checksBegin: sheet.results += CSV.checks.header
    case .connection(let record, _, _), .unresolved(let record, _): sheet.results += CSV.connections.line(record)
    case .check(let result, _, _): sheet.results += CSV.checks.line(result)
    case .bench(let summaries, _): sheet.results += table(of: summaries)
    // A table has no place for it: whoever asks for it on the way reads it on standard error.
    case .summaries(let summaries, isFinal: false):
      let text = remarks()
      for summary in summaries { sheet.remarks += text.summary(summary) }
    default: break
    }
  }

  /// A line for each step of each target.
  private func table(of summaries: [BenchSummary]) -> String {
    var text = CSV.series.header
    for summary in summaries {
      for kind in StepKind.allCases {
        if let series = summary[kind] { text += CSV.series.line((summary.target, kind, series)) }
      }
    }
    return text
  }
}
