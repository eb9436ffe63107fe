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
  /// How the path is asked for.
  public var plan = RoutePlan()
  /// Whether only mtr's columns are printed at the end, and no screen shown.
  public var isReport = false
  /// The file that Prometheus' text collector reads; nil writes none.
  public var metricsPath: FilePath?

  /// A plain `probe route HOST:PORT`.
  public init() {}
}
