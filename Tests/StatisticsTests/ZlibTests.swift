import Repeatable
import Testing

@testable import Statistics

@Suite("zlib: stored blocks out, any block in") struct ZlibTests {
  /// Octets of which some are much more frequent than others.
  private static let uneven: [UInt8] = (0..<600).map { (place: Int) -> UInt8 in
    let word = (place * 7_919) % 97 * (place % 11)
    return UInt8(word / 13 % 23)
  }

  /// Streams that Python's zlib made (levels 0, 1 and 9, and the fixed code alone), and what went into them.
  private static let streams: [(String, [UInt8])] = [
    (
      "7801010000ffff00000001",
      []
    ),
    (
      "7801030000000001",
      []
    ),
    (
      "78da030000000001",
      []
    ),
    (
      "780101ea0015ff74686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a7920646f67"
        + "2c2074686520717569636b2062726f776e20666f78206a756d707320616761696e3b2074686520717569636b2062726f776e"
        + "20666f78206a756d7073206f76657220746865206c617a7920646f672c2074686520717569636b2062726f776e20666f7820"
        + "6a756d707320616761696e3b2074686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c61"
        + "7a7920646f672c2074686520717569636b2062726f776e20666f78206a756d707320616761696e3b201adf54c7",
      Array(
        String(repeating: "the quick brown fox jumps over the lazy dog, the quick brown fox jumps again; ", count: 3)
          .utf8)
    ),
    (
      "78012bc94855282ccd4cce56482aca2fcf5348cbaf50c82acd2d2856c82f4b2d5228014ae72456552aa4e4a7eb8079d81527"
        + "a62766e659e35130f0a601001adf54c7",
      Array(
        String(repeating: "the quick brown fox jumps over the lazy dog, the quick brown fox jumps again; ", count: 3)
          .utf8)
    ),
    (
      "78da2bc94855282ccd4cce56482aca2fcf5348cbaf50c82acd2d2856c82f4b2d5228014ae72456552aa4e4a7eb8079d81527"
        + "a62766e659e35130f0a601001adf54c7",
      Array(
        String(repeating: "the quick brown fox jumps over the lazy dog, the quick brown fox jumps again; ", count: 3)
          .utf8)
    ),
    (
      "78014b4c1c05a321301a02c33d0400f9d87af8",
      [UInt8](repeating: UInt8(ascii: "a"), count: 1_000)
    ),
    (
      "78da4b4c1c05a360140c770000f9d87af8",
      [UInt8](repeating: UInt8(ascii: "a"), count: 1_000)
    ),
    (
      "78014b4c1c05a360140c770000f9d87af8",
      [UInt8](repeating: UInt8(ascii: "a"), count: 1_000)
    ),
    // Codes of its own.
    (
      "78da45d1d98a60210c45d1242671f63affffa776ac2ae8b78d200797c0bcbb6fa8ac207c46f85cd0002267c62129244b5869"
        + "6a49154461e7155af92cf1d4137b1ba04ab7411e63837a071fd5b5ee4becae1d40d0c038a40331f820347590adf9286efbc5"
        + "b60651f9c423b606c9cb4dd7db9aa542c1686b90036075d9d63047a4c6b56fc012c975f8e6b54c4e068e8d969975ba79d9ae"
        + "14f19bed10a8160d472f3ba0567d84802a962d248c2e782068a1509694c0de102b172d05ec0d26d0426b2f33fa9e7a0747a3"
        + "5018652e609ad5c505fb00bbd9381fba60b93e2997d1c1f3d58aeac4f2f95210ffa867ec1cfffbe6545e9aafafa53ddf5d76"
        + "fc7e7d4f8534fa3254ba1f9635cf0fb5f9ee0dbfbefc5d5bf3819f2fdadaf35d7e395b7bbe3b6cf1cf57e5986f2cbfbe1962"
        + "6e96e65b28d561d43fbee55b8f9adc27cdd69e2f0fec7fbe32695e67be99ed07ff7c251c398e9eafc67f0cf21384",
      uneven
    ),
  ]

  @Test("streams of another implementation are read", arguments: streams.indices)
  func others(index: Int) throws {
    let (hex, octets) = ZlibTests.streams[index]
    #expect(try Zlib.inflated(ZlibTests.octets(hex), limit: octets.count) == octets)
    if !octets.isEmpty {
      #expect(throws: Zlib.Fault.tooLong) { _ = try Zlib.inflated(ZlibTests.octets(hex), limit: octets.count - 1) }
    }
  }

  private static func octets(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue).map(UInt8.init)
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  @Test("what is stored comes out again", arguments: [0, 1, 65_534, 65_535, 65_536, 131_070, 200_000])
  func stored(count: Int) throws {
    var random = Random(Seed(UInt64(count)))
    let octets = random.octets(count)
    let stream = Zlib.stored(octets)
    #expect(try Zlib.inflated(stream, limit: count) == octets)
    #expect(stream.count <= count + 6 + 5 * (count / 65_535 + 1))
    var wrong = stream
    wrong[wrong.count - 1] ^= 1
    #expect(throws: Zlib.Fault.checksum) { _ = try Zlib.inflated(wrong, limit: count) }
    #expect(throws: Zlib.Fault.self) { _ = try Zlib.inflated(Array(stream.dropLast()), limit: count) }
    #expect(throws: Zlib.Fault.length) {
      _ = try Zlib.inflated(stream.dropLast(4) + [0] + stream.suffix(4), limit: count)
    }
  }

  @Test("what is no stream is refused")
  func refusals() {
    let cases: [([UInt8], Zlib.Fault)] = [
      ([], .length), ([0x78, 0x01, 0, 0, 0], .length), ([0x79, 0x01, 1, 0, 0, 0, 0], .malformed),
      ([0x78, 0x02, 1, 0, 0, 0, 0], .malformed),
      // A block of the kind that there is not, lengths that contradict each other, a copy from before the beginning.
      ([0x78, 0x01, 7, 0, 0, 0, 1], .malformed), ([0x78, 0x01, 1, 1, 0, 1, 0, 0, 0, 0, 1], .malformed),
      ([0x78, 0x01, 0x03, 0x02, 0, 0, 0, 0, 1], .malformed),
    ]
    for (stream, fault) in cases { #expect(throws: fault) { _ = try Zlib.inflated(stream, limit: 1_000) } }
  }

  @Test("hostile streams end", arguments: Seed.several)
  func hostility(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<2_000 {
      let stream = [0x78, 0x01, UInt8(random.next() & 7)] + random.octets(0...80) + [0, 0, 0, 1]
      if let octets = try? Zlib.inflated(stream, limit: 10_000) { #expect(octets.count <= 10_000) }
    }
  }

  @Test(
    "base64 is RFC 4648's",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
      ("foobar", "Zm9vYmFy"),
    ])
  func base64(plain: String, text: String) {
    #expect(Base64.encoded(Array(plain.utf8)) == text)
    #expect(Base64.decoded(text.utf8) == Array(plain.utf8))
  }

  @Test("base64 of any octets comes back", arguments: Seed.several)
  func base64RoundTrip(seed: Seed) {
    var random = Random(seed)
    for count in 0..<200 {
      let octets = random.octets(count)
      #expect(Base64.decoded(Base64.encoded(octets).utf8) == octets)
    }
    for wrong in ["A", "AA", "AAA", "====", "A===", "AA==AAAA", "AA=A", "AAA\n", "AAAé"] {
      #expect(Base64.decoded(wrong.utf8) == nil)
    }
  }

  /// A stream of deflate, bit by bit; Huffman codes stand with their first bit first (RFC 1951 §3.1.1).
  private static func packed(_ bits: String) -> [UInt8] {
    var octets: [UInt8] = []
    for (index, bit) in bits.filter({ $0 != " " }).enumerated() {
      if index.isMultiple(of: 8) { octets.append(0) }
      if bit == "1" { octets[index / 8] |= 1 << UInt8(index % 8) }
    }
    return octets
  }

  private static func inflated(_ bits: String) throws -> [UInt8] {
    var inflate = Inflate(packed(bits), limit: 1_000)
    return try inflate.run()
  }

  @Test("what the fixed code can say and means nothing is refused (RFC 1951 §3.2.6)")
  func reservedCodes() throws {
    // Last block, the fixed code; "a" is 10010001, the end 0000000.
    let (head, a, end) = ("1 10 ", "10010001 ", "0000000 ")
    #expect(try Self.inflated(head + a + end) == [0x61])
    for symbol in ["11000110", "11000111"] {
      #expect(throws: Zlib.Fault.malformed) { try Self.inflated(head + a + symbol + "00000000000000000000") }
    }
    // Three octets from one back; from two back, where there is one; by distances that are reserved.
    #expect(try Self.inflated(head + a + "0000001 00000 " + end) == [UInt8](repeating: 0x61, count: 4))
    for distance in ["00001", "11110", "11111"] {
      #expect(throws: Zlib.Fault.malformed) {
        try Self.inflated(head + a + "0000001 \(distance) 00000000000000000000" + end)
      }
    }
  }

  @Test("a dynamic block has as many lengths as it says, and an end (RFC 1951 §3.2.7)")
  func dynamicBlocks() throws {
    // 257 literals, one distance; of the lengths' own codes 18 and 1 have one bit each: 0 is 1, 1 is 18.
    let head = "1 01 00000 00000 0111 000 000 100 " + String(repeating: "000 ", count: 14) + "100 "
    func zeros(_ count: Int) -> String {
      "1 " + String((0..<7).map { (count - 11) >> $0 & 1 == 1 ? "1" : "0" })
    }
    // Literal 0 and the end have one bit, and so has the distance.
    let whole = head + "0 " + zeros(138) + zeros(117) + "0 0 "
    #expect(try Self.inflated(whole + "0 0 1") == [0, 0])
    let withoutEnd = head + "0 " + zeros(138) + zeros(118) + "0 "
    #expect(throws: Zlib.Fault.malformed) { try Self.inflated(withoutEnd + "0 0 0 0 0 0 0 0") }
    let tooMany = head + "0 " + zeros(138) + zeros(117) + "0 " + zeros(11)
    #expect(throws: Zlib.Fault.malformed) { try Self.inflated(tooMany + "0 0 1") }
  }

  @Test("a stream's head and its checksum are those of RFC 1950") func heads() throws {
    let octets: [UInt8] = Array("abc".utf8)
    let good = Zlib.stored(octets)
    #expect(try Zlib.inflated(good, limit: 100) == octets)
    func fault(_ head: (UInt8, UInt8), last: UInt8 = 0) -> Zlib.Fault? {
      var stream = good
      (stream[0], stream[1]) = head
      stream[stream.count - 1] ^= last
      do throws(Zlib.Fault) {
        _ = try Zlib.inflated(stream, limit: 100)
        return nil
      } catch {
        return error
      }
    }
    #expect(fault((0x78, 0x01)) == nil && fault((0x78, 0x9c)) == nil && fault((0x08, 0x1d)) == nil)
    #expect(fault((0x78, 0x02)) == .malformed, "no multiple of 31")
    #expect(fault((0x78, 0x20)) == .malformed && fault((0x78, 0xbb)) == .malformed, "a dictionary")
    #expect(fault((0x88, 0x1c)) == .malformed && fault((0x77, 0x09)) == .malformed, "a window too wide; no deflate")
    #expect(fault((0x78, 0x01), last: 1) == .checksum)
  }
}
