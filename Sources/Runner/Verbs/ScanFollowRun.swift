import Engines
import Handshake
import Kernel
import Report
import Scan
import Script
import Timebase
import Wire

/// What a scan asks of open ports after its passes.
public struct ScanFollowSettings: Hashable, Sendable {
  /// Whether the handshake is completed.
  public var confirms = false
  /// Whether it is asked what is behind the SYN-ACK.
  public var asksService = false
  /// How long is listened to what the service says by itself; nil: it is not.
  public var banner: Interval?
  /// Which hosts and prefixes are asked whether they answer for everything.
  public var checks = ScanChecks.Extent.some

  /// No connections.
  public init() {}

  /// Whether open ports are connected to, so that their results wait for what comes of it.
  public var connects: Bool { confirms || asksService || banner != nil }
}

/// What follows the passes of a scan: small scans that check hosts and prefixes, and connections to the open ports.
///
/// Connections go through the engines of other commands, over raw sockets and guarded ports as theirs do.
struct ScanFollowUps {
  let settings: ScanSettings
  let plan: ScanPlan
  let targets: ScanTargets
  let ways: ScanWays
  let presenter: ScanPresenter
  /// What connections need; nil where none are made.
  let network: Network?
  let sealed: Session.Sealed
  /// Runs a small scan to its end; returns its open ports, how many SYNs it sent, and the signal that ended it.
  let scan: (ScanEngine) throws(RunError) -> (open: [ScanResult], sent: UInt64, signal: Signal?)
  /// A SYN for each way of the scan.
  let templates: [ScanTemplate]
  /// The source ports of the passes.
  let ports: [UInt16]
  /// The rate that the passes ended with.
  let rate: Int

  /// The most connections that begin in a second, and that are open at once.
  private static let (mostRate, places) = (1_000, 256)
  /// The most connections that an engine is given.
  private static let portion = 4_096

  /// Opens what connections need, while that may be.
  static func network(_ settings: ScanSettings, _ targets: ScanTargets) throws(RunError) -> Network? {
    guard settings.followUps.connects else { return nil }
    let families = AddressFamily.allCases.filter { family in targets.blocks.contains { $0.family == family } }
    let failure = { (errno: Errno) in RunError(opening: errno).withoutConnect }
    return try attempt(orThrow: failure) { () throws(Errno) in
      let interface = if let name = settings.run.interface { try Interface.named(name) } else { nil as Interface? }
      return try Network(families: families, interface: interface, scopes: Scopes(common: interface))
    }
  }

  /// Does all of it; returns the signal that ended it early, if one did.
  func run() throws(RunError) -> Signal? {
    if let signal = try check() { return signal }
    guard let network else { return nil }
    let follow = settings.followUps
    if follow.confirms, let signal = try confirm(network) { return signal }
    if let time = follow.banner, let signal = try listen(for: time, network) { return signal }
    if follow.asksService, let signal = try askService(network) { return signal }
    return nil
  }

  // MARK: Checks

  private func check() throws(RunError) -> Signal? {
    if let question = presenter.checks.hostQuestion() {
      presenter.show("checking \(question.blocks.count) hosts with open ports")
      let (open, sent, signal) = try scan(engine(question))
      presenter.hostSYNs += sent
      if let signal { return signal }
      presenter.checks.takeHosts(open: open)
    }
    for question in presenter.checks.prefixQuestions() {
      presenter.show("checking \(question.blocks.count / ScanChecks.neighbors) prefixes of IPv6")
      let (open, sent, signal) = try scan(engine(question))
      presenter.prefixSYNs += sent
      if let signal { return signal }
      presenter.checks.takeNeighbors(of: question, open: open)
    }
    return nil
  }

  /// A scan of what is asked; what was excluded stays so.
  private func engine(_ question: ScanChecks.Question) throws(RunError) -> ScanEngine {
    let asked: ScanTargets
    do throws(ScanTargets.Mistake) {
      // Neighbours that are reached by different ways stay apart.
      asked = try ScanTargets(AddressBlocks(question.blocks), excluding: settings.excluded, ports: question.ports)
        .divided(at: ways.targets.blocks.map { IPAddress(number: $0.first, $0.family) })
    } catch {
      throw .refused("nothing is left to check")
    }
    let examples = Dictionary(question.examples) { first, _ in first }
    let list = asked.blocks.map { block in
      let address = IPAddress(number: block.first, block.family)
      let example = targets.index(of: address) == nil ? examples[ScanChecks.network(block.first)] ?? address : address
      return templates[ways.way(to: example)]
    }
    var plan = ScanPlan(seed: plan.seed, key: plan.key)
    (plan.retries, plan.rate, plan.wait) = (min(1, self.plan.retries), rate, self.plan.wait)
    return ScanEngine(asked, plan, templates: list, ports: ports)
  }

  // MARK: Connections

  private var gap: Interval {
    .nanoseconds(1_000_000_000 / Int64(max(min(settings.rate ?? ScanFollowUps.mostRate, ScanFollowUps.mostRate), 1)))
  }

  /// Completes the handshake with each open port; whether it took that is asked by a keep-alive probe (`--confirm`).
  private func confirm(_ network: Network) throws(RunError) -> Signal? {
    var first = 0
    while first < presenter.open.count {
      let places = first..<min(first + ScanFollowUps.portion, presenter.open.count)
      let list = places.map { place in
        let result = presenter.open[place]
        return ConnectEngine.Target(
          source: ways.source(of: result.address), remote: Endpoint(result.address, result.port),
          plan: confirmation(result.address))
      }
      var schedule = Schedule()
      schedule.gap = gap
      schedule.interval = gap
      let engine = ConnectEngine(
        targets: list, schedule: schedule, room: Room(schedule, targets: list.count))
      var observer = LoopObserver<ConnectEngine.Finding> { (finding) throws(Errno) in
        guard let outcome = finding.outcome else { return }
        presenter.learn(places.lowerBound + finding.target) { $0.confirmation = ScanConfirmation(outcome) }
        presenter.show("confirming: \(places.lowerBound + finding.target + 1) of \(presenter.open.count)")
      }
      if let signal = try run(engine, network, &observer) { return signal }
      first = places.upperBound
    }
    return nil
  }

  /// The handshake of an ordinary client, and an RST.
  private func confirmation(_ address: IPAddress) -> Plan {
    var plan = settings.run.plan
    plan.offer.maximumSegmentSize =
      settings.run.maximumSegmentSize ?? ways.segmentSize(ofWay: ways.way(to: address))
    (plan.confirm, plan.close, plan.data) = (true, .rst, [])
    (plan.wait, plan.retries) = (.seconds(1), max(self.plan.retries, 1))
    (plan.ipFields, plan.window) = (settings.run.ipFields, settings.run.window ?? plan.window)
    return plan
  }

  private func listen(for time: Interval, _ network: Network) throws(RunError) -> Signal? {
    var conversations: [AddressFamily: Conversation] = [:]
    do throws(ScriptMistake) {
      for family in AddressFamily.allCases { conversations[family] = try .banner(within: time, family: family) }
    } catch {
      throw .refused("\(error)")
    }
    let (open, ways, retries, known) = (presenter.open, ways, max(plan.retries, 1), conversations)
    let director = CrowdDirector<BannerDirector>(open.count) { place in
      let address = open[place].address
      guard let conversation = known[address.family] else { return nil }
      return (
        BannerDirector(conversation, with: Endpoint(address, open[place].port), retries: retries),
        ways.source(of: address)
      )
    }
    var setting = Play.Setting(ipFields: settings.run.ipFields)
    setting.keeps = ScanFollowUp.mostOctets
    return try play(director, setting, network, "listening") { place, octets, followUp in followUp.banner = octets }
  }

  private func askService(_ network: Network) throws(RunError) -> Signal? {
    let (open, ways) = (presenter.open, ways)
    let asked = Run.randomPorts(ServiceSettings().randomPorts)
    let director = CrowdDirector<ServiceDirector>(open.count) { place in
      let address = open[place].address
      let request = PlaySettings.request(host: "\(address)".bracketedHost)
      guard let conversation = try? Conversation.service(sending: request, family: address.family) else { return nil }
      return (
        ServiceDirector(conversation, with: Endpoint(address, open[place].port), ports: asked),
        ways.source(of: address)
      )
    }
    return try play(director, Play.Setting(ipFields: settings.run.ipFields), network, "asking for services") {
      _, finding, followUp in followUp.service = finding.state
    }
  }

  private func play<One: PlayDirector>(
    _ director: CrowdDirector<One>, _ setting: Play.Setting, _ network: Network, _ words: String,
    _ take: @escaping (Int, One.Report, inout ScanFollowUp) -> Void
  ) throws(RunError) -> Signal? {
    guard let first = presenter.open.first else { return nil }
    let room = Room(Schedule(), targets: min(presenter.open.count, ScanFollowUps.places))
    let engine = PlayEngine(
      director: director, from: ways.source(of: first.address), setting: setting, places: room.places, gap: gap)
    var observer = LoopObserver<CrowdDirector<One>.Report?> { (report) throws(Errno) in
      guard let report, let finding = report.finding else { return }
      presenter.learn(report.place) { take(report.place, finding, &$0) }
      presenter.show("\(words): \(report.place + 1) of \(presenter.open.count)")
    }
    return try run(engine, network, &observer)
  }

  private func run<E: Engine>(
    _ engine: E, _ network: Network, _ observer: inout LoopObserver<E.Report>
  ) throws(RunError) -> Signal? {
    // One address that takes no packets must not end what is asked of the others.
    observer.refused = { (_, _) in }
    observer.summarize = { () throws(Errno) in try presenter.summarize() }
    var work = EngineWork(engine: engine, network: network, observer: observer, sealed)
    let signal = try work.run()
    network.releaseAll()
    return signal
  }
}
