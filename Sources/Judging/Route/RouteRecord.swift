import Handshake
import Timebase
import Wire

/// A path that was measured, so far or to its end, with what stands around it.
public struct RouteRecord: Sendable {
  /// The target, as given.
  public var target: String
  /// Where that is.
  public var remote: Endpoint
  /// The address that probes left from; nil where it is not known.
  public var source: IPAddress?
  /// What is known of the path.
  public var table: RouteTable
  /// Names of addresses, as far as they are known: never believed for anything but display.
  public var names: [IPAddress: String] = [:]
  /// How long the run has taken.
  public var elapsed = Interval.zero
  /// Whether only mtr's columns are wanted.
  public var isReport = false
  /// What kept probes from being sent as they should be; nil where nothing did.
  public var trouble: String?

  /// A record from its parts.
  public init(target: String, remote: Endpoint, source: IPAddress?, table: RouteTable) {
    (self.target, self.remote, self.source, self.table) = (target, remote, source, table)
  }
}
