// RFC 1071 §3, RFC 1624 §4, and sums against one that is too simple to be wrong.

import Repeatable
import Testing
import Wire

/// The sum of RFC 1071 §4.1, an octet at a time.
private func naive(_ octets: [UInt8]) -> UInt16 {
  var sum = 0
  for (i, octet) in octets.enumerated() { sum += i.isMultiple(of: 2) ? Int(octet) << 8 : Int(octet) }
  while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
  return ~UInt16(sum)
}

@Suite struct InternetChecksumTests {
  static let example = octets("00 01 f2 03 f4 f5 f6 f7")

  @Test func theExampleOfRFC1071() {
    var sum = InternetChecksum()
    sum.add(Self.example.span.raw)
    #expect(sum.folded == 0xddf2)
    #expect(sum.value == 0x220d)
  }

  /// RFC 1071 §3 sums the same octets in two groups, the second of which is summed alone and added.
  @Test(arguments: 0...8)
  func theExampleInTwoPieces(cut: Int) {
    var sum = InternetChecksum()
    sum.add(Self.example.span.raw.extracting(first: cut))
    sum.add(Self.example.span.raw.extracting(droppingFirst: cut))
    #expect(sum.folded == 0xddf2)
  }

  @Test func theExampleOfRFC1624() {
    #expect(InternetChecksum.updated(0xdd2f, replacing: 0x5555 as UInt16, with: 0x3285) == 0x0000)
  }

  struct Row: Sendable, CustomStringConvertible {
    let description: String
    let octets: [UInt8]
    let value: UInt16
  }

  static let rows = [
    Row(description: "nothing", octets: [], value: 0xffff),
    Row(description: "one octet", octets: [0x01], value: 0xfeff),
    Row(description: "two octets", octets: [0x01, 0x02], value: 0xfefd),
    Row(description: "three octets", octets: [0x01, 0x02, 0x03], value: 0xfbfd),
    Row(description: "all ones", octets: [UInt8](repeating: 0xff, count: 1500), value: 0),
    Row(description: "all zeros", octets: [UInt8](repeating: 0, count: 1500), value: 0xffff),
    Row(
      description: "an IPv4 header", octets: octets("4500 0073 0000 4000 4011 0000 c0a8 0001 c0a8 00c7"), value: 0xb861),
  ]

  @Test(arguments: rows)
  func known(row: Row) {
    #expect(InternetChecksum.value(of: row.octets.span.raw) == row.value)
    #expect(naive(row.octets) == row.value)
  }

  @Test(arguments: 0...130)
  func everyShortLengthAndAlignment(count: Int) {
    var random = Random(Seed(UInt64(count)))
    let octets = random.octets(count + 8...count + 8)
    for start in 0..<8 {
      let part = Array(octets[start..<start + count])
      #expect(
        InternetChecksum.value(of: octets.span.raw.extracting(start..<start + count)) == naive(part), "from \(start)")
    }
  }

  @Test(arguments: Seed.several)
  func piecesSumLikeTheWhole(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<400 {
      let octets = random.octets(0...2000)
      var sum = InternetChecksum()
      var start = 0
      while start < octets.count {
        let end = min(octets.count, start + Int.random(in: 0...97, using: &random))
        sum.add(octets.span.raw.extracting(start..<end))
        start = end
      }
      #expect(sum.value == naive(octets))
    }
  }

  @Test(arguments: Seed.several)
  func wordsSumLikeTheirOctets(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<200 {
      let before = random.octets(0...5)
      let word: UInt16 = random.number()
      var sum = InternetChecksum()
      sum.add(before.span.raw)
      sum.add(word: word)
      #expect(sum.value == naive(before + [UInt8(word >> 8), UInt8(word & 0xff)]))
    }
  }

  @Test(arguments: Seed.several)
  func aCheckedPacketIsConsistent(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<200 {
      var octets = random.octets(4...100)
      octets[2] = 0
      octets[3] = 0
      let value = naive(octets)
      octets[2] = UInt8(value >> 8)
      octets[3] = UInt8(value & 0xff)
      var sum = InternetChecksum()
      sum.add(octets.span.raw)
      #expect(sum.isConsistent)
    }
  }

  @Test(arguments: Seed.several)
  func anUpdateIsAFullRecomputation(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<2000 {
      var octets = random.octets(12...60)
      octets[0] |= 1  // never all zeros, for which the two differ
      let before = naive(octets)
      let at = Int.random(in: 1..<octets.count / 2 - 1, using: &random) * 2
      let old = UInt16(octets[at]) << 8 | UInt16(octets[at + 1])
      let new: UInt16 = random.number()
      octets[at] = UInt8(new >> 8)
      octets[at + 1] = UInt8(new & 0xff)
      #expect(InternetChecksum.updated(before, replacing: old, with: new) == naive(octets))
    }
  }

  @Test(arguments: Seed.several)
  func aWideUpdateIsAFullRecomputation(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<2000 {
      var octets = random.octets(12...60)
      octets[0] |= 1
      let before = naive(octets)
      let at = Int.random(in: 1..<octets.count / 2 - 2, using: &random) * 2
      let old = octets[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) }
      let new: UInt32 = random.number()
      for i in 0..<4 { octets[at + i] = UInt8(truncatingIfNeeded: new >> (24 - 8 * UInt32(i))) }
      #expect(InternetChecksum.updated(before, replacing: old, with: new) == naive(octets))
    }
  }

  @Test func everyUpdateOfOneWordKeepsTheSum() {
    // The edges of ones' complement: 0 and 0xffff are both zero, so every pair of them is tried.
    let edges: [UInt16] = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff]
    for old in edges {
      for new in edges {
        for other in edges where other != 0 {
          let before = naive([UInt8(old >> 8), UInt8(old & 0xff), UInt8(other >> 8), UInt8(other & 0xff)])
          let after = naive([UInt8(new >> 8), UInt8(new & 0xff), UInt8(other >> 8), UInt8(other & 0xff)])
          #expect(InternetChecksum.updated(before, replacing: old, with: new) == after, "\(old) \(new) \(other)")
        }
      }
    }
  }
}
