import Repeatable
import Testing
import Timebase

@testable import Statistics

@Suite("Moments: count, extremes, mean and ping's mdev") struct MomentsTests {
  /// Runs of `ping` (iputils 20221126) on loopback: each time it printed, and its closing line.
  private static let runs: [(micros: [Int64], min: Int64, avg: Int64, max: Int64, mdev: Int64)] = [
    ([178, 36, 35], 35, 83, 178, 67),
    ([9, 31], 9, 20, 31, 11),
    ([28, 35, 35, 36, 53, 32, 35, 37, 32, 35], 28, 35, 53, 6),
    ([12, 38, 37, 37, 71, 36, 37], 12, 38, 71, 15),
  ]

  @Test("ping's own runs come out as ping printed them", arguments: runs.indices)
  func agreesWithPing(index: Int) {
    let run = MomentsTests.runs[index]
    var times = PingTimes()
    // Ping knows whole microseconds; what lies below is rounded half up.
    for (place, micros) in run.micros.enumerated() {
      times.record(.nanoseconds(micros * 1_000 + (place.isMultiple(of: 2) ? 499 : -500)))
    }
    #expect(times.min == .microseconds(run.min))
    #expect(times.mean == .microseconds(run.avg))
    #expect(times.max == .microseconds(run.max))
    #expect(times.mdev == .microseconds(run.mdev))
  }

  @Test("mean and mdev against a naive computation", arguments: Seed.several)
  func agreesWithNaive(seed: Seed) throws {
    var random = Random(seed)
    for count in [1, 2, 3, 10, 1_000] {
      // Small enough for the naive sums to be exact in 128 bits.
      let samples = (0..<count).map { _ in Int64.random(in: 0...20_000_000, using: &random) }
      var moments = Moments()
      for sample in samples { moments.record(.nanoseconds(sample)) }
      let mean = Double(samples.reduce(0, +)) / Double(count)
      let variance = samples.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(count)
      let told = try #require(moments.mdev).nanoseconds
      #expect(abs(Double(told) - variance.squareRoot()) <= 1.001)
      #expect(try #require(moments.mean).nanoseconds == samples.reduce(0, +) / Int64(count))
      #expect(moments.total == .nanoseconds(samples.reduce(0, +)))
      #expect(moments.min == .nanoseconds(try #require(samples.min())))
      #expect(moments.max == .nanoseconds(try #require(samples.max())))
      #expect(moments.count == UInt64(count))
    }
  }

  @Test("a constant has no deviation, however great and however often", arguments: [0, 1, 213_400, Int64.max])
  func constantsDoNotDeviate(value: Int64) {
    var moments = Moments()
    for _ in 0..<1_000 { moments.record(.nanoseconds(value)) }
    #expect(moments.mean == .nanoseconds(value))
    #expect(moments.mdev == .zero)
  }

  @Test("what is merged is as if it had been recorded in one", arguments: Seed.several)
  func mergingIsRecording(seed: Seed) {
    var random = Random(seed)
    var (left, right, both) = (Moments(), Moments(), Moments())
    for index in 0..<100 {
      let sample = random.interval()
      both.record(sample)
      if index.isMultiple(of: 3) { left.record(sample) } else { right.record(sample) }
    }
    left.merge(right)
    left.merge(Moments())
    #expect(left == both)
    var empty = Moments()
    empty.merge(both)
    #expect(empty == both)
  }

  @Test("nothing recorded is nothing told")
  func emptiness() {
    let moments = Moments()
    #expect(moments.mean == nil && moments.mdev == nil && moments.min == nil && moments.max == nil)
    var negative = Moments()
    negative.record(.nanoseconds(-5))
    #expect(negative.min == .zero && negative.mdev == .zero)
  }

  @Test("division and root by shifting agree with the built-in ones", arguments: Seed.several)
  func wideArithmetic(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<500 {
      let shift = UInt128.random(in: 0..<128, using: &random)
      let number = UInt128.random(in: 0...UInt128.max, using: &random) >> shift
      let divisor = max(1, random.next() >> UInt64.random(in: 0..<64, using: &random))
      #expect(number.quotient(by: divisor) == number / UInt128(divisor))
      let root = number.squareRoot
      #expect(root * root <= number)
      let (next, isTooGreat) = (root + 1).multipliedReportingOverflow(by: root + 1)
      #expect(isTooGreat || next > number)
    }
    #expect(UInt128.max.quotient(by: .max) == UInt128.max / UInt128(UInt64.max))
    #expect(UInt128.max.squareRoot == UInt128(UInt64.max))
    #expect(UInt128(0).squareRoot == 0)
  }
}
