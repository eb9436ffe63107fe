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

  /// What a run of conversations found, a test case each; `name` names the program's command.
  public static func document(_ cases: [JUnitCase], name: String, suite: String, elapsed: Interval, started: WallTime)
    -> String
  {
    let counts = [
      ("tests", "\(cases.count)"), ("failures", "\(cases.count { $0.outcome == .failure })"),
      ("errors", "\(cases.count { $0.outcome == .error })"), ("time", elapsed.decimalSeconds),
    ]
    let skipped = ("skipped", "\(cases.count { $0.outcome == .skipped })")
    let attributes = [("name", suite)] + counts + [skipped, ("timestamp", String(started.rfc3339.prefix(19)))]
    var markup = MarkupWriter(after: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
    markup.element("testsuites", [("name", name)] + counts) { suites in
      suites.element("testsuite", attributes) { list in
        for one in cases {
          let attributes = [("classname", one.group), ("name", one.name), ("time", one.elapsed.decimalSeconds)]
          switch one.outcome {
          case .good: list.element("testcase", attributes)
          case .skipped: list.element("testcase", attributes) { $0.element("skipped", [("message", one.message)]) }
          case .failure, .error:
            let element = one.outcome == .error ? "error" : "failure"
            list.element("testcase", attributes) {
              $0.element(element, [("message", one.message), ("type", one.type)], one.details)
            }
          }
        }
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

/// A test case of a JUnit document.
public struct JUnitCase: Sendable {
  /// How it went.
  public enum Outcome: Sendable { case good, skipped, failure, error }

  /// What it belongs to.
  public var group: String
  /// What it is called.
  public var name: String
  /// How it went.
  public var outcome: Outcome
  /// Why, in a line.
  public var message: String
  /// What kind of failure it is.
  public var type: String
  /// The packets, a line each.
  public var details: String
  /// How long it took.
  public var elapsed: Interval

  /// A test case from its parts.
  public init(
    group: String, name: String, outcome: Outcome, message: String, type: String, details: String, elapsed: Interval
  ) {
    (self.group, self.name, self.outcome, self.message) = (group, name, outcome, message)
    (self.type, self.details, self.elapsed) = (type, details, elapsed)
  }
}
