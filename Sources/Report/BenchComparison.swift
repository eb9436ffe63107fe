import Handshake
import Statistics
import Timebase

/// How the times of one target compare with those of another that was measured in the same run.
public struct BenchComparison: Sendable {
  /// One quantile, and the ratio of the two targets there; nil where one of them has no times.
  public struct Compared: Sendable {
    /// The quantile's name: `p50`.
    public var name: String
    /// The ratio and its interval.
    public var ratio: Bootstrap.Ratio?
  }

  /// The target.
  public let target: String
  /// The target that it is compared with.
  public let base: String
  /// The step whose times are compared.
  public let step: StepKind
  /// The quantiles that are compared.
  public let quantiles: [Compared]

  /// Compares a step of one summary with that of another; the same seed gives the same intervals.
  public init(_ summary: BenchSummary, to base: BenchSummary, step: StepKind, seed: UInt64) {
    target = summary.target
    self.base = base.target
    self.step = step
    let (own, other) = (summary[step]?.histogram ?? Histogram(), base[step]?.histogram ?? Histogram())
    quantiles = [("p50", Quantile.p50), ("p90", .p90), ("p99", .p99)].map { name, quantile in
      Compared(name: name, ratio: Bootstrap(seed: seed).ratio(of: own, to: other, at: quantile))
    }
  }
}
