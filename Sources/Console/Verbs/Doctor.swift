import Runner

extension Verb {
  /// `probe doctor`: what this machine allows.
  static let doctor = Verb(
    "doctor", "", of: .none, "check privileges, raw sockets and timestamping",
    settings: (),
    about: "Checks this machine; nothing leaves loopback.",
    exitCode: "Exit code: 0 if raw-socket probing works, 1 otherwise.",
    prepare: { (_, operands) throws(UsageError) in
      guard let word = operands.first else { return }
      throw UsageError("doctor takes no arguments (got '\(word)')")
    },
    run: { _ in
      let doctor = Doctor()
      let code = show(doctor.text)
      return code == Ending.asExpected ? Ending(isAsExpected: doctor.isHealthy) : Ending(code)
    })
}

extension Doctor {
  /// A line for each finding, columns aligned.
  fileprivate var text: String {
    let width = findings.map(\.subject.count).max() ?? 0
    return findings.map {
      $0.health.rawValue.padded(to: 6) + $0.subject.padded(to: width + 2) + $0.text + "\n"
    }.joined()
  }
}
