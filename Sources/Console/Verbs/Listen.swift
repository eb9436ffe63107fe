import Engines
import Handshake
import Kernel
import Runner
import Timebase
import Wire

extension Verb {
  /// `probe listen [ADDR:]PORT`: the other side.
  static let listen = Verb(
    "listen", "[ADDR:]PORT", of: .text, "listen on PORT and answer handshakes",
    offers: [.packets, .verbosity, .lines, .packetLines, .capture, .outputLetter],
    settings: ListenSettings(),
    options: [.service, .limits, .families, .place, .output, .files],
    about: """
      Answers handshakes over raw sockets, and shows them from the server's side.
      Without ADDR it answers for all IPv4 addresses of this host, or with -6 for all
      IPv6 ones; port 0 takes a free one.
      """,
    exitCode: """
      Exit code: 0 after --count connections, 2 could not run, 130 interrupted,
      143 terminated.
      """,
    prepare: { (settings, operands) throws(UsageError) in
      guard let place = operands.first else { throw UsageError("listen needs a port; use probe listen [ADDR:]PORT") }
      guard operands.count == 1 else { throw UsageError("listen takes one port; unexpected argument '\(operands[1])'") }
      try settings.take(place)
    },
    run: { (settings) throws(RunError) in try Ending(Run.listen(settings).signal, isAsExpected: true) })
}

extension ListenSettings {
  /// Reads `PORT`, `ADDR:PORT` or `[ADDR]:PORT`.
  fileprivate mutating func take(_ word: String) throws(UsageError) {
    var (host, port): (Substring?, Substring) = (nil, word[...])
    if let colon = word.lastIndex(of: ":") {
      (host, port) = (word[..<colon], word[word.index(after: colon)...])
    }
    if let given = host, given.hasPrefix("["), given.hasSuffix("]") { host = given.dropFirst().dropLast() }
    guard let number = UInt16(portNumber: port) else {
      throw UsageError(
        "'\(word)': '\(port)' is not a port; ports are decimal numbers from 1 to 65535, or 0 for a free one")
    }
    self.port = number
    guard let host else { return }
    guard let address = ZonedAddress(parsing: host)?.address else {
      throw UsageError("'\(word)': '\(host)' is not an address; use ADDR:PORT or [ADDR]:PORT with one of this host's")
    }
    guard family.map({ $0 == address.family }) ?? true else {
      throw UsageError("'\(word)': not an \(family ?? .v4) address, but -\(family == .v6 ? 6 : 4) was given")
    }
    self.host = String(host)
  }
}

extension OptionGroup where Settings == ListenSettings {
  fileprivate static var service: OptionGroup {
    OptionGroup(
      title: "Connections",
      rows: [
        .flag(
          nil, "echo", excludes: ["--http"], "send back what arrives",
          """
          Sends back what arrives. Without it, and without --http, data is read, and the connection is closed when the
          peer closes.
          """
        ) { $0.service = .echo },
        .flag(
          nil, "http", "answer HTTP requests with a small page",
          """
          Answers every valid HTTP request with a small page, and closes if the request asks for it. Other requests are
          answered as RFC 9112 says: 400 for bad syntax, a missing or second `Host` and ambiguous framing; 413, 414 and
          431 for too much of something; 501 for unknown methods and transfer codings; 505 for another major version.
          """
        ) { $0.service = .http },
        .value(
          "c", "count", "N", .integer(1...1_000_000_000), "stop after N connections (default: when interrupted)",
          """
          Stops after N connections; with 1 its packets are drawn as a ladder, the client on the left. By default it runs
          until interrupted.
          """
        ) { $0.limits.count = $1 },
      ])
  }

  fileprivate static var limits: OptionGroup {
    OptionGroup(
      title: "Limits",
      rows: [
        .value(
          nil, "backlog", "N", .integer(0...65_536), "SYN backlog, then cookies; 0: cookies only (default 128)",
          """
          The SYN backlog; beyond it, and with 0 always, SYNs are answered by SYN cookies. Such a connection has neither
          window scale nor SACK nor timestamps. Default 128.
          """
        ) { $0.limits.halfOpen = $1 },
        .value(
          nil, "connections", "N", .integer(1...65_536), "open connections, then the idlest is reset (default 256)",
          """
          The most open connections. When a new client completes its handshake beyond that, the connection that has been
          idle longest is reset. A connection less than a second old keeps its place; if all are, SYNs are dropped.
          Default 256.
          """
        ) { $0.limits.connections = $1 },
        .value(
          nil, "idle", "SEC", .interval(.milliseconds(10) ... .seconds(86_400)),
          "reset connections idle for SEC (default 60)",
          """
          Resets connections idle for SEC: the client neither sends data nor acknowledges any. With --http a request must
          also be complete within that time. Default 60.
          """
        ) { $0.limits.idle = $1 },
        .value(
          nil, "max-time", "SEC", .interval(.milliseconds(10) ... .seconds(86_400)),
          "reset connections after SEC (default: no limit)",
          "Resets connections SEC after their handshake, whatever they do. By default there is no limit."
        ) { $0.limits.lifetime = $1 },
        .value(
          nil, "retries", "N", .integer(0...Plan.retriesLimit), "SYN-ACK retransmissions (default 5)",
          "Retransmits a SYN-ACK up to N times. Default 5: for a minute in all."
        ) { $0.plan.retries = $1 },
        .value(
          "W", "timeout", "SEC", .interval(.milliseconds(1) ... .seconds(60)),
          "timeout of the first SYN-ACK (default 1)",
          "The timeout of the first SYN-ACK; it doubles with each retransmission. Default 1."
        ) { $0.plan.wait = $1 },
      ])
  }

  fileprivate static var place: OptionGroup {
    OptionGroup(
      title: "Addresses",
      rows: [
        .value(
          "I", "interface", "IF", .interface, "send and receive on this interface only",
          "Sends and receives on this interface only."
        ) { $0.interface = $1 },
        .value(
          nil, "mss", "N", .integer(0...65_535), "maximum segment size (default: from interfaces)",
          "Maximum segment size. Default: what the interfaces carry."
        ) { $0.maximumSegmentSize = $1 },
      ])
  }
}
