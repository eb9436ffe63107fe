import Handshake
import Timebase

/// The four answers of a monitoring plugin; the raw value is its exit code (Monitoring Plugins Development Guidelines).
public enum PluginState: Int32, Hashable, Sendable, CaseIterable {
  /// As it should be.
  case ok
  /// Above a warning threshold.
  case warning
  /// Not as it should be, or above a critical threshold.
  case critical
  /// Nothing can be said of it.
  case unknown

  /// As the line spells it.
  public var word: String {
    switch self {
    case .ok: "OK"
    case .warning: "WARNING"
    case .critical: "CRITICAL"
    case .unknown: "UNKNOWN"
    }
  }

  /// The worse of two: critical, warning, unknown, OK, as the plugins' own `max_state_alt` orders them.
  public func worse(_ other: PluginState) -> PluginState {
    let order: [PluginState] = [.critical, .warning, .unknown]
    return order.first { self == $0 || other == $0 } ?? .ok
  }
}

/// What must not be exceeded, as check_ping takes it in pairs: round-trip time, and share of probes in percent.
public struct PluginThreshold: Hashable, Sendable {
  /// The longest median round-trip time of the handshake.
  public var rtt: Interval?
  /// The greatest share of probes that were not in the expected state, in percent.
  public var loss: Int?

  /// No threshold, or those that are given.
  public init(rtt: Interval? = nil, loss: Int? = nil) {
    self.rtt = rtt
    self.loss = loss
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
    let judged = results.map { (result: $0, finding: PluginFinding($0, warning, critical)) }
    state = judged.reduce(.ok) { $0.worse($1.finding.state) }
    var text = "PROBE \(state.word) - "
    if let only = judged.first, judged.count == 1 {
      text += PluginLine.safe("\(only.result.check.target) \(only.finding.words)")
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
    let told = sorted.prefix(5).map { safe("\($0.result.check.target) \($0.finding.words)") }
    let rest = troubled.count > told.count ? "; and \(troubled.count - told.count) more" : ""
    return "\(troubled.count) of \(judged.count) not as expected: \(told.together(by: "; "))\(rest)"
  }

  /// `rtt=0.000213s;0.050000;0.100000;0 loss=0%;20;50;0;100`; a value that is not known is `U`.
  private static func data(
    _ result: CheckResult, _ name: String?, _ thresholds: (PluginThreshold, PluginThreshold)
  ) -> String {
    func label(_ value: String) -> String {
      name.map { "'\($0) \(value)'" } ?? value
    }
    let (warning, critical) = thresholds
    let limits = [warning.rtt, critical.rtt ?? result.check.limit].map { $0?.decimalSeconds ?? "" }
    let shares = [warning.loss, critical.loss].map { $0.map { "\($0)" } ?? "" }
    let loss = result.loss.map { "\($0)%" } ?? "U"
    let rtt = result.rtt.map { $0.decimalSeconds + "s" } ?? "U"
    return
      " \(label("rtt"))=\(rtt);\(limits[0]);\(limits[1]);0 \(label("loss"))=\(loss);\(shares[0]);\(shares[1]);0;100"
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

/// How one result is judged, and in which words.
struct PluginFinding {
  var state: PluginState
  var words: String

  /// Not one probe as expected is critical, and so is a time above a check's own limit.
  ///
  /// Some that are not are judged
  /// by the thresholds of loss, and are a warning where there are none.
  init(_ result: CheckResult, _ warning: PluginThreshold, _ critical: PluginThreshold) {
    guard result.problem == nil, result.decided > 0, result.standing != .error else {
      // A name without address is the network's trouble, and as bad as no answer; a run that was cut says nothing, and
      // neither does what this host did not send.
      (state, words) = (result.problem == nil ? .unknown : .critical, result.failure ?? "")
      return
    }
    let rtt = result.rtt
    words = result.telling?.stateWords ?? ""
    if let rtt { words += ", rtt \(rtt.replyMilliseconds) ms" }
    if result.decided > 1 { words += ", loss \(result.loss ?? 0)%" }
    state = .ok
    if result.asExpected < result.decided {
      let loss = result.loss ?? 100
      if result.asExpected == 0 || critical.loss.map({ loss > $0 }) ?? false {
        state = .critical
      } else if warning.loss.map({ loss > $0 }) ?? (critical.loss == nil) {
        state = .warning
      }
      words += ", not \(result.check.expected.rawValue)"
    } else if result.standing == .fails {
      state = .critical
      words += rtt == nil ? ", no time is known" : ", not below \(result.check.limit?.compact ?? "")"
    }
    if let limit = critical.rtt, let rtt, rtt > limit {
      state = .critical
      words += ", above \(limit.compact)"
    } else if let limit = warning.rtt, let rtt, rtt > limit {
      state = state.worse(.warning)
      words += ", above \(limit.compact)"
    }
  }
}

extension CheckResult {
  /// The share of probes that were not in the expected state, in whole percent, rounded up; nil without probes.
  var loss: Int? { decided == 0 ? nil : ((decided - asExpected) * 100 + decided - 1) / decided }
}
