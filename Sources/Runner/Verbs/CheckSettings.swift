import Judging
import Kernel
import Report

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
