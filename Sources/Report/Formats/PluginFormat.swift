import Handshake
import Judging
import Timebase

/// The one line of a monitoring plugin.
struct PluginFormat: ResultWriter {
  let warning: PluginThreshold
  let critical: PluginThreshold

  mutating func write(_ event: Event, into sheet: inout Sheet) {
    if case .checks(let results, _, _) = event { sheet.results += line(results).text }
  }

  func state(of results: [CheckResult]) -> PluginState? { line(results).state }

  private func line(_ results: [CheckResult]) -> PluginLine {
    PluginLine(results, warning: warning, critical: critical)
  }
}

/// The one line of a monitoring plugin.
public struct PluginLine: Sendable {
  /// The worst of all.
  public let state: PluginState
  /// The line, ended by a line feed.
  public let text: String

  /// What monitoring takes in at most: the rest of a longer line is lost, hence the data of so many targets only.
  static let limit = 8_000

  /// The line of some results.
  public init(_ results: [CheckResult], warning: PluginThreshold, critical: PluginThreshold) {
    let thresholds = (warning, critical)
    let judged = results.map { (result: $0, finding: PluginFinding($0, warning: warning, critical: critical)) }
    state = judged.reduce(.ok) { $0.worse($1.finding.state) }
    var text = "PROBE \(state.word) - "
    if let only = judged.first, judged.count == 1 {
      text += PluginLine.safe("\(only.result.check.target) \(PluginLine.words(only.result, only.finding))")
    } else {
      text += PluginLine.words(judged)
    }
    text += " |"
    var labels = PerformanceLabels()
    for (result, _) in judged {
      let data = PluginLine.data(result, judged.count == 1 ? nil : labels.next(for: result.check), thresholds)
      guard text.utf8.count + data.utf8.count < PluginLine.limit else { break }
      text += data
    }
    self.text = text + "\n"
  }

  /// The line where nothing was measured.
  public init(_ state: PluginState, _ words: String) {
    self.state = state
    text = "PROBE \(state.word) - \(PluginLine.safe(words))\n"
  }

  private static func words(_ judged: [(result: CheckResult, finding: PluginFinding)]) -> String {
    let troubled = judged.filter { $0.finding.state != .ok }
    guard !troubled.isEmpty else { return "all \(judged.count) as expected" }
    // The worst come first, and no more than a line has room for.
    let sorted = troubled.filter { $0.finding.state == .critical } + troubled.filter { $0.finding.state != .critical }
    let told = sorted.prefix(5).map { safe("\($0.result.check.target) \(PluginLine.words($0.result, $0.finding))") }
    let rest = troubled.count > told.count ? "; and \(troubled.count - told.count) more" : ""
    return "\(troubled.count) of \(judged.count) not as expected: \(told.together(by: "; "))\(rest)"
  }

  /// What was found, and what is amiss: `closed (rst), rtt 0.005 ms, not open`.
  private static func words(_ result: CheckResult, _ finding: PluginFinding) -> String {
    guard finding.isMeasured else { return result.failureWords ?? "" }
    var words = result.telling?.stateWords ?? ""
    if finding.state == .ok, case .state = result.failure { words = result.check.expected.rawValue }
    if let rtt = result.rtt { words += ", rtt \(rtt.replyMilliseconds) ms" }
    if result.decided > 1 { words += ", loss \(result.loss ?? 0)%" }
    if result.decided > 1 || (result.syns.lost > 0 && result.syns.answered > 0) {
      words += ", SYN loss \(result.synLoss ?? 0)%"
    }
    switch result.failure {
    // Where thresholds allow for what was not as expected, it is in the loss alone.
    case .state where finding.state != .ok: words += ", not \(result.check.expected.words)"
    case .noTime: words += ", no time is known"
    case .tooSlow(_, let limit): words += ", not below \(limit.compact)"
    case .state, .problem, .notProbed, .notSent, nil: break
    }
    words += finding.exceededSynLoss.map { ", above syn=\($0)%" } ?? ""
    return words + (finding.exceeded.map { ", above \($0.compact)" } ?? "")
  }

  /// `rtt=0.000213s;0.050000;0.100000;0 loss=0%;20;50;0;100 syn_loss=20%;;;0;100 syns=25;;;0 syns_lost=5;;;0`; a value
  /// that is not known is `U`.
  private static func data(
    _ result: CheckResult, _ name: String?, _ thresholds: (PluginThreshold, PluginThreshold)
  ) -> String {
    func label(_ value: String) -> String {
      name.map { "'\($0) \(value)'" } ?? value
    }
    let (warning, critical) = thresholds
    let limits = [warning.rtt, critical.rtt ?? result.check.limit].map { $0?.decimalSeconds ?? "" }
    let shares = [warning.loss, critical.loss].map { $0.map { "\($0)" } ?? "" }
    let synShares = [warning.synLoss, critical.synLoss].map { $0.map { "\($0)" } ?? "" }
    let loss = result.loss.map { "\($0)%" } ?? "U"
    let synLoss = result.synLoss.map { "\($0)%" } ?? "U"
    let rtt = result.rtt.map { $0.decimalSeconds + "s" } ?? "U"
    return
      " \(label("rtt"))=\(rtt);\(limits[0]);\(limits[1]);0 \(label("loss"))=\(loss);\(shares[0]);\(shares[1]);0;100"
      + " \(label("syn_loss"))=\(synLoss);\(synShares[0]);\(synShares[1]);0;100"
      + " \(label("syns"))=\(result.syns.sent);;;0 \(label("syns_lost"))=\(result.syns.lost);;;0"
  }

  /// Without what would end the line's text.
  fileprivate static func safe(_ text: String) -> String { String(text.printable.map { $0 == "|" ? "/" : $0 }) }
}

/// The labels of targets in performance data: each is another, since two of one label would be one series.
private struct PerformanceLabels {
  /// How often a label was asked for, by itself.
  private var counts: [String: Int] = [:]

  /// A label for a check: its target, for a second check of it with its line, and beyond that with a number.
  mutating func next(for check: Check) -> String {
    let target = String(PluginLine.safe(check.target).map { $0 == "=" || $0 == "'" ? "_" : $0 })
    if take(target) { return target }
    if check.line > 0, take("\(target) line \(check.line)") { return "\(target) line \(check.line)" }
    while true {
      counts[target, default: 1] += 1
      let label = "\(target) \(counts[target, default: 1])"
      if take(label) { return label }
    }
  }

  /// Whether nothing had the label before.
  private mutating func take(_ label: String) -> Bool {
    guard counts[label] == nil else { return false }
    counts[label] = 1
    return true
  }
}

extension PluginState {
  /// As the line spells it.
  public var word: String {
    switch self {
    case .ok: "OK"
    case .warning: "WARNING"
    case .critical: "CRITICAL"
    case .unknown: "UNKNOWN"
    }
  }
}
