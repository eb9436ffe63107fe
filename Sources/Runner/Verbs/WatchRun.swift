import Engines
import Handshake
import Kernel
import Report
import Timebase
import Wire

/// Everything that a run without an end was asked for.
public struct WatchSettings: Sendable {
  /// What means the same as for the default verb.
  public var run = RunSettings()
  /// The state that counts as success.
  var expected: ExpectedState { run.expected ?? .open }
  /// The file that Prometheus' text collector reads; nil writes none.
  public var prometheusPath: FilePath?
  /// Where the last screen goes as a picture; nil draws none.
  public var picture: FilePath?

  /// How often names are looked up again; nil never.
  public var lookupPeriod: Interval? = .seconds(60)

  /// Reads the targets again, on SIGHUP; nil where none of them came from a file.
  public var reload: (@Sendable () -> Result<[TargetSpec], RunError>)?

  /// A run that goes on until interrupted.
  public init() { run.schedule.count = nil }
}

extension Run {
  /// Targets that are probed until someone interrupts it.
  public static func watch(_ settings: WatchSettings) throws(RunError) -> RunResult {
    var settings = settings
    try settings.run.presentation.claim(
      [.written(settings.prometheusPath, by: "--prometheus"), .written(settings.picture, by: "--svg")]
        + settings.run.filesRead)
    let session = try Session(for: settings.run)
    let targets = try RunTargets(
      settings.run, unique(settings.run.targets), isFollowed: true, every: settings.lookupPeriod)
    if let signal = try targets.settleForPort(settings.run) { return RunResult(tallies: [], signal: signal) }
    if settings.reload != nil {
      targets.prepareForReload()
      session.rereads()
    }
    let presenter = WatchPresenter(settings, targets.list)
    defer { presenter.leave() }
    try session.replaces(settings.prometheusPath)
    let picture = try session.file(settings.picture)
    if settings.run.usesKernel {
      var run = try KernelWork(settings.run, targets, presenter, session)
      try presenter.prepare()
      let result = try run.run()
      try picture?.finish(presenter.picture)
      try session.finish()
      return result
    }
    let (network, packets) = try acquire(settings.run, targets)
    let sealed = try session.seal()
    try presenter.prepare()
    let result = try byHand(settings.run, targets, presenter, network, packets, sealed) { work in
      work.revise = { engine in
        let now = SystemClock.monotonic()
        engine.setPaused(presenter.isPaused, at: now)
        try? presenter.reload(targets) { index in
          var target = targets.list[index].target(settings.run)
          if (try? network.admit(targets.list[index])) == nil || !targets.list[index].isKnown {
            target.standing = targets.isAwaited(index) ? .awaited : .absent
          }
          engine.add(target, at: now)
        } drop: {
          engine.drop($0)
        }
        for index in presenter.unreachable where targets.list[index].isKnown {
          let way = targets.resolution.way(to: targets.list[index])
          engine.reroute(index, from: way.route?.source, obstacle: way.obstacle)
        }
      }
    }
    try picture?.finish(presenter.picture)
    try session.finish()
    return result
  }

  /// Each target once: by its name metrics are distinguished.
  static func unique(_ specs: [TargetSpec]) -> [TargetSpec] {
    var names: Set<String> = []
    return specs.flatMap(\.single).filter { names.insert($0.text).inserted }
  }
}
