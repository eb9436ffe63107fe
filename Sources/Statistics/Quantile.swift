/// A share of the samples as an exact fraction: no rounding decides which sample is meant.
public struct Quantile: Hashable, Sendable {
  /// The upper part of the fraction, at most the lower one.
  public let numerator: UInt64
  /// The lower part of the fraction; never 0.
  public let denominator: UInt64

  /// The share `numerator` of `denominator`; what lies outside 0…1 counts as the nearer end.
  public init(_ numerator: UInt64, of denominator: UInt64) {
    // Both fit 32 bits, so that products of two of them fit 64.
    self.denominator = min(max(denominator, 1), UInt64(UInt32.max))
    self.numerator = min(numerator, self.denominator)
  }

  /// The median.
  public static let p50 = Quantile(50, of: 100)
  /// Nine of ten.
  public static let p90 = Quantile(90, of: 100)
  /// Ninety-nine of a hundred.
  public static let p99 = Quantile(99, of: 100)
  /// All but one of a thousand.
  public static let p999 = Quantile(999, of: 1_000)
  /// All but one of ten thousand.
  public static let p9999 = Quantile(9_999, of: 10_000)

  /// The rank of the sample that is meant, from 1: the least that leaves no more than the rest above it.
  public func rank(among count: UInt64) -> UInt64 {
    let (whole, rest) = count.quotientAndRemainder(dividingBy: denominator)
    let part = (rest * numerator + denominator - 1) / denominator
    return min(max(whole &* numerator &+ part, 1), max(count, 1))
  }
}
