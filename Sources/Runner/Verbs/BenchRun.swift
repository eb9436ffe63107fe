import Engines
import HTTP
import Handshake
import Judging
import Kernel
import Report
import Timebase
import Wire

/// Everything that `probe bench` was asked for.
public struct BenchSettings: Sendable {
  /// What means the same as for the default verb: targets, addresses, the SYN.
  public var run = RunSettings()
  /// What is done, how often, and how much at once.
  public var plan = BenchPlan()
  /// The request of each target's connections, by its place among them; empty unless HTTP is spoken.
  public var requests: [HTTPRequest] = []
  /// Whether someone has said that the targets are theirs to load.
  public var ownsTargets = false
  /// Where the histograms go, in HdrHistogram's log format.
  public var histogramLog: FilePath?
  /// Where the picture goes.
  public var picture: FilePath?

  /// The settings of a plain `probe bench HOST:PORT`: the duration is open until it, or a count, was asked for.
  public init() { plan.duration = nil }

  /// The most targets of one run: each has a table of its own.
  public static let mostTargets = 16
  /// The most connections that may be in flight: each has a port of ours, and no more are to be had.
  public static let mostConnections = 28_000

  /// Connections a second to one address of another's, beyond which it must be said that they may be made.
  public static let freeRate = 1_000.0
}

extension Run {
  /// Connections at a fixed rate, many of them in flight at once.
  public static func bench(_ settings: BenchSettings) throws(RunError) -> BenchOutcome {
    var settings = settings
    try settings.run.presentation.claim([
      .written(settings.histogramLog, by: "--histogram-log"), .written(settings.picture, by: "--svg"),
    ])
    let session = try Session(settings.run.presentation, .sockets, stamps: true)
    let all = try RunTargets(settings.run, settings.run.targets)
    // What is compared is measured at the same time: it begins when every address is known.
    if let signal = try all.settle(&settings.run.schedule) {
      return BenchOutcome(summaries: [], signal: signal, isPartial: true)
    }
    if settings.run.probesAllAddresses {
      let origins = all.spread()
      if !settings.requests.isEmpty { settings.requests = origins.map { settings.requests[$0] } }
      guard all.list.count <= BenchSettings.mostTargets else {
        throw .refused("\(all.list.count) addresses; at most \(BenchSettings.mostTargets) are measured in one run")
      }
    }
    let targets = try known(all, &settings.requests)
    let resolution = all.resolution
    var outcome = try measure(settings, targets, resolution, session)
    outcome.isPartial = targets.count < all.list.count
    try session.finish()
    return outcome
  }

  /// The targets that a route leads to; of the others is told why, and none may be left.
  private static func known(
    _ all: RunTargets, _ requests: inout [HTTPRequest]
  ) throws(RunError) -> [ResolvedTarget] {
    let kept = all.list.indices.filter { all.list[$0].source != nil }
    let problems = all.list.indices.compactMap { all.problems[$0] ?? all.list[$0].missingRoute }
    guard !kept.isEmpty else { throw .refused(problems.first ?? "no target") }
    for (index, problem) in problems.enumerated() where !problems[..<index].contains(problem) {
      Output.complain(problem)
    }
    if !requests.isEmpty { requests = kept.map { requests[$0] } }
    return kept.map { all.list[$0] }
  }

  private static func measure(
    _ settings: BenchSettings, _ targets: [ResolvedTarget], _ resolution: TargetResolution,
    _ session: Session
  ) throws(RunError) -> BenchOutcome {
    try BenchLimits.check(settings, targets)
    _ = ResourceLimit.raiseDescriptors()
    SystemClock.sharpenTimers()
    let scopes = try Scopes(targets)
    let failure = { (errno: Errno) in RunError(opening: errno).withoutConnect }
    // Where packets go straight to the interface there is a path for it alone; otherwise, and at rates that leave the
    // time for a stamp of every packet, they go the ordinary way.
    let isFast = settings.plan.rate * Double(targets.count) > BenchLimits.stampedRate
    if isFast, settings.plan.mode != .http {
      let path = try attempt(orThrow: failure) { () throws(Errno) in try BenchPacketPath(targets) }
      if let path {
        return try BenchRun(settings, targets, scopes, session).run(path)
      }
    }
    let path = try attempt(orThrow: failure) { () throws(Errno) in
      try BenchRawPath(targets, interface: resolution.interface, scopes: scopes, stamps: !isFast)
    }
    let begin = { () throws(RunError) in
      path.packets = try BenchPackets(settings.run, through: resolution.interface)
    }
    return try BenchRun(settings, targets, scopes, session).run(path, begin)
  }
}

/// How a benchmark went.
public struct BenchOutcome: Sendable {
  /// One summary a target, in the order of the command line.
  public var summaries: [BenchSummary]
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?

  /// Whether every connection that was due went as far as it was to go.
  public var isGood: Bool {
    summaries.allSatisfy { $0.completed > 0 && $0.completed == $0.started && $0.notStarted == 0 }
  }
  /// Whether targets are missing, since their names gave no address, or no route leads to them.
  public var isPartial = false
}

extension ResolvedTarget {
  /// That no route leads to the address, where it is known and none does.
  fileprivate var missingRoute: String? {
    guard isKnown, source == nil else { return nil }
    let obstacle = obstacle.list.first.map { " (\($0))" } ?? ""
    return "\(name): no route to it\(obstacle): see `ip route get`"
  }
}

/// What a benchmark may do to others, and to itself.
enum BenchLimits {
  /// Connections a second beyond which not every packet is stamped by the kernel.
  static let stampedRate = 5_000.0

  /// Refuses a rate that only the owner of a target may ask for, and a target that is named twice.
  static func check(_ settings: BenchSettings, _ targets: [ResolvedTarget]) throws(RunError) {
    for (index, target) in targets.enumerated() where targets[..<index].contains(where: { $0.remote == target.remote })
    {
      // Their connections would have the same ends.
      throw .refused("\(target.name): given twice; name each address and port once")
    }
    let isStampable = settings.plan.rate * Double(targets.count) <= stampedRate
    guard settings.run.presentation.pcapPath == nil || isStampable else {
      throw .refused(
        "--pcap timestamps every packet, which limits the rate to \(Int(stampedRate))/s in all; lower --rate, or leave --pcap out"
      )
    }
    guard !settings.ownsTargets else { return }
    let own: [IPAddress]
    do throws(Errno) { own = try Interface.localAddresses() } catch { throw .system(error) }
    for target in targets {
      let address = target.remote.address
      if address.isLoopback || own.contains(address) { continue }
      let rate = settings.plan.rate * Double(targets.count { $0.remote.address == address })
      guard rate > BenchSettings.freeRate else { continue }
      throw .refused(
        "\(target.name): more than \(Int(BenchSettings.freeRate)) connections/s to a remote "
          + "address; if you may load-test it, add --i-own-the-target")
    }
  }
}

/// One benchmark: the ports, the engine, the loop, and what is told of them.
struct BenchRun {
  private let settings: BenchSettings
  private let targets: [ResolvedTarget]
  private let scopes: Scopes
  private let session: Session
  private let presenter: BenchPresenter

  init(
    _ settings: BenchSettings, _ targets: [ResolvedTarget], _ scopes: Scopes, _ session: Session
  ) throws(RunError) {
    self.session = session
    self.settings = settings
    self.targets = targets
    self.scopes = scopes
    presenter = try BenchPresenter(settings, targets, session)
  }

  /// Runs on a path; `begin` is called last while there are privileges.
  func run(_ path: some BenchPath, _ begin: () throws(RunError) -> Void = {}) throws(RunError) -> BenchOutcome {
    var engine = try engine()
    let guards = BenchGuards(homes: engine.homes, scopes: scopes, wanted: settings.plan.concurrency)
    // The ports that the rate will need are reserved while there are privileges, and not in the midst of it.
    let expected = min(settings.plan.concurrency, 8 + Int(min(settings.plan.rate / 4, 1e6)))
    for home in engine.homes.indices {
      do throws(Errno) {
        for port in try guards.reserve(at: home, path, count: expected) { engine.add(port: port, home: home) }
      } catch {
        throw .port(error, Endpoint(engine.homes[home], 0))
      }
    }
    try begin()
    let sealed = try session.seal()
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.begin() }
    var work = BenchWork(engine: engine, path: path, guards: guards, observer: presenter.observer, sealed)
    let end: Signal?
    do throws(RunError) {
      end = try work.run()
    } catch {
      // What was measured until then is not lost, unless it cannot be told.
      if error.leavesOutput { try? presenter.summarize(work.engine, path: path.sending) }
      throw error
    }
    warn(work, path, guards)
    do throws(Errno) { try presenter.summarize(work.engine, path: path.sending) } catch {
      throw RunError(writing: error)
    }
    try presenter.writeFiles()
    return BenchOutcome(summaries: presenter.summaries, signal: end)
  }

  private func engine() throws(RunError) -> BenchEngine {
    var list: [BenchTarget] = []
    for (index, target) in targets.enumerated() {
      guard let source = target.source else { continue }
      let plan = target.plan(settings.run)
      var own = BenchTarget(
        source: source, remote: target.remote, offer: plan.offer, window: plan.window, ipFields: settings.run.ipFields)
      if index < settings.requests.count { own.request = settings.requests[index].octets }
      guard own.request.count <= min(plan.textLimit, Int(plan.offer.maximumSegmentSize ?? 536)) - 12 else {
        throw .refused("\(target.name): the request does not fit one segment; send fewer or shorter header fields")
      }
      list.append(own)
    }
    guard let engine = try? BenchEngine(settings.plan, targets: list, seed: Entropy.uint64()) else {
      throw .refused("source and target must both be IPv4 or both IPv6")
    }
    return engine
  }

  /// Says what of the packets received is in no result, what could not be sent, and which limit was met.
  private func warn(_ work: borrowing BenchWork<some BenchPath>, _ path: some BenchPath, _ guards: BenchGuards) {
    Run.warn(
      of: path.dropped, truncated: path.truncated,
      strays: settings.run.presentation.isVerbose ? work.engine.strays : 0)
    for (index, target) in targets.enumerated() {
      guard let (count, latest) = path.unsent[index] else { continue }
      let packets = count == 1 ? "1 packet" : "\(count) packets"
      Output.complain("\(target.name): \(packets) not sent: \(latest.hinted)")
    }
    guard let shortage = guards.shortage else { return }
    Output.complain("out of source ports (\(shortage.hinted))")
  }
}
