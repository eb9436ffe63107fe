import Runner
import Timebase

extension Verb {
  /// `probe idle HOST:PORT`: how long a silent connection is remembered.
  static let idle = Verb(
    "idle", "HOST:PORT", of: .targets, "how long a silent connection lives, and what ends it",
    offers: [.packets, .packetLines, .capture, .outputLetter, .table],
    settings: IdleSettings(),
    options: [.silence, .answers, .families, .network, .output, .files],
    about: """
      Opens connections, leaves each silent for a time, then asks with a keep-alive
      segment whether it is still there. Doubles the silence until a firewall, a NAT
      or the peer has forgotten the connection, then closes in on the limit. Prints
      how that shows (silence, RST, FIN) and who did it.
      """,
    exitCode: """
      Exit code: 0 if the limit was found, or nothing forgets within --max, 1 if the
      search ended early or --keepalive does not hold, 2 could not run.
      """,
    prepare: { (settings, operands) throws(UsageError) in
      try settings.take(operands, of: "idle")
    },
    run: { (settings) throws(RunError) in
      let result = try Run.idle(settings)
      return Ending(result.signal, isAsExpected: result.isGood)
    })
}

extension IdleSettings: HasPlay {}

extension OptionGroup where Settings == IdleSettings {
  fileprivate static var silence: OptionGroup {
    OptionGroup(
      title: "Times and counts",
      rows: [
        .value(
          nil, "max", "SEC", .interval(.milliseconds(100) ... .seconds(1_000_000)),
          "longest silence to try (default 7440)",
          """
          The longest silence to try, from 0.1 s to 1,000,000 s. Default 7440, the minimum that RFC 5382 sets for
          a NAT.
          """
        ) { $0.longest = $1 },
        .value(
          nil, "resolution", "SEC", .interval(.milliseconds(10) ... .seconds(3_600)),
          "how close the bounds must come (default 1)",
          """
          The search ends when the longest answered silence and the shortest forgotten one are no farther apart than SEC,
          from 10 ms to an hour. Default 1.
          """
        ) { $0.resolution = $1 },
        .value(
          nil, "first", "SEC", .interval(.milliseconds(10) ... .seconds(1_000_000)),
          "first silence to try (default 8 times --resolution)",
          """
          The first silence, which is doubled until the connection is forgotten. Default 8 times --resolution. Use it if
          you know that the limit is not shorter.
          """
        ) { $0.first = $1 },
        .value(
          "W", "timeout", "SEC", .interval(.milliseconds(500) ... .seconds(60)),
          "timeout of each of 3 keep-alive segments (default 1)",
          """
          The timeout of a SYN and of each of the three keep-alive segments that a silence ends with; from 0.5 s, because
          Linux answers them at most every 0.5 s, to 60 s. Default 1.
          """
        ) { $0.wait = $1 },
        .value(
          nil, "keepalive", "SEC", .interval(.milliseconds(500) ... .seconds(1_000_000)),
          "then verify that a keep-alive every SEC holds",
          """
          After the search, holds a connection by a keep-alive segment every SEC for half as long again as the limit, or
          three times SEC if that is longer, and reports whether all were answered.
          """
        ) { $0.keepAlive = $1 },
        .value(
          nil, "hold", "SEC", .interval(.milliseconds(500) ... .seconds(1_000_000)),
          excludes: ["--max", "--resolution", "--first", "--resume"], requires: "--keepalive",
          "only hold a connection for SEC with --keepalive",
          "Makes no search: holds one connection for SEC by the keep-alive segments of --keepalive."
        ) { $0.hold = $1 },
        .value(
          nil, "resume", "FILE", .file, "keep the trials in FILE, and continue from there",
          """
          Writes the trials to FILE after each one (atomically), and starts with those that are there. A FILE of another
          target, or of other times, is refused.
          """
        ) { $0.resumePath = $1 },
      ])
  }
}

extension OptionGroup where Settings == IdleSettings {
  fileprivate static var answers: OptionGroup {
    OptionGroup(
      title: "Output",
      rows: [
        .flag(
          "v", "verbose", "print what answered each silence",
          "Prints the packet that answered each silence, too, and not only what ended a connection."
        ) { $0.run.presentation.isVerbose = true }
      ])
  }
}

extension IdleSettings: HasRun {
  var run: RunSettings {
    get { play.run }
    set { play.run = newValue }
  }
}
