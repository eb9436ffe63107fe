import Handshake
import Judging
import Script

/// The Test Anything Protocol.
struct TAPFormat: ResultWriter {
  /// Whether it was said that no more comes.
  private var isOver = false

  mutating func write(_ event: Event, into sheet: inout Sheet) {
    if isOver { return }
    switch event {
    case .checksBegin(let count, _): sheet.results += TAP.header(count)
    case .check(let result, let number, _): sheet.results += TAP.line(result, number: number)
    case .auditBegin(_, _, _, let count): sheet.results += TAP.header(count)
    case .finding(let finding, _, _, let number, _): sheet.results += TAP.line(finding, number: number)
    case .script(let record, let number):
      if number == 1 { sheet.results += TAP.header(record.count) }
      sheet.results += TAP.line(record, number: number)
    case .interrupted:
      isOver = true
      sheet.results += TAP.bailOut("interrupted")
    default: break
    }
  }
}

/// Checks as the Test Anything Protocol, version 13: what `prove` and continuous integration read.
///
/// Version 14 adds nothing that is needed here, and Perl's own consumer refuses its first line.
public enum TAP {
  /// The lines before the first result: the version, and the plan.
  public static func header(_ count: Int) -> String { "TAP version 13\n1..\(count)\n" }

  /// One check; `number` counts from 1.
  ///
  /// Why it does not hold is told in a YAML block.
  public static func line(_ result: CheckResult, number: Int) -> String {
    let description = result.check.words + (result.check.comment.map { ": " + $0.printable } ?? "")
    let holds = result.standing == .holds
    var text = (holds ? "ok " : "not ok ") + "\(number) - \(escaped(description))\n"
    guard !holds else { return text }
    text += "  ---\n"
    text += "  message: \(JSONWriter.quoted(result.failureWords ?? ""))\n"
    text += "  severity: \(result.standing == .error ? "error" : "fail")\n"
    text += "  expected: \(JSONWriter.quoted(result.check.expected.rawValue))\n"
    if let telling = result.telling {
      text += "  state: \(JSONWriter.quoted(telling.verdict.rawValue))\n"
      text += "  reason: \(JSONWriter.quoted(telling.reason.rawValue))\n"
    }
    if let rtt = result.rtt { text += "  rtt_ns: \(rtt.nanoseconds)\n" }
    if result.check.line > 0 {
      text += "  at: \(JSONWriter.quoted("\(result.check.file):\(result.check.line)"))\n"
    }
    return text + "  ...\n"
  }

  /// What a check of an audit found: a SHOULD that does not hold is one to do, and what could not be asked is skipped.
  public static func line(_ finding: Finding, number: Int) -> String {
    let text = "\(number) - \(finding.rule.number) \(finding.rule.name)"
    return switch finding.verdict {
    case .pass, .note: "ok \(text)\n"
    case .inconclusive, .notApplicable: "ok \(text) # SKIP \(escaped(finding.evidence))\n"
    case .fail where finding.rule.level != .must: "not ok \(text) # TODO \(escaped(finding.evidence))\n"
    case .fail, .error:
      "not ok \(text)\n" + block([("message", finding.evidence), ("requirement", finding.rule.requirement)])
    }
  }

  /// What a script's conversation came to.
  public static func line(_ record: ScriptRecord, number: Int) -> String {
    let text = "\(number) - \(escaped(record.title))"
    guard !record.isGood else { return "ok \(text)\n" }
    return "not ok \(text)\n" + block([("message", record.words), ("at", record.place)])
  }

  private static func block(_ members: [(String, String)]) -> String {
    var text = "  ---\n"
    for (name, value) in members { text += "  \(name): \(JSONWriter.quoted(value))\n" }
    return text + "  ...\n"
  }

  /// Says that no more comes although more was announced.
  public static func bailOut(_ reason: String) -> String { "Bail out! \(reason)\n" }

  /// A number sign would begin a directive, such as `# SKIP`.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar == "#" || scalar == "\\" { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    return result
  }
}
