import Wire

/// Writes one JSON text (RFC 8259) member by member, in the order in which it is told.
///
/// Nothing is looked up by reflection and nothing is sorted. An absent value is `null`.
struct JSONWriter {
  /// What was written.
  private(set) var text = ""
  /// Whether a value came before on this level, so that a comma is due.
  private var isCommaDue = false

  /// An object of the members that the body writes.
  mutating func object(_ body: (inout JSONWriter) -> Void) { enclose("{", "}", body) }

  /// An array of the values that the body writes.
  mutating func array(_ body: (inout JSONWriter) -> Void) { enclose("[", "]", body) }

  /// The name of a member, whose value must be written next.
  mutating func key(_ name: String) {
    separate()
    text += JSONWriter.quoted(name)
    text += ":"
    isCommaDue = false
  }

  /// A whole number.
  mutating func value(_ number: (some FixedWidthInteger)?) { literal(number.map { String($0) } ?? "null") }

  /// A truth value.
  mutating func value(_ truth: Bool?) { literal(truth.map { $0 ? "true" : "false" } ?? "null") }

  /// A text.
  mutating func value(_ string: String?) { literal(string.map(JSONWriter.quoted) ?? "null") }

  /// A number with a fraction; what JSON has no number for is `null`.
  mutating func value(_ number: Double?) {
    literal(number.flatMap { $0.isFinite ? $0.description : nil } ?? "null")
  }

  /// What stands where there is no value.
  mutating func null() { literal("null") }

  private mutating func literal(_ literal: String) {
    separate()
    text += literal
    isCommaDue = true
  }

  private mutating func enclose(_ open: String, _ close: String, _ body: (inout JSONWriter) -> Void) {
    separate()
    text += open
    isCommaDue = false
    body(&self)
    text += close
    isCommaDue = true
  }

  private mutating func separate() {
    if isCommaDue { text += "," }
  }
}

/// Members of an object.
extension JSONWriter {
  /// A member with a whole number.
  mutating func member(_ name: String, _ number: (some FixedWidthInteger)?) {
    key(name)
    value(number)
  }

  /// A member with a truth value.
  mutating func member(_ name: String, _ truth: Bool?) {
    key(name)
    value(truth)
  }

  /// A member with a text.
  mutating func member(_ name: String, _ string: String?) {
    key(name)
    value(string)
  }

  /// A member with a number that may have a fraction.
  mutating func member(_ name: String, _ number: Double?) {
    key(name)
    value(number)
  }

  /// A member that is an object; nil writes `null`.
  mutating func member<Value>(_ name: String, _ value: Value?, _ body: (inout JSONWriter, Value) -> Void) {
    key(name)
    guard let value else { return literal("null") }
    object { body(&$0, value) }
  }

  /// A member that is an array of texts.
  mutating func member(_ name: String, _ strings: [String]) {
    key(name)
    array { for string in strings { $0.value(string) } }
  }
}

extension JSONWriter {
  /// A text between quotation marks, with everything escaped that JSON forbids or a terminal would obey.
  ///
  /// An octet that is not text, which JSON has no way to hold, is shown as anywhere else: `\\xe9`.
  static func quoted(_ string: String) -> String { "\"" + escaped(string.showingOctets) + "\"" }

  /// What stands between the quotation marks, from which the text can be read again.
  static func escaped(_ string: String) -> String {
    let isPlain = string.utf8.allSatisfy { 0x20..<0x7f ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    if isPlain { return string }
    var text = ""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      // Beyond the first plane it takes a surrogate pair.
      case _ where scalar.isUnprintable: for unit in String(scalar).utf16 { text += "\\u" + hexadecimal(unit) }
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  private static func hexadecimal(_ value: UInt16) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  }
}
