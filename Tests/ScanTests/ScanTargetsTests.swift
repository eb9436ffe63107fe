import Repeatable
import Scan
import Statistics
import Testing
import Wire

@Suite struct ScanTargetsTests {
  private func block(_ text: String) throws -> AddressBlock { try #require(try AddressBlock(parsing: text)) }

  private func targets(_ texts: [String], excluding: [String] = [], ports: [UInt16] = [80]) throws -> ScanTargets {
    try ScanTargets(texts.map(block), excluding: excluding.map(block), ports: ports)
  }

  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1"), ("192.0.2.77/24", "192.0.2.0-192.0.2.255"), ("192.0.2.1-9", "192.0.2.1-192.0.2.9"),
    ("192.0.2.1-192.0.3.7", "192.0.2.1-192.0.3.7"), ("0.0.0.0/0", "0.0.0.0-255.255.255.255"),
    ("2001:db8::/120", "2001:db8::-2001:db8::ff"), ("2001:db8::1-2001:db8::9", "2001:db8::1-2001:db8::9"),
    ("::/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
  ])
  func reads(text: String, words: String) throws { #expect(try block(text).description == words) }

  @Test(arguments: ["web.test", "192.0.2", "192.0.2.1-x", "10.0.0.1-2001:db8::1", "", "-", "/", "a-b", "1.2.3.4-256"])
  func othersAreNoBlocks(text: String) throws { #expect(try AddressBlock(parsing: text) == nil) }

  @Test func mistakesAreNamed() {
    #expect(throws: AddressBlock.Mistake.prefixLength) { try AddressBlock(parsing: "192.0.2.0/33") }
    #expect(throws: AddressBlock.Mistake.prefixLength) { try AddressBlock(parsing: "192.0.2.0/") }
    #expect(throws: AddressBlock.Mistake.backwards) { try AddressBlock(parsing: "192.0.2.9-3") }
  }

  @Test func blocksAreMergedAndExclusionsWin() throws {
    let some = try targets(
      ["10.0.0.0/24", "10.0.0.128-10.0.1.3", "10.0.9.9", "2001:db8::/126"],
      excluding: ["10.0.0.5", "10.0.0.250-10.0.1.1", "0.0.0.0/32", "2001:db8::2-2001:db8::ffff"])
    #expect(
      some.blocks.map(\.description) == [
        "10.0.0.0-10.0.0.4", "10.0.0.6-10.0.0.249", "10.0.1.2-10.0.1.3", "10.0.9.9", "2001:db8::-2001:db8::1",
      ])
    #expect(some.addresses == 5 + 244 + 2 + 1 + 2)
    #expect(throws: ScanTargets.Mistake.nothing) {
      try targets(["10.0.0.0/24"], excluding: ["10.0.0.0/8"])
    }
    #expect(throws: ScanTargets.Mistake.tooMany) { try targets(["::/0"]) }
    #expect(throws: ScanTargets.Mistake.tooMany) { try targets(["2001:db8::/80"], ports: [1, 2]) }
    #expect(try targets(["::/0"], excluding: ["::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]).addresses == 1)
  }

  @Test func numbersAndProbesAreOneToOne() throws {
    let some = try targets(
      ["10.0.0.0/29", "192.0.2.1-3", "2001:db8::5"], excluding: ["10.0.0.3"], ports: [443, 80, 443, 0, 65_535])
    #expect(some.ports == [443, 80, 0, 65_535])
    #expect(some.count == 44)
    var seen: Set<String> = []
    for number in 0..<some.count {
      let (address, port, _) = some.probe(number)
      #expect(some.number(of: address, port: port) == number)
      seen.insert("\(address) \(port)")
    }
    #expect(seen.count == 44)
    for text in [
      "10.0.0.3", "9.255.255.255", "10.0.0.8", "192.0.2.0", "255.255.255.255", "2001:db8::4", "::", "2001:db8::6",
    ] {
      let address = try #require(IPAddress(parsing: text))
      #expect(some.number(of: address, port: 80) == nil)
    }
    let first = try #require(IPAddress(parsing: "10.0.0.0"))
    #expect(some.number(of: first, port: 81) == nil)
  }

  /// Against sets of single addresses.
  @Test(arguments: 0..<50 as Range<UInt64>)
  func anyBlocksAndExclusions(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    func some() -> [AddressBlock] {
      (0..<Int(random.next() % 6)).compactMap { _ in
        let first = UInt128(random.next() % 200)
        return AddressBlock(.v4, first, first + UInt128(random.next() % 40))
      }
    }
    let (included, excluded) = (some(), some())
    var expected: Set<UInt128> = []
    for block in included { expected.formUnion(block.first...block.last) }
    for block in excluded { expected.subtract(block.first...block.last) }
    guard !expected.isEmpty else { return }
    let result = try ScanTargets(included, excluding: excluded, ports: [1])
    #expect((0..<result.count).map { result.probe($0).address.number } == expected.sorted())
  }

  @Test func theSameTargetsHaveTheSameFingerprint() throws {
    let one = try targets(["10.0.0.0/24", "2001:db8::1"], ports: [80, 443])
    #expect(
      one.fingerprint == (try targets(["2001:db8::1", "10.0.0.128/25", "10.0.0.0/25"], ports: [80, 443])).fingerprint)
    #expect(one.fingerprint != (try targets(["10.0.0.0/24", "2001:db8::2"], ports: [80, 443])).fingerprint)
    #expect(one.fingerprint != (try targets(["10.0.0.0/24", "2001:db8::1"], ports: [443, 80])).fingerprint)
  }

  @Test func reservedAddressesAreNamed() throws {
    #expect(ReservedBlock.met(by: try targets(["223.255.255.255-224.0.0.1"]))?.words == "multicast")
    #expect(ReservedBlock.met(by: try targets(["ff02::1"]))?.words == "multicast")
    #expect(ReservedBlock.met(by: try targets(["10.0.0.0/8", "2001:db8::/100"])) == nil)
    #expect(ReservedBlock.all.count == 5)
  }

  @Test func probesOutsideNetworksAreCounted() throws {
    let blocks = try ["10.0.0.0/23", "10.9.0.7", "2001:db8::/126"].compactMap { try AddressBlock(parsing: $0) }
    let targets = try ScanTargets(blocks, ports: [80, 443])
    func outside(_ networks: String...) throws -> UInt64 {
      targets.probes(outside: AddressBlocks(try networks.compactMap { try AddressBlock(parsing: $0) }))
    }
    #expect(try outside() == 2 * (512 + 1 + 4))
    #expect(try outside("10.0.1.0/24") == 2 * (256 + 1 + 4))
    #expect(try outside("10.0.0.0/8") == 2 * 4)
    #expect(try outside("0.0.0.0/0", "::/0") == 0)
  }

  @Test(arguments: [
    ("10.1.2.3", 8, "10.0.0.0/8"), ("10.1.2.3", 32, "10.1.2.3"), ("::1", 0, "::/0"), ("::1", 128, "::1"),
  ])
  func anAddressAndTheLengthOfItsPrefix(address: String, length: Int, block: String) throws {
    let address = try #require(IPAddress(parsing: address))
    #expect(AddressBlock(address, prefixLength: length) == (try AddressBlock(parsing: block)))
    #expect(AddressBlock(address, prefixLength: 129) == nil && AddressBlock(address, prefixLength: -1) == nil)
  }

  @Test func dividedTargetsHaveTheSameNumbers() throws {
    let blocks = try ["10.0.0.0/24", "10.0.2.0-10.0.2.9", "2001:db8::/120"].compactMap { try AddressBlock(parsing: $0) }
    let whole = try ScanTargets(blocks, ports: [80, 443])
    let starts = [
      "10.0.0.0", "10.0.0.64", "10.0.0.65", "10.0.1.7", "10.0.2.9", "10.0.2.10", "2001:db8::80", "::", "0.0.0.0",
    ]
    let parts = whole.divided(at: starts.compactMap { IPAddress(parsing: $0) })
    #expect(
      parts.blocks.map(\.description) == [
        "10.0.0.0-10.0.0.63", "10.0.0.64", "10.0.0.65-10.0.0.255", "10.0.2.0-10.0.2.8", "10.0.2.9",
        "2001:db8::-2001:db8::7f", "2001:db8::80-2001:db8::ff",
      ])
    #expect(parts.count == whole.count && parts.addresses == whole.addresses)
    for number in 0..<whole.count {
      let (probe, same) = (parts.probe(number), whole.probe(number))
      #expect(probe.address == same.address && probe.port == same.port)
      #expect(parts.number(of: probe.address, port: probe.port) == number)
      let block = parts.blocks[probe.block]
      #expect(block.first...block.last ~= probe.address.number && parts.blocks.block(of: probe.address) == block)
    }
    #expect(whole.divided(at: []) == whole)
  }
}
