import Kernel
import Report
import Runner

extension OptionGroup where Settings: HasPresentation {
  /// How results are shown.
  static var output: OptionGroup {
    OptionGroup(
      title: "Output",
      rows: [
        .flag(
          "q", "quiet", "quiet: only the summary, if there is one",
          """
          Quiet: only the summary; with a single probe there is none, and the exit status has the result. JSON Lines and
          tables are still written.
          """
        ) { $0.presentation.isQuiet = true },
        .flag(
          "v", "verbose", needs: .verbosity, "verbose: rejected packets with reasons, all ladders",
          "Verbose: shows which packets were rejected and why, and draws the ladder of every connection."
        ) { $0.presentation.isVerbose = true },
        .flag(
          nil, "explain", needs: .pictures, "explain every packet of the ladder, with its RFC",
          """
          Explains every packet of the ladder in a sentence: what it does and why, with the section of the RFC that
          specifies it. After the result, the words for it are explained as well. With --svg and --html the picture and
          the page have the sentences too. JSON is unaffected. probe explain WORD explains a single word.
          """
        ) { $0.presentation.explains = true },
        .flag(
          "D", "print-time", needs: .lines, "prefix each line with a timestamp",
          "Prefixes each line with a timestamp, in seconds since the epoch, or as --time-format has it."
        ) { $0.presentation.timeFormat = $0.presentation.timeFormat ?? .unix },
        .value(
          nil, "time-format", "FORMAT", .word(TimeFormat.self), needs: .lines, "-D with times as iso or unix (seconds)",
          """
          Prefixes each line with a timestamp like -D: `unix` has seconds since the epoch, `iso` date and time of day in
          UTC (RFC 3339).
          """
        ) { $0.presentation.timeFormat = $1 },
        outputFile("o", needs: .outputLetter),
        .flag(
          nil, "packet-trace", needs: [.packets, .packetLines], "print every packet in tcpdump format",
          """
          Prints every packet as tcpdump(8) does, with the local time of day. With -j, an object of type `packet` for
          each, before that of its connection.
          """
        ) { $0.presentation.tracesPackets = true },
        .flag(
          "j", "json", "JSON Lines",
          "JSON Lines: one object per line. Output.md, in share/doc/probe/Docs, describes the fields."
        ) { $0.presentation.format = .json },
        .flag(
          nil, "csv", needs: .table, excludes: ["--json", "--packet-trace"], "comma-separated values",
          """
          Comma-separated values (RFC 4180): a line with the names of the columns, then one for each probe as soon as it
          has ended, and no summary; on SIGQUIT there is one on standard error. The columns are those members of JSON
          that are one value, and the time of each step in nanoseconds.
          """
        ) { $0.presentation.format = .csv },
        .flag(
          nil, "no-color", "no colours (as with NO_COLOR)",
          "No colours. They are used only on a terminal."
        ) { $0.presentation.allowsColor = false },
        .value(
          nil, "sandbox", "HOW", .word(Sandbox.self), "confine the run: auto (default), strict or off",
          """
          How far the run is confined once its sockets and files are open: `auto` (the default) as far as this system
          allows, by Landlock and seccomp; `strict` refuses to run where a layer is missing; `off` only gives the
          privileges up. probe doctor shows which layers hold.
          """
        ) { $0.presentation.sandbox = $1 },
      ])
  }

  /// Results in a file.
  static func outputFile(_ letter: Character?, needs: Needs = []) -> OptionRow<Settings> {
    .value(
      letter, "output", "FILE", .file, needs: needs, excludes: ["--nagios", "--fping"],
      "write results to FILE instead of stdout",
      """
      Writes the results to FILE, in whatever format, instead of standard output, which stays empty. FILE appears, or is
      replaced, when the run has ended, also on an interrupt; a run that could not be carried out leaves it as it was.
      Errors still go to standard error. `-` is standard output.
      """
    ) { $0.presentation.outputPath = $1 == .dash ? nil : $1 }
  }

  /// What is written beside the results.
  static var files: OptionGroup {
    OptionGroup(
      title: "Files",
      note: """
        Pictures and pages are begun before anything is sent, and appear under their names when they are complete; a run
        that ends without a result leaves none. For every option that writes a file, `-` is standard output, and results
        then go to standard error. Devices, FIFOs and /dev/fd/N are written to as they are; a file that is replaced keeps
        its mode. Two outputs in one file, or an output in a file that is read, are refused with exit status 2, and so is
        one at a symbolic link to a file.
        """,
      rows: [
        .value(
          nil, "pcap", "FILE", .file, needs: [.packets, .capture],
          "write packets to FILE as pcapng, - for stdout",
          """
          Writes our packets and those that arrive to FILE as they pass, in pcapng format, with kernel timestamps and a
          comment on each: what it is, and how it was classified. With `-` it is as from `tcpdump -w -`. The file can be
          read at any time, and after a kill but for the last packet.
          """
        ) { $0.presentation.pcapPath = $1 },
        .value(
          nil, "svg", "FILE", .file, needs: [.packets, .pictures], "write the sequence diagram to FILE as SVG",
          """
          Writes the sequence diagram of the one connection to FILE as SVG, with a light and a dark colour scheme. The
          time a packet took on its way is not known: every arrow falls by half of the shortest round trip. A pointer
          over a packet shows its absolute numbers.
          """
        ) { $0.presentation.svgPath = $1 },
        .value(
          nil, "html", "FILE", .file, needs: .pictures, "write an HTML report to FILE",
          """
          Writes an HTML report to FILE: results, times over all probes, and for the first connection to each of the
          first 16 targets, the slowest and the last one the ladder, the steps, the options and the packets. It contains
          no script, and loads nothing.
          """
        ) { $0.presentation.htmlPath = $1 },
      ])
  }
}

extension OptionGroup {
  /// What every command takes; the one main answers it.
  static var common: OptionGroup {
    OptionGroup(
      title: "Help",
      rows: [
        .flag("h", "help", "this help", "Prints a summary of the options.") { _ in },
        .flag("V", "version", "the version", "Prints the version; with --json as an object of type `version`.") { _ in
        },
      ])
  }
}
