import Handshake
import Judging
import Script
import Timebase

/// An audit as one page (HTML): what it came to, what failed and by which packets, and every check.
///
/// Made to be sent to whoever maintains the stack: it stands for itself, and names requirement and packets of each check.
public enum AuditPage {
  /// The page.
  public static func text(
    _ findings: [Finding], totals: AuditTotals, target: String, remote: Endpoint, source: String,
    started: WallTime, program: String
  ) -> String {
    HTMLPage.document("probe: TCP audit of \(target)") { body in
      body.element("p", [], "\(target), \(remote), from \(source), at \(started.rfc3339), by \(program).")
      body.element("p", [], totals.words)
      let failed = findings.filter { $0.verdict == .fail || $0.verdict == .error }
      if !failed.isEmpty {
        body.element("h2", [], "What failed")
        for finding in failed { write(finding, on: &body) }
      }
      var group = ""
      var rows: [Finding] = []
      for finding in findings + [nil] as [Finding?] {
        if finding?.rule.group != group {
          if !rows.isEmpty { write(rows, titled: Checks.title(of: group) ?? group, on: &body) }
          rows = []
          group = finding?.rule.group ?? ""
        }
        if let finding { rows.append(finding) }
      }
    }
  }

  private static func write(_ findings: [Finding], titled title: String, on body: inout MarkupWriter) {
    body.element("h2", [], title)
    body.table(["verdict", "check", "level", "requirement", "evidence"]) { table in
      for finding in findings {
        let rule = finding.rule
        table.row([
          finding.verdict.rawValue, "\(rule.number) \(rule.name)", rule.level.word, rule.requirement,
          finding.evidence.printable,
        ])
      }
    }
    body.element("details") { details in
      details.element("summary", [], "The packets")
      for finding in findings { write(finding, on: &details) }
    }
  }

  private static func write(_ finding: Finding, on body: inout MarkupWriter) {
    let rule = finding.rule
    body.element("h3", [], "\(rule.number) \(rule.name): \(finding.verdict.rawValue)")
    body.element("p", [], "\(rule.level.word), \(rule.requirement). \(rule.summary)")
    if !finding.evidence.isEmpty { body.element("p", [], finding.evidence.printable) }
    for play in finding.plays where !play.exchange.isEmpty {
      let heading = play.variant.isEmpty ? "" : "\(play.variant): \(play.result.verdict.rawValue)\n"
      let lines = play.exchange.map { "\("\($0.after.fixedMilliseconds)".trailing(10)) ms  \($0.marked.printable)" }
      body.element("pre", [], heading + lines.together(by: "\n"))
    }
  }
}
