import Engines
import Handshake
import Kernel
import Runner
import Timebase
import Wire

/// The options of the default verb.
extension OptionTable where Settings == ProbeRequest {
  /// All of them, by heading.
  static var probe: OptionTable {
    OptionTable(
      groups: [
        .connection, .timing, .network, .crafting, .output,
        OptionGroup<Presentation>.files.lifted(to: \ProbeRequest.run.presentation), .monitor, .smokePing, .script,
      ])
  }
}

extension OptionGroup where Settings == ProbeRequest {
  static let connection = OptionGroup(
    title: "The connection",
    options: [
      Option(nil, "syn", "half-open: SYN, verify the answer, RST; the application sees nothing") { request, _ in
        request.run.plan.mode = .halfOpen
      },
      Option(nil, "close", "HOW", "end by fin (default), rst or none") { request, text throws(UsageError) in
        request.run.plan.close = try Values.word(text, for: "--close")
      },
      Option(nil, "confirm", "after the handshake, prove that the peer is ESTABLISHED") { request, _ in
        request.run.plan.confirm = true
      },
      Option(nil, "data", "TEXT", "send TEXT, or the file @FILE (@- is standard input)") {
        request, text throws(UsageError) in request.run.plan.data = try DataArgument.octets(of: text)
      },
      Option(nil, "connect", "let the kernel connect(): needs no privilege, measures by TCP_INFO") { request, _ in
        request.run.usesKernel = true
      },
    ])

  static let timing = OptionGroup(
    title: "Times and counts",
    options: [
      Option("c", nil, "N", "N probes of every target; 0 until interrupted (default 1)") {
        request, text throws(UsageError) in
        let count = try Values.integer(text, for: "-c", in: 0...1_000_000_000)
        request.run.schedule.count = count == 0 ? nil : count
      },
      Option("i", nil, "SEC", "from one probe to the next; 10ms, 500us too (default 1)") {
        request, text throws(UsageError) in
        request.run.schedule.interval = try Values.interval(text, for: "-i", in: .milliseconds(1) ... .seconds(86_400))
      },
      Option("W", nil, "SEC", "wait for the answer to the first SYN; doubles with each copy (default 1)") {
        request, text throws(UsageError) in
        request.run.plan.wait = try Values.interval(text, for: "-W", in: .milliseconds(1) ... .seconds(60))
      },
      Option(nil, "time-wait", "SEC", "answer a FIN that comes again for SEC after the close (default 0)") {
        request, text throws(UsageError) in
        request.run.plan.timeWait = try Values.interval(text, for: "--time-wait", in: .zero ... .seconds(240))
      },
      Option("w", nil, "SEC", "end the whole run after SEC") { request, text throws(UsageError) in
        request.run.schedule.deadline = try Values.interval(text, for: "-w", in: .milliseconds(1) ... .seconds(604_800))
      },
      Option(nil, "retries", "N", "copies of an unanswered SYN (default 2)") { request, text throws(UsageError) in
        request.run.plan.retries = try Values.integer(text, for: "--retries", in: 0...Plan.retriesLimit)
      },
    ])

  static let network = OptionGroup(
    title: "Addresses",
    options: [
      Option("4", nil, "IPv4 only") { request, _ throws(UsageError) in try request.restrict(to: .v4) },
      Option("6", nil, "IPv6 only") { request, _ throws(UsageError) in try request.restrict(to: .v6) },
      Option("n", nil, "look up no names") { request, _ in request.run.isNumeric = true },
      Option("I", nil, "IF", "by this interface only") { request, text in request.run.interface = text },
      Option("S", nil, "ADDR", "from this address of this host's") { request, text in request.run.source = text },
      Option("g", nil, "PORT", "from this source port") { request, text throws(UsageError) in
        request.run.sourcePort = UInt16(try Values.integer(text, for: "-g", in: 1...65_535))
      },
      Option(nil, "ttl", "N", "time to live, or hop limit (default 64)") { request, text throws(UsageError) in
        request.run.marking.hopLimit = UInt8(try Values.integer(text, for: "--ttl", in: 1...255))
      },
      Option("Q", nil, "TOS", "type of service, or traffic class, as 0x10") { request, text throws(UsageError) in
        request.run.marking.trafficClass = UInt8(try Values.integer(text, for: "-Q", in: 0...255))
      },
    ])

  static let crafting = OptionGroup(
    title: "The SYN",
    options: [
      Option(nil, "flags", "FLAGS", "other control bits: S, SA, F, FPU, SEC, none, or SYN,ACK") {
        request, text throws(UsageError) in
        guard let flags = TCPFlags(parsing: text) else {
          throw UsageError("--flags: '\(text)' names no control bits; say letters of FSRPAUECN, as in SA, or none")
        }
        request.run.plan.flags = flags
      },
      Option(nil, "window", "N", "window field (default: as Linux on this route)") { request, text throws(UsageError) in
        request.run.window = UInt16(try Values.integer(text, for: "--window", in: 0...65_535))
      },
      Option(nil, "mss", "N", "maximum segment size (default: the route's)") { request, text throws(UsageError) in
        request.run.maximumSegmentSize = UInt16(try Values.integer(text, for: "--mss", in: 0...65_535))
      },
      Option(nil, "wscale", "N", "window scale (default 7)") { request, text throws(UsageError) in
        request.run.plan.offer.windowScale = UInt8(try Values.integer(text, for: "--wscale", in: 0...255))
      },
      Option(nil, "no-wscale", "no window scale") { request, _ in request.run.plan.offer.windowScale = nil },
      Option(nil, "sack", "SACK permitted (default)") { request, _ in request.run.plan.offer.sack = true },
      Option(nil, "no-sack", "no SACK permitted") { request, _ in request.run.plan.offer.sack = false },
      Option(nil, "timestamps", "time stamps (default)") { request, _ in request.run.plan.offer.timestamps = true },
      Option(nil, "no-timestamps", "no time stamps") { request, _ in request.run.plan.offer.timestamps = false },
      Option(nil, "isn", "N", "initial sequence number (default: unpredictable)") { request, text throws(UsageError) in
        request.run.plan.iss = UInt32(try Values.integer(text, for: "--isn", in: 0...Int(UInt32.max)))
      },
    ])

  static let output = OptionGroup(
    title: "Output",
    options: [
      Option("q", nil, "only the summary; with one probe, only the exit code") { request, _ in
        request.run.presentation.isQuiet = true
      },
      Option("v", nil, "what was refused and why; every connection's ladder") { request, _ in
        request.run.presentation.isVerbose = true
      },
      Option("D", nil, "the time before every line") { request, _ in request.run.presentation.stampsLines = true },
      Option(nil, "packet-trace", "every packet, tcpdump's way") { request, _ in
        request.run.presentation.tracesPackets = true
      },
      Option("j", "json", "JSON Lines") { request, _ in request.run.presentation.json = true },
      Option(nil, "csv", "a table of comma-separated values") { request, _ in request.run.presentation.csv = true },
      Option(nil, "no-color", "no colours (NO_COLOR does the same)") { request, _ in
        request.run.presentation.allowsColor = false
      },
    ])

  fileprivate static let smokePing = OptionGroup(
    title: "For SmokePing",
    options: [
      Option(nil, "fping", "only fping's line of times for each target, on standard error") { request, _ in
        request.run.presentation.isFping = true
      }
    ])

  fileprivate static let script = OptionGroup(
    title: "For scripts",
    options: [
      Option(nil, "expect", "STATE", "open, closed, filtered or unreachable: exit 0 only if every target is") {
        request, text throws(UsageError) in request.expected = try Values.word(text, for: "--expect")
      },
      Option(nil, "exit-state", "exit code: 0 open, 1 closed, 3 filtered, 4 unreachable, 5 invalid only") {
        request, _ in request.exitsWithState = true
      },
      Option("h", "help", "this help") { request, _ in request.wants = .help },
      Option("V", "version", "the version") { request, _ in request.wants = .version },
    ])
}

/// The value of `--data`.
enum DataArgument {
  /// The most octets that are sent.
  static let limit = 16 << 20

  /// The text itself, or the file that it names.
  static func octets(of text: String) throws(UsageError) -> [UInt8] {
    guard text.hasPrefix("@") else {
      let octets = Array(text.utf8)
      guard octets.count <= limit else { throw UsageError("--data: at most \(limit >> 20) MiB") }
      return octets
    }
    let path = String(text.dropFirst())
    do throws(Errno) {
      return try path == "-" ? File.readStandardInput(atMost: limit) : File.read(path, atMost: limit)
    } catch {
      throw UsageError("--data \(text): \(error)\(error.hint.map { "; \($0)" } ?? "")")
    }
  }
}
