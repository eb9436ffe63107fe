import Handshake

/// Checks for scripts.
extension JSONLines {
  /// One check.
  public static func check(_ result: CheckResult) -> String {
    line("check") { json in
      let (check, telling) = (result.check, result.telling)
      json.member("target", check.target)
      json.endpoint(result.remote)
      json.member("mode", telling?.mode.rawValue)
      json.member("file", check.file)
      json.member("line", check.line)
      json.member("comment", check.comment)
      json.member("expected", check.expected.rawValue)
      json.member("rtt_limit_ns", check.limit?.nanoseconds)
      json.member("result", result.standing.rawValue)
      json.member("failure", result.failure)
      json.member("state", telling?.verdict.rawValue)
      json.member("reason", telling?.reason.rawValue)
      json.member("rtt_ns", result.rtt?.nanoseconds)
      json.member("clock", telling?.clock?.rawValue)
      json.member("probes", result.decided)
      json.member("as_expected", result.asExpected)
      json.member("retransmitted", result.retransmitted)
      json.member("invalid", result.invalid)
    }
  }

  /// What the checks of a run come to.
  public static func summary(_ totals: CheckTotals, of file: String) -> String {
    line("summary") { json in
      json.member("mode", "check")
      json.member("file", file)
      json.member("checks", totals.count)
      json.member("hold", totals.hold)
      json.member("fail", totals.fail)
      json.member("error", totals.error)
      json.member("elapsed_ns", totals.elapsed.nanoseconds)
    }
  }
}
