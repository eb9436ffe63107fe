import Kernel
import Report
import Timebase

/// How the values of options are read; each error says which option, what came, and what was meant.
enum Values {
  /// A length of time: seconds with a fraction, or with a unit (`10ms`, `500us`, `2s`, `1m`).
  static func interval(
    _ text: String, for option: String, in range: ClosedRange<Interval>
  ) throws(UsageError) -> Interval {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits), let unit = unit(text[digits.endIndex...]), number * unit < 9e18 else {
      throw UsageError("\(option): '\(text)' is not a valid time; use seconds (0.5) or a unit (10ms, 500us)")
    }
    let interval = Interval(nanoseconds: Int64((number * unit).rounded()))
    guard range.contains(interval) else {
      throw UsageError(
        "\(option): \(text) is out of range; from \(range.lowerBound.compact) to \(range.upperBound.compact)")
    }
    return interval
  }

  /// A time that something is held against.
  ///
  /// It needs its unit: who writes a bare number here thinks of milliseconds as
  /// often as of seconds.
  static func limit(_ text: String, for option: String) throws(UsageError) -> Interval {
    guard let last = text.last, last.isASCII, !last.isNumber, last != "." else {
      throw UsageError("\(option): '\(text)' has no unit; use 50ms, 500us or 0.5s")
    }
    return try interval(text, for: option, in: .microseconds(1) ... .seconds(3_600))
  }

  /// So many a second, with a fraction.
  static func rate(
    _ text: String, of things: String, for option: String, in range: ClosedRange<Double>
  ) throws(UsageError) -> Double {
    guard let rate = Double(text), rate.isFinite, range.contains(rate) else {
      let limits = "from \(range.lowerBound) to \(Int(range.upperBound))"
      throw UsageError("\(option): '\(text)' is not a valid rate; use \(things) per second, \(limits)")
    }
    return rate
  }

  /// How many nanoseconds a unit has.
  private static func unit(_ name: Substring) -> Double? {
    switch name {
    case "", "s": 1e9
    case "ms": 1e6
    case "us", "µs": 1e3
    case "ns": 1
    case "m", "min": 60e9
    default: nil
    }
  }

  /// A whole number in decimal, or in hexadecimal after `0x`.
  static func integer(_ text: String, for option: String, in range: ClosedRange<Int>) throws(UsageError) -> Int {
    let isHexadecimal = text.lowercased().hasPrefix("0x")
    let digits = isHexadecimal ? text.dropFirst(2) : text[...]
    let meant = "from \(range.lowerBound) to \(range.upperBound)"
    // A minus is read to be refused for the right reason.
    let places = isHexadecimal ? digits : text.hasPrefix("-") ? digits.dropFirst() : digits
    guard !places.isEmpty, places.allSatisfy({ $0.isASCII && (isHexadecimal ? $0.isHexDigit : $0.isNumber) }) else {
      throw UsageError("\(option): '\(text)' is not a whole number \(meant)")
    }
    guard let value = Int(digits, radix: isHexadecimal ? 16 : 10), range.contains(value) else {
      throw UsageError("\(option): \(text) is out of range; \(meant)")
    }
    return value
  }

  /// One of several words.
  static func word<Word: RawRepresentable & CaseIterable>(
    _ text: String, for option: String, as: Word.Type = Word.self
  ) throws(UsageError) -> Word where Word.RawValue == String {
    if let word = Word(rawValue: text) { return word }
    let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
    throw UsageError("\(option): '\(text)' is not one of \(words)")
  }

  /// The path of a file that is to be written; `-` is standard output.
  static func path(_ text: String, for option: String) throws(UsageError) -> FilePath {
    guard !text.isEmpty else { throw UsageError("\(option) needs the name of a file, or - for standard output") }
    return FilePath(text)
  }
}

extension Values {
  /// Octets in hexadecimal, two digits each, with or without `0x` in front.
  static func octets(
    _ text: some StringProtocol, for option: String, in range: ClosedRange<Int>
  ) throws(UsageError) -> [UInt8] {
    let digits = text.lowercased().hasPrefix("0x") ? text.dropFirst(2) : text[...]
    guard digits.utf8.count % 2 == 0, digits.utf8.allSatisfy({ UnicodeScalar($0).properties.isASCIIHexDigit }) else {
      throw UsageError("\(option): '\(text)' is not hexadecimal with two digits a byte, such as 0a1b")
    }
    let count = digits.utf8.count / 2
    guard range.contains(count) else {
      throw UsageError("\(option): '\(text)' has \(count) bytes; from \(range.lowerBound) to \(range.upperBound)")
    }
    var octets: [UInt8] = []
    var rest = digits[...]
    while !rest.isEmpty {
      octets.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
      rest = rest.dropFirst(2)
    }
    return octets
  }
}
