import Timebase

/// How the loss of two runs differs, and between what the true difference lies, with a confidence of 95 %.
///
/// R. G. Newcombe, Interval estimation for the difference between independent proportions, method 10 (1998): it is made of
/// the Wilson intervals of both, and says something where nothing was lost.
public struct LossDifference: Hashable, Sendable {
  /// The second share less the first, from -1 to 1.
  public let estimate: Double
  /// The lower end of the interval.
  public let lower: Double
  /// The upper end of the interval.
  public let upper: Double

  /// The difference of two losses; nil where one of them has no probe.
  public init?(from first: Loss, to second: Loss) {
    guard let a = first.ratio, let b = second.ratio, let own = first.interval, let other = second.interval else {
      return nil
    }
    estimate = b - a
    lower = max(b - a - ((b - other.lower) * (b - other.lower) + (own.upper - a) * (own.upper - a)).squareRoot(), -1)
    upper = min(b - a + ((other.upper - b) * (other.upper - b) + (a - own.lower) * (a - own.lower)).squareRoot(), 1)
  }

  /// Whether the interval leaves no room for both being equal.
  public var isDifferent: Bool { lower > 0 || upper < 0 }
}

/// How the means of two samples differ, and between what the true difference lies, with a confidence of 95 %.
///
/// B. L. Welch, The generalization of "Student's" problem (1947), with Satterthwaite's degrees of freedom.
public struct MeanDifference: Hashable, Sendable {
  /// What is known of a sample.
  public struct Sample: Hashable, Sendable {
    /// The mean.
    public var mean: Interval
    /// The standard deviation.
    public var deviation: Interval
    /// How many there were.
    public var count: Int

    /// A sample by its figures.
    public init(mean: Interval, deviation: Interval, count: Int) {
      (self.mean, self.deviation, self.count) = (mean, deviation, count)
    }
  }

  /// The second mean less the first.
  public let estimate: Interval
  /// The lower end of the interval.
  public let lower: Interval
  /// The upper end of the interval.
  public let upper: Interval

  /// So few say nothing of a deviation.
  public static let fewest = 5

  /// The difference of two samples; nil where one of them has fewer than five.
  public init?(from first: Sample, to second: Sample) {
    guard min(first.count, second.count) >= MeanDifference.fewest else { return nil }
    let squares = [first, second].map { sample in
      let deviation = Double(sample.deviation.nanoseconds)
      return deviation * deviation / Double(sample.count)
    }
    let sum = squares[0] + squares[1]
    let parts = squares[0] * squares[0] / Double(first.count - 1) + squares[1] * squares[1] / Double(second.count - 1)
    let freedom = parts > 0 ? sum * sum / parts : Double(first.count + second.count - 2)
    let reach = MeanDifference.quantile(freedom) * sum.squareRoot()
    let difference = Double(second.mean.nanoseconds) - Double(first.mean.nanoseconds)
    func interval(_ nanoseconds: Double) -> Interval {
      .nanoseconds(Int64(min(max(nanoseconds.rounded(), -9e18), 9e18)))
    }
    estimate = interval(difference)
    lower = interval(difference - reach)
    upper = interval(difference + reach)
  }

  /// Whether the interval leaves no room for both being equal.
  public var isDifferent: Bool { lower > .zero || upper < .zero }

  /// The two-sided quantile of Student's distribution for 95 %, of the next smaller whole number of degrees of freedom.
  private static func quantile(_ freedom: Double) -> Double {
    let small = [
      12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
      2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
    ]
    guard freedom >= 1 else { return small[0] }
    return freedom < 31 ? small[Int(freedom) - 1] : freedom < 121 ? 2.042 : 1.980
  }
}
