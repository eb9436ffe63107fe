import Engines
import Handshake
import Judging
import Kernel
import Timebase
import Wire

/// The runs that the verbs ask for, each in a `Session`.
public enum Run {
  /// Connections to one target or several, by hand or by the kernel.
  public static func probe(_ settings: RunSettings) throws(RunError) -> RunResult {
    var settings = settings
    try settings.presentation.claim(settings.filesRead.map { $0 })
    let session = try Session(for: settings)
    // What is waited for may get its name, or another address, meanwhile.
    let isPatient = settings.awaited != nil
    let targets = try RunTargets(
      settings, settings.targets, isFollowed: isPatient, every: isPatient ? .seconds(1) : nil)
    if settings.probesAllAddresses {
      if let signal = try targets.settle(&settings.schedule) { return RunResult(tallies: [], signal: signal) }
      _ = targets.spread()
    }
    if let signal = try targets.settleForPort(settings) { return RunResult(tallies: [], signal: signal) }
    let drawings = try Drawings(settings.presentation, session)
    let presenter = Presenter(settings, targets: targets.list, drawings: drawings)
    let result: RunResult
    if settings.usesKernel {
      var run = try KernelWork(settings, targets, presenter, session)
      result = try run.run()
    } else {
      let (network, packets) = try acquire(settings, targets)
      result = try byHand(settings, targets, presenter, network, packets, session.seal())
    }
    try drawings?.finish(presenter.summaries)
    try session.finish()
    if result.signal == nil { for line in presenter.unseen { Output.complain(line) } }
    return result
  }

  /// A full connection to a listener of our own on loopback.
  ///
  /// Where raw sockets are not allowed the process first moves into a network namespace of its own, in which they
  /// are.
  public static func demo(_ presentation: Presentation, family: AddressFamily) throws(RunError) -> RunResult {
    var presentation = presentation
    try presentation.claim([])
    let session = try Session(presentation, .sockets)
    let drawings = try Drawings(presentation, session)
    if !Capability.has(.netRaw) {
      do throws(Errno) {
        try Namespace.enterPrivate()
      } catch {
        throw .refused(
          "the demo needs raw sockets, and this system allows no user namespaces (\(error)); run: sudo probe demo")
      }
    }
    session.stamp()
    let address: IPAddress = family == .v4 ? .v4(IPv4Address(127, 0, 0, 1)) : .v6(IPv6Address(1))
    var settings = RunSettings()
    settings.presentation = presentation
    let companion = try listener(at: address)
    let host = family == .v4 ? "127.0.0.1" : "::1"
    settings.targets = [TargetSpec(host: host, port: companion.port)]
    let targets = try RunTargets(settings, settings.targets)
    let (network, packets) = try acquire(settings, targets)
    let presenter = Presenter(settings, targets: targets.list, drawings: drawings)
    let result = try byHand(
      settings, targets, presenter, network, packets, session.seal(), companion: companion)
    try drawings?.finish(presenter.summaries)
    try session.finish()
    return result
  }

  private static func listener(at address: IPAddress) throws(RunError) -> DemoServer {
    do throws(Errno) {
      return try DemoServer(address: address)
    } catch {
      throw .refused("the demo cannot listen on \(address): \(error)")
    }
  }

  /// Opens what needs a privilege, and reserves what was asked for by number.
  ///
  /// The capture file is begun last, so that no run that could not begin empties one. With `sendsAnything` a packet may be
  /// one that a raw socket would change.
  static func acquire(
    _ settings: RunSettings, _ targets: RunTargets, sendsAnything: Bool = false
  ) throws(RunError) -> (Network, PacketFile?) {
    let scopes = try Scopes(targets.list)
    let network = try attempt(orThrow: RunError.init(opening:)) { () throws(Errno) in
      try Network(
        families: targets.families, interface: targets.resolution.interface, scopes: scopes,
        sendsAnything: sendsAnything || settings.sendsAnything)
    }
    if settings.sourcePort != 0 {
      for source in targets.list.compactMap(\.source) where !network.keeps(Endpoint(source, settings.sourcePort)) {
        let endpoint = Endpoint(source, settings.sourcePort)
        do throws(Errno) { try network.keep(endpoint) } catch { throw .port(error, endpoint) }
      }
    }
    return (network, try PacketFile(settings.presentation))
  }

  /// Runs the schedule by hand, over what was acquired, to its end or a signal.
  static func byHand(
    _ settings: RunSettings, _ targets: RunTargets, _ presenter: any ConnectionPresenter, _ network: Network,
    _ packets: PacketFile?, _ sealed: Session.Sealed, companion: DemoServer? = nil,
    adjust: (inout EngineWork<ConnectEngine>) -> Void = { _ in }
  ) throws(RunError) -> RunResult {
    let engine = ConnectEngine(
      targets: targets.engineTargets(settings), schedule: settings.schedule, sourcePort: settings.sourcePort,
      room: Room(settings.schedule, targets: targets.list.count))
    // The first dictionary of a process takes longer than a probe: one probe alone does without.
    var distances = settings.schedule.count == 1 && targets.list.count == 1 ? nil : AnswerDistances()
    var observer = LoopObserver<ConnectEngine.Finding> { (finding) throws(Errno) in
      var finding = finding
      guard finding.putOff == 0 else { return try presenter.putOff(finding.putOff, from: finding.sequence) }
      guard !finding.isLeftOut else { return try presenter.leaveOut(finding.target, sequence: finding.sequence) }
      if var outcome = finding.outcome {
        distances?.take(&outcome)
        finding.outcome = outcome
      }
      try presenter.show(finding.target, sequence: finding.sequence, finding.outcome)
    }
    observer.isSatisfied = { presenter.isSatisfied }
    observer.refused = { (finding, refusal) throws(Errno) in try presenter.refused(finding.target, refusal) }
    observer.summarize = { () throws(Errno) in try presenter.summarize() }
    observer.signals = presenter.signals
    observer.signal = { (signal) throws(Errno) in try presenter.take(signal) }
    observer.watch = { presenter.watch(by: &$0) }
    observer.takeKeys = { (poller) throws(Errno) in try presenter.takeKeys(poller) }
    observer.nextTick = { presenter.nextTick }
    observer.tick = { () throws(Errno) in try presenter.tick() }
    if settings.presentation.tracesPackets {
      observer.packet = { (arrival, stamp) throws(Errno) in try presenter.show(arrival, at: stamp) }
    }
    var work = EngineWork(engine: engine, network: network, observer: observer, sealed, companion: companion)
    work.packets = packets
    if targets.hasNames || targets.isReloadable {
      let learn = { (engine: inout ConnectEngine, news: RunTargets.News, now: Instant) throws(Errno) in
        try targets.learn(news, &engine, settings, network, presenter, at: now)
      }
      work.names = (targets, learn)
    }
    adjust(&work)
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in
      try presenter.begin()
      try targets.tellProblems(presenter)
    }
    let end: Signal?
    do throws(RunError) {
      end = try work.run()
    } catch {
      // What was measured until then is not lost, unless it cannot be told.
      if presenter.tallies.contains(where: { $0.decided > 0 }), error.leavesOutput { try? presenter.summarize() }
      throw error
    }
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in
      if end == nil { try targets.tellAbandoned(presenter, settings.schedule.deadline) }
      try presenter.conclude()
    }
    warn(
      of: network.dropped, truncated: network.truncated,
      strays: settings.presentation.isVerbose ? work.engine.strays : 0)
    return RunResult(tallies: presenter.tallies, signal: end)
  }

  /// Says what of the packets received is in no result; where not even that can be written, no one is there to read.
  static func warn(of dropped: UInt32, truncated: Int, strays: Int) {
    if dropped > 0 {
      Output.complain("the kernel dropped \(dropped) packets (receive buffer full); some replies may be missing")
    }
    if truncated > 0 {
      Output.complain(
        "\(truncated) packets were longer than the receive buffer and were rejected; some replies may be missing")
    }
    if strays > 0 {
      Output.complain("\(strays) packets belonged to no connection of this run")
    }
  }
}

extension Room {
  /// What a run needs for itself besides a descriptor for each connection: routes, neighbours, files.
  private static let spare = 4

  /// The room of a run: no more connections are in flight than there are descriptors for.
  init(_ schedule: Schedule, targets: Int) {
    let most = Room(for: targets, count: schedule.count).places
    // Few are asked for where few are needed.
    let needed = min(most, min(schedule.count ?? most, most) * targets)
    let free = ResourceLimit.remainingDescriptors(upTo: needed + Room.spare) - Room.spare
    self.init(for: targets, count: schedule.count, descriptors: free < needed ? free : .max)
  }
}

/// What a script wants to know of a run: kept per target, in bounded memory.
public struct Tally: Hashable, Sendable {
  /// Probes that have ended with a verdict.
  public private(set) var decided = 0
  /// Probes that something valid answered: a SYN-ACK or an RST.
  public private(set) var answered = 0
  /// How many probes got each verdict.
  public private(set) var verdicts = VerdictCounts()
  /// The verdicts of those that something answered: the port itself, or an ICMP error.
  public private(set) var answers = VerdictCounts()
  /// Probes that this host refused to send.
  public private(set) var unsent = 0
  /// Whether every filtered verdict was for lack of anything that could be believed.
  public private(set) var onlyInvalid = true

  /// Counts one probe.
  mutating func add(_ verdict: Verdict, _ reason: Reason) {
    decided += 1
    verdicts.add(verdict)
    if verdict == .open || verdict == .refused { answered += 1 }
    if verdict == .open || verdict == .refused || reason.isICMPError { answers.add(verdict) }
    if reason == .notSent { unsent += 1 }
    if reason != .invalidReplies { onlyInvalid = false }
  }

  /// Whether there were probes, and none of them could be sent: nothing was found out.
  public var isUnsent: Bool { decided > 0 && unsent == decided }

  /// Whether a probe found what was expected, and none was answered otherwise: lost probes alone say nothing else.
  ///
  /// For ping any answer will do, whatever else came.
  public func isAsExpected(_ expected: ExpectedState) -> Bool {
    let unsent = expected == .unreachable ? unsent : 0
    guard verdicts.count(admittedBy: expected) > unsent else { return false }
    return expected == .any || Verdict.allCases.allSatisfy { expected.admits($0) || answers[$0] == 0 }
  }

  /// The best verdict that any of the probes got; nil where none has ended.
  public var best: Verdict? { Verdict.allCases.first { verdicts[$0] > 0 } }
}

/// How a run went.
public struct RunResult: Sendable {
  /// One tally a target, in the order of the command line.
  public var tallies: [Tally]
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?
}

/// A listener of our own on loopback, served from the one loop: what `probe demo` connects to.
final class DemoServer {
  private let listener: Listener
  private var connections: [Held] = []

  /// The most connections that are held at once.
  private static let capacity = 16

  private final class Held {
    let connection: ListenerConnection
    init(_ connection: consuming ListenerConnection) { self.connection = connection }
  }

  /// Listens on a port that the kernel chooses.
  init(address: IPAddress) throws(Errno) { listener = try Listener(address: address) }

  /// The port that it listens on.
  var port: UInt16 { listener.port }

  /// Accepts what has come, reads it, and closes what the other side has closed.
  func serve() throws(Errno) {
    while connections.count < DemoServer.capacity, let connection = try listener.accept() {
      connections.append(Held(connection))
    }
    for index in connections.indices.reversed() {
      if try connections[index].connection.step() { connections.remove(at: index) }
    }
  }

  /// Asks the poll loop to watch the listener.
  func watch(by poller: inout Poller) { _ = poller.add(listener.descriptor, for: .readable) }
}
