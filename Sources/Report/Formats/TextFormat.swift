/// Words for people.
struct TextFormat: ResultWriter {
  private let text: TextReport
  private let isQuiet: Bool
  /// How wide the targets of checks are.
  private var width = 0

  init(_ wording: Wording) { (text, isQuiet) = (wording.text, wording.isQuiet) }

  var showsPassingPackets: Bool { true }
  var showsTables: Bool { true }
  var isForPeople: Bool { !isQuiet }

  mutating func write(_ event: Event, into sheet: inout Sheet) {
    if case .checksBegin(_, let width) = event { self.width = width }
    sheet.results += isQuiet && isDetail(event) ? "" : words(event)
  }

  /// What is left out where only the summary is wanted: everything that is as it should be.
  private func isDetail(_ event: Event) -> Bool {
    switch event {
    case .target, .benchBegin, .auditBegin, .routeBegin, .pathProbe, .idleBegin, .trial, .scanBegin, .listening,
      .connection, .page, .scanResult, .scanHost, .scanMark, .scanSilent, .comparison, .routeComparison:
      true
    case .checks(_, let totals, _): totals.hold == totals.count
    case .finding(let finding, _, _, _, _): finding.verdict != .fail && finding.verdict != .error
    case .script(let record, _): record.isGood
    default: false
    }
  }

  private func words(_ event: Event) -> String {
    switch event {
    case .connectionsBegin, .checksBegin, .unresolved, .interrupted: ""
    case .target(let target, let remote, let share, let source, let words):
      text.header(target: target, remote: remote, share: share, source: source, does: words)
    case .benchBegin(let words): words
    case .listening(let endpoint, _, let words): text.listening(at: "\(endpoint)", does: words)
    case .connection(let record, _, .whole): text.single(record)
    case .connection(let record, _, .among) where text.isVerbose || text.isExplained:
      text.line(record) + text.ladder(record)
    case .connection(let record, _, _): text.line(record)
    // Of a comparison the sums are what was asked for.
    case .page(let page, let isSummed):
      !isSummed || text.isVerbose || page.requests.contains(where: { $0.fault != nil }) ? text.page(page) : ""
    case .check(let result, _, let records):
      (isQuiet && result.standing == .holds ? "" : text.check(result, width: width))
        + records.map(text.detail).together(by: "")
    case .change(let change): text.change(change)
    case .move(let move): text.move(move)
    case .summaries(let summaries, _): summaries.map(text.summary).together(by: "")
    case .bench(let summaries, let comparisons):
      summaries.map { text.summary($0) + (isQuiet ? "" : text.distribution($0)) }.together(by: "")
        + comparisons.map(text.ratio).together(by: "")
    case .checks(_, let totals, _): text.totals(totals)
    case .costs(_, let each, let kept): text.comparison(each, kept)
    case .tally(let tally, _): text.summary(tally)
    case .auditBegin(let target, let remote, let source, let count):
      text.auditHeader(target: target, remote: remote, source: source, count: count)
    case .finding(let finding, _, _, _, let heading): text.finding(finding, heading: isQuiet ? nil : heading)
    case .audit(let totals, _, _): text.audit(totals)
    case .script(let record, _): text.script(record)
    case .profile(let profile, let target, let remote): text.profile(profile, target: target, remote: remote)
    case .service(let finding, let target, let remote):
      text.service(finding, target: target, remote: remote)
    case .routeBegin(let target, let remote, let source, let words):
      text.routeHeader(target: target, remote: remote, source: source, does: words)
    case .pathProbe(let probe, _): text.isVerbose ? text.pathProbe(probe) : ""
    case .routeRound: ""
    case .route(let record, _): text.route(record)
    case .idleBegin(let searches, let target, let source, let words):
      text.idleHeader(searches: searches, target: target, source: source, words: words)
    case .trial(let trial, let number, _): text.trial(trial, number: number)
    case .idle(let record): text.idle(record)
    case .oneWay(let record): text.oneWay(record)
    case .scanBlocks(let blocks, _): blocks.map { "\($0)\n" }.together(by: "")
    case .scanList(let listing): text.scanList(listing)
    case .scanBegin(let identity, _): text.scanHeader(identity)
    case .scanResult(let result, let service): text.scanLine(result, service: service)
    case .scanHost(let address, let results, let marks): text.scanHost(address, results, marks)
    case .scanMark(let mark): text.scanMark(mark)
    case .scanSilent(let hosts): text.scanSilent(hosts: hosts)
    case .scanEnd(let summary, _): text.scan(summary)
    case .comparison(let comparison, let first, let second): text.comparison(comparison, first, second)
    case .routeComparison(let comparison, let first, let second): text.comparison(comparison, first, second)
    }
  }
}
