import Handshake
import Kernel
import Report
import Runner
import Script

extension Verb {
  /// `probe HOST:PORT…`: connections to one target or several; what is meant where no command is named.
  static let probe = Verb(
    "", "HOST:PORT...", of: .targets, "a full connection: SYN, SYN-ACK, ACK, FIN both ways",
    offers: probeOffers,
    settings: RunSettings(),
    options: probeTable,
    about: """
      probe: TCP handshake prober. Crafts the connection over a raw socket, verifies
      every reply, times every step.
      """,
    exitCode: """
      Exit code: 0 as expected, 1 not as expected, 2 could not run, 130 interrupted,
      143 terminated. Raw sockets need CAP_NET_RAW: run with sudo, or once
      `sudo setcap cap_net_raw+ep $(command -v probe)`; otherwise use --connect.
      """,
    prepare: { (settings, operands) throws(UsageError) in
      if settings.ports.isEmpty, settings.hosts.isEmpty, let word = operands.first,
        let error = Verb.mistyped(word, followedBy: operands.dropFirst().first)
      {
        throw error
      }
      try settings.takeTargets(operands)
      try settings.settleFirstSegment()
      try settings.check()
    },
    run: { (settings) throws(RunError) in
      if let service = settings.service {
        let result = try Run.service(settings, service)
        return Ending(result.signal, isAsExpected: result.isGood)
      }
      if let oneWay = settings.oneWay {
        let result = try Run.oneWay(settings, oneWay)
        return Ending(result.signal, isAsExpected: result.isGood)
      }
      if settings.monitoring.isPlugin { return try Ending(Run.check(CheckSettings(of: settings))) }
      return try Ending(Run.probe(settings), settings)
    })
}

extension Verb {
  /// What the default command offers: everything.
  static var probeOffers: Needs {
    [
      .packets, .machines, .crafting, .confirmation, .schedule, .sourcePort, .verbosity, .lines, .packetLines,
      .table, .pictures, .capture, .outputLetter,
    ]
  }

  /// The options of the default command.
  static var probeTable: [OptionGroup<RunSettings>] {
    [
      .targets, .connection, .timing, .families, .addresses, .network, .syn, .crafting, .output, .files, .monitoring,
      .checkTCP,
      .smokePing,
      .expectation, .exitState, .waiting, .service,
      .oneWay(
        excludes: [
          "--count", "--syn", "--flags", "--confirm", "--connect", "--until", "--data", "--service", "--svg", "--html",
          "--fping", "--nagios", "--exit-state", "--expect", "--interval", "--deadline", "--timeout", "--retries",
          "--close", "--time-wait", "--all-addresses", "--source-port", "--explain",
        ], " Nothing else is then probed. The exit status is 0 if all pairs were completed."),
    ]
  }
}

extension OptionGroup where Settings == RunSettings {
  fileprivate static var smokePing: OptionGroup {
    OptionGroup(
      title: "For SmokePing",
      rows: [
        .flag(
          nil, "fping", excludes: ["--json", "--csv", "--packet-trace", "--svg", "--html"],
          "print fping's line of times per target (to stderr)",
          """
          Prints only what `fping -C` prints: at the end, on standard error, a line for each target with its name, a
          colon, and the time of each handshake in milliseconds, or a dash.
          """
        ) { $0.presentation.format = .fping }
      ])
  }

  fileprivate static var service: OptionGroup {
    OptionGroup(
      title: "Services",
      rows: [
        .flag(
          nil, "service",
          excludes: [
            "--count", "--syn", "--flags", "--confirm", "--connect", "--until", "--csv", "--svg", "--html", "--fping",
            "--nagios", "--exit-state", "--expect",
          ],
          "ask whether a service is behind the SYN-ACK",
          """
          Asks whether there is more than a SYN-ACK: sends data (`--data`, or a request for / in HTTP/1.0) with the ACK of the
          handshake, once more with PSH after a second, and waits five seconds in all.
          The state is `service` if data came back, `acked` if it was only acknowledged, `zero-window` if the SYN-ACK offers
          no window, `reset`, `closed`, or `silent`.
          If it was only acknowledged, random ports of the host are asked as well: if all of them acknowledge it, the state is
          `acking-firewall`. The exit status is 0 for `service`, and 1 for any other.
          """
        ) { $0.service = $0.service ?? ServiceSettings() },
        .value(
          nil, "random-ports", "N", .integer(0...8), requires: "--service",
          "with --service: ask N random ports too (3)",
          "How many random ports from 49152 on are asked if the port only acknowledges: 0 to 8, 3 without it."
        ) { $0.service = ServiceSettings(randomPorts: $1) },
      ])
  }

  fileprivate static var exitState: OptionGroup {
    OptionGroup(
      title: "For scripts",
      rows: [
        .flag(
          nil, "exit-state", "exit 0 open, 1 closed, 3 filtered, 4 unreachable, 5 …",
          "The exit status is the state itself; see [EXIT STATUS]."
        ) { $0.exitsWithState = true }
      ])
  }
}

extension RunSettings {
  /// Refuses values that contradict each other, before anything is sent.
  func check() throws(UsageError) {
    if service != nil {
      guard targets.count == 1, targets[0].ports.count == 1 else {
        throw UsageError("--service takes one target with one port; run it again for each of the others")
      }
      guard plan.data.count <= Conversation.serviceDataLimit else {
        throw UsageError("--service sends at most \(Conversation.serviceDataLimit) bytes of --data")
      }
    }
    if oneWay != nil {
      guard targets.count == 1, targets[0].ports.count == 1 else {
        throw UsageError("--one-way takes one target with one port; run it again for each of the others")
      }
    }
    if !plan.opensConnection, plan.confirm {
      throw UsageError("--confirm needs a handshake, but --flags asks for none; leave one of them out")
    }
    if presentation.svgPath != nil, schedule.count != 1 || targets.flatMap(\.ports).count > 1 {
      throw UsageError("--svg draws a single connection; leave -c out and name one port, or use --html FILE")
    }
    if plan.mode == .halfOpen || !plan.opensConnection, plan.data.count > RunSettings.firstSegmentLimit {
      throw UsageError("--data: at most \(RunSettings.firstSegmentLimit) bytes fit into the first segment")
    }
    try monitoring.check()
    let isFping = presentation.format == .fping
    guard monitoring.isPlugin || isFping else { return }
    let name = monitoring.isPlugin ? "--nagios" : "--fping"
    guard let count = schedule.count else { throw UsageError("\(name) needs a finite -c") }
    guard count <= RunSettings.fpingLimit || !isFping else {
      throw UsageError("--fping supports at most \(RunSettings.fpingLimit) probes per target")
    }
  }

  /// The most times in a line of fping's.
  private static let fpingLimit = 10_000

  /// The text that fits beside all options into a first segment of the smallest IPv6 MTU (1,280 octets, RFC 8200 §5).
  private static let firstSegmentLimit = 1_220
}

extension Verb {
  /// What is wrong with a first word that has no port and no port behind it, and looks like a command rather than like
  /// a host.
  static func mistyped(_ word: String, followedBy next: String?) -> UsageError? {
    let isPlain = word.utf8.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || $0 == UInt8(ascii: "-") }
    guard isPlain, !word.isEmpty, word != "-", next.map({ !TargetParser.isPortList($0) }) ?? true else { return nil }
    if let command = Habit.command(insteadOf: word) {
      return UsageError("unknown command '\(word)'; use probe \(command) (a target needs a port, as in \(word):443)")
    }
    guard let near = Spelling.nearest(to: word.lowercased()[...], among: commands.map(\.name)) else {
      return UsageError("unknown command or missing port: '\(word)' (try 'probe help', or \(word):443)")
    }
    guard near != word else { return UsageError("'\(word)' is a command: it goes before the options") }
    return UsageError("unknown command '\(word)'; did you mean \(near)? (a target needs a port, as in \(word):443)")
  }
}

extension Ending {
  /// Checks, by the rules of monitoring plugins where these are asked for.
  init(_ result: CheckRunResult) {
    if let state = result.plugin {
      self.init(state.rawValue)
    } else {
      self.init(result.signal, isAsExpected: result.isGood)
    }
  }
}

extension Monitoring {
  /// Refuses a critical threshold below that of a warning, as the monitoring plugins do; equal ones are allowed.
  fileprivate func check() throws(UsageError) {
    if let least = critical.rtt, let warned = warning.rtt, least < warned {
      throw UsageError("--crit \(least.compact) is below --warn \(warned.compact); swap them, or raise --crit")
    }
    if let least = critical.loss, let warned = warning.loss, least < warned {
      throw UsageError("--crit \(least)% is below --warn \(warned)%; swap them, or raise --crit")
    }
    if let least = critical.synLoss, let warned = warning.synLoss, least < warned {
      throw UsageError("--crit syn=\(least)% is below --warn syn=\(warned)%; swap them, or raise --crit")
    }
  }
}
