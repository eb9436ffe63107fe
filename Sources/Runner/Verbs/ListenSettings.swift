import Engines
import Handshake
import Kernel
import Wire

/// Everything that `probe listen` was asked for.
public struct ListenSettings: Sendable {
  /// The address, with an optional zone; nil for all of this host's.
  public var host: String?
  /// The port; 0 lets the kernel choose.
  public var port: UInt16 = 0
  /// The family that was asked for; nil takes the address's, or IPv4.
  public var family: AddressFamily?
  /// The interface that everything leaves and comes by.
  public var interface: String?
  /// What is done with connections.
  public var service = Service.accept
  /// How many of everything there may be.
  public var limits = ListenEngine.Limits()
  /// The IP fields that are ours to choose.
  public var ipFields = IPFields()
  /// What each connection offers; the MSS is filled in unless it was asked for.
  public var plan = Plan()
  /// The MSS that was asked for; nil takes what the interfaces carry.
  public var maximumSegmentSize: UInt16?
  /// How results are shown.
  public var presentation = Presentation()

  /// The settings of a plain `probe listen PORT`.
  public init() {
    // As often as Linux repeats a SYN-ACK: for a minute in all.
    plan.retries = 5
    // The port goes on being ours: a FIN that comes again is acknowledged rather than reset.
    plan.timeWait = .seconds(1)
  }
}

/// How a run of `probe listen` went.
public struct ListenResult: Sendable {
  /// What was counted.
  public var counts: ListenCounts
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?
}
