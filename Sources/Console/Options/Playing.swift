import Runner
import Script

/// Settings of a run that plays conversations: what `audit` and `script` share.
protocol HasPlay: HasRun {
  /// What they have in common.
  var play: PlaySettings { get set }
}

extension AuditSettings: HasPlay {}
extension ScriptSettings: HasPlay {}
extension ProfileSettings: HasPlay {}

extension OptionGroup where Settings: HasPlay {
  /// What makes a service answer.
  static var request: OptionGroup {
    OptionGroup(
      title: "Reports",
      rows: [
        .value(
          nil, "request", "TEXT", .text, "what makes the service send data (default: GET /)",
          """
          What is sent where the service has to send data: text with `\\r`, `\\n`, `\\t`, `\\\\` and `\\xHH`. The default is a
          request for / in HTTP/1.0.
          """
        ) { (settings, text) throws(UsageError) in
          guard let octets = ScriptText.octets(text), (1...1_460).contains(octets.count) else {
            throw UsageError(#"--request takes 1 to 1460 bytes of text with the escapes \r, \n, \t, \\ and \xHH"#)
          }
          settings.play.request = octets
        }
      ])
  }

  /// Every packet, and reports for continuous integration.
  static var playing: OptionGroup {
    OptionGroup(
      title: "Reports",
      rows: [
        .flag("v", "verbose", "print every packet", "Prints every packet of every connection, in one-line notation.") {
          $0.run.presentation.isVerbose = true
        },
        .flag(
          nil, "tap", excludes: ["--json"], "Test Anything Protocol, version 13",
          "The Test Anything Protocol, version 13, for TAP harnesses."
        ) { $0.run.presentation.format = .tap },
        .value(
          nil, "junit", "FILE", .file, "write JUnit XML to FILE as well (atomically)",
          "Writes JUnit XML to FILE as well, as Jenkins and GitLab read it: atomically, so never half of it."
        ) { $0.play.junitPath = $1 },
      ])
  }
}

extension HasPlay {
  /// Takes the one target.
  mutating func take(_ words: [String], of verb: String) throws(UsageError) {
    run.targets = try TargetParser.targets(words, ports: run.ports)
    guard run.targets.count == 1, run.targets[0].ports.count == 1 else {
      throw UsageError("\(verb) takes one target with one port; run it again for each of the others")
    }
  }
}
