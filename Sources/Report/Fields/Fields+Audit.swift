import Handshake
import Judging
import Script
import Timebase

/// `probe audit` and `probe script`.
enum AuditFields {
  private typealias Found = (finding: Finding, target: String, remote: Endpoint)

  /// A line for each check.
  static let findings = RecordTable<(finding: Finding, target: String, remote: Endpoint)>(
    "finding", kind: "audit",
    [
      .text("target", "the target, as given") { $0.target },
      .text("address", "its address") { "\($0.remote.address)" },
      .number("port", "its port") { $0.remote.port },
      .number("check", "the check's number, which never changes") { $0.finding.rule.number },
      .text("name", "its name") { $0.finding.rule.name },
      .text("group", "the group it belongs to") { $0.finding.rule.group },
      .word("level", among: Conversation.Level.allCases.map(\.rawValue), "how strongly it is required") {
        $0.finding.rule.level.rawValue
      },
      .text("requirement", "RFC, section, and the number in RFC 9293's Appendix B if there is one") {
        $0.finding.rule.requirement
      },
      .word("verdict", among: PlayVerdict.allCases.map(\.rawValue), "what was found") { $0.finding.verdict.rawValue },
      .text("evidence", "the answer that decided, or what was missing") { $0.finding.evidence },
      .texts("segments", "the packets of the connection that decided, in one-line notation: `>` sent, `<` received") {
        $0.finding.plays.first?.exchange.map(\.marked) ?? []
      },
      .list("connections", "every connection of the check, the one that decided first", connection) {
        $0.finding.plays
      },
    ])

  private static let connection = FieldTable<Finding.PlayedCheck>([
    .text("variant", "the values of its variables; empty without any") { $0.variant },
    .word("verdict", among: PlayVerdict.allCases.map(\.rawValue), "what it came to") { $0.result.verdict.rawValue },
    .text("evidence", "the answer that decided, or what was missing") { $0.result.words },
    .texts("segments", "its packets") { $0.exchange.map(\.marked) },
  ])

  /// The last line of an audit.
  static let totals = RecordTable<(totals: AuditTotals, target: String, remote: Endpoint)>(
    "summary", kind: "audit",
    [
      .text("target", "the target, as given") { $0.target },
      .text("address", "its address") { "\($0.remote.address)" },
      .number("port", "its port") { $0.remote.port },
      .number("checks", "checks made") { $0.totals.count },
      .number("passed", "checks that passed") { $0.totals[.pass] },
      .number("failed", "checks that failed, whatever their level") { $0.totals[.fail] },
      .number("violations", "failed checks of level `must`") { $0.totals.violations },
      .number("notes", "checks with a note") { $0.totals[.note] },
      .number("inconclusive", "checks without a clear answer") { $0.totals[.inconclusive] },
      .number("not_applicable", "checks that this target cannot be asked") { $0.totals[.notApplicable] },
      .number("errors", "checks that could not be made") { $0.totals[.error] },
      .number("unmade", "checks that were not made because the audit ended early") { $0.totals.unmade },
      .texts("stopped_after", "the checks after one of which the target stopped answering") {
        $0.totals.stoppedAfter.map { "\($0)" }
      },
      .time("elapsed_ns", "the time from the start of the run") { $0.totals.elapsed },
    ])

  /// A line for each conversation of a script.
  static let scripts = RecordTable<ScriptRecord>(
    "script",
    [
      .text("target", "the target, as given") { $0.target },
      .text("address", "its address") { "\($0.remote.address)" },
      .number("port", "its port") { $0.remote.port },
      .text("file", "the script") { $0.file },
      .text("variant", "the values of its variables; empty without any") { $0.variant },
      .word("verdict", among: PlayVerdict.allCases.map(\.rawValue), "what the conversation came to") {
        $0.result.verdict.rawValue
      },
      .number(orNull: "line", "the line that decided; null if all lines were played") { $0.result.line },
      .text("words", "what decided, in words") { $0.words },
      .list("packets", "every packet, in order", packet) { $0.exchange },
      .list("captured", "the captured values", captured) { $0.captured },
    ])

  private static let packet = FieldTable<Play.Exchanged>([
    .word("direction", among: ["sent", "received"], "who sent it") { $0.isSent ? "sent" : "received" },
    .time("after_ns", "the time since the first packet, by the user-space clock") { $0.after },
    .text("packet", "the packet in one-line notation") { $0.text },
    .number(orNull: "line", "the line of the script that it belongs to; null if none") { $0.line },
  ])

  private static let captured = FieldTable<PlayNumbers.Captured>([
    .text("name", "the variable, without `$`") { $0.name },
    .number("value", "its value") { $0.value },
  ])
}
