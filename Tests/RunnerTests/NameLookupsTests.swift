import Kernel
import Testing
import Timebase
import Wire

@testable import Runner

/// Names that are looked up beside a run, in virtual time.
@Suite("Look-ups of names") struct NameLookupsTests {
  private let start = Instant(nanoseconds: 0)
  private let took = Measurement(.milliseconds(3), clock: .user)

  private func address(_ text: String) throws -> ZonedAddress { try #require(ZonedAddress(parsing: text)) }

  /// Anything but a group can be probed.
  private func lookups(_ names: [String], every period: Interval? = nil, isPatient: Bool = false) -> NameLookups {
    var lookups = NameLookups(every: period, isPatient: isPatient) { $0.first { !$0.address.isMulticast } }
    for name in names { _ = lookups.add(name, name, nil) }
    return lookups
  }

  @Test("all at once, and each once") func sideBySide() throws {
    var lookups = lookups(["a.test", "b.test"])
    #expect(lookups.add("a.test", "a.test", nil) == 0, "known already")
    var asked: [String] = []
    #expect(lookups.nextTurn == start)
    lookups.ask(at: start) { (_, name, _) in
      asked.append(name)
      return true
    }
    #expect(asked == ["a.test", "b.test"])
    #expect(lookups.nextTurn == nil && lookups.unsettled == 2)
    let one = try address("10.0.0.1")
    #expect(lookups.take(.success([one]), of: 1, took: took, at: start) == .found(1, one, took))
    #expect(lookups.unsettled == 1)
    #expect(lookups.take(.success([one]), of: 1, took: took, at: start) == nil, "nobody asked")
    #expect(lookups.take(.success([one]), of: 7, took: took, at: start) == nil, "there is no such name")
    let failure = NameLookups.Answer.failure(.notFound(name: ""))
    #expect(lookups.take(failure, of: 0, took: took, at: start) == .failed(0, "a.test: no such host name"))
    #expect(lookups.unsettled == 0 && lookups.nextTurn == nil, "none is asked for again")
  }

  @Test("a bounded number at once, whatever there are") func bounded() throws {
    var lookups = lookups((0..<1_000).map { "n\($0).test" })
    var underWay: [UInt32] = []
    var total = 0
    var now = start
    while lookups.unsettled > 0 {
      lookups.ask(at: now) { (number, _, _) in
        underWay.append(number)
        total += 1
        return true
      }
      #expect(underWay.count <= NameLookups.concurrency)
      now = now + .milliseconds(1)
      let last = underWay.popLast()
      let number = try #require(last)
      _ = lookups.take(.failure(.temporaryFailure(name: "")), of: number, took: took, at: now)
    }
    #expect(total == 1_000)
  }

  @Test("a question that is not taken is asked again soon, and not at once") func stalled() {
    var lookups = lookups(["a.test"])
    lookups.ask(at: start) { (_, _, _) in false }
    #expect(lookups.nextTurn == start + .milliseconds(10))
    lookups.ask(at: start + .milliseconds(9)) { (_, _, _) in
      Issue.record("too early")
      return true
    }
    lookups.ask(at: start + .milliseconds(10)) { (_, _, _) in true }
    #expect(lookups.underWay == 1)
  }

  @Test("the address stays while the name has it, a failure is told once, and changes nothing") func followed() throws {
    var lookups = lookups(["a.test"], every: .seconds(60), isPatient: true)
    var now = start
    var families: [AddressFamily?] = []
    func next(_ answer: NameLookups.Answer) -> NameLookups.News? {
      if let turn = lookups.nextTurn { now = max(now, turn) }
      lookups.ask(at: now) { (_, _, family) in
        families.append(family)
        return true
      }
      return lookups.take(answer, of: 0, took: took, at: now)
    }
    let (one, two) = (try address("10.0.0.1"), try address("10.0.0.2"))
    #expect(next(.success([one])) == .found(0, one, took))
    #expect(lookups.nextTurn == now + .seconds(60))
    #expect(next(.success([two, one])) == nil, "in turns")
    let failure = NameLookups.Answer.failure(.notFound(name: ""))
    #expect(next(failure) == .failed(0, "a.test: no such host name"))
    #expect(next(failure) == nil)
    #expect(lookups.nextTurn == now + .seconds(60))
    #expect(next(.success([one])) == .recovered(0))
    #expect(next(.success([try address("224.0.0.1")])) == .failed(0, "a.test: no usable address"))
    #expect(next(.success([])) == nil, "which is told already")
    #expect(next(.success([two])) == .moved(0, two))
    #expect(families.first == .some(nil) && families.dropFirst().allSatisfy { $0 == .v4 }, "it stays in its family")
  }

  @Test("a name without an address is asked for again, sooner than the others") func patient() throws {
    for period in [nil, Interval.seconds(60), .seconds(2)] {
      var lookups = lookups(["a.test"], every: period, isPatient: true)
      lookups.ask(at: start) { (_, _, _) in true }
      #expect(lookups.take(.failure(.notFound(name: "")), of: 0, took: took, at: start) != nil)
      #expect(lookups.nextTurn == start + min(period ?? NameLookups.retry, NameLookups.retry))
      let now = start + .seconds(10)
      lookups.ask(at: now) { (_, _, _) in true }
      let one = try address("10.0.0.1")
      #expect(lookups.take(.success([one]), of: 0, took: took, at: now) == .found(0, one, took))
      #expect(lookups.nextTurn == period.map { now + $0 })
    }
  }

  @Test("their later look-ups are spread over the period") func spread() throws {
    var lookups = lookups((0..<4).map { "n\($0).test" }, every: .seconds(60), isPatient: true)
    lookups.ask(at: start) { (_, _, _) in true }
    for number in 0..<4 {
      _ = lookups.take(.success([try address("10.0.0.1")]), of: UInt32(number), took: took, at: start)
    }
    var turns: [Int64] = []
    while turns.count < 4, let turn = lookups.nextTurn {
      lookups.ask(at: turn) { (_, _, _) in
        turns.append((turn - start).nanoseconds / 1_000_000_000)
        return true
      }
    }
    #expect(turns == [60, 75, 90, 105])
    let now = start + .seconds(105)
    _ = lookups.take(.success([try address("10.0.0.1")]), of: 3, took: took, at: now)
    #expect(lookups.nextTurn == now + .seconds(60), "once they are spread they stay so")
  }

  @Test("whoever is due first is asked first") func order() throws {
    var lookups = lookups(["a.test", "b.test"], every: .seconds(60))
    lookups.ask(at: start) { (_, _, _) in true }
    let one = try address("10.0.0.1")
    _ = lookups.take(.success([one]), of: 1, took: took, at: start)
    _ = lookups.take(.success([one]), of: 0, took: took, at: start + .seconds(50))
    var asked: [UInt32] = []
    lookups.ask(at: start + .seconds(90)) { (number, _, _) in
      asked.append(number)
      return true
    }
    #expect(asked == [1])
    #expect(lookups.nextTurn == start + .seconds(110))
  }

  @Test("whoever was to answer has gone") func nobody() {
    var lookups = lookups(["a.test", "b.test"])
    lookups.ask(at: start) { (_, _, _) in true }
    #expect(lookups.fail("gone", at: start) == [.failed(0, "a.test: gone"), .failed(1, "b.test: gone")])
    #expect(lookups.unsettled == 0)
  }

  @Test("what is not known by the end is given up") func abandoned() throws {
    var lookups = lookups(["a.test", "b.test", "c.test"])
    lookups.ask(at: start) { (number, _, _) in number < 2 }
    _ = lookups.take(.success([try address("10.0.0.1")]), of: 0, took: took, at: start)
    #expect(lookups.abandon() == [1, 2])
    #expect(lookups.unsettled == 0 && lookups.nextTurn == nil && lookups.abandon().isEmpty)
  }
}
