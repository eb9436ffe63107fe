import Engines
import Handshake
import Kernel
import Runner
import Timebase
import Wire

/// `probe listen [ADDR:]PORT`: the other side.
enum ListenVerb {
  /// Reads the words, runs, and returns the exit code.
  static func run(_ words: [String]) throws(UsageError) -> Int32 {
    var request = ListenRequest()
    let operands = try OptionTable<ListenRequest>.listen.read(words, into: &request)
    if request.wantsHelp { return show(help) }
    guard let place = operands.first else { throw UsageError("listen needs a port; say probe listen [ADDR:]PORT") }
    guard operands.count == 1 else { throw UsageError("listen takes one port; what is '\(operands[1])'?") }
    try request.setPlace(place)
    do throws(RunError) {
      let result = try Run.listen(request.settings)
      return result.signal.map { 128 + $0.number } ?? ExitCode.asExpected
    } catch {
      complain(error.message)
      return ExitCode.couldNotRun
    }
  }

  private static var help: String {
    """
    probe listen [OPTIONS] [ADDR:]PORT: answers handshakes by hand, and shows them from the server's side.
    Without ADDR all IPv4 addresses of this host are answered for, or with -6 all IPv6 ones; port 0 takes a free one.
    \(OptionTable<ListenRequest>.listen.help)
    Exit code: 0 after --count connections, 2 could not run, 130 interrupted, 143 terminated.

    """
  }
}

/// The command line of `probe listen`, read.
struct ListenRequest: Sendable {
  /// What to run.
  var settings = ListenSettings()
  /// The family that was asked for; nil takes the address's, or IPv4.
  var family: AddressFamily?
  /// Whether only the help was asked for.
  var wantsHelp = false

  /// Reads `PORT`, `ADDR:PORT` or `[ADDR]:PORT`.
  mutating func setPlace(_ word: String) throws(UsageError) {
    var (host, port): (Substring?, Substring) = (nil, word[...])
    if let colon = word.lastIndex(of: ":") {
      (host, port) = (word[..<colon], word[word.index(after: colon)...])
    }
    if let given = host, given.hasPrefix("["), given.hasSuffix("]") { host = given.dropFirst().dropLast() }
    guard let number = TargetParser.number(port) else {
      throw UsageError(
        "'\(word)': '\(port)' is not a port; ports are decimal numbers from 1 to 65535, and 0 takes a free one")
    }
    settings.port = number
    settings.family = family ?? .v4
    guard let host else { return }
    guard let address = ZonedAddress(parsing: host)?.address else {
      throw UsageError("'\(word)': '\(host)' is not an address; say ADDR:PORT or [ADDR]:PORT with one of this host's")
    }
    guard family.map({ $0 == address.family }) ?? true else {
      throw UsageError("'\(word)': the address is not of the family that was asked for")
    }
    settings.host = String(host)
  }
}

extension OptionTable where Settings == ListenRequest {
  /// All options of `probe listen`, by heading.
  static var listen: OptionTable {
    let files = OptionGroup<Presentation>.files
    return OptionTable(groups: [
      .service, .limits, .place, .output,
      files.lifted(to: \ListenRequest.settings.presentation, without: ["--svg", "--html"]),
    ])
  }
}

extension OptionGroup where Settings == ListenRequest {
  fileprivate static let service = OptionGroup(
    title: "Connections",
    options: [
      Option(nil, "echo", "send back what comes") { request, _ in request.settings.service = .echo },
      Option(nil, "http", "answer any HTTP request by a small page") { request, _ in request.settings.service = .http },
      Option(nil, "count", "N", "end after N connections (default: until interrupted)") {
        request, text throws(UsageError) in
        request.settings.limits.count = try Values.integer(text, for: "--count", in: 1...1_000_000_000)
      },
    ])

  fileprivate static let limits = OptionGroup(
    title: "Limits",
    options: [
      Option(nil, "backlog", "N", "half-open connections; SYN cookies beyond, 0: always (default 128)") {
        request, text throws(UsageError) in
        request.settings.limits.halfOpen = try Values.integer(text, for: "--backlog", in: 0...65_536)
      },
      Option(nil, "connections", "N", "open connections; no answer beyond (default 256)") {
        request, text throws(UsageError) in
        request.settings.limits.connections = try Values.integer(text, for: "--connections", in: 1...65_536)
      },
      Option(nil, "idle", "SEC", "reset what is silent for SEC (default 60)") { request, text throws(UsageError) in
        request.settings.limits.idle = try Values.interval(
          text, for: "--idle", in: .milliseconds(10) ... .seconds(86_400))
      },
      Option(nil, "retries", "N", "copies of an unanswered SYN-ACK (default 5)") { request, text throws(UsageError) in
        request.settings.plan.retries = try Values.integer(text, for: "--retries", in: 0...Plan.retriesLimit)
      },
      Option("W", nil, "SEC", "wait for the answer to the first SYN-ACK (default 1)") {
        request, text throws(UsageError) in
        request.settings.plan.wait = try Values.interval(text, for: "-W", in: .milliseconds(1) ... .seconds(60))
      },
    ])

  fileprivate static let place = OptionGroup(
    title: "Addresses",
    options: [
      Option("4", nil, "IPv4 (default)") { request, _ in request.family = .v4 },
      Option("6", nil, "IPv6") { request, _ in request.family = .v6 },
      Option("I", nil, "IF", "by this interface only") { request, text in request.settings.interface = text },
      Option(nil, "mss", "N", "maximum segment size (default: the interfaces')") { request, text throws(UsageError) in
        request.settings.maximumSegmentSize = UInt16(try Values.integer(text, for: "--mss", in: 0...65_535))
      },
    ])

  fileprivate static let output = OptionGroup(
    title: "Output",
    options: [
      Option("q", nil, "only the summary") { request, _ in request.settings.presentation.isQuiet = true },
      Option("v", nil, "what was refused and why; every connection's ladder") { request, _ in
        request.settings.presentation.isVerbose = true
      },
      Option("D", nil, "the time before every line") { request, _ in
        request.settings.presentation.stampsLines = true
      },
      Option(nil, "packet-trace", "every packet, tcpdump's way") { request, _ in
        request.settings.presentation.tracesPackets = true
      },
      Option("j", "json", "JSON Lines") { request, _ in request.settings.presentation.json = true },
      Option(nil, "no-color", "no colours (NO_COLOR does the same)") { request, _ in
        request.settings.presentation.allowsColor = false
      },
      Option("h", "help", "this help") { request, _ in request.wantsHelp = true },
    ])
}
