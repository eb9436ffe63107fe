import Runner

/// `probe doctor`: what this machine allows.
enum DoctorVerb {
  /// Examines the machine and returns the exit code: 0 where probing by hand works, 1 where it does not.
  static func run(_ words: [String]) throws(UsageError) -> Int32 {
    if words == ["-h"] || words == ["--help"] {
      return show("probe doctor: what this machine allows; exit code 0 where probing by hand works, else 1.\n")
    }
    guard words.isEmpty else { throw UsageError("doctor takes no arguments, not even '\(words[0])'") }
    let doctor = Doctor()
    let width = doctor.findings.map(\.subject.count).max() ?? 0
    var text = ""
    for finding in doctor.findings {
      let health = finding.health.rawValue
      text += health + String(repeating: " ", count: 6 - health.count) + finding.subject
      text += String(repeating: " ", count: width + 2 - finding.subject.count) + finding.text + "\n"
    }
    let code = show(text)
    return code == ExitCode.asExpected && !doctor.isHealthy ? ExitCode.notAsExpected : code
  }
}
