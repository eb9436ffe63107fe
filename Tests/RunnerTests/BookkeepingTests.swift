import Engines
import Handshake
import Kernel
import Testing
import Timebase
import Wire

@testable import Runner

/// What the loop remembers: stamps by number, results by target.
@Suite("Bookkeeping") struct BookkeepingTests {
  private func token(_ number: UInt32) -> Token { Token(slot: 0, generation: 0, number: number) }

  @Test("a stamp finds its packet once") func once() {
    var ring = TokenRing()
    ring.put(token(7), under: 3)
    #expect(ring.take(2) == nil)
    #expect(ring.take(3) == token(7))
    #expect(ring.take(3) == nil)
  }

  @Test("a packet that left too many others ago is forgotten, not mistaken") func forgotten() {
    var ring = TokenRing()
    let room = UInt32(TokenRing.capacity)
    for id in 0..<3 * room { ring.put(token(id), under: id) }
    #expect(ring.take(0) == nil)
    #expect(ring.take(2 * room - 1) == nil)
    #expect(ring.take(2 * room) == token(2 * room))
    #expect(ring.take(3 * room - 1) == token(3 * room - 1))
    #expect(ring.take(3 * room - 1 + room) == nil)
  }

  @Test("the kernel's numbers wrap") func wrap() {
    var ring = TokenRing()
    for offset in UInt32(0)..<8 { ring.put(token(offset), under: .max - 3 &+ offset) }
    for offset in UInt32(0)..<8 { #expect(ring.take(.max - 3 &+ offset) == token(offset)) }
  }

  @Test("a tally keeps what the exit code asks") func tally() {
    var tally = Tally()
    #expect((tally.best, tally.decided, tally.answered) == (nil, 0, 0))
    tally.add(.filtered, .invalidReplies)
    #expect(tally.best == .filtered && tally.onlyInvalid)
    tally.add(.unreachable, .noRoute)
    #expect(tally.best == .filtered && !tally.onlyInvalid)
    tally.add(.refused, .rst)
    #expect((tally.best, tally.decided, tally.answered) == (.refused, 3, 1))
    tally.add(.open, .synAck)
    tally.add(.refused, .rst)
    #expect((tally.best, tally.decided, tally.answered) == (.open, 5, 3))
    #expect(tally.verdicts[.refused] == 2)
  }
}
