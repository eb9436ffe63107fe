import Path
import Timebase

/// How a path is asked for.
public struct RoutePlan: Hashable, Sendable {
  /// The first and the last time to live.
  public var ttls: ClosedRange<UInt8> = 1...30
  /// The most probes of a flow that are under way at once.
  public var parallel = 16
  /// How often every hop is asked; nil goes on until interrupted.
  public var rounds: Int? = 10
  /// From the begin of a round to that of the next.
  public var interval = Interval.milliseconds(200)
  /// How long an answer is waited for.
  public var wait = Interval.seconds(1)
  /// The most flows, each with a source port of its own.
  public var flows = 1
  /// When enough flows have been tried.
  public var rule = MultipathRule()
  /// Whether probes are segments within a connection.
  public var isInSession = false
  /// Whether every hop is asked once more with ECT(0), ECT(1) and CE.
  public var asksECN = true
  /// When the whole run is to end, from its start; nil lets it take its time.
  public var deadline: Interval?
  /// The most probes in a second.
  public var rate = 1_000

  /// Ten rounds with one flow.
  public init() {}
}

/// How a trace ended.
public struct RouteEnding: Hashable, Sendable {
  /// The time to live at which the target answered; nil where it did not.
  public var distance: UInt8?
  /// How many flows were tried.
  public var flows: Int
  /// Whether they suffice by the stopping rule; nil where only one was asked for.
  public var isComplete: Bool?
  /// What kept a connection from being made or kept, where probes go within one; nil where nothing did.
  public var trouble: String?

  /// How it ended.
  public init(distance: UInt8?, flows: Int, isComplete: Bool?, trouble: String? = nil) {
    (self.distance, self.flows, self.isComplete, self.trouble) = (distance, flows, isComplete, trouble)
  }
}
