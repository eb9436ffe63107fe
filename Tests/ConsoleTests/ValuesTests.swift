import Handshake
import Testing
import Timebase

@testable import Console

/// The values of options: what is taken, and what is said of the rest.
@Suite("Values") struct ValuesTests {
  static let times: [(text: String, nanoseconds: Int64)] = [
    ("1", 1_000_000_000), ("0.5", 500_000_000), (".5", 500_000_000), ("2.", 2_000_000_000), ("01", 1_000_000_000),
    ("10ms", 10_000_000), ("1.5ms", 1_500_000), ("500us", 500_000), ("500µs", 500_000), ("1000ns", 1_000),
    ("2s", 2_000_000_000), ("1m", 60_000_000_000), ("1min", 60_000_000_000), ("0.000001", 1_000),
  ]

  @Test("a rate is a number within its bounds", arguments: ["0.001", "10", "1e3", "1000"])
  func rates(_ text: String) throws {
    #expect(try Values.rate(text, of: "probes", for: "--rate", in: 0.001...1_000) == Double(text))
  }

  @Test("what is no rate", arguments: ["0", "-1", "1000.1", "nan", "inf", "", "10/s"]) func noRate(_ text: String) {
    let message = refusal { () throws(UsageError) in
      _ = try Values.rate(text, of: "probes", for: "--rate", in: 0.001...1_000)
    }
    #expect(message == "--rate: '\(text)' is not a valid rate; use probes per second, from 0.001 to 1000")
  }

  @Test("times", arguments: times) func time(_ vector: (text: String, nanoseconds: Int64)) throws {
    let time = try Values.interval(vector.text, for: "-i", in: .zero ... .seconds(3600))
    #expect(time.nanoseconds == vector.nanoseconds)
  }

  static let noTimes = [
    "", " ", "s", ".", "..5", "1.2.3", "-1", "+1", "1e3", "inf", "nan", "0x10", "1 s", " 1", "1h", "1S", "1msms", "٣",
    "9999999999999999999999", String(repeating: "9", count: 400),
  ]

  @Test("what is no time", arguments: noTimes) func noTime(_ text: String) {
    let message = refusal { () throws(UsageError) in
      _ = try Values.interval(text, for: "-i", in: .zero ... .seconds(3600))
    }
    #expect(message == "-i: '\(text)' is not a valid time; use seconds (0.5) or a unit (10ms, 500us)")
  }

  @Test("a time out of range is told the range in the units that fit", arguments: ["0", "0.0009", "60.1", "61s"])
  func timeOutOfRange(_ text: String) {
    let message = refusal { () throws(UsageError) in
      _ = try Values.interval(text, for: "-W", in: .milliseconds(1) ... .seconds(60))
    }
    #expect(message == "-W: \(text) is out of range; from 1ms to 60s")
  }

  static let numbers: [(text: String, value: Int)] = [
    ("0", 0), ("255", 255), ("007", 7), ("0x10", 16), ("0XfF", 255), ("0x0", 0), ("-0", 0),
  ]

  @Test("whole numbers", arguments: numbers) func number(_ vector: (text: String, value: Int)) throws {
    #expect(try Values.integer(vector.text, for: "-Q", in: 0...255) == vector.value)
  }

  @Test(
    "what is no whole number", arguments: ["", "-", "ff", "1.5", "0x", "0x-1", "-0x1", "+1", " 1", "1 ", "1e1", "٣"])
  func noNumber(_ text: String) {
    let message = refusal { () throws(UsageError) in _ = try Values.integer(text, for: "-Q", in: 0...255) }
    #expect(message == "-Q: '\(text)' is not a whole number from 0 to 255")
  }

  @Test(
    "a whole number out of range, however far",
    arguments: ["256", "-1", "0x100", "99999999999999999999999", "-99999999999999999999999", "0xffffffffffffffffff"])
  func numberOutOfRange(_ text: String) {
    let message = refusal { () throws(UsageError) in _ = try Values.integer(text, for: "-Q", in: 0...255) }
    #expect(message == "-Q: \(text) is out of range; from 0 to 255")
  }

  @Test("one of several words, as it is written") func word() throws {
    #expect(try Values.word("rst", for: "--close", as: CloseManner.self) == .rst)
    #expect(try Values.word("closed", for: "--expect", as: Verdict.self) == .refused)
    for text in ["", "FIN", "fin ", "slam"] {
      let message = refusal { () throws(UsageError) in
        _ = try Values.word(text, for: "--close", as: CloseManner.self)
      }
      #expect(message == "--close: '\(text)' is not one of fin, rst, none")
    }
  }

  @Test("a limit has a unit") func limits() throws {
    for text in ["1", "1.", ".", "", "0.5", "1٣"] {
      let message = refusal { () throws(UsageError) in _ = try Values.limit(text, for: "rtt<") }
      #expect(message == "rtt<: '\(text)' has no unit; use 50ms, 500us or 0.5s")
    }
    #expect(try Values.limit("1.5ms", for: "rtt<") == .microseconds(1_500))
  }

  @Test(
    "a time is the nearest nanosecond", arguments: [("0.0000000015", 2), ("0.29us", 290), ("1.9ns", 2), ("1.1ns", 1)])
  func nearest(text: String, nanoseconds: Int64) throws {
    #expect(try Values.interval(text, for: "-i", in: .zero ... .seconds(1)).nanoseconds == nanoseconds)
  }
}
