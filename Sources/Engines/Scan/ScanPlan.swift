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
  /// Whether results hold what their SYN-ACK says of its sender.
  public var keepsSynAcks = false

  /// The highest rate that is reached without one.
  public static var mostAdaptive: Int { AdaptiveRate.most }

  /// The plan of a whole scan.
  public init(seed: UInt64, key: SipHash.Key) { (self.seed, self.key) = (seed, key) }

  /// How many passes there are at most.
  public var passes: Int { retries + 1 }
}

/// A rate that adapts: it grows while nothing speaks against it, and falls by half where packets are lost in this host.
struct AdaptiveRate: Hashable, Sendable {
  private(set) var value = first
  private var since: Instant
  private var hasTrouble = false

  /// Where it begins, and what it does not exceed: a scan without --rate is no flood.
  static let (first, most, least) = (1_000, 10_000, 100)
  /// How long a rate is tried.
  private static let turn = Interval.milliseconds(100)

  init(at now: Instant) { since = now }

  /// Packets were lost in this host.
  mutating func note() { hasTrouble = true }

  /// Whether there is another rate now.
  mutating func turn(at now: Instant) -> Bool {
    guard now - since >= AdaptiveRate.turn else { return false }
    let old = value
    value = hasTrouble ? max(value / 2, AdaptiveRate.least) : min(value * 3 / 2, AdaptiveRate.most)
    (since, hasTrouble) = (now, false)
    return value != old
  }
}
