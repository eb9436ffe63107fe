import Handshake
import Scan
import Timebase

/// How a scan is done.
public struct ScanPlan: Hashable, Sendable {
  /// Which part of it is done here.
  public var shard = ScanShard.whole
  /// What the order is made from: the same seed gives the same order.
  public var seed: UInt64
  /// What sequence numbers are made from.
  public var key: SipHash.Key
  /// How often what was not answered is asked again.
  public var retries = 2
  /// The longest wait behind a pass; it is shorter where answers come fast.
  public var wait = Interval.seconds(1)
  /// How long is listened behind the last pass at least, whatever came before; nil adapts.
  public var lastWait: Interval?
  /// Probes in a second; nil adapts.
  public var rate: Int?
  /// What a rate that adapts does not exceed.
  public var maxRate = AdaptiveRate.most
  /// Whether results hold what their SYN-ACK says of its sender.
  public var keepsSynAcks = false

  /// The highest rate that there may be.
  public var mostRate: Int { rate ?? maxRate }

  /// The plan of a whole scan.
  public init(seed: UInt64, key: SipHash.Key) { (self.seed, self.key) = (seed, key) }

  /// How many passes there are, if this host loses no packets.
  public var passes: Int { retries + 1 }

  /// How many passes more there are at most, for those in which this host lost packets.
  public static let mostRepeats = 2

  /// How many passes there are at most: each has a port.
  public var mostPasses: Int { passes + ScanPlan.mostRepeats }
}
