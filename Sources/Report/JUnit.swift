import Timebase

/// Checks as JUnit's XML, in the dialect that Jenkins and GitLab read: a test case each, with the file and line it is
/// written in.
public enum JUnit {
  /// The whole document; `started` is when the run began.
  public static func document(_ results: [CheckResult], of file: String, totals: CheckTotals, started: WallTime)
    -> String
  {
    let name = "name=\"\(escaped(file))\""
    let counts =
      "tests=\"\(totals.count)\" failures=\"\(totals.fail)\" errors=\"\(totals.error)\" "
      + "time=\"\(totals.elapsed.decimalSeconds)\""
    // The schema takes a date and time without fraction and zone; it is UTC.
    let date = started.rfc3339.prefix(19)
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text += "<testsuites name=\"probe check\" \(counts)>\n"
    text += "  <testsuite \(name) \(counts) skipped=\"0\" timestamp=\"\(date)\">\n"
    for result in results { text += testCase(result) }
    return text + "  </testsuite>\n</testsuites>\n"
  }

  private static func testCase(_ result: CheckResult) -> String {
    let check = result.check
    var text = "    <testcase classname=\"\(escaped(check.file))\" name=\"\(escaped(check.words))\""
    text += " file=\"\(escaped(check.file))\" line=\"\(check.line)\""
    text += " time=\"\((result.rtt ?? .zero).decimalSeconds)\""
    guard let failure = result.failure else { return text + "/>\n" }
    let element = result.standing == .error ? "error" : "failure"
    let kind = result.standing == .error ? "unmade" : result.asExpected == result.decided ? "rtt" : "state"
    text += ">\n      <\(element) message=\"\(escaped(failure))\" type=\"\(kind)\">"
    text += escaped("\(check.file):\(check.line): \(check.words): \(failure)")
    if let comment = check.comment { text += escaped("\n\(comment)") }
    return text + "</\(element)>\n    </testcase>\n"
  }

  private static func escaped(_ text: String) -> String { XML.escaped(text) }
}

/// Text inside XML.
enum XML {
  /// The text as content or as an attribute's value: markup escaped, and what XML 1.0 has no way to say made visible.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&apos;"
      case "\n": result += "&#10;"
      // Control characters, and the two that are no characters (XML 1.0 §2.2).
      case _ where scalar.isControl || scalar.value == 0xfffe || scalar.value == 0xffff:
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
