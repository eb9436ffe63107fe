import Judging
import Timebase

/// Checks as JUnit's XML, in the dialect that Jenkins and GitLab read: a test case each, with the file and line it is
/// written in.
public enum JUnit {
  /// The whole document; `started` is when the run began.
  public static func document(
    _ results: [CheckResult], of file: String, totals: CheckTotals, started: WallTime
  ) -> String {
    let counts = [
      ("tests", "\(totals.count)"), ("failures", "\(totals.fail)"), ("errors", "\(totals.error)"),
      ("time", totals.elapsed.decimalSeconds),
    ]
    // The schema takes a date and time without fraction and zone; it is UTC.
    let suite = [("name", file)] + counts + [("skipped", "0"), ("timestamp", String(started.rfc3339.prefix(19)))]
    var markup = MarkupWriter(after: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    markup.element("testsuites", [("name", "probe check")] + counts) { suites in
      suites.element("testsuite", suite) { cases in
        for result in results { add(result, to: &cases) }
      }
    }
    return markup.text
  }

  private static func add(_ result: CheckResult, to cases: inout MarkupWriter) {
    let check = result.check
    let attributes = [
      ("classname", check.file), ("name", check.words), ("file", check.file), ("line", "\(check.line)"),
      ("time", (result.rtt ?? .zero).decimalSeconds),
    ]
    guard let failure = result.failureWords else { return cases.element("testcase", attributes) }
    let isError = result.standing == .error
    let kind = isError ? "unmade" : result.asExpected == result.decided ? "rtt" : "state"
    let comment = check.comment.map { " # " + $0 } ?? ""
    cases.element("testcase", attributes) {
      $0.element(
        isError ? "error" : "failure", [("message", failure), ("type", kind)],
        "\(check.file):\(check.line): \(check.words): \(failure)\(comment)")
    }
  }
}
