import Handshake
import Kernel
import Timebase

/// Everything that a run without an end was asked for.
public struct WatchSettings: Sendable {
  /// What means the same as for the default verb.
  public var run = RunSettings()
  /// The state that counts as success.
  var expected: Verdict { run.expected ?? .open }
  /// The file that Prometheus' text collector reads; nil writes none.
  public var prometheusPath: FilePath?

  /// How often names are looked up again; nil never.
  public var lookupPeriod: Interval? = .seconds(60)

  /// A run that goes on until interrupted.
  public init() { run.schedule.count = nil }
}
