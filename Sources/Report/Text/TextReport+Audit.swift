import Handshake
import Judging
import Script
import Timebase
import Wire

/// Audits and scripts for people.
extension TextReport {
  /// `audit of web.test:80 (192.0.2.1) from 192.0.2.9: 64 checks`.
  public func auditHeader(target: String, remote: Endpoint, source: IPAddress?, count: Int) -> String {
    let address = target == remote.description ? "" : " (\(remote))"
    let from = source.map { " from \($0)" } ?? ""
    return "audit of \(target.printable)\(address)\(from): \(count == 1 ? "1 check" : "\(count) checks")\n"
  }

  /// One check in a line; with `-v` the packets of each of its connections.
  public func finding(_ finding: Finding, heading: String?) -> String {
    var text = heading.map { "\n\($0)\n" } ?? ""
    let rule = finding.rule
    let requirement = String(rule.requirement.prefix { $0 != "," })
    text += "  " + style.paint(finding.verdict.mark.leading(5), finding.colour) + " "
    text += "\(rule.number)".trailing(3) + " " + rule.name.leading(28) + " " + rule.level.word.leading(6) + " "
    text += requirement.leading(22) + " " + finding.evidence.printable
    text = text.withoutTrailingSpaces + "\n"
    guard isVerbose else { return text }
    for play in finding.plays where !play.exchange.isEmpty {
      if finding.plays.count > 1 {
        text +=
          "          \(play.variant): \(play.result.verdict.rawValue) \(play.result.words)".withoutTrailingSpaces + "\n"
      }
      text += exchange(play.exchange, indent: 10, decided: nil)
    }
    return text
  }

  /// What an audit came to, behind an empty line.
  public func audit(_ totals: AuditTotals) -> String { "\n\(totals.words)\n" }

  /// Every packet of a script, the line that it belongs to, and the verdict.
  public func script(_ record: ScriptRecord) -> String {
    var text = "\(record.title.printable) with \(record.target.printable)"
    if record.target != record.remote.description { text += " (\(record.remote))" }
    text += "\n" + exchange(record.exchange, indent: 2, decided: record.isGood ? nil : record.result.line)
    for value in record.captured { text += "  $\(value.name) = \(value.value)\n" }
    let packets = record.exchange.count == 1 ? "1 packet" : "\(record.exchange.count) packets"
    if record.isGood {
      let words = record.result.verdict == .note ? ", note: \(record.words.printable)" : ""
      return text + style.paint("pass", .good) + ": \(packets)\(words)\n"
    }
    return text + style.paint(record.result.verdict.rawValue, .bad)
      + ": \(record.place.printable): \(record.words.printable)\n"
  }

  private func exchange(_ packets: [Play.Exchanged], indent: Int, decided: Int?) -> String {
    var text = ""
    for (index, packet) in packets.enumerated() {
      let line = "\(packet.after.fixedMilliseconds)".trailing(10) + " ms  " + packet.marked.printable
      let isLast = index == packets.count - 1 && decided != nil && !packet.isSent
      text += String(" ", times: indent) + style.paint(line, isLast ? .bad : nil) + "\n"
    }
    return text
  }
}

extension AuditTotals {
  /// `64 checks: 60 passed, 1 failed (MUST: 1), 3 notes in 31.2 s`.
  var words: String {
    var words: [String] = []
    if self[.pass] > 0 { words.append("\(self[.pass]) passed") }
    if self[.fail] > 0 { words.append("\(self[.fail]) failed (MUST: \(violations))") }
    if self[.note] > 0 { words.append(self[.note] == 1 ? "1 note" : "\(self[.note]) notes") }
    if self[.inconclusive] > 0 { words.append("\(self[.inconclusive]) inconclusive") }
    if self[.notApplicable] > 0 { words.append("\(self[.notApplicable]) not applicable") }
    if self[.error] > 0 { words.append(self[.error] == 1 ? "1 error" : "\(self[.error]) errors") }
    let checks = count == 1 ? "1 check" : "\(count) checks"
    var text = "\(checks): \(words.together(by: ", ")) in \(elapsed.fixedMilliseconds) ms"
    if !stoppedAfter.isEmpty {
      let list = stoppedAfter.map { "\($0)" }.together(by: ", ")
      text += "\nthe target stopped answering after check \(list); \(unmade) checks were not made"
    }
    return text
  }
}

extension PlayVerdict {
  /// The word that a line begins with.
  var mark: String {
    switch self {
    case .pass: "pass"
    case .fail: "FAIL"
    case .note: "note"
    case .inconclusive: "?"
    case .notApplicable: "n/a"
    case .error: "ERROR"
    }
  }
}

extension Finding {
  fileprivate var colour: Style.Colour {
    switch verdict {
    case .pass: .good
    case .fail: rule.level == .must ? .bad : .doubtful
    case .error: .bad
    case .note: .doubtful
    case .inconclusive, .notApplicable: .faint
    }
  }
}

extension Conversation.Level {
  /// As RFC 2119 spells it.
  package var word: String {
    switch self {
    case .must: "MUST"
    case .should: "SHOULD"
    case .informational: "info"
    }
  }
}
