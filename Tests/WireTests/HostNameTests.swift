import Repeatable
import Testing

@testable import Wire

@Suite("Host names") struct HostNameTests {
  /// What libidn2 2.3.3 says of the same names (`idn2_lookup_u8`, flags 0), by which glibc and curl go.
  static let known: [(String, String)] = [
    ("web.test", "web.test"), ("WEB.Test.", "WEB.Test."), ("under_score.test", "under_score.test"),
    ("xn--mnchen-3ya.test", "xn--mnchen-3ya.test"), ("xn--999999999.test", "xn--999999999.test"),
    ("münchen.test", "xn--mnchen-3ya.test"), ("MÜNCHEN.Test", "xn--mnchen-3ya.test"),
    ("mu\u{308}nchen.test", "xn--mnchen-3ya.test"), ("MU\u{308}NCHEN.test", "xn--mnchen-3ya.test"),
    ("münchen.test.", "xn--mnchen-3ya.test."), ("mün\u{ad}chen.test", "xn--mnchen-3ya.test"),
    ("münchen。test", "xn--mnchen-3ya.test"), ("münchen．test", "xn--mnchen-3ya.test"),
    ("münchen｡test", "xn--mnchen-3ya.test"), ("ｗｅｂ．ｔｅｓｔ", "web.test"), ("ＷＥＢ.test", "web.test"),
    ("faß.de", "xn--fa-hia.de"), ("βόλος.gr", "xn--nxasmm1c.gr"), ("ΒΌΛΟΣ.gr", "xn--nxasmq6b.gr"),
    ("例え.テスト", "xn--r8jz45g.xn--zckzah"), ("ﾃｽﾄ.jp", "xn--zckzah.jp"), ("ﾄﾞﾒｲﾝ.jp", "xn--eckwd4c7c.jp"),
    ("пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"), ("مثال.إختبار", "xn--mgbh0fb.xn--kgbechtv"),
    ("한국.test", "xn--3e0b707e.test"), ("ﬁle.test", "file.test"), ("İ.test", "xn--i-9bb.test"),
    ("ŀl.test", "xn--ll-0ea.test"), ("\u{212a}.test", "k.test"), ("\u{212b}.test", "xn--5ca.test"),
    ("क्\u{200d}ष.test", "xn--11b2ezcw70k.test"),
    ("１２７.０.０.１", "127.0.0.1"), ("127.0.0.1.5", "127.0.0.1.5"), ("1.test", "1.test"),
  ]

  @Test("in ASCII", arguments: known) func ascii(_ name: String, _ ascii: String) throws {
    #expect(try HostName.ascii(name) == ascii)
  }

  static let wrong: [(String, HostNameError)] = [
    ("", .emptyLabel), (".", .emptyLabel), ("a..b", .emptyLabel), (".a", .emptyLabel), ("a..", .emptyLabel),
    ("ü..b", .emptyLabel), ("ü。。b", .emptyLabel), ("a b", .character(" ")), ("a\tb", .character("\t")),
    ("a\u{7f}", .character("\u{7f}")), ("ü\u{0}", .character("\u{0}")), ("\u{3000}ü", .character("\u{3000}")),
    ("ü☃.test", .character("☃")), ("ü\u{202e}.test", .character("\u{202e}")), ("a\u{200d}b", .character("\u{200d}")),
    ("ü\u{fffd}", .character("\u{fffd}")), ("①ü", .character("①")),
    ("\u{308}a.test", .label), ("-ü.test", .label), ("ü-.test", .label), ("xn--ü.test", .label),
    ("ab--ü.test", .label), (String(repeating: "a", count: 64), .labelTooLong),
    (String(repeating: "ü", count: 60) + ".test", .labelTooLong), (String(repeating: "ü", count: 64), .labelTooLong),
    (Array(repeating: String(repeating: "a", count: 63), count: 4).joined(separator: "."), .tooLong),
    (String(repeating: "ü.", count: 500), .tooLong), (String(repeating: "a.", count: 128), .tooLong),
    ("127.1", .numeric), ("0x7f.1", .numeric), ("010.0.0.1", .numeric), ("2130706433", .numeric),
    ("127.0.0.1.", .numeric), ("１２７.１", .numeric), ("0X7F000001", .numeric), ("256.0.0.1", .numeric),
  ]

  @Test("what is none", arguments: wrong) func refused(_ name: String, _ reason: HostNameError) {
    #expect(throws: reason) { try HostName.ascii(name) }
    #expect(!reason.description.isEmpty)
  }

  @Test("the longest there are") func longest() throws {
    let label = String(repeating: "a", count: 63)
    let name = [label, label, label, String(repeating: "a", count: 61)].joined(separator: ".")
    #expect(name.utf8.count == 253)
    #expect(try HostName.ascii(name) == name)
    #expect(try HostName.ascii(name + ".") == name + ".")
    let encoded = try HostName.ascii(String(repeating: "ü", count: 50))
    #expect(encoded.utf8.count <= 63 && encoded.hasPrefix("xn--"))
  }

  /// RFC 3492 §7.1 has the samples.
  @Test(
    "Punycode",
    arguments: [
      ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"), ("почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l"),
      ("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b"), ("ひとつ屋根の下2", "2-u9tlzr9756bt3uc0v"), ("-> $1.00 <-", "-> $1.00 <--"),
    ]) func punycode(_ text: String, _ code: String)
  { #expect(HostName.punycode(Array(text.unicodeScalars)) == code) }

  /// Whatever comes in, what comes out can be asked for.
  @Test("any text", arguments: Seed.several) func anything(_ seed: Seed) {
    var random = Random(seed)
    let scripts: [ClosedRange<UInt32>] = [
      0x20...0x7e, 0xa0...0x24f, 0x300...0x36f, 0x370...0x6ff, 0x3000...0x30ff, 0xff00...0xffef,
    ]
    for _ in 0..<2_000 {
      var text = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...24, using: &random) {
        let script = scripts.randomElement(using: &random) ?? 0x61...0x7a
        text.append(Unicode.Scalar(UInt32.random(in: script, using: &random)) ?? ".")
      }
      guard let ascii = try? HostName.ascii(String(text)) else { continue }
      #expect(ascii.utf8.allSatisfy { (0x21...0x7e).contains($0) } && ascii.utf8.count <= 254, "\(seed) \(text)")
      #expect((try? HostName.ascii(ascii)) == ascii, "\(seed) \(text)")
    }
  }
}

@Suite("Addresses as they are typed") struct ZonedAddressTests {
  @Test(
    "read",
    arguments: [
      ("127.0.0.1", "127.0.0.1", nil), ("::1", "::1", nil), ("fe80::1%eth0", "fe80::1", "eth0"),
      ("fe80::1%2", "fe80::1", "2"),
      ("::ffff:127.0.0.1", "127.0.0.1", nil), ("::FFFF:7f00:1", "127.0.0.1", nil), ("::ffff:0:0", "0.0.0.0", nil),
      ("::127.0.0.1", "::7f00:1", nil), ("64:ff9b::192.0.2.1", "64:ff9b::c000:201", nil), ("::1%a%b", "::1", "a%b"),
    ] as [(String, String, String?)]) func read(_ text: String, _ address: String, _ zone: String?)
  {
    #expect(ZonedAddress(parsing: text)?.address.description == address)
    #expect(ZonedAddress(parsing: text)?.zone == zone)
  }

  @Test("not", arguments: ["", "%", "%eth0", "fe80::1%", "web.test", "[::1]", "127.1"]) func refused(_ text: String) {
    #expect(ZonedAddress(parsing: text) == nil)
  }
}
