import Path
import Testing

@Suite struct MultipathRuleTests {
  @Test func flowsAreThoseOfThePublishedTable() {
    let rule = MultipathRule(confidence: 0.95)
    #expect((1...15).map { rule.flows(known: $0) } == [6, 11, 16, 21, 27, 33, 38, 44, 51, 57, 63, 70, 76, 83, 90])
    let strict = MultipathRule(confidence: 0.99)
    #expect((1...10).map { strict.flows(known: $0) } == [8, 15, 21, 28, 36, 43, 51, 58, 66, 74])
  }

  @Test func oneFlowLessIsNotEnough() {
    let rule = MultipathRule()
    #expect(!rule.isMet(flows: 5, known: 1))
    #expect(rule.isMet(flows: 6, known: 1))
    #expect(!rule.isMet(flows: 10, known: 2))
  }

  @Test func whateverIsAskedItEnds() {
    for confidence in [-1, 0, 1, 2, Double.nan, .infinity] {
      #expect(MultipathRule(confidence: confidence).flows(known: .max) <= 1_000)
      #expect(MultipathRule(confidence: confidence).flows(known: -5) > 0)
    }
  }
}
