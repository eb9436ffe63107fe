// RFC 4291 §2.2: what is read; RFC 5952 §4 and §5: what is written.

import Repeatable
import Testing
import Wire

@Suite struct IPv6AddressTests {
  struct Row: Sendable, CustomStringConvertible {
    let text: String
    let canonical: String
    var description: String { text }

    init(_ text: String, _ canonical: String) {
      self.text = text
      self.canonical = canonical
    }
  }

  static let rows = [
    Row("::", "::"),
    Row("::1", "::1"),
    Row("1::", "1::"),
    Row("0:0:0:0:0:0:0:0", "::"),
    Row("0:0:0:0:0:0:0:1", "::1"),
    Row("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),  // §4.2.3: of two runs as long, the first
    Row("2001:db8::1:0:0:1", "2001:db8::1:0:0:1"),
    Row("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),  // §4.2.2: one group is no run
    Row("2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    Row("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),  // §4.2.3: the longest
    Row("2001:0db8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"),  // §4.1 and §4.2.1
    Row("2001:DB8::ABCD:EF01", "2001:db8::abcd:ef01"),  // §4.3
    Row("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
    Row("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
    Row("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
    Row("fe80::", "fe80::"),
    Row("ff02::1:ff00:1", "ff02::1:ff00:1"),
    Row("1:0:0:4:0:0:7:8", "1::4:0:0:7:8"),
    Row("0:0:3:4:5:6:0:0", "::3:4:5:6:0:0"),
    Row("1:2:0:0:0:0:0:0", "1:2::"),
    Row("::ffff:192.0.2.1", "::ffff:192.0.2.1"),  // §5
    Row("::ffff:c000:201", "::ffff:192.0.2.1"),
    Row("::192.0.2.1", "::c000:201"),  // IPv4-compatible addresses are deprecated (RFC 4291 §2.5.5.1)
    Row("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
    Row("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
    Row("1::1.2.3.4", "1::102:304"),
    Row("::ffff:0:0", "::ffff:0.0.0.0"),
    Row("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
  ]

  @Test(arguments: rows)
  func isReadAndWrittenInItsCanonicalForm(row: Row) throws {
    let address = try #require(IPv6Address(parsing: row.text))
    #expect(address.description == row.canonical)
    #expect(IPv6Address(parsing: row.canonical) == address)
    #expect(address.rawValue == referenceIPv6(row.text))
    #expect(IPAddress(parsing: row.text) == .v6(address))
  }

  static let bad = [
    "", ":", ":::", "1", "1:", ":1", "::1:", ":1::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:", "1:2:3:4:5:6:7:8:",
    "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "12345::", "g::", "fe80::1%lo",
    "[::1]", "::1/128", " ::1", "::1 ", "::1.2.3", "::1.2.3.4.5", "::1.2.3.256", "::01.2.3.4", "1.2.3.4::",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4", "::-1", "0x1::", "1:::2", "::ffff:1.2.3.4.", "::ffff:abc.2.3.4", "::0001.2.3.4",
  ]

  @Test(arguments: bad)
  func isRefused(text: String) {
    #expect(IPv6Address(parsing: text) == nil)
    #expect(referenceIPv6(text) == nil)
  }

  @Test func kinds() throws {
    let parse = { (text: String) in try #require(IPv6Address(parsing: text)) }
    #expect(try parse("::1").isLoopback)
    #expect(try !parse("::2").isLoopback)
    #expect(try parse("ff02::1").isMulticast)
    #expect(try !parse("fe80::1").isMulticast)
    #expect(try parse("fe80::1").isLinkLocal)
    #expect(try parse("febf::1").isLinkLocal)
    #expect(try !parse("fec0::1").isLinkLocal)
    #expect(try parse("::").isUnspecified)
    #expect(try parse("::ffff:10.0.0.1").mappedIPv4 == IPv4Address(10, 0, 0, 1))
    #expect(try parse("::fffe:10.0.0.1").mappedIPv4 == nil)
  }

  @Test(arguments: Seed.several)
  func everyAddressIsReadBack(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<5000 {
      var value: UInt128 = 0
      for _ in 0..<8 { value = value << 16 | UInt128(random.flip() ? 0 : random.number(UInt16.self)) }
      let address = IPv6Address(value)
      #expect(IPv6Address(parsing: address.description) == address, "\(address)")
      #expect(referenceIPv6(address.description) == value, "\(address)")
    }
  }

  /// Texts near the grammar are judged as inet_pton judges them.
  @Test(arguments: Seed.several)
  func nearMissesAreJudgedAsTheSystemDoes(seed: Seed) {
    var random = Random(seed)
    let pieces = ["::", ":", ":", ":", "0", "1", "ab", "ffff", "12345", "1.2.3.4", ".", "g"]
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 1...17, using: &random)).map { i in
        i.isMultiple(of: 2) ? pieces[Int(random.next() % 12)] : ["::", ":", ":", ":"][Int(random.next() % 4)]
      }.joined()
      #expect(IPv6Address(parsing: text)?.rawValue == referenceIPv6(text), "\(text)")
    }
  }

  @Test func familiesAndTheirOrder() throws {
    let four = try #require(IPAddress(parsing: "255.255.255.255"))
    let six = try #require(IPAddress(parsing: "::"))
    #expect(four.family == .v4 && six.family == .v6)
    #expect(four < six && !(six < four))
    #expect(six.isUnspecified && !four.isUnspecified && !four.isLoopback && !six.isMulticast && !six.isLinkLocal)
  }
}
