import Engines
import Handshake
import Kernel
import Report
import Timebase
import Wire

extension Run {
  /// Checks, all at once: one connection or several to each port, by hand or by the kernel.
  public static func check(_ settings: CheckSettings) throws(RunError) -> CheckRunResult {
    var settings = settings
    try settings.claimFiles()
    let session = try Session(for: settings.run)
    let targets = try RunTargets(settings.run, settings.items.map(\.target), isLenient: true)
    if let signal = try targets.settleForPort(settings.run) {
      return CheckRunResult(results: [], signal: signal, plugin: nil)
    }
    let presenter = CheckPresenter(settings, targets)
    // Begun before anything is sent, and in its place unless the run is cut short: then the old one stays.
    let report = try session.file(settings.junitPath)
    let signal: Signal?
    if settings.run.usesKernel {
      var run = try KernelWork(settings.run, targets, presenter, session)
      signal = try run.run().signal
    } else {
      let (network, packets) = try acquire(settings.run, targets)
      signal = try byHand(settings.run, targets, presenter, network, packets, session.seal()).signal
    }
    if signal == nil { try report?.finish(presenter.document) }
    let state = try attempt(orThrow: RunError.init(writing:)) { () throws(Errno) in try presenter.finish(signal) }
    return CheckRunResult(results: presenter.results, signal: signal, plugin: state)
  }
}

extension CheckSettings {
  fileprivate mutating func claimFiles() throws(RunError) {
    let monitoring = run.monitoring
    if monitoring.isPlugin {
      run.presentation.format = .plugin(warning: monitoring.warning, critical: monitoring.critical)
    }
    let files: [RunFile?] = [path.map { .read($0) }, .written(junitPath, by: "--junit")]
    // Of a protocol or a plugin's line everything has to be on standard output.
    let format = run.presentation.format
    try run.presentation.claim(files + run.filesRead, form: format.lineOption == nil ? format.option : nil)
  }
}
