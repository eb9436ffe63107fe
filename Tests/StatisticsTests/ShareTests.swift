import Repeatable
import Testing
import Timebase

@testable import Statistics

@Suite("Shares and ratios: what can be said of them") struct ShareTests {
  /// Hits, trials, and the interval, computed by Wilson's formula in Python with `NormalDist().inv_cdf(0.975)`.
  private static let intervals: [(Int, Int, Double, Double)] = [
    (0, 10, 0.000000000000000, 0.277532799862889),
    (10, 10, 0.722467200137111, 1.000000000000000),
    (5, 10, 0.236593090512564, 0.763406909487436),
    (1, 1, 0.206549314377237, 1.000000000000000),
    (1, 100, 0.001767432064141, 0.054486196178705),
    (10, 1_000, 0.005440754445529, 0.018309468870315),
  ]

  @Test("the interval is Wilson's", arguments: intervals)
  func wilson(hits: Int, trials: Int, lower: Double, upper: Double) throws {
    let interval = try #require(Wilson(hits, of: trials))
    #expect(abs(interval.lower - lower) < 1e-12 && abs(interval.upper - upper) < 1e-12)
  }

  @Test("the interval holds the share, and nothing traps")
  func bounds() throws {
    #expect(Wilson(0, of: 0) == nil && Wilson(1, of: -1) == nil && Loss().interval == nil)
    for (hits, trials) in [(-3, 5), (7, 5), (0, .max), (.max, .max), (1, .max)] {
      let interval = try #require(Wilson(hits, of: trials))
      let share = Double(min(max(hits, 0), trials)) / Double(trials)
      #expect(interval.lower >= 0 && interval.lower <= share && share <= interval.upper && interval.upper <= 1)
    }
    #expect(Loss(sent: 10, received: 10).interval == Wilson(0, of: 10))
  }

  @Test("in 95 of 100 runs the true share lies within the interval", arguments: [0.01, 0.1, 0.5])
  func coverage(share: Double) throws {
    var random = Random(Seed(0xc0ffee))
    var holding = 0
    for _ in 0..<2_000 {
      let hits = (0..<400).count { _ in random.happens(share) }
      let interval = try #require(Wilson(hits, of: 400))
      if interval.lower <= share, share <= interval.upper { holding += 1 }
    }
    #expect((1_840...1_960).contains(holding))
  }

  @Test("logarithm and power are each other's inverse, and known at known places")
  func logarithms() {
    #expect(abs(2.718281828459045.naturalLogarithm - 1) < 1e-15)
    #expect(abs(2.0.naturalLogarithm - 0.6931471805599453) < 1e-15)
    #expect(abs(1e-300.naturalLogarithm + 690.7755278982137) < 1e-11)
    #expect(1.0.naturalLogarithm == 0 && 0.0.naturalLogarithm == -.infinity && (-1.0).naturalLogarithm == -.infinity)
    #expect(Double.infinity.naturalLogarithm == .infinity)
    for power in -20...20 {
      let number = Double(power).tenToThis
      #expect(abs(number.decimalLogarithm - Double(power)) < 1e-12)
    }
    #expect(1e9.tenToThis == .infinity && (-1e9).tenToThis == 0 && abs(0.5.tenToThis - 3.1622776601683795) < 1e-13)
  }

  /// Durations around a median, of a skewed distribution.
  private func histogram(_ count: Int, around median: Double, _ random: inout Random) -> Histogram {
    var histogram = Histogram()
    for _ in 0..<count {
      let spread = random.fraction() + random.fraction() + random.fraction() - 1.5
      histogram.record(.nanoseconds(Int64(median * (spread * 0.3).tenToThis)))
    }
    return histogram
  }

  @Test("a ratio is seen where there is one, and not where there is none", arguments: [50, 1_000, 20_000])
  func bootstrap(count: Int) throws {
    var random = Random(Seed(11))
    let (slow, fast) = (histogram(count, around: 300_000, &random), histogram(count, around: 200_000, &random))
    let again = histogram(count, around: 200_000, &random)
    let bootstrap = Bootstrap(seed: 1)
    let ratio = try #require(bootstrap.ratio(of: slow, to: fast, at: .p50))
    #expect(ratio.lower <= ratio.estimate && ratio.estimate <= ratio.upper)
    #expect(ratio.isDifferent && ratio.lower < 1.5 && ratio.upper > 1.4)
    let same = try #require(bootstrap.ratio(of: again, to: fast, at: .p50))
    #expect(same.lower < 1.02 && same.upper > 0.98)
    #expect(Bootstrap(seed: 1).ratio(of: slow, to: fast, at: .p50) == ratio)
  }

  @Test("the interval is as wide as that of samples drawn one by one")
  func bootstrapAgreesWithDrawing() throws {
    var random = Random(Seed(12))
    let (own, base) = (histogram(200, around: 300_000, &random), histogram(200, around: 200_000, &random))
    func values(_ histogram: Histogram) -> [Int64] {
      var values: [Int64] = []
      histogram.eachBucket { values += repeatElement($0.highest.nanoseconds, count: Int($0.count)) }
      return values
    }
    func median(_ values: [Int64]) -> Double {
      let drawn = values.map { _ in values[Int(random.next() % UInt64(values.count))] }.sorted()
      return Double(drawn[values.count / 2 - 1])
    }
    let (above, below) = (values(own), values(base))
    let ratios = (0..<2_000).map { _ in median(above) / median(below) }.sorted()
    let bootstrap = Bootstrap(seed: 3)
    let ratio = try #require(bootstrap.ratio(of: own, to: base, at: .p50))
    #expect(abs(ratio.lower - ratios[50]) < 0.02 && abs(ratio.upper - ratios[1_949]) < 0.02)
  }

  @Test("true ratios lie within 95 of 100 intervals")
  func bootstrapCoverage() throws {
    var random = Random(Seed(13))
    var holding = 0
    for round in 0..<400 {
      let (own, base) = (histogram(150, around: 300_000, &random), histogram(150, around: 200_000, &random))
      let bootstrap = Bootstrap(seed: UInt64(round), rounds: 400)
      let ratio = try #require(bootstrap.ratio(of: own, to: base, at: .p50))
      if ratio.lower <= 1.5, 1.5 <= ratio.upper { holding += 1 }
    }
    #expect((364...398).contains(holding))
  }

  @Test("what has no ratio has none")
  func noRatio() {
    let bootstrap = Bootstrap(seed: 0)
    var one = Histogram()
    one.record(.milliseconds(1))
    var zero = Histogram()
    zero.record(.zero)
    #expect(bootstrap.ratio(of: one, to: Histogram(), at: .p50) == nil)
    #expect(bootstrap.ratio(of: Histogram(), to: one, at: .p50) == nil)
    #expect(bootstrap.ratio(of: one, to: zero, at: .p50) == nil)
    #expect(bootstrap.ratio(of: one, to: one, at: .p99) == Bootstrap.Ratio(estimate: 1, lower: 1, upper: 1))
  }

  @Test("an interval that has one at its edge does not differ")
  func oneIsNoDifference() {
    func differs(_ lower: Double, _ upper: Double) -> Bool {
      Bootstrap.Ratio(estimate: 1, lower: lower, upper: upper).isDifferent
    }
    #expect(!differs(1, 1) && !differs(1, 2) && !differs(0.5, 1) && !differs(0.9, 1.1))
    #expect(differs(1.001, 2) && differs(0.5, 0.999))
  }

  @Test("where nothing, and where everything was hit, the interval ends exactly there")
  func exactEnds() throws {
    for trials in 1...2_000 {
      #expect(try #require(Wilson(0, of: trials)).lower == 0 && #require(Wilson(trials, of: trials)).upper == 1)
      if trials > 1 { #expect(try #require(Wilson(1, of: trials)).lower > 0) }
    }
  }
}
