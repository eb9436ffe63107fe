import Engines
import Handshake
import Kernel
import Runner
import Timebase
import Wire

extension OptionGroup where Settings: HasRun {
  /// What a connection does.
  static var connection: OptionGroup {
    OptionGroup(
      title: "The connection",
      rows: [
        .flag(
          nil, "syn", "half-open: SYN, verify the answer, RST",
          """
          Half-open: sends the SYN, verifies the answer, sends an RST. The application on the other side sees nothing.
          """
        ) { $0.run.plan.mode = .halfOpen },
        .value(
          nil, "close", "HOW", .word(CloseManner.self), "how to close: fin (default), rst or none (leave it open)",
          """
          How to close an open connection: `fin` (the default, the four-way close), `rst`, or `none` (the peer keeps its
          end open).
          """
        ) { $0.run.plan.close = $1 },
        .flag(
          nil, "confirm", needs: [.packets, .confirmation],
          excludes: [.init("--syn", because: "--confirm needs the whole handshake")],
          "then verify that the peer reached ESTABLISHED",
          """
          After the handshake verifies that the peer reached ESTABLISHED, and times the answer as the step `confirm`. It
          sends a keep-alive probe with one octet of old data, which only a peer that takes data reports as a duplicate.
          Without that answer, and always without SACK, the connection has the note `unconfirmed`.
          """
        ) { $0.run.plan.confirm = true },
        .value(
          nil, "data", "TEXT", .data, needs: [.packets, .crafting],
          "send TEXT as it is ($'\\r\\n' in bash), or @FILE, @- stdin",
          """
          Sends TEXT as it is typed, without escapes (bash has `$'GET / HTTP/1.0\\r\\n\\r\\n'`), or the content of a file with `@FILE`, or standard input with `@-`, after the handshake; at most 16
          MiB. What comes back is received whole, acknowledged and counted. Our FIN follows the first octet of the
          answer, or -W after the data was acknowledged if there is none; an answer that comes later is still received
          and timed. With --syn, and with --flags that open no connection, the data goes inside the first segment; at
          most 1,220 octets.
          """
        ) {
          $0.run.plan.data = $1.octets
          $0.run.filesRead += $1.path.map { [.read($0, by: "--data")] } ?? []
        },
        .flag(
          nil, "connect", forgoes: .packets,
          excludes: [.init("--syn", because: "connect() makes whole connections")],
          "use the kernel's connect() (no privileges needed)",
          """
          Uses the kernel's connect(2): needs no privileges, and times the handshake with TCP_INFO. Every output says so.
          Options that need raw sockets are refused.
          """
        ) { $0.run.usesKernel = true },
      ])
  }

  /// When probes are sent, and how long answers are waited for.
  static var timing: OptionGroup {
    OptionGroup(
      title: "Times and counts",
      rows: [
        .value(
          "c", "count", "N", .integer(0...1_000_000_000), needs: .schedule,
          "N probes of each target, 0 until interrupted (default 1)",
          "Makes N probes of each target; 0 until interrupted. Default 1."
        ) { $0.run.schedule.count = $1 == 0 ? nil : $1 },
        .value(
          "i", "interval", "SEC", .interval(.milliseconds(1) ... .seconds(86_400)), needs: .schedule,
          "interval between probes of a target (default 1)",
          """
          The interval from the start of one probe of a target to the start of the next, whatever the answers do; from 1
          ms to a day. Default 1. Several targets take turns, and a run starts at most a thousand probes a second.
          """
        ) { $0.run.schedule.interval = $1 },
        .value(
          "W", "timeout", "SEC", .interval(.milliseconds(1) ... .seconds(60)),
          "timeout of the first SYN, doubles with each (default 1)",
          """
          The timeout of the first SYN; it doubles with each retransmission; from 1 ms to 60 s. An answer to --data is
          waited for as long before our FIN. After our FIN the peer's is waited for as long as all copies of the SYN would
          be (7 s by default), whatever it still sends. Default 1.
          """
        ) { $0.run.plan.wait = $1 },
        .value(
          nil, "time-wait", "SEC", .interval(.zero ... .seconds(240)), needs: .machines,
          "stay in TIME-WAIT to re-ACK a repeated FIN (default 0)",
          """
          Stays in TIME-WAIT for SEC after the close and acknowledges a retransmitted FIN again; at most 240 s. Each
          such FIN starts the wait again, up to the time that all copies of a SYN take. Default 0: the port is not used
          again.
          """
        ) { $0.run.plan.timeWait = $1 },
        .value(
          "w", "deadline", "SEC", .interval(.milliseconds(1) ... .seconds(604_800)), needs: .machines,
          "stop the whole run after SEC",
          """
          Stops the whole run after SEC; from 1 ms to a week. What is not answered by then counts as unanswered.
          """
        ) { $0.run.schedule.deadline = $1 },
        .value(
          nil, "retries", "N", .integer(0...Plan.retriesLimit), "SYN retransmissions before giving up (default 2)",
          """
          Retransmits an unanswered SYN up to N times; at most 15. Default 2. Once the connection is open a silent peer
          is waited for as long as all copies of the SYN would be (7 s by default, 60 s at most), and for at least N
          retransmissions; these follow the measured round-trip time, and more of them fit into that time. With 0 nothing
          is sent twice.
          """
        ) { $0.run.plan.retries = $1 },
      ])
  }

  /// Where packets go, and where they come from.
  static var network: OptionGroup {
    OptionGroup(
      title: "Addresses",
      rows: [
        .flag(
          "n", "numeric", "no DNS: targets must be addresses", "No name look-ups: targets must be addresses."
        ) { $0.run.isNumeric = true },
        .value(
          "I", "interface", "IF", .interface, "send and receive on this interface only",
          "Sends and receives on this interface only."
        ) { $0.run.interface = $1 },
        .value(
          "S", "source", "ADDR", .host, "source address", "The source address, which must be one of this host's."
        ) { $0.run.source = $1 },
        .value(
          "g", "source-port", "PORT", .integer(1...65_535), needs: .sourcePort, "source port",
          """
          The source port. Only one connection is then open at a time. By default the kernel chooses a free port for each.
          """
        ) { $0.run.sourcePort = $1 },
        .value(
          nil, "ttl", "N", .integer(1...255), needs: .packets, "time to live, or hop limit (default 64)",
          "Time to live, or hop limit, from 1 to 255. Default 64."
        ) { $0.run.ipFields.hopLimit = $1 },
        .value(
          "Q", "tos", "TOS", .integer(0...255), needs: .packets, "type of service, or traffic class, e.g. 0x10",
          "Type of service, or traffic class, from 0 to 255."
        ) { $0.run.ipFields.trafficClass = $1 },
      ])
  }

  /// What the first segment looks like.
  static var syn: OptionGroup {
    OptionGroup(
      title: "The SYN",
      note: """
        By default the SYN carries the options of an ordinary Linux client, in the same order: some firewalls drop a bare
        one.
        """,
      rows: [
        .value(
          nil, "flags", "FLAGS", .flags, needs: [.packets, .crafting],
          "flags of the first segment: S, SA, FPU, none, SYN,ACK",
          """
          The flags of the first segment: letters of `FSRPAUEC`, and `N` for the ninth bit (as in `SA`), names separated
          by commas (as in `SYN,ACK`), a hexadecimal number, or `none`. The three reserved bits are numbers, alone or among
          names: `0xe02`, `SYN,0x200`. If they open no connection the state is about what
          answered them, and has the note `crafted-flags`.
          """
        ) { $0.run.plan.flags = $1 },
        .value(
          nil, "window", "N", .integer(0...65_535), needs: .packets, "advertised window (default: as Linux would)",
          "The advertised window. Default: what Linux would use on this route, a whole number of segments."
        ) { $0.run.window = $1 },
        .value(
          nil, "mss", "N", .integer(0...65_535), needs: .packets, "maximum segment size (default: from the route)",
          "Maximum segment size. Default: the route's MTU less the headers."
        ) { $0.run.maximumSegmentSize = $1 },
        .value(
          nil, "wscale", "N", .integer(0...255), needs: .packets, "window scale (default 7)",
          "Window scale, from 0 to 255. Default 7."
        ) { $0.run.plan.offer.windowScale = $1 },
        .flag(nil, "no-wscale", needs: .packets, "no window scale option", "No window scale option.") {
          $0.run.plan.offer.windowScale = nil
        },
        .flag(nil, "sack", "SACK permitted (default)", "SACK permitted; the default.") {
          $0.run.plan.offer.sack = true
        },
        .flag(nil, "no-sack", needs: .packets, "no SACK-permitted option", "No SACK-permitted option.") {
          $0.run.plan.offer.sack = false
        },
        .flag(
          nil, "timestamps", "timestamps (default)",
          """
          Timestamps; the default. Each transmission of the SYN carries a different value, so that the echo shows which one
          was answered.
          """
        ) { $0.run.plan.offer.timestamps = true },
        .flag(
          nil, "no-timestamps", needs: .packets, "no timestamps option",
          "No timestamps option; after a retransmission the time of `syn` is then ambiguous."
        ) { $0.run.plan.offer.timestamps = false },
        .value(
          nil, "isn", "N", .integer(0...Int(UInt32.max)), needs: [.packets, .machines],
          "initial sequence number (default: random)",
          "Initial sequence number. Default: unpredictable, from getrandom(2)."
        ) { $0.run.plan.iss = $1 },
      ])
  }
}

extension OptionGroup where Settings: HasFamily {
  /// Which Internet Protocol.
  static var families: OptionGroup {
    OptionGroup(
      title: "Addresses",
      rows: [
        .flag("4", "ipv4", excludes: ["--ipv6"], "IPv4 only", "IPv4 only.") { $0.family = .v4 },
        .flag("6", "ipv6", "IPv6 only", "IPv6 only.") { $0.family = .v6 },
      ])
  }
}

extension OptionValue where Value == TCPFlags {
  /// Control bits in any of the notations that people use.
  static var flags: OptionValue {
    OptionValue(.text) { (text, name) throws(UsageError) in
      guard let flags = TCPFlags(parsing: text) else {
        throw UsageError("\(name): '\(text)' is not a set of flags; use letters of FSRPAUECN, as in SA, or none")
      }
      return flags
    }
  }
}

/// What is to be sent, and the file that it was read from.
struct GivenData {
  var octets: [UInt8]
  var path: FilePath?
}

extension OptionValue where Value == GivenData {
  /// The most octets that are sent.
  private static var limit: Int { 16 << 20 }

  /// Octets as they are typed, or those of the file that `@` names.
  static var data: OptionValue {
    OptionValue(.file(prefix: "@")) { (text, name) throws(UsageError) in
      guard text.hasPrefix("@") else {
        let octets = text.octets
        guard octets.count <= limit else { throw UsageError("\(name): at most \(limit >> 20) MiB") }
        return GivenData(octets: octets)
      }
      let path = FilePath(String(text.dropFirst()))
      do throws(Errno) {
        let octets =
          try path.isStandardInput ? File.readStandardInput(atMost: limit) : File.read(path, atMost: limit)
        return GivenData(octets: octets, path: path)
      } catch {
        throw UsageError(reading: "\(name) \(text)", error)
      }
    }
  }
}
