import Foundation
import Testing
import Timebase

@testable import Report

@Suite("Moments as text") struct RFC3339Tests {
  private static let moments: [(Int64, String)] = [
    (0, "1970-01-01T00:00:00.000000000Z"), (1, "1970-01-01T00:00:00.000000001Z"),
    (-1, "1969-12-31T23:59:59.999999999Z"), (951_782_399_999_999_999, "2000-02-28T23:59:59.999999999Z"),
    (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
    (1_767_323_045_123_456_789, "2026-01-02T03:04:05.123456789Z"),
    (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"), (.max, "2262-04-11T23:47:16.854775807Z"),
    (.min, "1677-09-21T00:12:43.145224192Z"),
  ]

  @Test("known moments", arguments: moments)
  func known(nanoseconds: Int64, text: String) {
    #expect(WallTime(nanoseconds: nanoseconds).rfc3339 == text)
  }

  @Test("every day of four centuries, against another calendar")
  func days() throws {
    let style = Date.ISO8601FormatStyle()
    for day in stride(from: -100_000, to: 100_000, by: 37) {
      let second = Int64(day) * 86_400 + 12_345
      let text = Date(timeIntervalSince1970: Double(second)).formatted(style)
      let ours = WallTime(nanoseconds: second * 1_000_000_000).rfc3339
      if ours != text.dropLast() + ".000000000Z" { Issue.record("\(ours) is not \(text)") }
    }
  }

  @Test("ping -D's form")
  func bracketed() {
    #expect(WallTime(nanoseconds: 1_767_323_045_123_456_789).bracketed == "[1767323045.123456]")
    #expect(WallTime(nanoseconds: 1_000).bracketed == "[0.000001]")
  }

  @Test("the time of day, east and west of Greenwich, before and after midnight")
  func timesOfDay() {
    let moment = WallTime(nanoseconds: 1_767_323_045_123_456_789)
    #expect(moment.timeOfDay(secondsEast: 0) == "03:04:05.123456")
    #expect(moment.timeOfDay(secondsEast: 19_800) == "08:34:05.123456")
    #expect(moment.timeOfDay(secondsEast: -18_000) == "22:04:05.123456")
    #expect(WallTime(nanoseconds: -1).timeOfDay(secondsEast: 3_600) == "00:59:59.999999")
    #expect(WallTime(nanoseconds: .max).timeOfDay(secondsEast: 50_400) == "13:47:16.854775")
    #expect(WallTime(nanoseconds: .min).timeOfDay(secondsEast: -86_399) == "00:12:44.145224")
  }
}
