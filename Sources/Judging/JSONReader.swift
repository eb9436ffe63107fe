// RFC 8259: one JSON text, read strictly.

/// A JSON value; the members of an object stay in their order.
public enum JSONValue: Hashable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case truth(Bool)
  /// A whole number without exponent that 64 bits hold.
  case integer(Int64)
  /// Any other number.
  case number(Double)
  /// A text.
  case text(String)
  /// An array.
  case list([JSONValue])
  /// An object.
  case object([Member])

  /// A member of an object.
  public struct Member: Hashable, Sendable {
    /// Its name.
    public var name: String
    /// Its value.
    public var value: JSONValue

    /// A member from its two parts.
    public init(name: String, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  /// The first member of a name; nil where there is none, or this is no object.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// The whole number; nil for anything else.
  public var integer: Int64? { if case .integer(let number) = self { number } else { nil } }
  /// The truth value; nil for anything else.
  public var truth: Bool? { if case .truth(let truth) = self { truth } else { nil } }
  /// The text; nil for anything else.
  public var text: String? { if case .text(let text) = self { text } else { nil } }
  /// The values of an array; nil for anything else.
  public var list: [JSONValue]? { if case .list(let values) = self { values } else { nil } }
}

/// Reads one JSON text; bounded in depth, and refuses whatever the grammar does not have.
///
/// A name that occurs twice in an object is refused as well: RFC 8259 §4 leaves open which would count.
public struct JSONReader {
  /// What is wrong with a text, and after how many octets.
  public struct Fault: Error, Hashable, Sendable {
    /// Octets before the fault.
    public var offset: Int
    /// What was expected there.
    public var expected: String
  }

  /// Arrays and objects within each other.
  public static let depthLimit = 32

  private let octets: [UInt8]
  private var offset = 0
  private var depth = 0

  private init(_ octets: [UInt8]) { self.octets = octets }

  /// Reads a whole text in UTF-8.
  public static func value(of octets: [UInt8]) throws(Fault) -> JSONValue {
    var reader = JSONReader(octets)
    reader.skipSpace()
    let value = try reader.value()
    reader.skipSpace()
    guard reader.offset == octets.count else { throw reader.fault("the end") }
    return value
  }

  private func fault(_ expected: String) -> Fault { Fault(offset: offset, expected: expected) }
  private var next: UInt8? { offset < octets.count ? octets[offset] : nil }

  private mutating func skipSpace() {
    while let octet = next, [0x20, 0x09, 0x0a, 0x0d].contains(octet) { offset += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func value() throws(Fault) -> JSONValue {
    switch next.map({ Unicode.Scalar($0) }) {
    case "{": return try nested { (reader) throws(Fault) in try reader.object() }
    case "[": return try nested { (reader) throws(Fault) in try reader.list() }
    case "\"": return .text(try string())
    case "t": return try word("true", .truth(true))
    case "f": return try word("false", .truth(false))
    case "n": return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func nested(_ body: (inout JSONReader) throws(Fault) -> JSONValue) throws(Fault) -> JSONValue {
    guard depth < JSONReader.depthLimit else { throw fault("at most \(JSONReader.depthLimit) levels") }
    depth += 1
    offset += 1
    skipSpace()
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Fault) -> JSONValue {
    let letters = Array("\(word)".utf8)
    guard octets[offset...].starts(with: letters) else { throw fault("a value") }
    offset += letters.count
    return value
  }

  private mutating func list() throws(Fault) -> JSONValue {
    var values: [JSONValue] = []
    if take("]") { return .list(values) }
    while true {
      values.append(try value())
      skipSpace()
      if take("]") { return .list(values) }
      guard take(",") else { throw fault(", or ]") }
      skipSpace()
    }
  }

  private mutating func object() throws(Fault) -> JSONValue {
    var members: [JSONValue.Member] = []
    var names: Set<String> = []
    if take("}") { return .object(members) }
    while true {
      guard next == UInt8(ascii: "\"") else { throw fault("a name") }
      let name = try string()
      guard names.insert(name).inserted else { throw fault("a name not used before") }
      skipSpace()
      guard take(":") else { throw fault(":") }
      skipSpace()
      members.append(JSONValue.Member(name: name, value: try value()))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw fault(", or }") }
      skipSpace()
    }
  }
}

// MARK: Numbers

extension JSONReader {
  private mutating func number() throws(Fault) -> JSONValue {
    let start = offset
    _ = take("-")
    guard digits() > 0 else { throw fault("a value") }
    let first = octets[start] == UInt8(ascii: "-") ? start + 1 : start
    guard octets[first] != UInt8(ascii: "0") || offset == first + 1 else { throw fault("no leading zero") }
    var isWhole = true
    if take(".") {
      isWhole = false
      guard digits() > 0 else { throw fault("a digit") }
    }
    if take("e") || take("E") {
      isWhole = false
      _ = take("+") || take("-")
      guard digits() > 0 else { throw fault("a digit") }
    }
    let text = String(decoding: octets[start..<offset], as: UTF8.self)
    if isWhole, let integer = Int64(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else { throw fault("a number in range") }
    return .number(number)
  }

  private mutating func digits() -> Int {
    let start = offset
    while let octet = next, (0x30...0x39).contains(octet) { offset += 1 }
    return offset - start
  }
}

// MARK: Texts

extension JSONReader {
  private mutating func string() throws(Fault) -> String {
    offset += 1
    var scalars = String.UnicodeScalarView()
    var plain = offset
    while let octet = next {
      switch Unicode.Scalar(octet) {
      case "\"":
        try append(plain, to: &scalars)
        offset += 1
        return String(scalars)
      case "\\":
        try append(plain, to: &scalars)
        offset += 1
        scalars.append(try escaped())
        plain = offset
      case ..<" ": throw fault("no control character")
      default: offset += 1
      }
    }
    throw fault("\"")
  }

  /// Appends the octets from a place up to here, which must be UTF-8.
  private func append(_ start: Int, to scalars: inout String.UnicodeScalarView) throws(Fault) {
    guard start < offset else { return }
    guard let text = String(validating: octets[start..<offset], as: UTF8.self) else {
      throw Fault(offset: start, expected: "UTF-8")
    }
    scalars.append(contentsOf: text.unicodeScalars)
  }

  private mutating func escaped() throws(Fault) -> Unicode.Scalar {
    guard let octet = next else { throw fault("an escape") }
    offset += 1
    switch Unicode.Scalar(octet) {
    case "\"", "\\", "/": return Unicode.Scalar(octet)
    case "b": return "\u{8}"
    case "f": return "\u{c}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u": return try codePoint()
    default: throw fault("an escape")
    }
  }

  /// Four hexadecimal digits, or twice that for a surrogate pair (RFC 8259 §7).
  private mutating func codePoint() throws(Fault) -> Unicode.Scalar {
    let first = try unit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xd800..<0xdc00).contains(first), take("\\"), take("u") else { throw fault("a surrogate pair") }
    let second = try unit()
    guard (0xdc00..<0xe000).contains(second),
      let scalar = Unicode.Scalar(0x1_0000 + UInt32(first - 0xd800) << 10 + UInt32(second - 0xdc00))
    else { throw fault("a surrogate pair") }
    return scalar
  }

  private mutating func unit() throws(Fault) -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let octet = next, let digit = Character(Unicode.Scalar(octet)).hexDigitValue else {
        throw fault("four hexadecimal digits")
      }
      value = value << 4 | UInt16(digit)
      offset += 1
    }
    return value
  }
}
