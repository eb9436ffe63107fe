// RFC 1123 §2.1: the dotted quad, and what is not one.

import Repeatable
import Testing
import Wire

@Suite struct IPv4AddressTests {
  static let good: [(String, UInt32)] = [
    ("0.0.0.0", 0), ("127.0.0.1", 0x7f00_0001), ("192.0.2.255", 0xc000_02ff), ("255.255.255.255", .max),
    ("1.2.3.4", 0x0102_0304), ("10.20.30.40", 0x0a14_1e28),
  ]

  @Test(arguments: good)
  func isReadAndWritten(text: String, value: UInt32) {
    #expect(IPv4Address(parsing: text)?.rawValue == value)
    #expect(IPv4Address(value).description == text)
    #expect(IPAddress(parsing: text) == .v4(IPv4Address(value)))
    #expect(referenceIPv4(text) == value)
  }

  static let bad = [
    "", ".", "1", "1.2.3", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4.", "1.2.3.4.5", "256.0.0.1", "1.2.3.256",
    "1.2.3.1000",
    "01.2.3.4", "1.2.3.00", "010.0.0.1", "0x7f.0.0.1", "1.2.3.0x4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "+1.2.3.4",
    "1.2.3.4/32", "1.2.3.4:80", "a.b.c.d", "1,2,3,4", "１.2.3.4", "1.2.3.4\u{0}", "127.1", "2130706433",
  ]

  @Test(arguments: bad)
  func isRefused(text: String) {
    #expect(IPv4Address(parsing: text) == nil)
    #expect(IPAddress(parsing: text) == nil)
    #expect(text.contains("\u{0}") || referenceIPv4(text) == nil)
  }

  @Test func aPartOfATextIsReadToo() {
    let text = "10.0.0.1:80"
    #expect(IPv4Address(parsing: text.prefix(8)) == IPv4Address(10, 0, 0, 1))
  }

  @Test func kinds() {
    #expect(IPv4Address(127, 255, 0, 1).isLoopback && !IPv4Address(128, 0, 0, 1).isLoopback)
    #expect(IPv4Address(224, 0, 0, 1).isMulticast && IPv4Address(239, 255, 255, 255).isMulticast)
    #expect(!IPv4Address(240, 0, 0, 1).isMulticast && !IPv4Address(223, 255, 255, 255).isMulticast)
    #expect(IPv4Address(255, 255, 255, 255).isLimitedBroadcast && !IPv4Address(10, 255, 255, 255).isLimitedBroadcast)
    #expect(IPv4Address(0).isUnspecified && !IPv4Address(1).isUnspecified)
    #expect(IPv4Address(169, 254, 3, 4).isLinkLocal && !IPv4Address(169, 253, 3, 4).isLinkLocal)
  }

  @Test(arguments: Seed.several)
  func everyAddressIsReadBack(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<2000 {
      let address = IPv4Address(random.number())
      #expect(IPv4Address(parsing: address.description) == address)
    }
  }

  /// Texts near the grammar are judged as inet_pton judges them.
  @Test(arguments: Seed.several)
  func nearMissesAreJudgedAsTheSystemDoes(seed: Seed) {
    var random = Random(seed)
    let characters = Array("0123456789..255")
    for _ in 0..<20_000 {
      let text = String(
        (0..<Int.random(in: 5...13, using: &random)).map { _ in
          characters[Int(random.next() % UInt64(characters.count))]
        })
      #expect(IPv4Address(parsing: text)?.rawValue == referenceIPv4(text), "\(text)")
    }
  }
}
