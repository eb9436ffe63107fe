import Engines
import Handshake
import Kernel
import Report
import Timebase
import Wire

extension Run {
  /// Checks, all at once: one connection or several to each port, by hand or by the kernel.
  public static func check(_ settings: CheckSettings) throws(RunError) -> CheckRunResult {
    let session = Session(stamps: !settings.run.usesKernel)
    let resolution = try TargetResolution(settings.run)
    let (results, targets, order) = try resolve(settings.items, by: resolution)
    let presenter = CheckPresenter(settings, results, targets, order: order)
    // Begun before anything is sent, and in its place unless the run is cut short: then the old one stays.
    let report = try session.file(settings.junitPath)
    let signal: Signal?
    if settings.run.usesKernel {
      var run = try KernelRun(settings.run, targets, presenter, session)
      signal = try run.run().signal
    } else {
      let (network, packets) = try acquire(settings.run, targets, resolution.interface)
      signal = try byHand(settings.run, targets, presenter, network, packets, session.seal()).signal
    }
    if signal == nil { try report?.commit(presenter.document) }
    let state = try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.finish(signal) }
    return CheckRunResult(results: presenter.results, signal: signal, plugin: state)
  }

  /// Where each check leads; what has no address is a check that could not be made, and keeps the others from nothing.
  ///
  /// Every host is looked up once, however many checks it has.
  private static func resolve(
    _ items: [CheckItem], by resolution: TargetResolution
  ) throws(RunError) -> (results: [CheckResult], targets: [ResolvedTarget], order: [Int]) {
    var known: [String: ResolvedTarget] = [:]
    var problems: [String: String] = [:]
    var results: [CheckResult] = []
    var targets: [ResolvedTarget] = []
    var order: [Int] = []
    for (index, item) in items.enumerated() {
      let host = item.target.host
      if known[host] == nil, problems[host] == nil {
        do throws(RunError) { known[host] = try resolution.resolve(item.target).first } catch {
          guard error.concernsTarget else { throw error }
          problems[host] = error.message
        }
      }
      var result = CheckResult(item.check, problem: problems[host])
      if var target = known[host], let port = item.target.ports.first {
        target.remote.port = port
        target.name = item.check.target
        result.remote = target.remote
        targets.append(target)
        order.append(index)
      }
      results.append(result)
    }
    return (results, targets, order)
  }
}

extension RunError {
  /// Whether it is about one target alone, so that others can be probed all the same.
  var concernsTarget: Bool {
    switch self {
    case .name, .refused: true
    default: false
    }
  }
}
