import Repeatable
import Testing
import Timebase

@testable import Statistics

@Suite("Histogram: HdrHistogram's scheme, three digits, one hour") struct HistogramTests {
  private static let quantiles: [Quantile] = [
    Quantile(0, of: 1), Quantile(1, of: 3), .p50, .p90, .p99, .p999, .p9999, Quantile(1, of: 1),
  ]

  /// The exact answer: the least sample with at most the rest above it.
  private static func exact(_ sorted: [Interval], _ quantile: Quantile) -> Interval {
    let count = UInt64(sorted.count)
    let rank = (count * quantile.numerator + quantile.denominator - 1) / quantile.denominator
    return sorted[Int(max(rank, 1)) - 1]
  }

  @Test("every value lies in its counter, and no counter is wider than a 1024th of it", arguments: Seed.several)
  func countersAreNarrow(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<2_000 {
      let value = random.interval().nanoseconds
      let index = Histogram.Precision.fine.index(of: value)
      let highest = Histogram.Precision.fine.highest(at: index)
      let lowest = index == 0 ? 0 : Histogram.Precision.fine.highest(at: index - 1) + 1
      #expect(lowest <= value && value <= highest)
      #expect((highest - lowest) * 1_024 <= value)
    }
  }

  @Test("counters follow each other without a gap at every power of two")
  func countersAreContiguous() {
    for bits in 0..<41 {
      let power: Int64 = 1 << Int64(bits)
      for value in [power - 1, power, power + 1] {
        #expect(Histogram.Precision.fine.index(of: value + 1) - Histogram.Precision.fine.index(of: value) <= 1)
        #expect(Histogram.Precision.fine.index(of: value) >= 0)
      }
    }
    #expect(Histogram.Precision.fine.index(of: 2_047) == 2_047)
    #expect(Histogram.Precision.fine.index(of: 2_048) == 2_048)
    #expect(Histogram.Precision.fine.index(of: 2_049) == 2_048)
    #expect(
      Histogram.Precision.fine.highest(at: Histogram.Precision.fine.index(of: Histogram.ceiling)) >= Histogram.ceiling)
  }

  @Test("quantiles are exact within a 1024th", arguments: Seed.several)
  func quantilesAreBounded(seed: Seed) throws {
    var random = Random(seed)
    for count in [1, 2, 63, 64, 65, 1_000, 5_000] {
      var histogram = Histogram()
      let samples = (0..<count).map { _ in random.interval() }
      for sample in samples { histogram.record(sample) }
      let sorted = samples.sorted()
      #expect(histogram.count == UInt64(count))
      for quantile in HistogramTests.quantiles {
        let exact = HistogramTests.exact(sorted, quantile).nanoseconds
        let told = try #require(histogram.value(at: quantile)).nanoseconds
        if count <= 64 { #expect(told == exact) }
        #expect(told >= exact)
        #expect((told - exact) * 1_024 <= exact)
      }
    }
  }

  @Test("what is merged is as if it had been recorded in one", arguments: Seed.several)
  func mergingIsRecording(seed: Seed) throws {
    var random = Random(seed)
    for (first, second) in [(0, 3), (3, 0), (40, 40), (10, 500), (500, 10), (300, 300)] {
      var left = Histogram()
      var right = Histogram()
      var both = Histogram()
      for index in 0..<(first + second) {
        let sample = random.interval()
        both.record(sample)
        if index < first { left.record(sample) } else { right.record(sample) }
      }
      left.merge(right)
      #expect(left.count == both.count)
      for quantile in HistogramTests.quantiles { #expect(left.value(at: quantile) == both.value(at: quantile)) }
    }
  }

  @Test("buckets are what was recorded, in order and without overlap", arguments: Seed.several)
  func buckets(seed: Seed) throws {
    var random = Random(seed)
    for (precision, width) in [(Histogram.Precision.fine, 1_024), (.coarse, 32)] as [(Histogram.Precision, Int64)] {
      for count in [0, 1, 5, 64, 65, 3_000] {
        var histogram = Histogram(precision)
        var sum: Int64 = 0
        for _ in 0..<count {
          let sample = random.interval()
          sum += sample.nanoseconds
          histogram.record(sample)
        }
        var (total, last): (UInt64, Int64) = (0, -1)
        histogram.eachBucket { bucket in
          #expect(bucket.count > 0 && bucket.lowest <= bucket.highest && bucket.lowest.nanoseconds > last)
          #expect((bucket.highest - bucket.lowest).nanoseconds * width <= bucket.lowest.nanoseconds)
          total += bucket.count
          last = bucket.highest.nanoseconds
        }
        #expect(total == histogram.count && total == UInt64(count))
        guard count > 0 else { continue }
        let (mean, exact) = (try #require(histogram.mean).nanoseconds, sum / Int64(count))
        if count <= 64 { #expect(mean == exact) } else { #expect(abs(mean - exact) * width <= exact) }
      }
    }
    #expect(Histogram().mean == nil)
  }

  @Test("equal is what counted the same, in whatever order", arguments: Seed.several)
  func equality(seed: Seed) {
    var random = Random(seed)
    for count in [0, 1, 64, 65, 500] {
      let samples = (0..<count).map { _ in random.interval() }
      var (one, other) = (Histogram(), Histogram())
      for sample in samples { one.record(sample) }
      for sample in samples.shuffled(using: &random) { other.record(sample) }
      #expect(one == other)
      other.record(.seconds(3))
      #expect(one != other)
    }
    #expect(Histogram() != Histogram(.coarse))
    var most = Histogram()
    most.record(.seconds(1), times: .max)
    most.record(.seconds(2), times: 5)
    #expect(most.count == .max && most.mean?.nanoseconds.description.hasPrefix("1000") == true)
  }

  @Test("nothing traps: negative, endless, and counts beyond the few")
  func extremesAreClamped() throws {
    var histogram = Histogram()
    #expect(histogram.value(at: .p50) == nil)
    histogram.record(.nanoseconds(.min))
    histogram.record(.nanoseconds(.max))
    #expect(histogram.value(at: Quantile(0, of: 1)) == .zero)
    #expect(histogram.value(at: Quantile(1, of: 1)) == .nanoseconds(Histogram.ceiling))
    histogram.record(.milliseconds(5), times: 1 << 40)
    histogram.record(.zero, times: 0)
    #expect(histogram.count == 1 << 40 + 2)
    let median = try #require(histogram.value(at: .p50)).nanoseconds
    #expect((5_000_000...5_005_000).contains(median))
  }

  @Test("a quantile is a fraction between 0 and 1, whatever it is made from")
  func quantilesAreFractions() {
    #expect(Quantile(5, of: 0) == Quantile(1, of: 1))
    #expect(Quantile(9, of: 3) == Quantile(3, of: 3))
    #expect(Quantile.p99.rank(among: 100) == 99)
    #expect(Quantile.p99.rank(among: 101) == 100)
    #expect(Quantile.p50.rank(among: 1) == 1)
    #expect(Quantile.p50.rank(among: 0) == 1)
    #expect(Quantile(1, of: 1).rank(among: .max) == .max)
  }

  @Test("a series never tells a quantile beyond its extremes", arguments: Seed.several)
  func seriesStaysWithin(seed: Seed) {
    var random = Random(seed)
    var series = Series()
    #expect(series.value(at: .p99) == nil)
    let samples = (0..<200).map { _ in random.interval() }
    for sample in samples { series.record(sample) }
    #expect(series.value(at: Quantile(1, of: 1)) == samples.max())
    #expect(series.moments.count == 200)
    #expect(series.jitter.value != nil)
  }

  @Test("sixty-four samples are kept as they are, and with one more all are counted")
  func fewAndMany() {
    let value = Interval.nanoseconds(1_234_567)
    for (count, isExact) in [(64, true), (65, false)] {
      var one = Histogram()
      for _ in 0..<count { one.record(value) }
      var many = Histogram()
      many.record(value, times: UInt64(count))
      #expect((one.value(at: .p50) == value) == isExact && one == many)
      #expect((many.value(at: .p50) == value) == isExact)
    }
  }
}
