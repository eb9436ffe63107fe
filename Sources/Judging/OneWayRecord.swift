import Handshake
import Path
import Statistics
import Timebase

/// Loss and reordering of each direction, as pairs of segments showed them from one end.
public struct OneWayRecord: Hashable, Sendable {
  /// One direction.
  public enum Direction: String, Hashable, Sendable, CaseIterable {
    /// From here to the peer.
    case forward
    /// From the peer to here.
    case reverse
  }

  /// A share with its interval.
  public struct Share: Hashable, Sendable {
    /// How many, of how many.
    public var share: OneWayCounts.Share
    /// The interval of the true share, with 95 % confidence; nil of none.
    public var interval: Wilson?
    /// The share; nil of none.
    public var value: Double? { share.total > 0 ? Double(share.count) / Double(share.total) : nil }

    init(_ share: OneWayCounts.Share) {
      self.share = share
      interval = Wilson(share.count, of: share.total)
    }
  }

  /// The target, as it was given.
  public var target: String
  /// Its address and port.
  public var remote: Endpoint
  /// How many pairs were asked for.
  public var wanted: Int
  /// What they came to.
  public var counts: OneWayCounts
  /// How connections ended that could carry no more, and how many.
  public var ends: [OneWaySession.End: Int]
  /// The time from the start of the run.
  public var elapsed: Interval

  /// A record from its parts.
  public init(
    target: String, remote: Endpoint, wanted: Int, counts: OneWayCounts, ends: [OneWaySession.End: Int],
    elapsed: Interval
  ) {
    (self.target, self.remote, self.wanted) = (target, remote, wanted)
    (self.counts, self.ends, self.elapsed) = (counts, ends, elapsed)
  }

  /// What was lost in a direction; reverse loss is not known where acknowledgments are thinned out.
  public func loss(_ direction: Direction) -> Share {
    switch direction {
    case .forward: Share(counts.forwardLoss)
    case .reverse: Share(counts.isThinned ? .init() : counts.reverseLoss)
    }
  }

  /// What came in another order.
  public func reordering(_ direction: Direction) -> Share {
    Share(direction == .forward ? counts.forwardReordering : counts.reverseReordering)
  }

  /// Whether all pairs are known.
  public var isComplete: Bool { counts.pairs >= wanted }

  /// Why something is not known.
  public enum Doubt: String, Hashable, Sendable, CaseIterable {
    /// No connection was made.
    case unanswered
    /// The peer resets what carries data out of order, or all data.
    case reset
    /// The peer closes.
    case closed
    /// The peer acknowledges no more.
    case stalled
    /// Without SACK no order is seen.
    case noSACK = "no-sack"
    /// The acknowledgments of first segments are missing: no loss, but a peer or a box that thins them out.
    case thinned
  }

  /// Why something is not known, in a fixed order.
  public var doubts: [Doubt] {
    var doubts: [Doubt] = []
    if !isComplete {
      for (end, doubt) in [
        (OneWaySession.End.unanswered, Doubt.unanswered), (.reset, .reset), (.closed, .closed), (.stalled, .stalled),
      ] where ends[end, default: 0] > 0 {
        doubts.append(doubt)
      }
    }
    if counts.withoutSACK > 0 { doubts.append(.noSACK) }
    if counts.isThinned { doubts.append(.thinned) }
    return doubts
  }
}
