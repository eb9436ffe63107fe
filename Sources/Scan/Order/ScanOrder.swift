// In which order the probes of a scan are sent: a permutation that needs no memory.
//
// Claim: for every count and seed, position ↦ index is a bijection of 0..<count onto itself.
//
// 1. A round maps (L, R) to (L ⊕ F(R), R), and the next one to (L, R ⊕ F(L)), where F is any function of the other half, cut
//    to the bits of its own. From the result the other half is known, hence F of it, hence this half: every round is a
//    bijection, and so are all of them in a row: the whole is a bijection W of 0..<2^b.
// 2. b is the smallest width with count ≤ 2^b. W is applied to a position again and again until the result is below count.
//    The positions x, W(x), W(W(x)), … form a cycle of W, as W is a bijection of a finite set; it comes back to x, which is
//    below count: the walk ends.
// 3. Two positions do not meet in one index: the walk from x goes along the cycle to the next member below count, and
//    each member has one predecessor below count on its cycle.
//
// Since count > 2^(b-1), fewer than two steps are needed on average. The walk backwards, by the inverse of W, gives the
// position of an index.

/// The order in which the probes of a scan are sent: a permutation of all of them, by a seed.
public struct ScanOrder: Hashable, Sendable {
  /// How many probes there are.
  public let count: UInt64
  /// A key a round.
  private let (first, second, third, fourth): (UInt64, UInt64, UInt64, UInt64)
  /// How many bits the lower half has, and what cuts a value to each half.
  private let (right, leftMask, rightMask): (UInt64, UInt64, UInt64)

  /// An order of `count` probes, at most 2^62.
  public init(count: UInt64, seed: UInt64) {
    self.count = min(count, 1 << 62)
    let bits = UInt64(max(64 - (max(self.count, 2) - 1).leadingZeroBitCount, 2))
    right = bits - bits / 2
    (leftMask, rightMask) = (1 << (bits / 2) - 1, 1 << right - 1)
    let keys = (1...4).map { ScanOrder.mix(seed &+ $0 &* 0x9e37_79b9_7f4a_7c15) }
    (first, second, third, fourth) = (keys[0], keys[1], keys[2], keys[3])
  }

  /// Which probe is sent at a position; both are below `count`.
  public func index(at position: UInt64) -> UInt64 {
    var value = position
    repeat { value = forward(value) } while value >= count
    return value
  }

  /// At which position a probe is sent.
  public func position(of index: UInt64) -> UInt64 {
    var value = index
    repeat { value = backward(value) } while value >= count
    return value
  }

  private func forward(_ value: UInt64) -> UInt64 {
    var (a, b) = (value &>> right, value & rightMask)
    a ^= ScanOrder.mix(b ^ first) & leftMask
    b ^= ScanOrder.mix(a ^ second) & rightMask
    a ^= ScanOrder.mix(b ^ third) & leftMask
    b ^= ScanOrder.mix(a ^ fourth) & rightMask
    return a &<< right | b
  }

  private func backward(_ value: UInt64) -> UInt64 {
    var (a, b) = (value &>> right, value & rightMask)
    b ^= ScanOrder.mix(a ^ fourth) & rightMask
    a ^= ScanOrder.mix(b ^ third) & leftMask
    b ^= ScanOrder.mix(a ^ second) & rightMask
    a ^= ScanOrder.mix(b ^ first) & leftMask
    return a &<< right | b
  }

  /// A function whose output looks random in every bit (the finaliser of SplitMix64, Steele and others 2014).
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return z ^ z >> 31
  }
}

/// Which part of a scan is done here: every N-th position of the order, so that parts are disjoint and together complete.
public struct ScanShard: Hashable, Sendable {
  /// The part's number, from 0.
  public let index: UInt64
  /// How many parts there are.
  public let count: UInt64

  /// All of it.
  public static let whole = ScanShard(index: 0, of: 1)

  /// A part; nil in `init(parsing:)` where the number is not below the count.
  init(index: UInt64, of count: UInt64) { (self.index, self.count) = (index, count) }

  /// A part by its number from 1, as in `2/8`.
  public init?(number: UInt64, of count: UInt64) {
    guard number >= 1, number <= count, count <= 1 << 32 else { return nil }
    self.init(index: number - 1, of: count)
  }

  /// How many probes of so many belong to it.
  public func size(of total: UInt64) -> UInt64 { total > index ? (total - index - 1) / count + 1 : 0 }

  /// The position in the whole order of its n-th probe.
  public func position(_ number: UInt64) -> UInt64 { number * count + index }

  /// Which of its probes a position of the whole order is; nil where it is another part's.
  public func number(of position: UInt64) -> UInt64? {
    position % count == index ? position / count : nil
  }
}
