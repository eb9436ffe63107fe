import Engines
import Handshake
import Judging
import Kernel
import Report
import Scan
import Timebase
import Wire

/// Everything that `probe scan` was asked for.
public struct ScanSettings: Sendable {
  /// What means the same as for the default verb; its targets are the names that are to be looked up.
  public var run = RunSettings()
  /// Addresses to be scanned.
  public var included = AddressBlocks()
  /// Addresses that are not, whatever else says so.
  public var excluded = AddressBlocks()
  /// Files of addresses that are not.
  public var exclusionLists: [FilePath] = []
  /// Which part of the scan is done.
  public var shard = ScanShard.whole
  /// What the order is made from; nil draws one.
  public var seed: UInt64?
  /// How often what was not answered is asked again.
  public var retries = 2
  /// How long is listened behind the last pass; nil adapts.
  public var lastWait: Interval?
  /// Probes in a second; nil adapts.
  public var rate: Int?
  /// What a rate that adapts does not exceed; nil for the usual one.
  public var maxRate: Int?
  /// Whether what would be probed is only listed.
  public var lists = false
  /// Whether that is only counted.
  public var countsOnly = false
  /// Whether only open ports are shown.
  public var showsOpenOnly = false
  /// Whether multicast, broadcast and reserved addresses may be scanned.
  public var allowsReserved = false
  /// Whether many probes may go to hosts of others.
  public var ownsTargets = false
  /// What is asked after the passes.
  public var followUps = ScanFollowSettings()
  /// Whether results hold what their SYN-ACK says of its sender.
  public var profiles = false
  /// The files that are written beside the results.
  public var files: [ScanFormat: FilePath] = [:]
  /// The files of all formats are called by this, each with its own ending.
  public var filesBase: FilePath?
  /// The file that says where the scan is, once a second; nil keeps none.
  public var resumePath: FilePath?
  /// What that file holds; nil where the scan begins.
  public var resumption: ScanResumption?
  /// Whether the targets are those of that file.
  public var takesOldTargets = false
  /// The options of the command line, to be used again where the scan goes on.
  public var optionWords: [String] = []
  /// The program's version, and the command line, as files say them.
  public var (version, words) = ("", "")

  /// The most probes to hosts outside this one's networks, without a word of their owner.
  public static let freeProbes: UInt64 = 65_536

  /// Nothing yet.
  public init() {}
}

extension Run {
  /// Asks many ports of many addresses; says how that went.
  public static func scan(_ settings: ScanSettings) throws(RunError) -> ScanRunResult {
    var settings = settings
    // What is asked after the passes would be asked of what this run has found, and not of all.
    if settings.resumePath != nil { settings.followUps.checks = .none }
    try settings.claimFiles(settings.run.filesRead)
    let session = try Session(settings.run.presentation, .sockets)
    let names = try RunTargets(settings.run, settings.run.targets)
    if let signal = try names.settle(&settings.run.schedule) { return ScanRunResult(isWhole: false, signal: signal) }
    let isWhole = names.problems.isEmpty
    for (index, target) in names.list.enumerated() {
      if let problem = names.problems[index] {
        Output.complain(problem)
      } else {
        settings.included.append(AddressBlock(target.remote.address))
      }
    }
    let targets = try targets(settings)
    let plan = settings.plan(targets)
    if settings.lists {
      _ = try session.seal()
      try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try list(targets, plan, settings) }
      try session.finish()
      return ScanRunResult(isWhole: isWhole)
    }
    let identity = ScanIdentity(
      targets, seed: plan.seed, shard: plan.shard, passes: plan.passes, showsOpenOnly: settings.showsOpenOnly)
    guard identity.size <= ScanBits.most else {
      throw .refused("\(identity.size) probes, more than one run can keep (\(ScanBits.most)); use --shard I/N")
    }
    if try isOver(settings, identity) { return ScanRunResult(isWhole: isWhole) }
    if let path = settings.resumePath { try session.replaces(path) }
    let ways = try ScanWays(targets, settings.run)
    let parts = ways.targets
    let old = settings.resumption?.state
    let presenter = try ScanPresenter(settings, session, resumed: old?.file?.length)
    let (receivers, senders, ports) = try ways.open(plan, again: old?.localPorts ?? [])
    let counters = plan.rate == nil ? ways.counters : nil
    let network = try ScanFollowUps.network(settings, targets)
    let templates: [ScanTemplate]
    do throws(WireError) { templates = try ways.templates(settings.run) } catch {
      throw .refused("the SYNs cannot be made: \(error)")
    }
    let engine = ScanEngine(
      parts, plan, templates: templates, ways: ways.kinds, ports: ports.map(\.port),
      resuming: old.map { ScanCheckpoint(pass: $0.pass, next: $0.next, repeats: $0.repeats, tally: $0.tally) },
      answered: settings.resumption?.bits)
    if let path = settings.resumePath {
      var state = ScanState(
        identity: identity, targets: targets, key: plan.key, manner: settings.manner, options: settings.optionWords,
        pass: 0, next: 0, tally: engine.tally, elapsed: old?.elapsed ?? .zero, localPorts: ports.map(\.port))
      state.file = settings.files[.json].map { ($0.text, 0) }
      presenter.keeper = ScanKeeper(path, state)
    }
    let sealed = try session.seal()
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.begin(identity) }
    let observer = ScanObserver(
      result: { (result) throws(Errno) in try presenter.take(result) },
      progress: { (engine, dropped, now) throws(Errno) in try presenter.progress(engine, dropped, now) },
      summarize: { (engine) throws(Errno) in try presenter.summarize(engine) }, link: { presenter.link($0, $1) },
      refused: { presenter.refused($0) })
    var work = ScanWork(
      engine: engine, receivers: receivers, counters: counters, senders: senders, watching: ways.watched,
      observer: observer, sealed)
    var signal = try work.run()
    let goesOnLater = signal != nil && settings.resumePath != nil
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in
      if goesOnLater {
        // What is written from here on is cut off when it goes on.
        try presenter.keep(work.engine, at: SystemClock.monotonic(), isDurable: true)
      } else {
        while let result = work.engine.nextUnanswered() { try presenter.take(result) }
      }
      try presenter.settle(work.engine)
    }
    if signal == nil {
      let followUps = ScanFollowUps(
        settings: settings, plan: plan, targets: targets, ways: ways, presenter: presenter, network: network,
        sealed: sealed,
        scan: { (engine) throws(RunError) in
          let found = OpenPorts()
          let observer = ScanObserver(
            result: { (result) in if result.state == .open { found.results.append(result) } },
            progress: { _, _, _ in }, summarize: { (_) throws(Errno) in try presenter.summarize() },
            link: { presenter.link($0, $1) }, refused: { presenter.refused($0) })
          var work = ScanWork(
            engine: engine, receivers: receivers, counters: nil, senders: senders, watching: ways.watched,
            observer: observer, sealed)
          let signal = try work.run()
          return (found.results, work.engine.tally.sent, signal)
        }, templates: templates, ports: ports.map(\.port), rate: work.engine.rate)
      signal = try followUps.run()
    }
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.finish(signal) }
    try presenter.finishFiles()
    try session.finish()
    if !goesOnLater {
      try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in
        try presenter.keep(work.engine, at: SystemClock.monotonic(), isComplete: true, isDurable: true)
      }
    }
    return ScanRunResult(isWhole: isWhole, signal: signal)
  }

  /// Whether the file of `--resume` is of a scan that has come to its end; refuses one of another scan.
  private static func isOver(_ settings: ScanSettings, _ identity: ScanIdentity) throws(RunError) -> Bool {
    guard let path = settings.resumePath, let state = settings.resumption?.state else { return false }
    if let difference = state.difference(from: identity, manner: settings.manner) {
      throw .refused(
        "--resume \(path) is of another scan: the command line has \(difference); leave that out, or name another file")
    }
    let (old, new) = (state.file?.name, settings.files[.json]?.text)
    guard old == new else {
      throw .refused(
        "--resume \(path) is of a scan that writes \(old.map { "--json-file \($0)" } ?? "no --json-file"), and not "
          + "\(new.map { "--json-file \($0)" } ?? "none"); name the same file")
    }
    if state.isComplete { Output.complain("\(path): this scan is complete; nothing was sent") }
    return state.isComplete
  }

  /// Prints what would be probed; sends nothing.
  private static func list(_ targets: ScanTargets, _ plan: ScanPlan, _ settings: ScanSettings) throws(Errno) {
    var teller = Teller(settings.run.presentation)
    var first = 0
    while !settings.countsOnly, first < targets.blocks.count {
      let end = min(first + 256, targets.blocks.count)
      try teller.tell(.scanBlocks(Array(targets.blocks[first..<end]), isFirst: first == 0))
      first = end
    }
    var listing = ScanListing(
      targets, shard: plan.shard, seed: settings.seed, rate: plan.mostRate, passes: plan.passes,
      wait: plan.wait)
    listing.mostCheckSYNs = ScanChecks.mostSYNs(settings.followUps.checks, of: targets, passes: min(2, plan.passes))
    try teller.tell(.scanList(listing))
  }

  /// What is left to scan; refuses what no one should, or only the owner.
  private static func targets(_ settings: ScanSettings) throws(RunError) -> ScanTargets {
    let targets: ScanTargets
    do throws(ScanTargets.Mistake) {
      if settings.takesOldTargets, let old = settings.resumption?.state.targets {
        targets = old
      } else {
        targets = try ScanTargets(settings.included, excluding: settings.excluded, ports: settings.run.ports)
      }
    } catch {
      switch error {
      case .nothing: throw .refused("nothing is left to scan")
      case .tooMany: throw .refused("more than 2^48 probes; use fewer addresses or ports")
      }
    }
    if !settings.allowsReserved, let reserved = ReservedBlock.met(by: targets) {
      throw .refused(
        "\(reserved.block) is \(reserved.words) (\(reserved.source)); --exclude it, or add --allow-reserved")
    }
    guard !settings.lists, !settings.ownsTargets, targets.count > ScanSettings.freeProbes else { return targets }
    var own = AddressBlocks()
    do throws(Errno) {
      for network in try Interface.localNetworks() {
        if let block = AddressBlock(network.address, prefixLength: network.prefixLength) { own.append(block) }
      }
    } catch {
      throw .system(error)
    }
    let outside = targets.probes(outside: own)
    guard outside <= ScanSettings.freeProbes else {
      throw .refused(
        "\(outside) probes, more than \(ScanSettings.freeProbes), to hosts outside this one's networks; if you may scan "
          + "them, add --i-own-the-target")
    }
    return targets
  }
}

/// How a scan went.
public struct ScanRunResult: Sendable {
  /// Whether every target was scanned: names without an address are not.
  public var isWhole: Bool
  /// The signal that ended it early; nil where none did.
  public var signal: Signal?
}

/// What a small scan found.
private final class OpenPorts {
  var results: [ScanResult] = []
}

extension ScanSettings {
  /// Settles which files are written, and refuses those that would destroy each other or one that is read.
  mutating func claimFiles(_ read: [RunFile]) throws(RunError) {
    if let base = filesBase {
      for format in ScanFormat.allCases where files[format] == nil { files[format] = format.path(base) }
    }
    var list: [RunFile?] = read + [.written(resumePath, by: "--resume")]
    for format in ScanFormat.allCases { list.append(.written(files[format], by: format.option)) }
    try run.presentation.claim(list)
  }

  /// The plan, with random numbers where none were given.
  ///
  /// The parts of a scan need the same order: without a seed it is made from what is scanned.
  fileprivate func plan(_ targets: ScanTargets) -> ScanPlan {
    let old = resumption?.state
    let seed = seed ?? old?.identity.seed ?? (shard == .whole ? Entropy.uint64() : targets.fingerprint)
    var plan = ScanPlan(seed: seed, key: old?.key ?? SipHash.Key(k0: Entropy.uint64(), k1: Entropy.uint64()))
    (plan.shard, plan.retries, plan.rate) = (shard, retries, rate)
    if let maxRate { plan.maxRate = maxRate }
    plan.wait = run.plan.wait
    (plan.lastWait, plan.keepsSynAcks) = (lastWait, profiles)
    return plan
  }
}

extension ScanSettings {
  /// How SYNs are made and leave, in words: what must be the same where a scan goes on.
  fileprivate var manner: String {
    let (offer, fields) = (run.plan.offer, run.ipFields)
    var words = ["ttl \(fields.hopLimit)", "tos \(fields.trafficClass)"]
    if let window = run.window { words.append("window \(window)") }
    if let mss = run.maximumSegmentSize { words.append("mss \(mss)") }
    words.append(offer.windowScale.map { "wscale \($0)" } ?? "no wscale")
    words.append(offer.sack ? "sack" : "no sack")
    words.append(offer.timestamps ? "timestamps" : "no timestamps")
    if let source = run.source { words.append("from \(source)") }
    if let interface = run.interface { words.append("by \(interface)") }
    if run.sourcePort > 0 { words.append("port \(run.sourcePort)") }
    return words.joined(separator: ", ")
  }
}

/// By which ways the blocks of a scan are reached: their sources, interfaces and next hops.
///
/// A block is divided where the routing tables speak of a part of it: of each part all addresses have the same way.
struct ScanWays {
  /// What is scanned, in blocks with one way each.
  let targets: ScanTargets
  private let interface: Interface?
  /// Which way each block has: blocks between which no routing table changes its mind have the same.
  let kinds: [UInt16]
  /// The first block of each way.
  private let leads: [AddressBlock]
  /// The ways; nil where there is none.
  private let routes: [Route?]
  /// Our address on each way; where there is none, any: this host refuses those packets.
  private let sources: [IPAddress]
  private let sourcePort: UInt16

  /// The most ways, and the most blocks that the routing tables make.
  private static let mostBlocks = 65_536

  /// Asks the kernel for the way to the first address of each block that may have another one than the block before.
  init(_ whole: ScanTargets, _ settings: RunSettings) throws(RunError) {
    sourcePort = settings.sourcePort
    if settings.interface == nil,
      let block = whole.blocks.first(where: { block in
        if case .v6(let first) = IPAddress(number: block.first, block.family) { first.isLinkLocal } else { false }
      })
    {
      throw .refused("\(block): a link-local address needs an interface; add -I INTERFACE")
    }
    let source = settings.source.flatMap { IPAddress(parsing: $0) }
    var (routes, leads, kinds): ([Route?], [AddressBlock], [UInt16]) = ([], [], [])
    let starts: [IPAddress]
    do throws(Errno) {
      interface = if let name = settings.interface { try Interface.named(name) } else { nil }
      starts = try ScanWays.starts(within: whole)
      targets = whole.divided(
        at: starts.filter { start in
          whole.blocks.block(of: start).map { $0.first < start.number } ?? false
        })
    } catch {
      throw .system(error)
    }
    guard targets.blocks.count <= max(ScanWays.mostBlocks, whole.blocks.count) else {
      throw .refused("the routing table divides the targets into \(targets.blocks.count) parts; scan fewer at once")
    }
    do throws(Errno) {
      var problem: Errno?
      var next = 0
      for block in targets.blocks {
        let first = IPAddress(number: block.first, block.family)
        var isNew = leads.last?.family != block.family
        while next < starts.count, starts[next] <= first { (next, isNew) = (next + 1, true) }
        guard isNew else {
          kinds.append(UInt16(leads.count - 1))
          continue
        }
        guard leads.count < ScanWays.mostBlocks else { break }
        leads.append(block)
        kinds.append(UInt16(leads.count - 1))
        do throws(Errno) {
          routes.append(
            try Route.to(first, from: source, interface: interface))
        } catch {
          guard error.isNoRoute else { throw error }
          problem = error
          routes.append(nil)
        }
      }
      if let problem, routes.allSatisfy({ $0 == nil }) { throw problem }
    } catch {
      throw .refused("no route to a target: \(error); see `ip route get`")
    }
    guard kinds.count == targets.blocks.count else {
      throw .refused("the routing table has more than \(leads.count) ways to the targets; scan fewer at once")
    }
    (self.routes, self.leads, self.kinds) = (routes, leads, kinds)
    sources = zip(leads, routes).map { block, route in
      route?.source ?? routes.first { $0?.source.family == block.family }??.source
        ?? (block.family == .v4 ? .v4(IPv4Address(0)) : .v6(IPv6Address(0)))
    }
  }

  /// The addresses from which on the routing tables and rules say something else, in their order; those before the first
  /// target or behind the last one are left out.
  private static func starts(within targets: ScanTargets) throws(Errno) -> [IPAddress] {
    var turns: Set<IPAddress> = []
    let ends = AddressFamily.allCases.compactMap { family -> AddressBlock? in
      guard let first = targets.blocks.first(where: { $0.family == family }),
        let last = targets.blocks.last(where: { $0.family == family })
      else { return nil }
      return AddressBlock(family, first.first, last.last)
    }
    for family in AddressFamily.allCases where targets.blocks.contains(where: { $0.family == family }) {
      try RoutePrefix.each(family) { prefix in
        guard let block = AddressBlock(prefix.address, prefixLength: prefix.length) else { return }
        var starts = [block.first]
        if let next = block.next { starts.append(next) }
        for start in starts {
          // Most of a long table is elsewhere.
          guard let end = ends.first(where: { $0.family == family }), end.first < start, start <= end.last else {
            continue
          }
          turns.insert(IPAddress(number: start, family))
        }
      }
    }
    return turns.sorted()
  }

  /// The way to an address; to one of no block the first.
  func way(to address: IPAddress) -> Int {
    guard let number = targets.number(of: address, port: targets.ports[0]) else { return 0 }
    return Int(kinds[targets.probe(number).block])
  }

  /// Our address towards an address of the scan.
  func source(of address: IPAddress) -> IPAddress { sources[way(to: address)] }

  /// The MSS that an ordinary client would offer on a way.
  func segmentSize(ofWay way: Int) -> UInt16 {
    let headers = sources[way].family == .v4 ? 40 : 60
    return UInt16(clamping: max((routes[way]?.mtu ?? 1_500) - headers, 88))
  }

  /// A SYN for each way, as an ordinary client of this host would send it.
  func templates(_ settings: RunSettings) throws(WireError) -> [ScanTemplate] {
    var templates: [ScanTemplate] = []
    for (way, source) in sources.enumerated() {
      var offer = settings.plan.offer
      offer.maximumSegmentSize = settings.maximumSegmentSize ?? segmentSize(ofWay: way)
      templates.append(
        try ScanTemplate(
          from: source, offer: offer, window: settings.window ?? 64_240, ipFields: settings.ipFields))
    }
    return templates
  }

  /// Opens what a scan sends and receives by, and reserves its ports: one a pass, the same of every source, and where the
  /// rate adapts one more.
  ///
  /// Where the ports of an earlier run are free they are used again: late answers to it count.
  func open(
    _ plan: ScanPlan, again old: [UInt16] = []
  ) throws(RunError) -> ([ScanReceiver], [ScanSenderBox], ScanPorts) {
    let families = AddressFamily.allCases.filter { family in targets.blocks.contains { $0.family == family } }
    let count = plan.mostPasses + (plan.rate == nil ? 1 : 0)
    let sources = routes.compactMap { $0?.source }
    let ports: ScanPorts
    if let again = ScanPorts(again: old, count, of: sources, through: interface) {
      ports = again
    } else {
      ports = try ScanPorts(count, of: sources, through: interface, first: sourcePort)
    }
    let failure = { (errno: Errno) in RunError(opening: errno).withoutConnect }
    return try attempt(orThrow: failure) { () throws(Errno) in
      var receivers: [ScanReceiver] = []
      var senders: [ScanSenderBox] = []
      for family in families {
        let hop = hop(family)
        receivers.append(
          try ScanReceiver(
            family, interface: interface, hop: hop, ports: ports.map(\.port), rate: plan.mostRate))
        // One for the loop, and one for each thread, which there are where all packets go one way.
        let threads = families.count == 1 && hop != nil ? ScanWays.threads(rate: plan.mostRate) : 0
        for _ in 0...threads {
          senders.append(try ScanSenderBox(family: family, interface: interface, hop: hop))
        }
      }
      return (receivers, senders, ports)
    }
  }

  /// What the interface counts beyond what it is allowed; nil where there are several interfaces, or none that does.
  var counters: InterfaceCounters? {
    guard let first = routes.first??.interface, routes.allSatisfy({ $0?.interface == first }) else { return nil }
    return InterfaceCounters(of: first)
  }

  /// How many threads send at a rate: one a processor at most, and none where the loop's own is enough.
  static func threads(rate: Int) -> Int { rate > ScanWork.singleRate ? Processors.count : 0 }

  /// The ways that packets take, for who watches their links.
  var watched: [LinkWatch.Way] {
    zip(leads, routes).compactMap { block, way in
      guard let route = way else { return nil }
      return LinkWatch.Way(
        interface: route.interface, source: route.source, destination: IPAddress(number: block.first, block.family),
        gateway: route.gateway)
    }
  }

  /// The next hop of all blocks of a family; nil where they have several, or none.
  private func hop(_ family: AddressFamily) -> ScanHop? {
    let ways = zip(leads, routes).filter { $0.0.family == family }.map(\.1)
    guard let first = ways.first ?? nil, let gateway = first.gateway, first.kind == .unicast,
      ways.allSatisfy({ $0?.gateway == gateway && $0?.interface == first.interface && $0?.kind == .unicast }),
      !first.interface.isLoopback
    else { return nil }
    return ScanHop(address: gateway, interface: first.interface)
  }
}

/// The ports of a scan.
typealias ScanPorts = [ScanPort]

/// A port that a pass of a scan sends from, held at every source.
final class ScanPort {
  /// Its number.
  let port: UInt16
  private let held: [HeldBox]

  fileprivate init(port: UInt16, held: [HeldBox]) { (self.port, self.held) = (port, held) }
}

/// A held port that arrays can have.
private final class HeldBox {
  let held: HeldPort
  init(_ held: consuming HeldPort) { self.held = held }
}

extension [ScanPort] {
  /// Reserves the ports of an earlier run again; nil where that is not possible.
  fileprivate init?(again ports: [UInt16], _ passes: Int, of sources: [IPAddress], through interface: Interface?) {
    guard ports.count >= passes, !ports.contains(0), Set(ports).count == ports.count else { return nil }
    var list: [ScanPort] = []
    for port in ports.prefix(passes) {
      guard let one = try? [ScanPort](1, of: sources, through: interface, first: port) else { return nil }
      list += one
    }
    self = list
  }

  /// Reserves a port for each pass; with a first one given those that follow it.
  init(_ passes: Int, of sources: [IPAddress], through interface: Interface?, first: UInt16) throws(RunError) {
    var own: [IPAddress] = []
    for source in sources where !own.contains(source) { own.append(source) }
    var list: [ScanPort] = []
    for pass in 0..<passes {
      var port = first == 0 ? 0 : UInt16(clamping: Int(first) + pass)
      var held: [HeldBox] = []
      for source in own {
        do throws(Errno) {
          let box = HeldBox(try HeldPort(address: source, port: port, interface: interface))
          port = box.held.port
          held.append(box)
        } catch {
          throw .port(error, Endpoint(source, port))
        }
      }
      list.append(ScanPort(port: port, held: held))
    }
    self = list
  }
}
