import Engines
import Handshake
import Judging
import Kernel
import Report
import Timebase
import Wire

/// A check, and where to.
public struct CheckItem: Hashable, Sendable {
  /// What is to hold.
  public var check: Check
  /// The host and its one port.
  public var target: TargetSpec

  /// A check from its parts.
  public init(check: Check, target: TargetSpec) {
    self.check = check
    self.target = target
  }
}

/// Everything that a run of checks was asked for.
public struct CheckSettings: Sendable {
  /// What means the same as for the default verb; its targets are not read.
  public var run = RunSettings()
  /// The checks, in the order in which they are told.
  public var items: [CheckItem] = []
  /// The file that they stand in, as it was named.
  public var file = ""
  /// Its path; nil where there is none.
  public var path: FilePath?
  /// Where the JUnit document goes; nil writes none.
  public var junitPath: FilePath?

  /// No checks yet.
  public init() {}

  /// The targets of a run as checks: each should be in the expected state.
  public init(of run: RunSettings) {
    self.run = run
    for target in run.targets {
      for target in target.single {
        let check = Check(target: target.text, expected: run.expected ?? .open)
        items.append(CheckItem(check: check, target: target))
      }
    }
  }
}

/// How a run of checks went.
public struct CheckRunResult: Sendable {
  /// One a check, in their order.
  public var results: [CheckResult]
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?
  /// What a monitoring plugin answers; nil where none was asked for.
  public var plugin: PluginState?

  /// Whether all checks hold.
  public var isGood: Bool { results.allSatisfy { $0.standing == .holds } }
}

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
    try session.finish()
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
