import Scan
import Testing

@Suite struct MissedBoundTests {
  /// Answers by pass of targets that lose alike within a group: how many there are and how much they lose.
  private func answers(_ groups: [(count: Double, loss: Double)], passes: Int) -> [UInt64] {
    (1...passes).map { pass in
      UInt64(groups.reduce(0) { $0 + $1.count * (1 - $1.loss) * power($1.loss, pass - 1) }.rounded())
    }
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { value, _ in value * base }
  }

  private func missed(_ groups: [(count: Double, loss: Double)], passes: Int) -> Double {
    groups.reduce(0) { $0 + $1.count * power($1.loss, passes) }
  }

  private func bound(_ answers: [UInt64]) -> Double? {
    if case .atLeast(let value) = MissedBound(answers).value { value } else { nil }
  }

  @Test func isTheTruthWhereAllLoseAlike() throws {
    for loss in [0.059, 0.2, 0.5] {
      let groups = [(count: 200_000.0, loss: loss)]
      let value = try #require(bound(answers(groups, passes: 3)))
      #expect(abs(value - missed(groups, passes: 3)) < 0.05 * missed(groups, passes: 3) + 2)
    }
  }

  @Test(arguments: [(3, 151.0, 734.0), (4, 316.0, 375.0)])
  func isBelowTheTruthWhereAFewLoseMuch(passes: Int, expected: Double, truth: Double) throws {
    let groups = [(count: 194_000.0, loss: 0.02), (count: 6_000.0, loss: 0.5)]
    let value = try #require(bound(answers(groups, passes: passes)))
    #expect(abs(value - expected) < 0.15 * expected)
    #expect(value < missed(groups, passes: passes))
    #expect(abs(missed(groups, passes: passes) - truth) < 0.05 * truth)
  }

  /// Nine tenths lose one packet in 200, and the others three in ten.
  @Test(arguments: [(3, 417.0, 540.0), (4, 161.0, 162.0)])
  func comesNearTheTruthWithFurtherPasses(passes: Int, expected: Double, truth: Double) throws {
    let groups = [(count: 180_000.0, loss: 0.005), (count: 20_000.0, loss: 0.3)]
    let value = try #require(bound(answers(groups, passes: passes)))
    #expect(abs(value - expected) < 0.02 * expected)
    #expect(value < missed(groups, passes: passes) && abs(missed(groups, passes: passes) - truth) < 0.02 * truth)
    #expect(MissedBound(answers(groups, passes: 3)).differsBetweenTargets)
  }

  @Test func saysWhereLossDiffers() {
    let mixed = answers([(count: 194_000, loss: 0.02), (count: 6_000, loss: 0.5)], passes: 3)
    #expect(MissedBound(mixed).differsBetweenTargets)
    #expect(!MissedBound(answers([(count: 200_000, loss: 0.06)], passes: 3)).differsBetweenTargets)
    // A few answers prove nothing.
    #expect(!MissedBound([100, 3, 1]).differsBetweenTargets)
  }

  @Test func nothingIsMissedWhereAllAnswered() {
    #expect(MissedBound([3, 1], unanswered: 0).value == .atLeast(0))
    #expect(MissedBound([3, 3], unanswered: 0).value == .atLeast(0))
    #expect(MissedBound([100, 90], unanswered: 12).value == .atLeast(12))
    #expect(!MissedBound([100_000, 1_000, 900], unanswered: 0).differsBetweenTargets)
    #expect(MissedBound([100_000, 1_000, 900], unanswered: 1).differsBetweenTargets)
  }

  @Test func saysNothingThatItCannotKnow() {
    #expect(MissedBound([]).value == .unknown)
    #expect(MissedBound([10]).value == .unknown)
    #expect(MissedBound([10, 10]).value == .notConverging)
    #expect(MissedBound([10, 20]).value == .notConverging)
    #expect(MissedBound([10, 0]).value == .atLeast(0))
    #expect(MissedBound([0, 0]).value == .atLeast(0))
    #expect(MissedBound([.max, 1]).value == .atLeast(1 / (Double(UInt64.max) - 1)))
  }
}
