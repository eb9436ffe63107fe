import Handshake
import Judging
import Statistics
import Timebase

/// Checks for people: a line each, and what it comes to.
extension TextReport {
  /// One check: whether it holds, what was found, and where it is written; `width` is that of the longest target.
  public func check(_ result: CheckResult, width: Int) -> String {
    let (mark, colour): (String, Style.Colour) =
      switch result.standing {
      case .holds: ("ok", .good)
      case .fails: ("FAIL", .bad)
      case .error: ("ERROR", .bad)
      }
    var text = style.paint(mark.leading(5), colour) + "  " + result.check.target.printable.leading(width) + "  "
    text += result.failureWords ?? found(result)
    let syns = result.syns
    if syns.lost > 0, syns.answered > 0 {
      text += "  SYN loss \(Loss(syns).percentage ?? "")% (\(syns.lost) of \(syns.sent))"
    }
    if result.standing != .holds, result.check.line > 0 {
      text += "  " + style.paint("\(result.check.file.printable):\(result.check.line)", .faint)
    }
    if let comment = result.check.comment { text += "  " + style.paint("# " + comment.printable, .faint) }
    return text.withoutTrailingSpaces + "\n"
  }

  /// What was found where it is as it should be: `open  0.213 ms`.
  private func found(_ result: CheckResult) -> String {
    let state = result.check.expected == .any ? result.telling?.verdict.rawValue : nil
    var words = [state ?? result.check.expected.rawValue]
    if let rtt = result.rtt { words.append("\(rtt.replyMilliseconds) ms") }
    if result.decided > 1 { words.append("\(result.decided) times") }
    return words.together(by: "  ")
  }

  /// One probe of a check in full.
  public func detail(_ record: Record) -> String { single(record) + "\n" }

  /// `6 checks: 4 passed, 1 failed, 1 error in 1030.517 ms`, as CI logs word it.
  public func totals(_ totals: CheckTotals) -> String {
    var words: [String] = []
    if totals.hold > 0 { words.append("\(totals.hold) passed") }
    if totals.fail > 0 { words.append("\(totals.fail) failed") }
    if totals.error > 0 { words.append(totals.error == 1 ? "1 error" : "\(totals.error) errors") }
    let count = totals.count == 1 ? "1 check" : "\(totals.count) checks"
    return "\(count): \(words.together(by: ", ")) in \(totals.elapsed.fixedMilliseconds) ms\n"
  }
}

extension Check {
  /// What is asked, as a check file spells it: `web.test:80 open rtt<50ms`.
  public var words: String {
    "\(target.printable) \(expected.rawValue)" + (limit.map { " rtt<\($0.compact)" } ?? "")
  }
}

extension CheckResult {
  /// Why it does not hold, in words; nil where it does.
  var failureWords: String? {
    switch failure {
    case .problem(let words): return words.printable
    case .notProbed: return "the run ended before this was probed"
    case .notSent(let count, let all, let cause):
      return (count < all ? "\(count) of \(all) not sent: " : "") + cause.printable
    case .state(let count, let all, let telling):
      return (all > 1 ? "\(count) of \(all): " : "") + (telling?.stateWords ?? "") + ", not \(check.expected.words)"
    case .noTime: return "RTT unknown: ambiguous which SYN was answered"
    case .tooSlow(let rtt, let limit): return "\(rtt.replyMilliseconds) ms, not below \(limit.compact)"
    case nil: return nil
    }
  }
}

extension CheckResult.Telling {
  /// State and reason: `closed (rst)`; with the route that forbids it, `unreachable (no-route, route-prohibited)`.
  var stateWords: String {
    "\(verdict.rawValue) (\(([reason.rawValue] + obstacle.list).together(by: ", ")))"
  }
}

extension ExpectedState {
  /// What a port is not that is not as expected, for a person.
  var words: String { self == .any ? "answered" : rawValue }
}
