import Kernel
import Report
import Runner
import Scan
import Timebase
import Wire

extension Verb {
  static let scanOffers: Needs = [.packets, .sourcePort, .table, .outputLetter]

  /// The options of a scan, which are read again where one goes on.
  static var scanGroups: [OptionGroup<ScanSettings>] {
    [.selection, .openPorts, .pace, .families, .network, .syn, .output, .scanFiles]
  }

  /// `probe scan TARGETS -p PORTS`: many ports of many addresses.
  static let scan = Verb(
    "scan", "TARGETS...", of: .targets, "many hosts and ports: each state, what was missed",
    offers: scanOffers,
    settings: ScanSettings(),
    options: scanGroups,
    about: """
      Sends a SYN to every port of every address, in a random order, and again to
      those that do not answer. Each ends as open, closed, filtered or unreachable,
      with its reason; the summary says how many were missed at least. Targets:
      192.0.2.1, 192.0.2.0/24, 192.0.2.1-9, 192.0.2.1-192.0.3.7, 2001:db8::/120,
      names.
      """,
    exitCode: """
      Exit code: 0 if every port was asked, 1 if a name has no address, 2 could not
      run; 130 interrupted, after the summary.
      """,
    prepare: { (settings, operands) throws(UsageError) in
      if try settings.takeUp(hasTargets: !operands.isEmpty) { return }
      for word in operands {
        if word == "-" { settings.read(.dash) } else { try settings.include(word) }
      }
      try settings.readLists()
      guard !settings.included.isEmpty || !settings.run.targets.isEmpty else {
        throw UsageError("no target; use probe scan 192.0.2.0/24 -p 80")
      }
      guard !settings.run.ports.isEmpty else {
        throw UsageError("no port; add -p PORTS, as in -p 22,80,8000-8010, or --top-ports 100")
      }
      for index in settings.run.targets.indices { settings.run.targets[index].ports = [settings.run.ports[0]] }
    },
    run: { (settings) throws(RunError) in
      var settings = settings
      settings.version = Version.number
      settings.words = (["probe"] + CommandLine.arguments.dropFirst()).joined(separator: " ")
      let result = try Run.scan(settings)
      return Ending(result.signal, isAsExpected: result.isWhole)
    })
}

extension ScanSettings {
  /// Reads the file of `--resume`, where there is one; whether everything else is known by that, since no targets were named.
  fileprivate mutating func takeUp(hasTargets: Bool) throws(UsageError) -> Bool {
    guard let path = resumePath else { return false }
    optionWords = ScanSettings.withPlace(optionWords, shard)
    do throws(RunError) { resumption = try ScanResumption.read(path) } catch { throw UsageError(error.message) }
    guard !hasTargets, run.targetLists.isEmpty else { return false }
    guard let resumption else {
      throw UsageError("no target, and \(path) does not exist yet: there is nothing to go on with")
    }
    // Then the options are those of then, and what was typed now.
    let (old, new) = (resumption.state.options, optionWords)
    var settings = ScanSettings()
    let table = { OptionTable(groups: Verb.scanGroups + [.common], offers: Verb.scanOffers) }
    for words in [old, new] {
      let ports = settings.run.ports
      do throws(UsageError) { _ = try OptionReader(words, of: "scan", by: table, into: &settings) } catch {
        throw UsageError("--resume \(path): its options: \(error.first)")
      }
      guard ports.isEmpty || settings.run.ports == ports else {
        throw UsageError("--resume \(path) goes on with the ports that it has; leave -p out, or name another file")
      }
    }
    settings.run.targetLists = []
    settings.exclusionLists = []
    settings.run.filesRead = []
    (settings.resumePath, settings.resumption, settings.takesOldTargets) = (path, resumption, true)
    settings.optionWords = new.count > 2 ? old + new : old
    self = settings
    return true
  }

  /// The words of the options, with the part of the scan where the scheduler was asked for it.
  private static func withPlace(_ words: [String], _ shard: ScanShard) -> [String] {
    var result = words
    for index in words.indices {
      if words[index] == "--shard=auto" { result[index] = "--shard=\(shard)" }
      if words[index] == "auto", index > 0, words[index - 1] == "--shard" { result[index] = "\(shard)" }
    }
    return result
  }

  /// Takes a target: a block of addresses, or a name.
  fileprivate mutating func include(_ word: String) throws(UsageError) {
    if let block = try ScanSettings.block(word) { return included.append(block) }
    guard !word.contains("/"), !word.contains(":") else {
      throw UsageError("'\(word)' is not a valid address, range or name; use -p for ports")
    }
    do throws(HostNameError) { _ = try HostName.ascii(word) } catch {
      throw UsageError("'\(word.printable)' is neither an address nor a host name: \(error)")
    }
    run.targets.append(TargetSpec(host: word, ports: [0], text: word))
  }

  fileprivate static func block(_ word: String) throws(UsageError) -> AddressBlock? {
    do throws(AddressBlock.Mistake) {
      return try AddressBlock(parsing: word)
    } catch {
      switch error {
      case .prefixLength where word.split(separator: "/").last?.contains(":") == true:
        throw UsageError("'\(word)' is not a valid address, range or name; use -p for ports")
      case .prefixLength: throw UsageError("'\(word)': not a prefix length; use 0 to 32, or 0 to 128 for IPv6")
      case .backwards: throw UsageError("'\(word)': the range runs backwards")
      }
    }
  }

  /// Notes a file of targets.
  fileprivate mutating func read(_ path: FilePath) {
    run.targetLists.append(path)
    run.filesRead.append(.read(path, by: "--targets"))
  }

  /// Reads the files of targets and of exclusions, once all options are known.
  fileprivate mutating func readLists() throws(UsageError) {
    for path in run.targetLists {
      try ListStream.read(path) { (word) throws(UsageError) in try include(word) }
    }
    for path in exclusionLists {
      try ListStream.read(path) { (word) throws(UsageError) in try exclude(word) }
    }
  }

  fileprivate mutating func exclude(_ word: String) throws(UsageError) {
    guard let block = try ScanSettings.block(word) else {
      throw UsageError("'\(word)' is not a valid address or range; names cannot be excluded")
    }
    excluded.append(block)
  }

  /// Adds ports, each once.
  fileprivate mutating func add(_ ports: [UInt16]) {
    run.ports += ports.filter { [known = Set(run.ports)] in !known.contains($0) }
  }
}

extension OptionGroup where Settings == ScanSettings {
  static var selection: OptionGroup {
    OptionGroup(
      title: "Targets",
      rows: [
        .value(
          "p", "ports", "PORTS", .ports, "the ports: 22,80,8000-8010, names, - for all",
          "The ports: numbers, ranges and service names, separated by commas. `-p-` is all ports."
        ) { (settings, ports) in settings.add(ports) },
        .value(
          nil, "top-ports", "N", .integer(1...TopPorts.all.count), "the N most common ports, beside those of -p",
          """
          The N ports that are most likely to be open, up to \(TopPorts.all.count), beside those of -p. The order is that
          of a table of this program: what serves the web, shells, mail and names first. It is not nmap's.
          """
        ) { (settings, count: Int) in settings.add(TopPorts.first(count)) },
        .value(
          "f", "targets", "FILE", .inputFile, "more targets from FILE, - for stdin (nmap's -iL)",
          """
          Reads more targets from FILE, separated by blanks or lines; a number sign starts a comment. `-` is standard input,
          also as a target. The file may be of any length. Lines that cannot be read are printed with FILE and line number,
          and nothing is sent.
          """
        ) { $0.read($1) },
        .value(
          nil, "exclude", "LIST", .text, "never these addresses, separated by commas",
          "Never probes these addresses and ranges, separated by commas, whatever else names them."
        ) { (settings, list) throws(UsageError) in
          for word in list.split(separator: ",") {
            do throws(UsageError) { try settings.exclude(String(word)) } catch {
              throw UsageError("--exclude: \(error.first)")
            }
          }
        },
        .value(
          nil, "excludefile", "FILE", .inputFile, "never the addresses in FILE",
          "Never probes the addresses and ranges in FILE, whatever else names them."
        ) { (settings, path) in
          settings.exclusionLists.append(path)
          settings.run.filesRead.append(.read(path, by: "--excludefile"))
        },
        .flag(
          nil, "list", "list what would be probed; send nothing",
          """
          Lists the addresses and ports that would be probed, how many probes that are, and how long they take at --rate, or
          at the default rate. Sends nothing. With --json a line for each block of addresses and one of type `scan-list`.
          """
        ) { $0.lists = true },
        .flag(
          nil, "count", requires: "--list", "with --list: only the numbers",
          "Leaves the addresses out of what --list prints."
        ) { $0.countsOnly = true },
        .value(
          nil, "shard", "I/N", .text, "only part I of N; auto asks the scheduler",
          """
          Does part I of N, from 1. The parts of the same targets, ports and --seed are disjoint and together complete; merge
          joins their results. `auto` takes the part from the scheduler: from SLURM_ARRAY_TASK_ID, _MIN, _MAX, _COUNT and
          _STEP of a Slurm array job, or from JOB_COMPLETION_INDEX of a Kubernetes Indexed Job, whose number of pods has to
          be in JOB_COMPLETIONS.
          """
        ) { (settings, text) throws(UsageError) in
          if text == "auto" {
            settings.shard = try ShardPlace.read { Environment.value(of: $0) }
            return
          }
          let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { UInt64($0) }
          guard parts.count == 2, let number = parts[0], let count = parts[1],
            let shard = ScanShard(number: number, of: count)
          else {
            throw UsageError("--shard takes I/N with I from 1 to N, as in 2/8, or auto (got '\(text.printable)')")
          }
          settings.shard = shard
        },
        .value(
          nil, "seed", "N", .integer(0...Int.max), "the order of the probes (default: random)",
          """
          What the order of the probes is made from: the same seed gives the same order. By default it is random, and with
          --shard made from the targets and ports, so that all parts have the same.
          """
        ) { (settings, seed: Int) in settings.seed = UInt64(clamping: seed) },
        .flag(
          nil, "open", "show only open ports", "Shows only open ports; the summary counts all of them."
        ) { $0.showsOpenOnly = true },
        .flag(
          nil, "allow-reserved", "multicast, broadcast and reserved addresses too",
          "Also probes multicast, broadcast, unspecified and reserved addresses."
        ) { $0.allowsReserved = true },
        .flag(
          nil, "i-own-the-target", "allow more than 65,536 probes to other hosts",
          """
          Allows more than 65,536 probes to addresses outside the networks that this host is in. Only use it for hosts that
          are yours to scan.
          """
        ) { $0.ownsTargets = true },
      ])
  }

  static var openPorts: OptionGroup {
    OptionGroup(
      title: "Open ports",
      rows: [
        .flag(
          nil, "confirm", "complete the handshake with open ports",
          """
          Completes the handshake with every open port after the passes, and verifies that the peer took it, as --confirm of
          the default command does; then resets the connection. At most 256 connections are open at once, and 1,000 a second
          begin, or --rate.
          """
        ) { $0.followUps.confirms = true },
        .flag(
          nil, "service", "ask whether a service is behind the SYN-ACK",
          """
          Asks every open port whether there is more than a SYN-ACK, as --service of the default command does: sends a request
          for / in HTTP/1.0, and reports what comes back.
          """
        ) { $0.followUps.asksService = true },
        .value(
          nil, "banner", "SEC", .interval(.milliseconds(100) ... .seconds(60)),
          "record what the service says first within SEC",
          """
          Completes the handshake with every open port, and records what the service says by itself within SEC, from 0.1 to 60
          seconds: up to 1,024 bytes. Nothing is sent to it.
          """
        ) { $0.followUps.banner = $1 },
        .flag(
          nil, "profile", "show window, options and more of the SYN-ACK",
          """
          Shows what the SYN-ACK of each open port says of its sender: window, options in their order, don't fragment, ECN.
          Sends nothing more.
          """
        ) { $0.profiles = true },
        .value(
          nil, "checks", "EXTENT", .word(ScanChecks.Extent.self),
          "hosts checked for answering everything: some, all, none",
          """
          Which hosts and prefixes with open ports are checked for answering everything: some, all or none. By default some:
          the first 1,024 hosts are asked 3 random high ports each, and the first 256 prefixes of IPv6 16 random addresses
          in the same /64. A host with all of these ports open, or with more than 100 open ports, is reported as suspect; a
          prefix with all of these addresses open as aliased.
          """
        ) { $0.followUps.checks = $1 },
      ])
  }

  static var scanFiles: OptionGroup {
    OptionGroup(
      title: "Files",
      rows: [
        .value(
          nil, "resume", "FILE", .file,
          excludes: [
            "--list", .init("--output", because: "use --json-file, which is continued"),
            .init("--xml", because: "use --json-file FILE, then probe merge FILE --xml OUT"),
            .init("--grepable", because: "use --json-file FILE, then probe merge FILE --grepable OUT"),
            .init("--normal", because: "use --json-file FILE, then probe merge FILE --normal OUT"),
            .init("--all-formats", because: "use --json-file FILE, then probe merge FILE --all-formats BASE"),
            .init("--confirm", because: "scan the open ones again with it"),
            .init("--service", because: "scan the open ones again with it"),
            .init("--banner", because: "scan the open ones again with it"),
            .init("--checks", because: "scan the open ones again with it"),
          ],
          "keep the scan in FILE, and go on from there",
          """
          Writes to FILE, atomically and once a second, where the scan is: seed, position, which ports were answered, and the
          options. If FILE is there, the scan goes on from it, without targets on the command line too; a FILE of another
          scan is refused. The file of --json-file is continued, so that no result is lost or doubled, even after a kill.
          Hosts are not checked for answering everything.
          """
        ) { $0.resumePath = $1 }
      ]
        + resultFiles {
          $0.files[$1] = $2
        } base: {
          $0.filesBase = $1
        })
  }

  static var pace: OptionGroup {
    OptionGroup(
      title: "Times and counts",
      rows: [
        .value(
          nil, "rate", "PPS", .integer(1...10_000_000), excludes: ["--max-rate"],
          "exactly PPS probes a second (default: up to 10,000)",
          """
          Sends PPS probes a second, exactly, without bursts of more than a millisecond; a stall is not made up for. By
          default the rate begins at 1,000 and grows while answers keep coming, up to 10,000 or --max-rate. It falls
          by half when the kernel drops packets or has no room for them, when a virtual machine's interface counts packets
          beyond its allowance, or when addresses that had answered stop doing so.
          """
        ) { $0.rate = $1 },
        .value(
          nil, "max-rate", "PPS", .integer(1...10_000_000), "highest rate that is tried (default 10,000)",
          "The highest rate that a scan without --rate grows to, in probes a second. Default 10,000."
        ) { $0.maxRate = $1 },
        .value(
          nil, "retries", "N", .integer(0...10), "ask the unanswered again, N times (default 2)",
          "Asks those that did not answer, and only those, again, up to N times. Default 2."
        ) { $0.retries = $1 },
        .value(
          "W", "timeout", "SEC", .interval(.milliseconds(10) ... .seconds(60)),
          "longest wait behind a pass (default 1)",
          """
          The longest wait for answers behind each pass, from 10 ms to 60 s. Default 1. It is shorter, but at least 0.2 s,
          where answers come fast. Behind the last pass, all of SEC is waited unless every port has answered; by default
          longer where packets were lost or late: until 1.5 s have passed without an answer, at most 8 s.
          """
        ) {
          $0.run.plan.wait = $1
          $0.lastWait = $1
        },
      ])
  }
}

extension OptionGroup {
  /// The files of results in every format that a scan writes.
  static func resultFiles(
    set: @escaping @Sendable (inout Settings, ScanFormat, FilePath) -> Void,
    base: @escaping @Sendable (inout Settings, FilePath) -> Void
  ) -> [OptionRow<Settings>] {
    [
      .value(
        nil, "xml", "FILE", .file, "nmap's XML to FILE, as nmap's -oX",
        """
        Writes nmap's XML to FILE, valid by nmap.dtd: an element for each host with all of its ports. A scan of more than
        65,536 ports has an element for each port, so that a host may come several times.
        """
      ) { set(&$0, .xml, $1) },
      .value(
        nil, "grepable", "FILE", .file, "nmap's grepable lines to FILE, as nmap's -oG",
        "Writes nmap's grepable lines to FILE, each as soon as all ports of its host are known; see --xml."
      ) { set(&$0, .grepable, $1) },
      .value(
        nil, "normal", "FILE", .file, "the text for people to FILE, as nmap's -oN",
        "Writes the text for people to FILE, without colours."
      ) { set(&$0, .normal, $1) },
      .value(
        nil, "json-file", "FILE", .file, "JSON Lines to FILE, each result as it comes",
        "Writes JSON Lines to FILE, as --json does on standard output."
      ) { set(&$0, .json, $1) },
      .value(
        nil, "all-formats", "BASE", .file, "BASE.nmap, .gnmap, .xml and .jsonl, as -oA",
        "Writes all of these: BASE.nmap, BASE.gnmap, BASE.xml and BASE.jsonl."
      ) { base(&$0, $1) },
    ]
  }
}
