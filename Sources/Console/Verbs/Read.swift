import Capture
import Kernel
import Runner
import Timebase
import Wire

extension Verb {
  /// `probe read FILE…`: the connections in captures.
  static let read = Verb(
    "read", "FILE...", of: .files, "the connections in captures, each step timed",
    offers: [.packets, .lines, .pictures, .outputLetter],
    settings: ReadSettings(),
    options: [.selection, .limits, .packets, .files, .output],
    about: """
      Prints the TCP connections in captures (pcap, pcapng), each step timed by the
      packets' timestamps. FILE may be - for standard input; `tcpdump -w - | probe
      read -` prints flows as they end. Flows are numbered from 0, like Wireshark's
      tcp.stream.
      """,
    exitCode: """
      Exit code: 0 read completely, 1 a file was damaged and only its intact part was
      read, 2 could not read.
      """,
    prepare: { (settings, operands) throws(UsageError) in try settings.take(operands) },
    run: { (settings) throws(RunError) in
      let result = try Run.read(settings)
      var ending = Ending(result.signal, isAsExpected: result.isWhole)
      if result.hasRefusals { ending.code = Ending.couldNotRun }
      return ending
    })
}

extension ReadSettings {
  /// Takes the files, and refuses values that contradict each other.
  fileprivate mutating func take(_ operands: [String]) throws(UsageError) {
    guard !operands.isEmpty else {
      throw UsageError("read needs a capture; use probe read FILE, or - for standard input")
    }
    files = operands.map { FilePath($0) }
    if presentation.svgPath ?? presentation.htmlPath != nil, telling == .flows, operands.count == 1 {
      (telling, wantsOnlyFlow) = (.flow(0), true)
    }
    let isOneFlow = if case .flow = telling { true } else { false }
    if isOneFlow, operands.count > 1 { throw UsageError("--flow needs exactly one FILE") }
    if presentation.svgPath ?? presentation.htmlPath != nil, !isOneFlow {
      throw UsageError("--svg and --html draw one flow of one FILE; choose it with --flow N")
    }
    if telling == .packets, presentation.format == .json {
      throw UsageError("--tcpdump is text; use --json --packets for packets as JSON Lines")
    }
  }
}

extension OptionGroup where Settings == ReadSettings {
  fileprivate static var selection: OptionGroup {
    OptionGroup(
      title: "Selection",
      rows: [
        .value(
          nil, "flow", "N", .integer(0...Int(Int32.max)), "flow N in full, its packets drawn as a ladder",
          """
          Prints flow N in full: its packets as a ladder with the states of both ends, every step, what was offered and
          agreed. With it --svg and --html draw the flow into a file.
          """
        ) { $0.telling = .flow($1) },
        .value(
          nil, "filter", "WHAT", .filter, "only flows of an ADDRESS, PORT or ADDRESS:PORT",
          """
          Prints only the flows of an address, a port, or both at one end, as in `192.0.2.1:443`. Numbers stay those of
          the whole capture.
          """
        ) { $0.filter = $1 },
        .flag(
          nil, "tcpdump", "every TCP packet, as tcpdump -nn -S prints it",
          """
          Prints every TCP packet as `tcpdump -nn -S` does, but without decoding the payload. The time of day is local, by
          `TZ` or `/etc/localtime`.
          """
        ) { $0.telling = .packets },
        .flag(
          nil, "tunnels", "look inside GRE, IPIP, VXLAN, GTP-U and other tunnels",
          """
          Looks inside IP in IP, 6in4, GRE (ERSPAN and PPTP too), VXLAN (ports 4789 and 8472), Geneve, GTP-U, L2TP, Teredo,
          LISP, MPLS and Ethernet in IP, and tunnels that an Authentication Header signs; the innermost packet counts, up
          to eight tunnels deep.
          """
        ) { $0.looksIntoTunnels = true },
        .flag(
          "n", "numeric", "no-op, for tcpdump compatibility",
          "No effect: names are never looked up. For tcpdump compatibility."
        ) { _ in },
      ])
  }

  fileprivate static var limits: OptionGroup {
    OptionGroup(
      title: "Limits",
      rows: [
        .value(
          nil, "flows", "N", .integer(1...1_048_576), "flows tracked at once (default 32768)",
          """
          Flows tracked at once; beyond, the one idle for longest is printed early. Default 32768, which keeps memory below
          64 MiB; each flow more takes 1.4 KiB, a million of them 1.4 GiB.
          """
        ) { $0.policy.capacity = $1 },
        .value(
          nil, "idle", "SEC", .interval(.milliseconds(1) ... .seconds(31_536_000)),
          "expire flows idle for SEC of capture time (default 8000)",
          """
          Expires a flow that is idle for SEC of capture time. \
          Two packets must agree on that time, and a packet that continues the numbers of an idle flow still belongs to it. \
          Default 8000.
          """
        ) { $0.policy.idle = $1 },
      ])
  }

  fileprivate static var packets: OptionGroup {
    OptionGroup(
      title: "Output",
      rows: [
        .flag(
          nil, "packets", requires: "--json", "with --json, every packet as well", "With --json, every packet as well."
        ) { $0.showsPackets = true }
      ])
  }
}

extension OptionValue where Value == FlowFilter? {
  /// `HOST`, `PORT`, `HOST:PORT` or `[HOST]:PORT`.
  fileprivate static var filter: OptionValue {
    OptionValue(.text) { (text, name) throws(UsageError) in
      if let port = UInt16(portNumber: text) { return FlowFilter(port: port) }
      if let address = IPAddress(parsing: text) { return FlowFilter(address: address) }
      if let colon = text.lastIndex(of: ":"), let port = UInt16(portNumber: text[text.index(after: colon)...]) {
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        if let address = IPAddress(parsing: host) { return FlowFilter(address: address, port: port) }
      }
      throw UsageError(
        "\(name): '\(text)' is not an address, port, ADDRESS:PORT or [ADDRESS]:PORT; names are not looked up")
    }
  }
}
