import Engines
import Handshake
import Kernel
import Report
import Timebase
import Wire

extension Run {
  /// Targets that are probed until somebody interrupts it.
  public static func watch(_ settings: WatchSettings) throws(RunError) -> RunResult {
    let session = Session(stamps: !settings.run.usesKernel)
    let resolution = try TargetResolution(settings.run)
    let targets = unique(try resolution.resolve())
    let presenter = WatchPresenter(settings, targets)
    defer { presenter.leave() }
    session.replaces(settings.prometheusPath)
    if settings.run.usesKernel {
      var run = try KernelRun(settings.run, targets, presenter, session)
      try presenter.prepare()
      run.revise = { targets in presenter.takeMoves(resolution) { targets[$0] = $1 } }
      return try run.run()
    }
    // The families of all targets, also of those that no route leads to yet.
    let families = AddressFamily.allCases.filter { family in targets.contains { $0.remote.address.family == family } }
    let (network, packets) = try acquire(settings.run, targets, resolution.interface, families: families)
    let sealed = try session.seal()
    try presenter.prepare()
    return try byHand(settings.run, targets, presenter, network, packets, sealed) { loop in
      loop.revise = { engine in
        presenter.takeMoves(resolution) { engine.retarget($0, to: $1.target(settings.run)) }
        for index in presenter.unreachable {
          let way = resolution.way(to: presenter.resolved[index])
          engine.reroute(index, from: way.route?.source, obstacle: way.obstacle)
        }
      }
    }
  }

  /// Each target once: by its name metrics are told apart.
  private static func unique(_ targets: [ResolvedTarget]) -> [ResolvedTarget] {
    var names: Set<String> = []
    return targets.filter { names.insert($0.name).inserted }
  }
}
