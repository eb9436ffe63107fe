import Report
import Runner

/// `probe diff A B`: what differs between two captures or results of the same work.
enum DiffVerb {
  /// Reads the words, runs, and returns the exit code.
  static func run(_ words: [String]) throws(UsageError) -> Int32 {
    var request = DiffRequest()
    let operands = try OptionTable<DiffRequest>.diff.read(words, into: &request)
    if request.wantsHelp { return show(help) }
    guard operands.count == 2 else { throw UsageError("diff needs two files; say probe diff A B") }
    guard operands != ["-", "-"] else { throw UsageError("standard input can be read once") }
    (request.settings.first, request.settings.second) = (operands[0], operands[1])
    do throws(RunError) {
      let result = try Run.diff(request.settings)
      if let signal = result.signal { return 128 + signal.number }
      return result.isSame ? ExitCode.asExpected : ExitCode.notAsExpected
    } catch {
      complain(error.message)
      return ExitCode.of(error)
    }
  }

  /// The text of `-h`.
  static var help: String {
    """
    probe diff [OPTIONS] A B: what differs between two captures (pcap, pcapng) or results (--json) of the same work.
    Before and after, here and there, the client's side and the server's: connections are matched by addresses and
    ports, by initial numbers, by contents, or in turn. Medians differ where the 95 % interval of their ratio leaves out 1.
    \(OptionTable<DiffRequest>.diff.help)
    Exit code: 0 same, 1 different, 2 could not read.

    """
  }
}

/// The command line of `probe diff`, read.
struct DiffRequest: Sendable {
  /// What to run.
  var settings = DiffSettings()
  /// Whether only the help was asked for.
  var wantsHelp = false
}

extension OptionTable where Settings == DiffRequest {
  /// All options of `probe diff`, by heading.
  static var diff: OptionTable { OptionTable(groups: [.comparing]) }
}

extension OptionGroup where Settings == DiffRequest {
  fileprivate static let comparing = OptionGroup(
    title: "Options",
    options: [
      Option(nil, "ignore", "LIST", "what may differ, as in ttl,window,isn,times") { request, text throws(UsageError) in
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        if let unknown = words.first(where: { !CaptureComparison.knows($0) }) {
          let known = CaptureComparison.words.joined(separator: ", ")
          throw UsageError("--ignore: nothing is called '\(unknown)'; the words are \(known)")
        }
        request.settings.ignored.formUnion(words)
      },
      Option(nil, "tunnels", "look into IPIP, 6in4, GRE and VXLAN") { request, _ in
        request.settings.looksIntoTunnels = true
      },
      Option("q", nil, "only the exit code") { request, _ in request.settings.presentation.isQuiet = true },
      Option("j", "json", "JSON Lines: one diff") { request, _ in request.settings.presentation.json = true },
      Option(nil, "no-color", "no colours (NO_COLOR does the same)") { request, _ in
        request.settings.presentation.allowsColor = false
      },
      Option("h", "help", "this help") { request, _ in request.wantsHelp = true },
    ])
}
