import Engines
import HTTP
import Handshake
import Kernel
import Timebase

/// Everything that `probe bench` was asked for.
public struct BenchSettings: Sendable {
  /// What means the same as for the default verb: targets, addresses, the SYN.
  public var run = RunSettings()
  /// What is done, how often, and how much at once.
  public var plan = BenchPlan()
  /// The request of each target's connections, by its place among them; empty unless HTTP is spoken.
  public var requests: [HTTPRequest] = []
  /// Whether somebody has said that the targets are theirs to load.
  public var ownsTargets = false
  /// Where the histograms go, in HdrHistogram's log format.
  public var histogramLog: FilePath?
  /// Where the picture goes.
  public var picture: FilePath?

  /// The settings of a plain `probe bench HOST:PORT`: the duration is open until it, or a count, was asked for.
  public init() { plan.duration = nil }

  /// The most targets of one run: each has a table of its own.
  public static let mostTargets = 16
  /// The most connections that may be under way: each has a port of ours, and no more are to be had.
  public static let mostConnections = 28_000

  /// Connections a second to one address of somebody else's, beyond which it must be said that they may be made.
  public static let freeRate = 1_000.0
}
