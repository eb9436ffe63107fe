import Judging
import Testing

/// RFC 8259, strictly, and nothing else.
@Suite struct JSONReaderTests {
  static let good: [(String, JSONValue)] = [
    ("null", .null), (" true\n", .truth(true)), ("false", .truth(false)), ("0", .integer(0)), ("-0", .integer(0)),
    ("9223372036854775807", .integer(.max)), ("-12", .integer(-12)), ("9223372036854775808", .number(0x1p63)),
    ("1.5", .number(1.5)), ("1e3", .number(1_000)), ("-0.25E-1", .number(-0.025)), ("\"\"", .text("")),
    (#""a\"\\\/\b\f\n\r\té\ud83d\ude00ü""#, .text("a\"\\/\u{8}\u{c}\n\r\té😀ü")), ("[]", .list([])),
    ("[1, [2]]", .list([.integer(1), .list([.integer(2)])])), ("{}", .object([])),
    (
      #"{"b":1,"a":[null]}"#,
      .object([
        JSONValue.Member(name: "b", value: .integer(1)), JSONValue.Member(name: "a", value: .list([.null])),
      ])
    ),
  ]

  @Test(arguments: good) func reads(_ text: String, _ value: JSONValue) throws {
    #expect(try JSONReader.value(of: Array(text.utf8)) == value)
  }

  @Test(arguments: [
    "", " ", "nul", "tru", "nulll", "01", "-", "+1", ".5", "1.", "1e", "1e999", "0x1", "NaN", "'a'", "\"", "\"\n\"",
    #""\x""#, #""\u12""#, #""\ud800""#, #""\udc00""#, #""\ud800A""#, "[1,]", "[,1]", "[1 2]", "[1", "{", "{1:2}",
    #"{"a" 1}"#, #"{"a":1,}"#, #"{"a":1,"a":2}"#, "1 2", "\u{feff}1",
  ])
  func refuses(_ text: String) {
    #expect(throws: JSONReader.Fault.self) { try JSONReader.value(of: Array(text.utf8)) }
  }

  @Test(
    "Octets that are no UTF-8 are refused", arguments: [[0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22]] as [[UInt8]])
  func notUTF8(octets: [UInt8]) {
    #expect(throws: JSONReader.Fault.self) { try JSONReader.value(of: octets) }
  }

  @Test("The depth is bounded") func depth() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    _ = try JSONReader.value(of: nested(JSONReader.depthLimit))
    #expect(throws: JSONReader.Fault.self) { try JSONReader.value(of: nested(JSONReader.depthLimit + 1)) }
    #expect(throws: JSONReader.Fault.self) { try JSONReader.value(of: nested(100_000)) }
  }

  @Test("Every start of a text is refused, and so is every octet too many") func cuts() {
    let text = Array(#"{"a":[1,2.5e3,"x\u00e9",true,null],"b":{"c":false}}"#.utf8)
    for count in 0..<text.count {
      #expect(throws: JSONReader.Fault.self) { try JSONReader.value(of: Array(text[..<count])) }
    }
    #expect(throws: JSONReader.Fault.self) { try JSONReader.value(of: text + [0x7d]) }
  }

  @Test("Levels that end leave room for others") func siblings() throws {
    let many = "[" + [String](repeating: "[{}]", count: 100).joined(separator: ",") + "]"
    #expect(try JSONReader.value(of: Array(many.utf8)) != .null)
  }

  @Test(
    "Only a high surrogate before a low one is a character",
    arguments: [
      #""\ud800\ud800""#, #""\udc00\udc00""#, #""\udc00\ud800""#, #""\udbff\ue000""#, #""\ud800x""#,
    ])
  func surrogates(_ text: String) {
    #expect(throws: JSONReader.Fault.self) { try JSONReader.value(of: Array(text.utf8)) }
  }

  @Test("The first and the last character beyond the first plane") func lastPlane() throws {
    for (text, value) in [(#""\ud800\udc00""#, "\u{10000}"), (#""\udbff\udfff""#, "\u{10ffff}")] {
      #expect(try JSONReader.value(of: Array(text.utf8)) == .text(value))
    }
  }
}
