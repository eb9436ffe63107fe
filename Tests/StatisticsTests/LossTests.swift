import Repeatable
import Testing
import Timebase

@testable import Statistics

@Suite("Loss and jitter") struct LossTests {
  /// Sent, lost, and what C's `printf("%g", (float)(lost * 100.0 / sent))` prints.
  private static let percentages: [(Int, Int, String)] = [
    (3, 1, "33.3333"), (3, 2, "66.6667"), (7, 3, "42.8571"), (1_000, 1, "0.1"), (20, 0, "0"), (20, 20, "100"),
    (6, 1, "16.6667"), (128, 1, "0.78125"), (10_000_000, 1, "1e-05"), (1_000_000, 1, "0.0001"),
    (100_000, 1, "0.001"), (10_000_000, 1_234_565, "12.3456"), (10_000_000, 1_234_575, "12.3457"),
    (9_999_999, 9_999_998, "100"), (12_345, 678, "5.4921"), (1_000_000_000, 999_999_999, "100"),
    (99_999, 1, "0.00100001"), (200, 199, "99.5"), (400_001, 400_000, "99.9997"), (10_000_000, 9, "9e-05"),
    (16_777_216, 1_677_721, "10"), (8_000_000, 1_000_001, "12.5"), (30_000, 1, "0.00333333"),
    // Exactly between two: to the even digit.
    (256, 3, "1.17188"), (256, 5, "1.95312"), (256, 7, "2.73438"), (256, 13, "5.07812"),
  ]

  @Test("the percentage is spelled as ping spells it", arguments: percentages)
  func percentageIsPings(sent: Int, lost: Int, text: String) {
    #expect(Loss(sent: sent, received: sent - lost).percentage == text)
  }

  @Test("the ratio lies between 0 and 1, and is absent where nothing was sent")
  func ratio() {
    #expect(Loss().ratio == nil && Loss().percentage == nil)
    #expect(Loss(sent: 4, received: 3).ratio == 0.25)
    #expect(Loss(sent: 4, received: 4).ratio == 0)
    #expect(Loss(sent: 1, received: 3).percentage == "0")
  }

  @Test("jitter follows RFC 3550 §6.4.1", arguments: Seed.several)
  func jitterIsTheRFCs(seed: Seed) throws {
    var random = Random(seed)
    var jitter = Jitter()
    #expect(jitter.value == nil)
    var expected = 0.0
    var last: Int64?
    for index in 0..<500 {
      let value = Int64.random(in: 100_000...900_000, using: &random)
      jitter.record(.nanoseconds(value))
      if let last { expected += (Double(abs(value - last)) - expected) / 16 }
      last = value
      if index == 0 { #expect(jitter.value == nil) }
    }
    let told = try #require(jitter.value).nanoseconds
    #expect(abs(Double(told) - expected) < 2)
  }

  @Test("a constant has no jitter, and extremes do not trap")
  func jitterOfConstants() {
    var jitter = Jitter()
    for _ in 0..<5 { jitter.record(.milliseconds(3)) }
    #expect(jitter.value == .zero)
    for _ in 0..<5 {
      jitter.record(.nanoseconds(.max))
      jitter.record(.nanoseconds(.min))
    }
    #expect((jitter.value ?? .zero) > .zero)
  }

  @Test("the sixteenth that is taken off is rounded, as the RFC's sample does")
  func jitterIsRounded() {
    var jitter = Jitter()
    for value in [100, 124] as [Int64] { jitter.record(.nanoseconds(value)) }
    // 24 sixteenths, then 22, 21, 20, 19, 18, 17, 16, and 15.
    for _ in 0..<7 { jitter.record(.nanoseconds(124)) }
    #expect(jitter.value == .nanoseconds(1))
    jitter.record(.nanoseconds(124))
    #expect(jitter.value == .zero)
  }
}
