import Kernel
import Report
import Runner
import Timebase
import Wire

extension Verb {
  /// `probe check FILE`: many ports against a list of expectations.
  static let check = Verb(
    "check", "FILE", of: .files, "check many ports against a list of expectations",
    offers: [.packets, .machines, .schedule, .verbosity, .table, .capture, .outputLetter],
    settings: CheckSettings(),
    options: [.reports, .monitoring, .connection, .pace, .timing, .families, .network, .output, .files],
    about: """
      Checks many ports at once; - reads standard input. A line of FILE:

        HOST:PORT open|closed|filtered|unreachable|any [rtt<50ms] [# comment]

      PORT may be a list or a range. rtt< limits the handshake time; with -c N the
      median is compared, and every probe must find the expected state.
      """,
    exitCode: """
      Exit code: 0 all checks passed, 1 a check failed, 2 could not run (syntax error
      in FILE: nothing is sent).
      """,
    prepare: { (settings, operands) throws(UsageError) in
      try settings.run.check()
      guard settings.run.schedule.count != nil else { throw UsageError("-c 0 (endless) cannot be used with check") }
      guard let path = operands.first.map({ FilePath($0) }) else {
        throw UsageError("check needs a file; use probe check FILE, or - for standard input")
      }
      guard operands.count == 1 else { throw UsageError("check takes one file; unexpected argument '\(operands[1])'") }
      let file = try CheckFile(reading: path)
      settings.items = file.items
      (settings.file, settings.path) = (file.name, path)
    },
    run: { (settings) throws(RunError) in try Ending(Run.check(settings)) })
}

extension OptionGroup where Settings == CheckSettings {
  fileprivate static var reports: OptionGroup {
    OptionGroup(
      title: "Reports",
      rows: [
        .flag("q", "quiet", "print failed checks only", "Prints failed checks only.") {
          $0.run.presentation.isQuiet = true
        },
        .flag("v", "verbose", "print every connection in full", "Draws the ladder of every connection.") {
          $0.run.presentation.isVerbose = true
        },
        .flag(
          nil, "tap", excludes: ["--json", "--csv"], "Test Anything Protocol, version 13",
          "The Test Anything Protocol, version 13, for TAP harnesses."
        ) { $0.run.presentation.format = .tap },
        .value(
          nil, "junit", "FILE", .file, "write JUnit XML to FILE as well (atomically)",
          "Writes JUnit XML to FILE as well, as Jenkins and GitLab read it: atomically, so never half of it."
        ) { $0.junitPath = $1 },
      ])
  }

  /// The smallest rate is one probe in a quarter of an hour, the most what no run goes beyond.
  fileprivate static var pace: OptionGroup {
    OptionGroup(
      title: "Load",
      rows: [
        .value(
          nil, "rate", "R", .rate(of: "probes", 0.001...1_000), "start R probes/s, up to 1000 (default 200 or more)",
          """
          Starts R probes per second in total, from 0.001 to 1000; retransmissions come on top. By default targets take
          turns 5 ms apart, and if there are more than 200 for each second of -i, closer, down to 1 ms.
          """
        ) { $0.run.schedule.gap = Interval(nanoseconds: Int64((1e9 / $1).rounded())) }
      ])
  }
}

extension CheckFile {
  /// Reads a file, or standard input where it is called `-`; every line that cannot be read is named.
  fileprivate init(reading path: FilePath) throws(UsageError) {
    self.init(try ListFile(reading: path))
    guard faults.isEmpty else {
      throw UsageError(places: faults.map { "\(name):\($0.line):\($0.column): \($0.message)" }, of: name)
    }
  }
}
