import Judging

/// JSON Lines.
struct JSONFormat: ResultWriter {
  private let isQuiet: Bool
  private let tracesPackets: Bool

  init(_ wording: Wording) { (isQuiet, tracesPackets) = (wording.isQuiet, wording.tracesPackets) }

  mutating func write(_ event: Event, into sheet: inout Sheet) {
    switch event {
    case .connectionsBegin, .checksBegin, .target, .benchBegin, .interrupted: break
    case .listening(let endpoint, let service, _):
      sheet.results += JSONLines.listening(at: endpoint, service: service)
    case .connection(_, _, .watched) where isQuiet: break
    case .connection(let record, _, .watched): sheet.results += JSONLines.connection(record)
    case .connection(let record, _, _): sheet.results += packets(of: record) + JSONLines.connection(record)
    case .unresolved(let record, _): sheet.results += JSONLines.connection(record)
    case .page(let page, _): sheet.results += packets(of: page.record) + JSONLines.page(page)
    case .check(let result, _, _): sheet.results += JSONLines.check(result)
    case .change(let change): sheet.results += JSONLines.change(change)
    case .move(let move): sheet.results += JSONLines.move(move)
    case .summaries(let summaries, _): for summary in summaries { sheet.results += JSONLines.summary(summary) }
    case .bench(let summaries, let comparisons):
      for summary in summaries { sheet.results += JSONLines.summary(summary) }
      for comparison in comparisons { sheet.results += JSONLines.ratio(comparison) }
    case .checks(_, let totals, let file): sheet.results += JSONLines.summary(totals, of: file)
    case .costs(let target, let each, let kept): sheet.results += JSONLines.comparison(target: target, each, kept)
    case .tally(let tally, let endpoint): sheet.results += JSONLines.summary(tally, at: endpoint)
    case .comparison(let comparison, let first, let second):
      sheet.results += JSONLines.comparison(comparison, first, second)
    }
  }

  /// The packets of a connection, where they are traced, each with how it was judged.
  private func packets(of record: Record) -> String {
    guard tracesPackets else { return "" }
    var lines = ""
    for entry in record.outcome.exchange.entries { lines += JSONLines.packet(entry, of: record) }
    return lines
  }
}
