import Handshake
import Judging
import Scan
import Timebase
import Wire

/// `probe scan`.
enum ScanFields {
  private static let verdicts = ScanTally.states.map(\.rawValue)

  /// A line for each block of addresses that would be scanned.
  static let blocks = RecordTable<AddressBlock>(
    "scan-block",
    [
      .text("first", "the first address") { "\(IPAddress(number: $0.first, $0.family))" },
      .text("last", "the last address") { "\(IPAddress(number: $0.last, $0.family))" },
    ])

  /// What would be scanned.
  static let listings = RecordTable<ScanListing>(
    "scan-list",
    [
      .number("addresses", "how many addresses there are") { $0.addresses },
      .text("ports", "the ports, as ranges") { PortRanges.text($0.ports) },
      .number("probes", "how many ports of addresses there are") { $0.probes },
      .text("fingerprint", "what the same addresses and ports always have") { $0.fingerprint.hexadecimal },
      .number(orNull: "seed", "the seed of the order, if it was given; null otherwise") { $0.seed },
      .number("shard", "the part that would be done, from 1") { $0.shard.index + 1 },
      .number("shards", "of how many") { $0.shard.count },
      .number("shard_probes", "how many probes that part has") { $0.size },
      .number("rate", "probes in a second: those of --rate, or the most without it") { $0.rate },
      .number("passes", "how many passes there are at most") { $0.passes },
      .time("pass_ns", "how long the first pass takes") { $0.time },
      .time("longest_ns", "how long all passes take if nothing answers") { $0.longest },
      .number("check_syns", "SYNs that `--checks` sends at most to hosts and prefixes with open ports") {
        $0.mostCheckSYNs
      },
    ])

  private static let identity = FieldTable<ScanIdentity>([
    .number("addresses", "how many addresses there are") { $0.addresses },
    .text("ports", "the ports, as ranges") { PortRanges.text($0.ports) },
    .number("probes", "how many ports of addresses there are") { $0.probes },
    .text("fingerprint", "what the same addresses and ports always have") { $0.fingerprint.hexadecimal },
    .text("seed", "what the order is made from, in hexadecimal") { $0.seed.hexadecimal },
    .number("shard", "the part that is done, from 1") { $0.shard.index + 1 },
    .number("shards", "of how many") { $0.shard.count },
    .number("passes", "how many passes there are at most") { $0.passes },
    .truth("open_only", "whether only open ports are shown") { $0.showsOpenOnly },
  ])

  /// What a scan is: the first line.
  static let beginnings = RecordTable<(identity: ScanIdentity, head: ScanHead)>(
    "scan-begin",
    [
      .members(of: identity) { $0.identity },
      .text("version", "the version of probe") { $0.head.version },
      .text("started", "when it began: RFC 3339 in UTC") { $0.head.started.rfc3339 },
    ])

  /// The first line of a file of `--resume`; binary words follow.
  static let states = RecordTable<(state: ScanState, words: UInt64)>(
    "scan-resume",
    [
      .members(of: identity) { $0.state.identity },
      .truth("complete", "whether nothing is left to do") { $0.state.isComplete },
      .number("pass", "the pass, from 0") { $0.state.pass },
      .number("repeats", "how many passes were added because this host lost packets") { $0.state.repeats },
      .number("next", "up to which probe all of the pass were sent and waited for") { $0.state.next },
      .answers("answers", "answers first seen, for open, closed, filtered and unreachable, in each pass") {
        $0.state.tally.answers.map { $0.map { Int(clamping: $0) } }
      },
      .number("sent", "how many SYNs were sent") { $0.state.tally.sent },
      .number("duplicates", "answers to ports that had answered") { $0.state.tally.duplicates },
      .number("rejected", "packets to the scan's ports that answer none of its SYNs") { $0.state.tally.rejected },
      .number("dropped", "packets that the kernel had no room for") { $0.state.dropped },
      .time("time_ns", "how long it took so far") { $0.state.elapsed },
      .text("key0", "the first half of the key of sequence numbers, in hexadecimal") { $0.state.key.k0.hexadecimal },
      .text("key1", "the second half") { $0.state.key.k1.hexadecimal },
      .numbers("local_ports", "the source ports, one a pass") { $0.state.localPorts.map { Int($0) } },
      .text("manner", "how SYNs are made and leave") { $0.state.manner },
      .texts("options", "the options of the command line") { $0.state.options },
      .text(orNull: "file", "the file of results that is continued; null without one") { $0.state.file?.name },
      .number(orNull: "file_length", "how many bytes of it belong to this state; null without a file") {
        $0.state.file?.length
      },
      .number("blocks4", "how many blocks of IPv4 follow, of 8 bytes") { line in
        line.state.targets.blocks.count { $0.family == .v4 }
      },
      .number("blocks6", "how many blocks of IPv6 follow, of 32 bytes") { line in
        line.state.targets.blocks.count { $0.family == .v6 }
      },
      .number("words", "how many words of 64 bits follow that say which probes were answered") { $0.words },
    ])

  /// A line for each port of each address.
  static let results = RecordTable<(result: ScanResult, service: String?)>(
    "result",
    [
      .text("address", "the address") { "\($0.result.address)" },
      .number("port", "the port") { $0.result.port },
      .word("state", among: verdicts, "its state: see States") { $0.result.state.rawValue },
      .word("reason", among: Reason.allCases.map(\.rawValue), "why: see Reasons") { $0.result.reason.rawValue },
      .time(
        orNull: "rtt_ns", "from the SYN to the SYN-ACK, by the user-space clock; null without a timestamp in the answer"
      ) { $0.result.rtt },
      .number(orNull: "ttl", "time to live, or hop limit, of the answer; null without one") { $0.result.hopLimit },
      .number("transmissions", "the pass that was answered, from 1; for no answer, the number of passes") {
        $0.result.pass
      },
      .text(orNull: "router", "who sent the ICMP error, if not the address itself; null otherwise") {
        $0.result.router.map { "\($0)" }
      },
      .text(orNull: "service", "the name of the port in /etc/services; null if it has none") { $0.service },
      .object(orNull: "syn_ack", "with `--profile`: what the SYN-ACK says of its sender; null otherwise", synAck) {
        $0.result.synAck
      },
      .word(
        orNull: "confirmation", among: ScanConfirmation.words,
        "with `--confirm`: what came of a whole handshake; null without one"
      ) { $0.result.followUp?.confirmation?.rawValue },
      .word(
        orNull: "service_state", among: ServiceState.words,
        "with `--service`: what is behind the SYN-ACK, see Services; null if that was not asked"
      ) { $0.result.followUp?.service?.rawValue },
      .text(
        orNull: "banner",
        "with `--banner`: what the service said first, empty if nothing; null without a connection"
      ) { $0.result.followUp?.banner.map { String(preserving: $0) } },
      .truth(
        orNull: "suspect", "whether a `mark` says so of the host; null if that was not known when this was written"
      ) { $0.result.followUp?.isSuspect },
      .truth(orNull: "aliased", "whether a `mark` says so of the prefix; null as above") {
        $0.result.followUp?.isAliased
      },
    ])

  static let synAck = FieldTable<SynAckFacts>([
    .number("window", "the window field, bytes, not scaled") { $0.window },
    .texts("options", "its options in the order of the header, padding too, in tcpdump's words") {
      OptionWords.list($0.options)
    },
    .number(orNull: "mss", "its MSS; null without the option") { $0.options.maximumSegmentSize },
    .number(orNull: "wscale", "its window scale; null without the option") { $0.options.windowScale },
    .truth("sack", "whether it agreed to selective acknowledgments") { $0.options.isSACKPermitted },
    .truth("timestamps", "whether it has timestamps") { $0.options.timestamps != nil },
    .truth("ecn", "whether it agreed to explicit congestion notification") { $0.agreesToECN },
    .truth("df", "whether IPv4's don't fragment is on; true for IPv6") { $0.dontFragment },
    .number(orNull: "ip_id", "IPv4's identification; null with IPv6") { $0.identification },
    .number("tos", "type of service or traffic class") { $0.trafficClass },
  ])

  /// A line for each host that is suspect, and for each prefix that is aliased.
  static let marks = RecordTable<ScanMark>(
    "mark",
    [
      .word("mark", among: ["suspect", "aliased"], "`suspect`: a host; `aliased`: a prefix of IPv6") { $0.word },
      .text(orNull: "address", "the address of the host; null for a prefix") { $0.isAliased ? nil : $0.place },
      .text(orNull: "prefix", "the prefix; null for a host") { $0.isAliased ? $0.place : nil },
      .word(
        "why", among: ScanMark.Reason.words,
        "`random-ports`: they are open too; `many-ports`: more than 100 are open; `neighbors`: they are open too"
      ) { $0.reason.rawValue },
      .number("asked", "how many random ports or neighbors were asked, or how many ports are open") { $0.asked },
      .number("open", "how many of them are open") { $0.open },
    ])

  /// What it comes to.
  static let summaries = RecordTable<ScanSummary>(
    "scan",
    [
      .number("probes", "how many ports were to be asked") { $0.probes },
      .number("sent", "how many SYNs were sent") { $0.tally.sent },
      .number("passes", "how many passes there were") { $0.passes },
      .number("open", "how many ports are open") { $0.tally.count(of: .open) },
      .number("closed", "how many are closed") { $0.tally.count(of: .refused) },
      .number("filtered", "how many are filtered, those without an answer included") { $0.tally.count(of: .filtered) },
      .number("unreachable", "how many are unreachable") { $0.tally.count(of: .unreachable) },
      .number("unanswered", "how many gave no answer") { $0.tally.unanswered },
      .number("duplicates", "answers to ports that had answered") { $0.tally.duplicates },
      .number("rejected", "packets to the scan's ports that answer none of its SYNs") { $0.tally.rejected },
      .number("dropped", "packets that arrived and that the kernel had no room for; answers may be among them") {
        $0.dropped
      },
      .number("unsent", "packets that this host had no room for, or refused to send") { $0.unsent },
      .number("repeats", "passes that were added, without a retry, because this host lost packets") { $0.repeats },
      .list(
        "missed", "what was missed of each state, at least, by the passes: see Scans; none after a single pass", missed
      ) { summary in
        ScanTally.states.compactMap { state in
          summary.tally.missed(state, passes: summary.passes, of: summary.probes).map { (state, $0) }
        }
      },
      .time("time_ns", "how long it took") { $0.elapsed },
      .object("suspect_hosts", "hosts with open ports: were random ports of them asked?", checked) { $0.hosts },
      .object("aliased_prefixes", "prefixes of IPv6 with open ports: were neighbors in them asked?", checked) {
        $0.prefixes
      },
      .mark("interrupted", "whether ports were left out: an interrupt, or shards that are missing") {
        $0.isInterrupted
      },
    ])

  private static let checked = FieldTable<ScanSummary.Checked>([
    .number("seen", "how many there are") { $0.seen },
    .number("checked", "how many were checked") { $0.asked },
    .number("marked", "of how many a `mark` says so") { $0.marked },
    .number("sent", "SYNs sent for that; the scan's `sent` does not count them") { $0.sent },
  ])

  private static let missed = FieldTable<(state: Verdict, bound: MissedBound)>([
    .word("state", among: verdicts, "the state") { $0.state.rawValue },
    .numbers("answers", "answers first seen in each pass") { $0.bound.answers.map { Int(clamping: $0) } },
    .decimal(orNull: "at_least", "how many were missed at least; null if the passes do not show it") {
      if case .atLeast(let count) = $0.bound.value { count } else { nil }
    },
    .truth("differs", "whether loss clearly differs between targets: then more may be missing") {
      $0.bound.differsBetweenTargets
    },
  ])
}

/// What a scan would do: how many probes, in which order and how fast.
public struct ScanListing: Hashable, Sendable {
  /// How many addresses there are.
  public var addresses: UInt64
  /// The ports.
  public var ports: [UInt16]
  /// What these addresses and ports always have.
  public var fingerprint: UInt64
  /// Which part of it would be done.
  public var shard: ScanShard
  /// The seed that was given.
  public var seed: UInt64?
  /// Probes in a second.
  public var rate: Int
  /// How many passes there are at most, and the longest wait behind each.
  public var (passes, wait): (Int, Interval)
  /// The most SYNs of checks.
  public var mostCheckSYNs: UInt64 = 0

  /// What a scan of these targets would do.
  public init(
    _ targets: ScanTargets, shard: ScanShard, seed: UInt64?, rate: Int, passes: Int, wait: Interval
  ) {
    (addresses, ports, fingerprint) = (targets.addresses, targets.ports, targets.fingerprint)
    (self.shard, self.seed, self.rate, self.passes, self.wait) = (shard, seed, rate, passes, wait)
  }

  /// How many probes there are in all parts.
  var probes: UInt64 { addresses * UInt64(ports.count) }
  /// How many there are in this part.
  var size: UInt64 { shard.size(of: probes) }
  /// How long one pass takes.
  var time: Interval { time(of: size) }
  /// How long all passes take where nothing answers.
  var longest: Interval { time(of: size * UInt64(passes)) + wait * Int64(passes) }

  private func time(of probes: UInt64) -> Interval {
    let (seconds, rest) = probes.quotientAndRemainder(dividingBy: UInt64(max(rate, 1)))
    // A century is as good as for ever.
    guard seconds < 3_000_000_000 else { return .seconds(3_000_000_000) }
    return .nanoseconds(Int64(seconds) * 1_000_000_000 + Int64(rest * 1_000_000_000 / UInt64(max(rate, 1))))
  }
}

extension UInt64 {
  /// Sixteen hexadecimal digits.
  var hexadecimal: String {
    String(repeating: "0", count: 16 - String(self, radix: 16).utf8.count) + String(self, radix: 16)
  }
}

extension ScanState {
  /// The first line of the file of `--resume`, without its line feed.
  public func header(_ bits: ScanBits) -> String {
    String(ScanFields.states.line((self, ScanState.words(of: bits, isComplete))).dropLast())
  }
}
