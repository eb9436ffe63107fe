import Capture
import Runner
import Timebase
import Wire

/// `probe read FILE…`: the connections that captures hold.
enum ReadVerb {
  /// Reads the words, runs, and returns the exit code.
  static func run(_ words: [String]) throws(UsageError) -> Int32 {
    var request = ReadRequest()
    let operands = try OptionTable<ReadRequest>.read.read(words, into: &request)
    if request.wantsHelp { return show(help) }
    try request.setFiles(operands)
    do throws(RunError) {
      let result = try Run.read(request.settings)
      if let signal = result.signal { return 128 + signal.number }
      return result.isWhole ? ExitCode.asExpected : ExitCode.notAsExpected
    } catch {
      complain(error.message)
      return ExitCode.of(error)
    }
  }

  /// The text of `-h`.
  static var help: String {
    """
    probe read [OPTIONS] FILE...: the TCP connections of captures (pcap, pcapng), each step timed by the packets' stamps.
    FILE may be - for standard input: tcpdump -w - | probe read - tells flows as they end.
    Flows are numbered from 0, as Wireshark's tcp.stream.
    \(OptionTable<ReadRequest>.read.help)
    Exit code: 0 all was read, 1 a file is damaged and its whole part was told, 2 could not read.

    """
  }
}

/// The command line of `probe read`, read.
struct ReadRequest: Sendable {
  /// What to run.
  var settings = ReadSettings()
  /// Whether only the help was asked for.
  var wantsHelp = false

  /// Takes the files, and refuses what contradicts itself.
  mutating func setFiles(_ operands: [String]) throws(UsageError) {
    guard !operands.isEmpty else {
      throw UsageError("read needs a capture; say probe read FILE, or - for standard input")
    }
    guard operands.filter({ $0 == "-" }).count < 2 else { throw UsageError("standard input can be read once") }
    settings.files = operands
    if case .flow(let number) = settings.telling, operands.count > 1 {
      throw UsageError("--flow \(number) is of one capture; name one FILE")
    }
    let draws = settings.presentation.svgPath ?? settings.presentation.htmlPath
    if draws != nil, !isOneFlow { throw UsageError("--svg and --html draw one flow; say which by --flow N") }
    if settings.telling == .packets, settings.presentation.json {
      throw UsageError("--tcpdump is text; say --json --packets for packets as JSON Lines")
    }
    if settings.showsPackets, !settings.presentation.json {
      throw UsageError("--packets goes with --json; say --tcpdump for packets as text")
    }
  }

  private var isOneFlow: Bool { if case .flow = settings.telling { true } else { false } }

  /// Reads `HOST`, `PORT`, `HOST:PORT` or `[HOST]:PORT`.
  static func filter(_ text: String) throws(UsageError) -> FlowFilter {
    if let port = port(text[...]) { return FlowFilter(port: port) }
    if let address = IPAddress(parsing: text) { return FlowFilter(address: address) }
    if let colon = text.lastIndex(of: ":"), let port = port(text[text.index(after: colon)...]) {
      var host = text[..<colon]
      if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
      if let address = IPAddress(parsing: host) { return FlowFilter(address: address, port: port) }
    }
    throw UsageError("--filter: '\(text)' is no address, port, ADDRESS:PORT or [ADDRESS]:PORT; names are not looked up")
  }

  private static func port(_ text: Substring) -> UInt16? {
    guard !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    return UInt16(text)
  }
}

extension OptionTable where Settings == ReadRequest {
  /// All options of `probe read`, by heading.
  static var read: OptionTable {
    let files = OptionGroup<Presentation>.files
    return OptionTable(groups: [
      .telling, .limits, files.lifted(to: \ReadRequest.settings.presentation, without: ["--pcap"]), .output,
    ])
  }
}

extension OptionGroup where Settings == ReadRequest {
  fileprivate static let telling = OptionGroup(
    title: "What is told",
    options: [
      Option(nil, "flow", "N", "flow N in full, its packets drawn as a ladder") { request, text throws(UsageError) in
        request.settings.telling = .flow(try Values.integer(text, for: "--flow", in: 0...Int(Int32.max)))
      },
      Option(nil, "filter", "WHAT", "only flows of an ADDRESS, PORT or ADDRESS:PORT") {
        request, text throws(UsageError) in
        request.settings.filter = try ReadRequest.filter(text)
      },
      Option(nil, "tcpdump", "every TCP packet, as tcpdump -nn -S prints it") { request, _ in
        request.settings.telling = .packets
      },
      Option(nil, "tunnels", "look into IPIP, 6in4, GRE and VXLAN") { request, _ in
        request.settings.looksIntoTunnels = true
      },
      Option("n", nil, "numbers, no names (always)") { _, _ in },
    ])

  fileprivate static let limits = OptionGroup(
    title: "Limits",
    options: [
      Option(nil, "flows", "N", "flows remembered at once (default 32768)") { request, text throws(UsageError) in
        request.settings.policy.capacity = try Values.integer(text, for: "--flows", in: 1...1_048_576)
      },
      Option(nil, "idle", "SEC", "give a silent flow up after SEC (default 8000)") { request, text throws(UsageError) in
        request.settings.policy.idle = try Values.interval(
          text, for: "--idle", in: .milliseconds(1) ... .seconds(31_536_000))
      },
    ])

  fileprivate static let output = OptionGroup(
    title: "Output",
    options: [
      Option("q", nil, "only the summary") { request, _ in request.settings.presentation.isQuiet = true },
      Option("D", nil, "seconds since the epoch before packets") { request, _ in
        request.settings.presentation.stampsLines = true
      },
      Option("j", "json", "JSON Lines: flow, and meta at the end") { request, _ in
        request.settings.presentation.json = true
      },
      Option(nil, "packets", "with --json, every packet as well") { request, _ in
        request.settings.showsPackets = true
      },
      Option(nil, "no-color", "no colours (NO_COLOR does the same)") { request, _ in
        request.settings.presentation.allowsColor = false
      },
      Option("h", "help", "this help") { request, _ in request.wantsHelp = true },
    ])
}
