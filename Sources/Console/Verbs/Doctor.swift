import Report
import Runner

extension Verb {
  /// `probe doctor`: what this machine allows.
  static let doctor = Verb(
    "doctor", "", of: .none, "check privileges, raw sockets and timestamping",
    settings: DoctorSettings(),
    options: [.form],
    about: "Checks this machine; nothing leaves loopback.",
    exitCode: "Exit code: 0 if raw-socket probing works, 1 otherwise.",
    prepare: { (_, operands) throws(UsageError) in
      guard let word = operands.first else { return }
      throw UsageError("doctor takes no arguments (got '\(word)')")
    },
    run: { (settings) in
      let doctor = Doctor()
      let code = show(settings.isJSON ? doctor.lines : doctor.text)
      return code == Ending.asExpected ? Ending(isAsExpected: doctor.isHealthy) : Ending(code)
    })
}

/// How the findings are printed.
struct DoctorSettings: Sendable {
  /// JSON Lines rather than text.
  var isJSON = false
}

extension OptionGroup where Settings == DoctorSettings {
  fileprivate static var form: OptionGroup {
    OptionGroup(
      title: "Output",
      rows: [
        .flag("j", "json", "JSON Lines", "JSON Lines: an object of type `finding` for each.") { $0.isJSON = true }
      ])
  }
}

extension Doctor {
  /// An object for each finding.
  fileprivate var lines: String {
    findings.map { JSONLines.finding(subject: $0.subject, health: $0.health.rawValue, text: $0.text) }.joined()
  }

  /// A line for each finding, columns aligned.
  fileprivate var text: String {
    let width = findings.map(\.subject.count).max() ?? 0
    return findings.map {
      $0.health.rawValue.padded(to: 6) + $0.subject.padded(to: width + 2) + $0.text + "\n"
    }.joined()
  }
}
