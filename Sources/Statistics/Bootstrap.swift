import Timebase

/// How far a ratio of two quantiles can be trusted: drawn again and again from what was measured (Efron 1979).
///
/// A sample of the same size, drawn with replacement, is not drawn as a whole: its k-th smallest of n lies where a
/// Beta(k, n + 1 − k) variate falls among the shares of what was measured, so one such number stands for the sample.
/// Hence the work does not grow with the number of samples. The same seed gives the same interval.
public struct Bootstrap: Sendable {
  /// A ratio of two durations, and between what it lies with a confidence of 95 %.
  public struct Ratio: Hashable, Sendable {
    /// The ratio of what was measured.
    public var estimate: Double
    /// The lower end of the interval.
    public var lower: Double
    /// The upper end of the interval.
    public var upper: Double

    /// Whether the interval leaves no room for both being equal.
    public var isDifferent: Bool { lower > 1 || upper < 1 }
  }

  private var random: SplitMix64
  private let rounds: Int

  /// Draws of a seed; 2,000 of them take less than a millisecond, and more than 100,000 are never drawn.
  public init(seed: UInt64, rounds: Int = 2_000) {
    random = SplitMix64(seed: seed)
    self.rounds = min(max(rounds, 40), 100_000)
  }

  /// A quantile of one histogram divided by that of another.
  ///
  /// Nil where one of them is empty, or a quantile of the other is no time at all.
  public func ratio(of histogram: Histogram, to base: Histogram, at quantile: Quantile) -> Ratio? {
    guard let above = histogram.value(at: quantile)?.nanoseconds, let below = base.value(at: quantile)?.nanoseconds,
      below > 0
    else { return nil }
    let (own, others) = (Shares(histogram), Shares(base))
    var draws = self
    var ratios: [Double] = []
    ratios.reserveCapacity(rounds)
    for _ in 0..<rounds {
      let top = draws.draw(own, quantile)
      let bottom = draws.draw(others, quantile)
      ratios.append(Double(top) / Double(max(bottom, 1)))
    }
    ratios.sort()
    let margin = rounds / 40
    return Ratio(
      estimate: Double(above) / Double(below), lower: ratios[margin], upper: ratios[rounds - 1 - margin])
  }

  /// The quantile of one more sample.
  private mutating func draw(_ shares: Shares, _ quantile: Quantile) -> Int64 {
    let rank = quantile.rank(among: shares.count)
    let below = gamma(Double(rank))
    let above = gamma(Double(shares.count - rank + 1))
    return shares.value(at: below / (below + above))
  }

  /// A variate of the gamma distribution, its shape 1 or more (Marsaglia and Tsang 2000).
  private mutating func gamma(_ shape: Double) -> Double {
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    // All but a few in a hundred are accepted at once: sixty-four refusals in a row do not happen.
    for _ in 0..<64 {
      let x = normal()
      let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
      guard v > 0 else { continue }
      let u = 1 - random.fraction()
      if u.naturalLogarithm < x * x / 2 + d - d * v + d * v.naturalLogarithm { return d * v }
    }
    return d
  }

  /// A variate of the normal distribution (Marsaglia's polar method).
  private mutating func normal() -> Double {
    for _ in 0..<64 {
      let (x, y) = (2 * random.fraction() - 1, 2 * random.fraction() - 1)
      let square = x * x + y * y
      if square > 0, square < 1 { return x * (-2 * square.naturalLogarithm / square).squareRoot() }
    }
    return 0
  }
}

/// What share of the samples lies at or below each duration.
private struct Shares {
  private var values: [Int64] = []
  private var ranks: [UInt64] = []
  let count: UInt64

  init(_ histogram: Histogram) {
    count = histogram.count
    var seen: UInt64 = 0
    histogram.eachBucket { bucket in
      seen += bucket.count
      values.append(bucket.highest.nanoseconds)
      ranks.append(seen)
    }
  }

  /// The duration at a share from 0 to 1.
  func value(at share: Double) -> Int64 {
    let rank = share * Double(count)
    var (low, high) = (0, ranks.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if Double(ranks[middle]) < rank { low = middle + 1 } else { high = middle }
    }
    return values[low]
  }
}

/// Numbers that look random and are the same for the same seed on every machine (Steele, Lea and Flood 2014).
///
/// For samples and tests; not for what no one may guess.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Begins the sequence of a seed.
  public init(seed: UInt64) { state = seed }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  /// A fraction, from 0 to below 1.
  public mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
