/// Between which shares the true one lies, with a confidence of 95 %, after so many of so many trials.
///
/// E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927). Unlike the mean with a
/// standard deviation to each side it stays within 0…1, and says something where nothing, or everything, was lost.
public struct Wilson: Hashable, Sendable {
  /// The lower end, from 0.
  public let lower: Double
  /// The upper end, to 1.
  public let upper: Double

  /// The two-sided quantile of the normal distribution for 95 %.
  private static let z = 1.959963984540054

  /// The interval after so many hits in so many trials; nil without trials.
  ///
  /// More hits than trials count as all of them.
  public init?(_ hits: Int, of trials: Int) {
    guard trials > 0 else { return nil }
    let (count, hits) = (Double(trials), Double(min(max(hits, 0), trials)))
    let square = Wilson.z * Wilson.z
    let centre = (hits + square / 2) / (count + square)
    let reach = Wilson.z / (count + square) * (hits * (count - hits) / count + square / 4).squareRoot()
    // Exactly 0 and 1 where nothing, and everything, was hit: rounding must not say otherwise.
    lower = hits == 0 ? 0 : max(centre - reach, 0)
    upper = hits == count ? 1 : min(centre + reach, 1)
  }
}
