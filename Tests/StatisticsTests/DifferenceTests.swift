import Testing
import Timebase

@testable import Statistics

/// Differences of two losses, and of two means.
@Suite struct DifferenceTests {
  /// Newcombe 1998, table II, example (a), method 10: 56 of 70 less 48 of 80.
  @Test("the difference of two shares is that of the paper") func newcombe() throws {
    let difference = try #require(
      LossDifference(from: Loss(sent: 80, received: 32), to: Loss(sent: 70, received: 14)))
    func rounded(_ share: Double) -> Int { Int((share * 10_000).rounded()) }
    #expect(rounded(difference.estimate) == 2_000)
    #expect((rounded(difference.lower), rounded(difference.upper)) == (524, 3_339))
    #expect(difference.isDifferent)
    let back = try #require(LossDifference(from: Loss(sent: 70, received: 14), to: Loss(sent: 80, received: 32)))
    #expect((rounded(back.lower), rounded(back.upper)) == (-3_339, -524))
  }

  @Test("where nothing was lost, or all, there is an interval; without probes there is none") func extremes() throws {
    let none = try #require(LossDifference(from: Loss(sent: 10, received: 10), to: Loss(sent: 10, received: 10)))
    #expect(none.estimate == 0 && none.lower < 0 && none.upper > 0 && !none.isDifferent)
    let all = try #require(LossDifference(from: Loss(sent: 10, received: 10), to: Loss(sent: 10, received: 0)))
    #expect(all.estimate == 1 && all.lower > 0.6 && all.upper == 1 && all.isDifferent)
    #expect(LossDifference(from: Loss(), to: Loss(sent: 10, received: 10)) == nil)
  }

  /// By scipy: 19.1 degrees of freedom, of which 19 count; 2.093 times the root of 0.4 + 0.75.
  @Test("the difference of two means is Welch's") func welch() throws {
    let first = MeanDifference.Sample(mean: .milliseconds(10), deviation: .milliseconds(2), count: 10)
    let second = MeanDifference.Sample(mean: .milliseconds(12), deviation: .milliseconds(3), count: 12)
    let difference = try #require(MeanDifference(from: first, to: second))
    #expect(difference.estimate == .milliseconds(2))
    #expect(difference.lower == .nanoseconds(-244492) && difference.upper == .nanoseconds(4_244_492))
    #expect(!difference.isDifferent)
    let equal = try #require(MeanDifference(from: first, to: first))
    #expect(equal.estimate == .zero && !equal.isDifferent)
  }

  @Test("of fewer than five times nothing is said, and of equal ones everything") func few() throws {
    let few = MeanDifference.Sample(mean: .milliseconds(10), deviation: .milliseconds(2), count: 4)
    let many = MeanDifference.Sample(mean: .milliseconds(10), deviation: .milliseconds(2), count: 400)
    #expect(MeanDifference(from: few, to: many) == nil && MeanDifference(from: many, to: few) == nil)
    let one = MeanDifference.Sample(mean: .milliseconds(1), deviation: .zero, count: 5)
    let two = MeanDifference.Sample(mean: .milliseconds(2), deviation: .zero, count: 5)
    #expect(MeanDifference(from: one, to: two)?.isDifferent == true)
    let huge = MeanDifference.Sample(mean: .nanoseconds(.max), deviation: .nanoseconds(.max), count: 5)
    _ = MeanDifference(from: huge, to: one)
  }
}
