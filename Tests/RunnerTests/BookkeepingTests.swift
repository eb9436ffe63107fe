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
    #expect(ring.take(3)?.token == token(7))
    #expect(ring.take(3) == nil)
  }

  @Test("a packet that left too many others ago is forgotten, not mistaken") func forgotten() {
    var ring = TokenRing()
    let room = UInt32(TokenRing.capacity)
    for id in 0..<3 * room { ring.put(token(id), under: id) }
    #expect(ring.take(0) == nil)
    #expect(ring.take(2 * room - 1) == nil)
    #expect(ring.take(2 * room)?.token == token(2 * room))
    #expect(ring.take(3 * room - 1)?.token == token(3 * room - 1))
    #expect(ring.take(3 * room - 1 + room) == nil)
  }

  @Test("of several packets of one name the last has the stamp") func parts() {
    var ring = TokenRing()
    for id in UInt32(0)..<3 { ring.put(token(7), under: id, isPart: id < 2) }
    #expect((0..<3).map { ring.take($0)?.isPart } == [true, true, false])
  }

  @Test("the kernel's numbers wrap") func wrap() {
    var ring = TokenRing()
    for offset in UInt32(0)..<8 { ring.put(token(offset), under: .max - 3 &+ offset) }
    for offset in UInt32(0)..<8 { #expect(ring.take(.max - 3 &+ offset)?.token == token(offset)) }
  }

  @Test("a refusal is news once, until something could be sent") func refusals() throws {
    let end = Endpoint(try #require(IPAddress(parsing: "10.0.0.1")), 80)
    let refusal = RunError.send(Errno(code: 1, call: .sendto), end)
    var unsent = SendErrors()
    #expect(unsent.first == nil)
    let causes: [(Int, RunError)] = [
      (2, refusal), (2, refusal), (1, refusal), (2, .port(Errno(code: 24, call: .socket), end)),
    ]
    let news = causes.map { unsent.note($0.1, of: $0.0) }
    #expect(news == [true, false, true, true], "another cause is news")
    #expect(unsent.first == 1)
    #expect(unsent.line(of: 1, "a\u{7}:80").hasPrefix("a\u{7}:80: sendto: Operation not permitted (EPERM); "))
    unsent.clear(1)
    #expect(unsent[1] == nil && unsent[2] != nil)
    let again = unsent.note(refusal, of: 1)
    #expect(again)
  }

  @Test("how late a probe was made is known while its result may come, and told once a minute") func delays() {
    var delays = MissedRounds()
    #expect(delays.before(1) == 0)
    delays.add(3, from: 5)
    delays.add(2, from: 7)
    #expect([1, 4, 5, 6, 7, 1_000].map { delays.before($0) } == [0, 0, 3, 3, 5, 5])
    for sequence in 8..<2_000 { delays.add(1, from: sequence) }
    #expect(delays.before(2_000) == 5 + 1_992)
    let start = Instant(nanoseconds: 0)
    let news = [0, 1, 59, 60, 61].map { delays.isNews(at: start + .seconds($0)) }
    #expect(news == [true, false, false, true, false])
    #expect(delays.recent(at: start + .seconds(62)) == delays.words)
    #expect(delays.recent(at: start + .seconds(121)) == nil)
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

  @Test("whoever decided nothing was not unsent") func nothingDecided() {
    var tally = Tally()
    #expect(!tally.isUnsent)
    tally.add(.filtered, .notSent)
    #expect(tally.isUnsent)
    tally.add(.open, .synAck)
    #expect(!tally.isUnsent)
  }

  @Test("of names the one that fails longest is told, each once, and a note for a minute") func names() {
    var troubles = NameLookupErrors()
    let start = Instant(nanoseconds: 0)
    let news = [("a", "cause 1"), ("b", "cause 2"), ("b", "cause 2"), ("c", "cause 2")].map {
      troubles.fail($0.0, $0.1)
    }
    #expect(news == ["cause 1", "cause 2", nil, nil])
    #expect(troubles.latest(at: start) == "cause 1")
    let again = troubles.fail("a", "cause 3")
    #expect(again == "cause 3" && troubles.latest(at: start) == "cause 2", "the other one fails longer now")
    for host in ["b", "c"] { troubles.clear(host) }
    #expect(troubles.latest(at: start) == "cause 3")
    troubles.clear("a")
    #expect(troubles.latest(at: start) == nil)
    troubles.note("moved", at: start)
    #expect(troubles.latest(at: start + .seconds(59)) == "moved" && troubles.latest(at: start + .seconds(60)) == nil)
  }

  @Test("a benchmark's name comes back out of its token, whatever its number") func benchTokens() {
    for (name, serial) in [(UInt64(5) << 32 | 7 << 8 | 1, UInt32(0)), (9 << 32 | 0xff_ffff << 8 | 0xff, 0xff_ffff)] {
      #expect(Token(bench: name, serial: serial).benchName == name)
    }
    #expect(Token(bench: 1, serial: 1) != Token(bench: 1, serial: 2))
  }
}
