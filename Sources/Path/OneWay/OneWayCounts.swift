/// What pairs came to: loss and reordering of each direction.
public struct OneWayCounts: Hashable, Sendable {
  /// So many of so many.
  public struct Share: Hashable, Sendable {
    /// How many of them.
    public var count = 0
    /// Of how many.
    public var total = 0

    /// None of none.
    public init(_ count: Int = 0, of total: Int = 0) { (self.count, self.total) = (count, total) }
  }

  /// Pairs of which everything is known that can be.
  public private(set) var pairs = 0
  /// Segments that did not arrive, of those that were sent.
  public private(set) var forwardLoss = Share()
  /// Acknowledgments that did not arrive, of those that the segments caused.
  public private(set) var reverseLoss = Share()
  /// Pairs that arrived in the other order, of those whose order is known.
  public private(set) var forwardReordering = Share()
  /// Pairs of acknowledgments that arrived in the other order.
  public private(set) var reverseReordering = Share()
  /// Pairs on connections without SACK, which show no order.
  public private(set) var withoutSACK = 0
  /// Of pairs that both arrived, how often only one acknowledgment came: that of the first, and that of the second.
  public private(set) var (onlyFirst, onlySecond) = (0, 0)

  /// Nothing yet.
  public init() {}

  /// Takes a pair; one that leaves open what arrived is left out.
  public mutating func take(_ pair: OneWayPair) {
    guard pair.isKnown else { return }
    pairs += 1
    if !pair.hasSACK { withoutSACK += 1 }
    forwardLoss.add(2 - pair.arrived, of: 2)
    let expected = pair.arrived - pair.unclear
    reverseLoss.add(expected - pair.answered, of: expected)
    forwardReordering.add(pair.forward)
    reverseReordering.add(pair.reverse)
    if pair.arrived == 2, pair.echoes.count == 1, pair.unclear == 0 {
      if pair.echoes[0].hasOther { onlySecond += 1 } else { onlyFirst += 1 }
    }
  }

  /// Whether acknowledgments are missing in a way that is no loss: the second one replaces the first, as where a peer or
  /// a box on the way thins them out.
  public var isThinned: Bool { withoutSACK == 0 && onlySecond >= 10 && onlySecond > 4 * (onlyFirst + 2) }
}

extension OneWayCounts.Share {
  fileprivate mutating func add(_ count: Int, of total: Int) {
    self.count += count
    self.total += total
  }

  fileprivate mutating func add(_ order: OneWayPair.Order) {
    guard order != .unknown else { return }
    add(order == .swapped ? 1 : 0, of: 1)
  }
}
