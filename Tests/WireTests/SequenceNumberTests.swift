// RFC 9293 §3.4: arithmetic modulo 2^32.

import Repeatable
import Testing
import Wire

@Suite struct SequenceNumberTests {
  @Test func wrapsForwardAndBack() {
    #expect(SequenceNumber(.max) + 1 == SequenceNumber(0))
    #expect(SequenceNumber(0) - 1 == SequenceNumber(.max))
    #expect(SequenceNumber(0xffff_fff0) + 0x20 == SequenceNumber(0x10))
    #expect(SequenceNumber(0x10).distance(from: SequenceNumber(0xffff_fff0)) == 0x20)
    var point = SequenceNumber(.max)
    point += 3
    #expect(point == SequenceNumber(2))
    #expect(point.description == "2")
  }

  @Test(arguments: [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] as [UInt32])
  func precedesLooksHalfTheCircleAhead(value: UInt32) {
    let point = SequenceNumber(value)
    #expect(!point.precedes(point))
    #expect(point.precedes(point + 1) && !(point + 1).precedes(point))
    #expect(point.precedes(point + 0x7fff_ffff) && !(point + 0x7fff_ffff).precedes(point))
    // Just opposite, neither is first: both say so, which is why there is no `<`.
    #expect(point.precedes(point + 0x8000_0000) && (point + 0x8000_0000).precedes(point))
    #expect(!point.precedes(point + 0x8000_0001))
  }

  @Test(arguments: [0, 5, 0xffff_fffd, 0xffff_ffff] as [UInt32])
  func windowsMayLieAcrossTheWrap(value: UInt32) {
    let first = SequenceNumber(value)
    #expect(first.isIn(first, length: 1))
    #expect(!first.isIn(first, length: 0))
    #expect((first + 3).isIn(first, length: 4))
    #expect(!(first + 4).isIn(first, length: 4))
    #expect(!(first - 1).isIn(first, length: 4))
    #expect((first - 1).isIn(first, length: .max) == false)
  }

  @Test(arguments: Seed.several)
  func distanceUndoesAddition(seed: Seed) {
    var random = Random(seed)
    for _ in 0..<2000 {
      let point = SequenceNumber(random.number())
      let length: UInt32 = random.number()
      #expect((point + length).distance(from: point) == length)
      #expect(point + length - length == point)
      #expect((point + length).isIn(point, length: length) == false)
    }
  }
}
