import Judging
import Kernel
import Report
import Runner

extension Verb {
  /// `probe diff A B`: what differs between two captures or results of the same traffic.
  static let diff = Verb(
    "diff", "A B", of: .files, "what differs between two captures or results",
    offers: .outputLetter,
    settings: DiffSettings(),
    options: [.comparing, .output],
    about: """
      Prints what differs between two captures (pcap, pcapng) or results (--json) of
      the same traffic: before and after, client side and server side. Connections are
      matched by addresses and ports, by initial sequence numbers, by contents, or in
      order. Medians differ if the 95 % interval of their ratio excludes 1. Two paths
      (probe route --json) are compared hop by hop.
      """,
    exitCode: """
      Exit code: 0 same, 1 different or not everything could be compared, 2 could not
      read.
      """,
    prepare: { (settings, operands) throws(UsageError) in
      guard operands.count == 2 else { throw UsageError("diff needs two files; use probe diff A B") }
      (settings.first, settings.second) = (FilePath(operands[0]), FilePath(operands[1]))
    },
    run: { (settings) throws(RunError) in
      let result = try Run.diff(settings)
      return Ending(result.signal, isAsExpected: result.isSame)
    })
}

extension OptionGroup where Settings == DiffSettings {
  fileprivate static var comparing: OptionGroup {
    OptionGroup(
      title: "Comparison",
      rows: [
        .value(
          nil, "ignore", "LIST", .ignored, "what may differ, e.g. ttl,window,isn,times",
          """
          What may differ, in the words of the output: of both ends, as in `ttl,isn,window`, or of one, as in `client
          mss`; `times` for all medians. Of two paths `address`, `loss` and `times` can be ignored.
          """
        ) { $0.ignored.formUnion($1) },
        .flag(
          nil, "tunnels", "look inside GRE, IPIP, VXLAN, GTP-U and other tunnels",
          "Looks inside tunnels, as with `read`."
        ) { $0.looksIntoTunnels = true },
        .flag("q", "quiet", "only the exit code", "Only the exit code.") { $0.presentation.isQuiet = true },
      ])
  }
}

extension OptionValue where Value == [String] {
  /// Some of the words that `CaptureComparison` uses.
  fileprivate static var ignored: OptionValue {
    OptionValue(.list(CaptureComparison.words)) { (text, name) throws(UsageError) in
      let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      if let unknown = words.first(where: { !CaptureComparison.knows($0) }) {
        let known = CaptureComparison.words.joined(separator: ", ")
        throw UsageError("\(name): unknown field '\(unknown)'; valid: \(known)")
      }
      return words
    }
  }
}
