import Statistics
import Testing
import Timebase

@Suite("Counts by fixed bounds") struct BucketCountsTests {
  @Test(
    "a duration counts at its bound and every longer one, to the nanosecond",
    arguments: [
      (-1, 0), (0, 0), (10_000, 0), (10_001, 1), (25_000, 1), (999_999, 6), (1_000_000, 6), (1_000_001, 7),
      (10_000_000_000, 18), (10_000_000_001, 19), (Int64.max, 19),
    ])
  func bounds(_ nanoseconds: Int64, _ first: Int) {
    var counts = BucketCounts()
    counts.record(.nanoseconds(nanoseconds))
    #expect(counts.cumulative == (0..<19).map { $0 >= first ? 1 : 0 })
    #expect(counts.count == 1)
    #expect(counts.sum == .nanoseconds(max(nanoseconds, 0)))
  }

  @Test("bounds rise, counts never fall, and sums do not overflow") func monotone() {
    #expect(zip(BucketCounts.bounds, BucketCounts.bounds.dropFirst()).allSatisfy { $0 < $1 })
    var counts = BucketCounts()
    for exponent in 0..<62 { counts.record(.nanoseconds(1 << exponent)) }
    counts.record(.nanoseconds(.max))
    counts.record(.nanoseconds(.max))
    #expect(zip(counts.cumulative, counts.cumulative.dropFirst()).allSatisfy { $0 <= $1 })
    #expect(counts.count == 64)
    #expect(counts.sum == .nanoseconds(.max))
  }
}
