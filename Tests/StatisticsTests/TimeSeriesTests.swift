import Repeatable
import Testing
import Timebase

@testable import Statistics

@Suite("Time series: bounded, and nothing lost in merging") struct TimeSeriesTests {
  @Test("probes are counted in the interval in which they left")
  func slices() {
    var series = TimeSeries(length: .seconds(1), capacity: 10)
    series.record(.milliseconds(1), at: .zero)
    series.record(.milliseconds(3), at: .milliseconds(999))
    series.record(nil, at: .milliseconds(2_500))
    series.record(.milliseconds(2), at: .milliseconds(500))
    series.record(.milliseconds(9), at: .seconds(-1))
    #expect(series.slices.map(\.sent) == [4, 0, 1] && series.slices.map(\.lost) == [0, 0, 1])
    #expect(series.slices[0].max == .milliseconds(9) && series.slices[0].value(at: .p50) == .milliseconds(2))
    #expect(series.slices[1].value(at: .p50) == nil && series.slices[2].max == nil)
    #expect(series.length == .seconds(1) && series.start == .zero)
  }

  @Test("neighbours are merged when there is no room left", arguments: Seed.several)
  func merging(seed: Seed) {
    var random = Random(seed)
    var series = TimeSeries(length: .milliseconds(10), capacity: 16)
    var times: [(Interval, Interval?)] = []
    for _ in 0..<2_000 {
      let offset = Interval.milliseconds(Int64.random(in: 0..<5_000, using: &random))
      times.append((offset, random.happens(0.2) ? nil : .microseconds(Int64.random(in: 1..<900, using: &random))))
      series.record(times[times.count - 1].1, at: offset)
    }
    #expect(series.slices.count <= 16 && series.length == .milliseconds(320))
    for (index, slice) in series.slices.enumerated() {
      let own = times.filter { $0.0.nanoseconds / series.length.nanoseconds == Int64(index) }
      #expect(slice.sent == own.count && slice.lost == own.count { $0.1 == nil })
      let answered = own.compactMap(\.1).sorted()
      #expect(slice.max == answered.last)
      guard let told = slice.value(at: .p50) else { continue }
      let exact = answered[(answered.count + 1) / 2 - 1]
      #expect(told >= exact && (told - exact) * 32 <= exact)
    }
  }

  @Test("the oldest are forgotten where that is asked for")
  func forgetting() {
    var series = TimeSeries(length: .seconds(1), capacity: 4, limit: .forgetting)
    for second in 0..<10 { series.record(.milliseconds(Int64(second)), at: .seconds(Int64(second))) }
    #expect(series.slices.map(\.max) == [6, 7, 8, 9].map { Interval.milliseconds($0) })
    #expect(series.start == .seconds(6) && series.length == .seconds(1))
    series.record(.milliseconds(1), at: .seconds(5))
    #expect(series.slices.map(\.sent) == [1, 1, 1, 1])
    series.record(nil, at: .seconds(1_000))
    #expect(series.slices.map(\.sent) == [0, 0, 0, 1] && series.start == .seconds(997))
  }

  @Test("nothing traps at the ends of time", arguments: [TimeSeries.Limit.merging, .forgetting])
  func extremes(limit: TimeSeries.Limit) {
    for length in [Interval.nanoseconds(.min), .zero, .nanoseconds(1), .nanoseconds(.max)] {
      var series = TimeSeries(length: length, capacity: 1, limit: limit)
      for offset in [Interval.nanoseconds(.max), .nanoseconds(.min), .zero, .nanoseconds(.max - 1)] {
        series.record(.nanoseconds(.max), at: offset)
        series.record(.nanoseconds(.min), at: offset)
      }
      #expect(series.slices.count <= 2 && series.start >= .zero)
    }
  }

  @Test("the greatest of two intervals that become one is that of either, and no quantile exceeds it")
  func greatestOfTwo() throws {
    for order in [[1_000_001, 5_000_003], [5_000_003, 1_000_001]] as [[Int64]] {
      var series = TimeSeries(length: .seconds(1), capacity: 2)
      for (second, nanoseconds) in order.enumerated() {
        for _ in 0..<100 { series.record(.nanoseconds(nanoseconds), at: .seconds(Int64(second))) }
      }
      series.record(.nanoseconds(1), at: .seconds(2))
      let slice = try #require(series.slices.first)
      #expect(slice.sent == 200 && slice.max == .nanoseconds(5_000_003))
      #expect(slice.value(at: Quantile(1, of: 1)) == .nanoseconds(5_000_003))
    }
  }
}
