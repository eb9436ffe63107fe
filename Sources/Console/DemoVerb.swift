import Handshake
import Runner
import Wire

/// `probe demo`: the embedded default.
enum DemoVerb {
  /// Reads the words, runs, and returns the exit code.
  static func run(_ words: [String]) throws(UsageError) -> Int32 {
    var request = ProbeRequest()
    let operands = try OptionTable<ProbeRequest>.demo.read(words, into: &request)
    guard operands.isEmpty else { throw UsageError("demo takes no target; say probe \(operands[0]) to probe one") }
    if request.wants == .help { return show(help) }
    do throws(RunError) {
      return try ExitCode.of(Run.demo(request.run.presentation, family: request.run.family ?? .v4), request)
    } catch {
      complain(error.message)
      return ExitCode.of(error)
    }
  }

  private static var help: String {
    """
    probe demo [OPTIONS]: a listener of its own on loopback, and one full connection to it, drawn as a ladder.
    Without privileges it runs in a network namespace of its own.
    \(OptionTable<ProbeRequest>.demo.help)
    """
  }
}

extension OptionTable where Settings == ProbeRequest {
  /// The options of the demo: how to show it, and which Internet Protocol.
  static var demo: OptionTable {
    let names: Set = [
      "-4", "-6", "-v", "-q", "-D", "--packet-trace", "--json", "--no-color", "--pcap", "--svg", "--html", "--help",
    ]
    let options = probe.groups.flatMap(\.options).filter { names.contains($0.name) }
    return OptionTable(groups: [OptionGroup(title: "Options", options: options)])
  }
}
