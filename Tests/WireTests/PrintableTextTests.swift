import Repeatable
import Testing

@testable import Wire

@Suite("Text that others wrote") struct PrintableTextTests {
  @Test("octets that are not text are kept", arguments: Seed.several)
  func roundTrip(_ seed: Seed) {
    var random = Random(seed)
    let pieces: [[UInt8]] = [
      [0xe9], [0xc3, 0xa9], [0xff, 0xfe], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98], [0xf0, 0x9f, 0x98, 0x80], [0x1b],
      [0x41],
      // The noncharacters that stand for octets, and one that does not.
      [0xef, 0xb7, 0x90], [0xef, 0xb7, 0x9e, 0xef, 0xb7, 0xa9], [0xef, 0xb7, 0xaf], [0xf0, 0x9f, 0xbf, 0xbf], [0x80],
    ]
    for _ in 0..<2_000 {
      var octets: [UInt8] = []
      for _ in 0..<Int(random.next() % 7) {
        octets += random.happens(0.5) ? pieces[Int(random.next() % UInt64(pieces.count))] : random.octets(1)
      }
      #expect(String(preserving: octets).octets == octets, "\(octets)")
      let isText = String(validating: octets, as: UTF8.self) != nil
      let hasHalves = String(decoding: octets, as: UTF8.self).unicodeScalars.contains(where: \.isOctetHalf)
      if isText, !hasHalves { #expect(String(preserving: octets) == String(decoding: octets, as: UTF8.self)) }
    }
  }

  /// Some octets, and how they are shown.
  struct Row: Sendable, CustomTestStringConvertible {
    var octets: [UInt8]
    var shown: String
    var testDescription: String { shown }
  }

  @Test(
    "what is not shown is escaped",
    arguments: [
      Row(octets: Array("plain é …".utf8), shown: "plain é …"),
      Row(octets: Array("\u{1b}]0;x\u{7}\n\t\r".utf8), shown: #"\u{1b}]0;x\u{7}\u{a}\u{9}\u{d}"#),
      Row(octets: Array("\u{7f}\u{9b}31m".utf8), shown: #"\u{7f}\u{9b}31m"#),
      Row(
        octets: Array("\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}".utf8),
        shown: #"\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}"#),
      Row(octets: [0x63, 0xe9, 0x9b, 0x07], shown: #"c\xe9\x9b\u{7}"#),
      Row(octets: [0xef, 0xb7, 0x90], shown: #"\xef\xb7\x90"#),
      Row(octets: Array("\u{1ffff}\u{3ffff}\u{ffff}".utf8), shown: #"\u{1ffff}\u{3ffff}\u{ffff}"#),
    ])
  func printable(_ row: Row) { #expect(String(preserving: row.octets).printable == row.shown) }

  @Test("at the door line feeds, tabulators and colours remain, and nothing else that a terminal obeys")
  func door() {
    let text = "a\tb\n" + ColourMark.red.text + "\u{1b}[32m\u{202e}x" + ColourMark.plain.text + "\r\n\r\u{9b}"
    #expect(text.escapedForOutput == "a\tb\n\u{1b}[31m\\u{1b}[32m\\u{202e}x\u{1b}[0m\r\n\\u{d}\\u{9b}")
    #expect("│◀─ 0.1 µs …\n".escapedForOutput == "│◀─ 0.1 µs …\n")
    #expect("a,b\r\nc\r\n".escapedForOutput == "a,b\r\nc\r\n" && "a\r\nb\r".escapedForOutput == "a\r\nb\\u{d}")
  }

  @Test("no scalar passes the door that the rule forbids") func everyScalar() {
    for value in (0...0x10ffff) as ClosedRange<UInt32> {
      guard let scalar = Unicode.Scalar(value), ColourMark(scalar) == nil else { continue }
      let written = "x\(scalar)x".escapedForOutput.unicodeScalars
      let isKept = value == 10 || value == 9 || !scalar.isUnprintable
      #expect((written.count == 3) == isKept, "\(value)")
      guard written.count == 3 || written.allSatisfy({ 0x20..<0x7f ~= $0.value }) else {
        Issue.record("\(value) is escaped by something that is not ASCII")
        return
      }
    }
  }

  @Test("as JSON has them, only octets are shown") func octets() {
    #expect(String(preserving: [0x1b, 0xe9]).showingOctets == "\u{1b}\\xe9")
  }
}
