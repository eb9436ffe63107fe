import Kernel
import Runner
import Timebase
import Wire

/// What the value of an option can be: what a shell completes, and what is put beside it in the documentation.
enum ValueKind: Hashable, Sendable {
  /// There is no value.
  case none
  /// A whole number.
  case integer(ClosedRange<Int>)
  /// A length of time.
  case interval(ClosedRange<Interval>)
  /// One of these words.
  case word([String])
  /// Some of these words, with commas between them.
  case list([String])
  /// The path of a file, after a prefix such as `@` where there is one.
  case file(prefix: String = "")
  /// The name or address of a host.
  case host
  /// The name of a network interface.
  case interface
  /// Anything else.
  case text

  /// Whether it is a number, which may be meant to be negative.
  var isNumber: Bool {
    switch self {
    case .integer, .interval: true
    default: false
    }
  }
}

/// A type of value: how it is read, and what it can be.
struct OptionValue<Value>: Sendable {
  /// What it can be.
  let kind: ValueKind
  /// Reads it; the second argument is the option that errors name.
  let parse: @Sendable (String, String) throws(UsageError) -> Value

  init(_ kind: ValueKind, parse: @escaping @Sendable (String, String) throws(UsageError) -> Value) {
    (self.kind, self.parse) = (kind, parse)
  }
}

extension OptionValue where Value == String {
  /// Any text.
  static var text: OptionValue { OptionValue(.text) { (text, _) in text } }
  /// A host's name or address.
  static var host: OptionValue { OptionValue(.host) { (text, _) in text } }
  /// A network interface's name: neither an address, as ping's -I may be, nor a URL behind curl's.
  static var interface: OptionValue {
    OptionValue(.interface) { (text, name) throws(UsageError) in
      guard !text.isEmpty, IPAddress(parsing: text) == nil, !text.contains("/") else {
        let hint =
          text.contains("/") ? "; use --head for a HEAD request" : text.isEmpty ? "" : "; use -S for a source address"
        throw UsageError("\(name): '\(text)' is not an interface (ip link lists them)\(hint)")
      }
      return text
    }
  }
}

extension OptionValue where Value == FilePath {
  /// The path of a file that is to be written, or `-` for standard output.
  static var file: OptionValue {
    OptionValue(.file()) { (text, name) throws(UsageError) in try Values.path(text, for: name) }
  }
}

extension OptionValue where Value == FilePath {
  /// The path of a file that is to be read, or `-` for standard input.
  static var inputFile: OptionValue {
    OptionValue(.file()) { (text, name) throws(UsageError) in
      guard !text.isEmpty else { throw UsageError("\(name) needs the name of a file, or - for standard input") }
      return FilePath(text)
    }
  }
}

extension OptionValue where Value == FilePath? {
  /// The same, for a file that need not be.
  static var file: OptionValue {
    OptionValue(.file()) { (text, name) throws(UsageError) in try Values.path(text, for: name) }
  }
}

extension OptionValue where Value: BinaryInteger & SendableMetatype {
  /// A whole number in decimal, or in hexadecimal after `0x`; the range has to fit what it is written into.
  static func integer(_ range: ClosedRange<Int>) -> OptionValue {
    OptionValue(.integer(range)) { (text, name) throws(UsageError) in
      Value(try Values.integer(text, for: name, in: range))
    }
  }
}

extension OptionValue where Value == Int {
  /// How many pairs of segments; a hundred without a number.
  static var pairs: OptionValue {
    let range = 1...1_000_000
    return OptionValue(.integer(range)) { (text, name) throws(UsageError) in
      text.isEmpty ? OneWaySettings().pairs : try Values.integer(text, for: name, in: range)
    }
  }
}

extension OptionValue where Value == Interval {
  /// A length of time: seconds with a fraction, or with a unit.
  static func interval(_ range: ClosedRange<Interval>) -> OptionValue {
    OptionValue(.interval(range)) { (text, name) throws(UsageError) in
      try Values.interval(text, for: name, in: range)
    }
  }
}

extension OptionValue where Value == Interval? {
  /// A length of time, or `0` for none.
  static func intervalOrZero(_ range: ClosedRange<Interval>) -> OptionValue {
    OptionValue(.interval(range)) { (text, name) throws(UsageError) in
      text == "0" ? nil : try Values.interval(text, for: name, in: range)
    }
  }
}

extension OptionValue where Value == Double {
  /// So many a second, with a fraction.
  static func rate(of things: String, _ range: ClosedRange<Double>) -> OptionValue {
    OptionValue(.text) { (text, name) throws(UsageError) in
      try Values.rate(text, of: things, for: name, in: range)
    }
  }
}

extension OptionValue where Value: RawRepresentable & CaseIterable & SendableMetatype, Value.RawValue == String {
  /// One of several words.
  static func word(_: Value.Type) -> OptionValue {
    OptionValue(.word(Value.allCases.map(\.rawValue))) { (text, name) throws(UsageError) in
      try Values.word(text, for: name)
    }
  }
}
