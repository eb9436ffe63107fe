import Engines
import Handshake
import Judging
import Kernel
import Report
import Script
import Timebase
import Wire

/// Shows packets as they pass, and keeps what this host refused to send.
final class PacketTraceTeller {
  private var trace: PacketTrace
  private let teller: Teller
  var refusals: [String] = []

  init(_ presentation: Presentation) {
    trace = PacketTrace(presentation.timeFormat)
    teller = Teller(presentation)
  }

  func show(_ arrival: borrowing ReceivedPacket, at stamp: Stamp) throws(Errno) {
    if teller.showsPassingPackets { try teller.write(trace.line(arrival, at: stamp)) }
  }
}

/// Tells findings in the order of groups and numbers, each as soon as all before it are there.
final class AuditPresenter {
  let trace: PacketTraceTeller
  private let target: ResolvedTarget
  private let rules: [Conversation.Rule]
  private var teller: Teller
  private var waiting: [Int: Finding] = [:]
  private var told: [Finding] = []
  /// What all came to, once it is finished.
  private var totals = AuditTotals([], elapsed: .zero)
  private let started = SystemClock.now()

  init(_ settings: AuditSettings, target: ResolvedTarget, rules: [Conversation.Rule]) {
    self.target = target
    // Those that are played last are told in their place.
    self.rules = Checks.sorted(rules)
    teller = Teller(settings.play.run.presentation)
    trace = PacketTraceTeller(settings.play.run.presentation)
  }

  func begin() throws(Errno) {
    try teller.tell(
      .auditBegin(target: target.name, remote: target.remote, source: target.source, count: rules.count))
  }

  func take(_ finding: Finding) throws(Errno) {
    waiting[finding.rule.number] = finding
    while told.count < rules.count, let next = waiting.removeValue(forKey: rules[told.count].number) { try tell(next) }
  }

  private func tell(_ finding: Finding) throws(Errno) {
    let isFirst = told.last?.rule.group != finding.rule.group
    let heading = isFirst ? Checks.title(of: finding.rule.group) : nil
    told.append(finding)
    try teller.tell(
      .finding(finding, target: target.name, remote: target.remote, number: told.count, heading: heading))
  }

  func finish(dead: [Int]?, _ signal: Signal?) throws(Errno) {
    for finding in waiting.values.sorted(by: { $0.rule.number < $1.rule.number }) { try tell(finding) }
    if signal != nil { try teller.tell(.interrupted) }
    totals = AuditTotals(
      told, elapsed: SystemClock.monotonic() - started.instant, stoppedAfter: dead ?? [],
      unmade: rules.count - told.count)
    try teller.tell(.audit(totals, target: target.name, remote: target.remote))
    if let refusal = trace.refusals.first { Output.complain(refusal) }
  }

  var isGood: Bool { totals.isGood }

  /// Whether a check could not be made.
  var hasErrors: Bool { told.contains { $0.verdict == .error } }

  /// The report as a page.
  func page(program: String) -> String {
    AuditPage.text(
      told, totals: totals, target: target.name, remote: target.remote,
      source: target.source.map { "\($0)" } ?? "?", started: started.wall, program: program)
  }

  var junit: String {
    let cases = told.map { finding in
      JUnitCase(
        group: finding.rule.group, name: "\(finding.rule.number) \(finding.rule.name)", outcome: finding.outcome,
        message: finding.evidence, type: finding.rule.level.rawValue,
        details: finding.plays.first?.exchange.map(\.marked).joined(separator: "\n")
          ?? "",
        elapsed: finding.plays.first?.exchange.last?.after ?? .zero)
    }
    return JUnit.document(
      cases, name: "probe audit", suite: target.name, elapsed: totals.elapsed,
      started: started.wall)
  }
}

extension Finding {
  fileprivate var outcome: JUnitCase.Outcome {
    switch verdict {
    case .pass, .note: .good
    case .fail: rule.level == .must ? .failure : .skipped
    case .inconclusive, .notApplicable: .skipped
    case .error: .error
    }
  }
}

/// Tells the conversations of a script as they end.
final class ScriptPresenter {
  let trace: PacketTraceTeller
  private let settings: ScriptSettings
  private let target: ResolvedTarget
  private let count: Int
  private var teller: Teller
  private var records: [ScriptRecord] = []
  private let started = SystemClock.now()

  init(_ settings: ScriptSettings, target: ResolvedTarget, count: Int) {
    (self.settings, self.target, self.count) = (settings, target, count)
    teller = Teller(settings.play.run.presentation)
    trace = PacketTraceTeller(settings.play.run.presentation)
  }

  func show(_ played: PlayedJob) throws(Errno) {
    var result = played.result
    if result.verdict == .error, let refusal = trace.refusals.last { result.words = refusal }
    let record = ScriptRecord(
      target: target.name, remote: target.remote, file: settings.file, variant: played.job.conversation.variant,
      count: count, result: result, exchange: played.play?.exchange ?? [],
      captured: played.play?.numbers.captured ?? [])
    records.append(record)
    try teller.tell(.script(record, number: records.count))
  }

  var isGood: Bool { records.count == count && records.allSatisfy(\.isGood) }

  /// Whether a conversation could not be played at all.
  var hasError: Bool { records.contains { $0.result.verdict == .error } }

  var junit: String {
    let cases = records.map { record in
      JUnitCase(
        group: record.file, name: record.title,
        outcome: record.isGood ? .good : record.result.verdict == .error ? .error : .failure,
        message: "\(record.place): \(record.words)", type: record.result.verdict.rawValue,
        details: record.exchange.map(\.marked).joined(separator: "\n"),
        elapsed: record.exchange.last?.after ?? .zero)
    }
    return JUnit.document(
      cases, name: "probe script", suite: settings.file, elapsed: SystemClock.monotonic() - started.instant,
      started: started.wall)
  }
}
