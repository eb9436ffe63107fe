import Engines
import Handshake
import Kernel
import Path
import Report
import Timebase
import Wire

/// Everything that `probe route` was asked for.
public struct RouteSettings: Sendable {
  /// What means the same as for the default verb.
  public var run = RunSettings()
  /// How the path is asked for; the first and the last time to live are these.
  public var plan = RoutePlan()
  /// The first time to live.
  public var first: UInt8 = 1
  /// The last one.
  public var last: UInt8 = 30
  /// Whether hops are shown by their addresses alone, and no names looked up for them.
  public var showsAddressesOnly = false
  /// Whether only mtr's columns are printed at the end, and no screen shown.
  public var isReport = false
  /// Whether loss and reordering of each direction are measured behind the trace; nil where they are not.
  public var oneWay: OneWaySettings?
  /// The file that Prometheus' text collector reads; nil writes none.
  public var metricsPath: FilePath?

  /// What reports call the program.
  public var program: String

  /// A plain `probe route HOST:PORT` by a program of this name and version.
  public init(program: String) { self.program = program }
}

extension Run {
  /// Shows the path to a target, hop by hop.
  public static func route(_ settings: RouteSettings) throws(RunError) -> RouteResult {
    var settings = settings
    try settings.run.presentation.claim([.written(settings.metricsPath, by: "--prometheus")])
    let session = try Session(for: settings.run)
    let targets = try RunTargets(settings.run, settings.run.targets)
    if let signal = try targets.settle(&settings.run.schedule) {
      return RouteResult(isAsExpected: false, signal: signal)
    }
    guard let target = targets.list.first else { throw .refused("no target") }
    if let problem = targets.problems[0] { throw .refused(problem) }
    guard let source = target.source else {
      throw .refused("\(target.name): this host has no route to \(target.remote.address)")
    }
    try session.replaces(settings.metricsPath)
    let svg = try session.file(settings.run.presentation.svgPath)
    let html = try session.file(settings.run.presentation.htmlPath)
    let presenter = RoutePresenter(settings, target: target)
    defer { presenter.leave() }
    let (network, packets) = try acquire(settings.run, targets)
    try attempt(orThrow: RunError.init(opening:)) { () throws(Errno) in try network.acceptAllErrors() }
    let sealed = try session.seal()
    try presenter.prepare()
    let (signal, isMeasured) = try play(settings, from: source, to: target, presenter, network, packets, sealed)
    try svg?.finish(presenter.picture)
    try html?.finish(presenter.page(program: settings.program))
    try session.finish()
    return RouteResult(isAsExpected: presenter.isAsExpected && isMeasured, signal: presenter.wantsEnd ? nil : signal)
  }

  private static func play(
    _ settings: RouteSettings, from source: IPAddress, to target: ResolvedTarget, _ presenter: RoutePresenter,
    _ network: Network, _ packets: PacketFile?, _ sealed: Session.Sealed
  ) throws(RunError) -> (Signal?, isMeasured: Bool) {
    let plan = target.plan(settings.run)
    let syn = RouteSyn(
      offer: plan.offer, window: plan.window, ipFields: settings.run.ipFields, port: settings.run.sourcePort)
    let engine = RouteEngine(settings.plan, from: source, to: target.remote, syn: syn)
    let trace = PacketTraceTeller(settings.run.presentation)
    var ending: RouteEnding?
    var observer = LoopObserver<RouteEngine.Report> { (report) throws(Errno) in
      switch report {
      case .probe(let probe): try presenter.take(probe)
      case .roundEnded(let round): try presenter.roundEnded(round)
      case .ended(let how): ending = how
      }
    }
    observer.isSatisfied = { presenter.wantsEnd }
    observer.summarize = { () throws(Errno) in try presenter.summarize() }
    observer.signals = presenter.signals
    observer.signal = { (signal) throws(Errno) in try presenter.take(signal) }
    observer.watch = { presenter.watch(&$0) }
    observer.takeKeys = { (poller) throws(Errno) in try presenter.takeKeys(poller) }
    observer.nextTick = { presenter.nextTick() }
    observer.tick = { () throws(Errno) in try presenter.tick() }
    if settings.run.presentation.tracesPackets {
      observer.packet = { (arrival, stamp) throws(Errno) in try trace.show(arrival, at: stamp) }
    }
    var work = EngineWork(engine: engine, network: network, observer: observer, sealed)
    work.packets = packets
    work.leavesPacketsOpen = settings.oneWay != nil
    work.revise = { $0.isPaused = presenter.isPaused }
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.begin(source: source) }
    var signal = try work.run()
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in
      try presenter.finish(ending ?? RouteEnding(distance: nil, flows: 0, isComplete: nil), signal)
    }
    var isMeasured = true
    if let oneWay = settings.oneWay {
      network.releaseAll()
      let end = try measure(oneWay, settings.run, from: source, to: target, network, packets, sealed, signal)
      (isMeasured, signal) = (end.isGood, signal ?? end.signal)
    }
    warn(of: network.dropped, truncated: network.truncated, strays: 0)
    return (signal, isMeasured)
  }
}

/// How a trace went.
public struct RouteResult: Sendable {
  /// Whether the target answered, and --one-way could measure what it was to.
  public var isAsExpected: Bool
  /// The signal that ended it; nil where it ended by itself, or by a key.
  public var signal: Signal?
}
