import Handshake
import Testing
import Wire

@testable import Scan

@Suite("Which hosts and prefixes are checked, and what is marked") struct ScanChecksTests {
  private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(parsing: text)) }

  private func open(_ address: IPAddress, _ port: UInt16 = 80) -> ScanResult {
    ScanResult(address: address, port: port, state: .open, reason: .synAck, pass: 1)
  }

  private func checks(
    _ extent: ScanChecks.Extent = .some, ports: [UInt16] = [80], excluding: [String] = [], seed: UInt64 = 7
  ) throws -> ScanChecks {
    ScanChecks(
      extent, ports: ports, excluding: AddressBlocks(try excluding.compactMap { try AddressBlock(parsing: $0) }),
      seed: seed)
  }

  @Test func threeHighPortsThatWereNotAskedForDecide() throws {
    var checks = try checks()
    let (one, other) = (try address("192.0.2.1"), try address("192.0.2.2"))
    for host in [one, other] { checks.take(open(host)) }
    checks.take(open(one, 81))
    var closed = open(try address("192.0.2.3"))
    closed.state = .refused
    checks.take(closed)
    let asked = checks.hostQuestion()
    let question = try #require(asked)
    #expect(question.blocks == [AddressBlock(one), AddressBlock(other)])
    #expect(Set(question.ports).count == 3 && question.ports.allSatisfy { $0 >= 49_152 })
    // What is not checked yet is not known.
    #expect(checks.isSuspect(one) == nil)
    checks.takeHosts(open: question.ports.map { open(one, $0) } + [open(other, question.ports[0])])
    #expect(checks.isSuspect(one) == true && checks.isSuspect(other) == false)
    #expect(checks.marks == [ScanMark(AddressBlock(one), .randomPorts, asked: 3, open: 3)])
    #expect(checks.marks(of: one).count == 1 && checks.marks(of: other).isEmpty)
    #expect(checks.isSuspect(closed.address) == nil)
    #expect(checks.hostsSeen == 2 && checks.hostsAsked == 2)
  }

  @Test func portsThatWereAskedForAreNoneOfThem() throws {
    let taken = (49_152...65_530).map { UInt16($0) }
    var few = try checks(ports: taken)
    few.take(open(try address("192.0.2.1")))
    let asked = few.hostQuestion()
    #expect(try Set(#require(asked).ports).isDisjoint(with: taken))
    // Where no three are left, none is asked.
    var none = try checks(ports: (0...65_533).map { UInt16($0) })
    none.take(open(try address("192.0.2.1")))
    let nothing = none.hostQuestion()
    // Their number says it.
    #expect(nothing == nil && none.hostsAsked == 1)
    #expect(try none.isSuspect(address("192.0.2.1")) == false)
  }

  @Test func moreThanAHundredOpenPortsAreSuspectWithoutAQuestion() throws {
    let ports = (1...200).map { UInt16($0) }
    var checks = try checks(ports: ports)
    let (many, few) = (try address("192.0.2.1"), try address("192.0.2.2"))
    for port in ports.prefix(101) { checks.take(open(many, port)) }
    for port in ports.prefix(100) { checks.take(open(few, port)) }
    let asked = checks.hostQuestion()
    let question = try #require(asked)
    #expect(question.blocks == [AddressBlock(few)])
    checks.takeHosts(open: [])
    #expect(checks.marks == [ScanMark(AddressBlock(many), .manyPorts, asked: 101, open: 101)])
    #expect(checks.isSuspect(few) == false && checks.hostsAsked == 2 && checks.hostsSeen == 2)
  }

  @Test func aPrefixIsAskedOneAddressInEachOfItsSixteenParts() throws {
    var checks = try checks()
    let (host, same) = (try address("2001:db8:1::1"), try address("2001:db8:1::ffff"))
    for host in [host, same] { checks.take(open(host)) }
    let questions = checks.prefixQuestions()
    let question = try #require(questions.first)
    #expect(question.ports == [80] && question.blocks.count == 16 && checks.prefixesAsked == 1)
    for (part, block) in question.blocks.enumerated() {
      #expect(block.first == block.last && block.first >> 64 == host.number >> 64)
      #expect(Int(truncatingIfNeeded: block.first >> 60 & 15) == part)
    }
    #expect(checks.isAliased(host) == nil)
    let answers = question.blocks.map { open(IPAddress(number: $0.first, .v6)) }
    var other = checks
    other.takeNeighbors(of: question, open: Array(answers.dropLast()))
    #expect(other.isAliased(host) == false && other.marks.isEmpty)
    checks.takeNeighbors(of: question, open: answers)
    #expect(checks.isAliased(host) == true && checks.isAliased(same) == true)
    let prefix = try #require(try AddressBlock(parsing: "2001:db8:1::/64"))
    #expect(checks.marks == [ScanMark(prefix, .neighbors, asked: 16, open: 16)])
    #expect(checks.marks(of: same).count == 1)
    #expect(try checks.isAliased(address("2001:db8:2::1")) == nil && checks.isAliased(address("192.0.2.1")) == nil)
  }

  @Test(
    "addresses without neighbors that may be asked",
    arguments: ["fe80::1", "ff02::1", "::1", "::ffff:192.0.2.1", "192.0.2.1"])
  func withoutNeighbors(_ text: String) throws {
    var checks = try checks()
    checks.take(open(try address(text)))
    let questions = checks.prefixQuestions()
    #expect(questions.isEmpty)
  }

  @Test func aPrefixWithExcludedPartsIsNotAsked() throws {
    var checks = try checks(excluding: ["2001:db8:1:0:4000::/66"])
    for host in ["2001:db8:1::1", "2001:db8:2::1"] { checks.take(open(try address(host))) }
    let questions = checks.prefixQuestions()
    let question = try #require(questions.first)
    #expect(question.blocks.count == 16)
    #expect(try question.blocks.allSatisfy { try $0.first >> 64 == address("2001:db8:2::").number >> 64 })
  }

  @Test func eachPortHasAQuestionOfItsOwn() throws {
    var checks = try checks(ports: [80, 443])
    checks.take(open(try address("2001:db8:1::1"), 443))
    checks.take(open(try address("2001:db8:2::1"), 80))
    checks.take(open(try address("2001:db8:2::1"), 443))
    let questions = checks.prefixQuestions()
    #expect(questions.map(\.ports) == [[80], [443]])
  }

  @Test func withoutAWordThereIsALimit() throws {
    for (extent, hosts, prefixes, ports) in [
      (.some, 1_024, 256, [80]), (.some, 1_024, 256, [22, 80]), (.all, 2_000, 2_000, [80]), (.none, 0, 0, [80]),
    ] as [(ScanChecks.Extent, Int, Int, [UInt16])] {
      var checks = try checks(extent, ports: ports)
      for number in 0..<2_000 as Range<UInt128> {
        let host = IPAddress(number: 0x2001_0db8 << 96 | number << 64 | 1, .v6)
        for port in ports { checks.take(open(host, port)) }
      }
      let asked = checks.hostQuestion()?.blocks.count ?? 0
      let neighbors = checks.prefixQuestions().reduce(0) { $0 + $1.blocks.count }
      #expect(asked == hosts && neighbors == 16 * prefixes)
      let seen: UInt64 = extent == .none ? 0 : 2_000
      #expect(checks.hostsSeen == seen && checks.prefixesSeen == seen)
    }
  }

  @Test func theMostThatIsSentIsKnownBefore() throws {
    func most(_ extent: ScanChecks.Extent, _ blocks: [String]) throws -> UInt64 {
      let targets = try ScanTargets(blocks.compactMap { try AddressBlock(parsing: $0) }, ports: [80])
      return ScanChecks.mostSYNs(extent, of: targets, passes: 2)
    }
    #expect(try most(.some, ["192.0.2.0/30"]) == 24 && most(.none, ["192.0.2.0/24", "2001:db8::1"]) == 0)
    #expect(try most(.some, ["10.0.0.0/8", "2001:db8::/96"]) == 14_336)
    #expect(try most(.all, ["192.0.2.0/24", "2001:db8::1"]) == 2 * (257 * 3 + 16))
  }

  @Test func theSameSeedAsksTheSame() throws {
    let ports = try ([1, 1, 2] as [UInt64]).map { seed in
      var checks = try checks(seed: seed)
      checks.take(open(try address("192.0.2.1")))
      let asked = checks.hostQuestion()
      return try #require(asked).ports
    }
    #expect(ports[0] == ports[1] && ports[0] != ports[2])
  }
}
