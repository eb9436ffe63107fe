import Engines
import Handshake
import Judging
import Kernel
import Path
import Report
import Timebase
import Wire

/// What `--one-way` asks for.
public struct OneWaySettings: Hashable, Sendable {
  /// How many pairs.
  public var pairs: Int

  /// The usual number, or another.
  public init(pairs: Int = 100) { self.pairs = pairs }

  /// What an engine has found out of a target.
  fileprivate func record(of engine: OneWayEngine, _ target: ResolvedTarget, since started: Instant) -> OneWayRecord {
    OneWayRecord(
      target: target.name, remote: target.remote, wanted: pairs, counts: engine.counts, ends: engine.ends,
      elapsed: SystemClock.monotonic() - started)
  }

  /// The plan for an engine.
  func plan(_ settings: RunSettings) -> OneWayEngine.Plan {
    var plan = OneWayEngine.Plan()
    plan.pairs = pairs
    plan.offer = settings.plan.offer
    plan.ipFields = settings.ipFields
    return plan
  }
}

extension Run {
  /// Finds loss and reordering of each direction by pairs of segments.
  public static func oneWay(_ settings: RunSettings, _ oneWay: OneWaySettings) throws(RunError) -> PlayRunResult {
    var play = PlaySettings()
    play.run = settings
    let stage = try PlayStage(&play)
    if let signal = stage.signal { return PlayRunResult(isGood: false, signal: signal) }
    let target = stage.target
    let source = target.source ?? target.remote.address
    let engine = OneWayEngine(oneWay.plan(play.run), from: source, to: target.remote)
    let trace = PacketTraceTeller(settings.presentation)
    var teller = Teller(settings.presentation)
    let started = SystemClock.monotonic()
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in
      try teller.tell(
        .target(
          target.name, remote: target.remote, share: nil, source: source,
          words: "loss and reordering of each direction, \(oneWay.pairs) pairs"))
    }
    let (work, signal) = try stage.run(engine, settings.presentation, trace) { (_) throws(Errno) in }
    let record = oneWay.record(of: work.engine, target, since: started)
    if record.counts.pairs == 0, signal == nil, let refusal = trace.refusals.last { throw .refused(refusal) }
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try teller.tell(.oneWay(record)) }
    try stage.finish(junit: nil)
    return PlayRunResult(isGood: record.isComplete, signal: signal)
  }

  /// The same behind another engine of a run, with its sockets and its capture file, which is completed.
  ///
  /// Nothing more is measured once a signal has come. Good is a run of which all pairs were sent and understood.
  static func measure(
    _ oneWay: OneWaySettings, _ settings: RunSettings, from source: IPAddress, to target: ResolvedTarget,
    _ network: Network, _ packets: PacketFile?, _ sealed: Session.Sealed, _ signal: Signal?
  ) throws(RunError) -> PlayRunResult {
    var engine = OneWayEngine(oneWay.plan(settings), from: source, to: target.remote)
    if signal != nil { engine.interrupt(at: SystemClock.now()) }
    let trace = PacketTraceTeller(settings.presentation)
    var observer = LoopObserver<OneWayEngine.Report> { (_) throws(Errno) in }
    observer.refused = { (_, refusal) in trace.refusals.append(refusal.message) }
    if settings.presentation.tracesPackets {
      observer.packet = { (arrival, stamp) throws(Errno) in try trace.show(arrival, at: stamp) }
    }
    var work = EngineWork(engine: engine, network: network, observer: observer, sealed)
    work.packets = packets
    let started = SystemClock.monotonic()
    let end = try work.run()
    guard signal == nil else { return PlayRunResult(isGood: false, signal: nil) }
    let record = oneWay.record(of: work.engine, target, since: started)
    var teller = Teller(settings.presentation)
    try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try teller.tell(.oneWay(record)) }
    return PlayRunResult(isGood: record.isComplete, signal: end)
  }
}
