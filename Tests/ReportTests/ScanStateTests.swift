import Handshake
import Judging
import Repeatable
import Scan
import Statistics
import Testing
import Timebase
import Wire

@testable import Report

/// The file of `--resume`: what is written is read again, and nothing else is taken for it.
@Suite struct ScanStateTests {
  private static func blocks(_ texts: String...) throws -> AddressBlocks {
    AddressBlocks(try texts.map { try #require(try AddressBlock(parsing: $0)) })
  }

  private static func state(
    _ blocks: AddressBlocks, ports: [UInt16], shard: ScanShard = .whole, passes: Int = 3
  ) throws -> ScanState {
    let targets = try ScanTargets(blocks, excluding: AddressBlocks(), ports: ports)
    let identity = ScanIdentity(
      targets, seed: 0xfedc_ba98_7654_3210, shard: shard, passes: passes, showsOpenOnly: false)
    var tally = ScanTally(passes: passes + 2)
    tally.add(.open, pass: 1)
    tally.add(.refused, pass: passes)
    (tally.sent, tally.duplicates, tally.rejected) = (70, 3, 4)
    var state = ScanState(
      identity: identity, targets: targets, key: SipHash.Key(k0: .max, k1: 5), manner: "ttl 64",
      options: ["-p", "80", "--json-file", "a \"b\"\u{1}"], pass: passes - 1, next: min(5, identity.size), tally: tally,
      elapsed: .seconds(7), localPorts: [1, 2, 3])
    state.file = ("a", 4_711)
    state.dropped = 9
    return state
  }

  private static func octets(_ state: ScanState, _ bits: ScanBits) -> [UInt8] {
    var octets: [UInt8] = []
    state.write(state.header(bits), bits) { octets += (0..<$0.byteCount).map { [piece = $0] in piece.octet(at: $0) } }
    return octets
  }

  private static func bits(_ state: ScanState, _ random: inout Random) -> ScanBits {
    let bits = ScanBits(count: state.identity.size)
    for index in 0..<bits.wordCount where random.flip() { bits.insert(word: random.next(), at: index) }
    return bits
  }

  @Test(arguments: Repeatable.Seed.several) func whatIsWrittenIsReadAgain(seed: Repeatable.Seed) throws {
    var random = Random(seed)
    for round in 0..<40 {
      let blocks =
        round % 2 == 0
        ? try ScanStateTests.blocks("10.0.0.0/24", "10.0.2.7", "2001:db8::/122")
        : try ScanStateTests.blocks("192.0.2.1-\(10 + random.next() % 200)")
      let ports: [UInt16] = round % 3 == 0 ? [443, 80, 1, 65_535, 22] : [UInt16(1 + random.next() % 60_000)]
      let shard = try #require(ScanShard(number: 1 + random.next() % 3, of: 3))
      let state = try ScanStateTests.state(blocks, ports: ports, shard: round % 5 == 0 ? shard : .whole)
      let bits = ScanStateTests.bits(state, &random)
      let (read, again) = try ScanState.read(ScanStateTests.octets(state, bits))
      #expect(read.identity == state.identity && read.targets == state.targets && read.key == state.key)
      #expect(read.options == state.options && read.manner == state.manner && read.localPorts == state.localPorts)
      #expect((read.pass, read.next, read.elapsed) == (state.pass, state.next, state.elapsed))
      #expect(read.tally == state.tally && read.dropped == 9 && read.isComplete == false)
      #expect(read.file?.name == "a" && read.file?.length == 4_711)
      #expect((0..<bits.wordCount).allSatisfy { bits.word($0) == again.word($0) })
      #expect(read.difference(from: state.identity, manner: "ttl 64") == nil)
    }
  }

  @Test func whatIsCutOrChangedIsRefused() throws {
    var random = Random(seed: 3)
    let state = try ScanStateTests.state(ScanStateTests.blocks("10.0.0.0/24", "2001:db8::1"), ports: [80, 443])
    let octets = ScanStateTests.octets(state, ScanStateTests.bits(state, &random))
    for length in 0..<octets.count {
      #expect(throws: ScanState.Mistake.self) { try ScanState.read(Array(octets[..<length])) }
    }
    #expect(throws: ScanState.Mistake.self) { try ScanState.read(octets + [UInt8](repeating: 0, count: 8)) }
    for place in octets.indices {
      for bit in 0..<8 {
        var changed = octets
        changed[place] ^= 1 << bit
        #expect(throws: ScanState.Mistake.self) { try ScanState.read(changed) }
      }
    }
  }

  @Test(arguments: ["", "\n", "{}\n", "{\"schema\":1,\"type\":\"idle-resume\"}\n", "{\"type\":\"scan-resume\"}\n", "x"])
  func foreignFilesAreRefused(text: String) {
    #expect(throws: ScanState.Mistake.self) { try ScanState.read(Array(text.utf8)) }
  }

  /// A file whose first line is changed, with the sum that fits.
  private static func forged(_ state: ScanState, _ bits: ScanBits, _ old: String, _ new: String) throws -> [UInt8] {
    var octets: [UInt8] = []
    let header = state.header(bits)
    let place = try #require(header.utf8.firstRange(of: Array(old.utf8)))
    let changed = Array(header.utf8[..<place.lowerBound]) + Array(new.utf8) + Array(header.utf8[place.upperBound...])
    state.write(String(decoding: changed, as: UTF8.self), bits) {
      octets += (0..<$0.byteCount).map { [piece = $0] in piece.octet(at: $0) }
    }
    return octets
  }

  @Test(arguments: [
    ("\"pass\":2", "\"pass\":5"), ("\"pass\":2", "\"pass\":-1"), ("\"next\":5", "\"next\":515"),
    ("\"addresses\":257", "\"addresses\":258"), ("\"passes\":3", "\"passes\":6"), ("\"passes\":3", "\"passes\":65"),
    ("\"fingerprint\":\"", "\"fingerprint\":\"0"), ("\"answers\":[[1,0,0,0,0]", "\"answers\":[[600,0,0,0,0]"),
    ("\"answers\":[[1,0,0,0,0],", "\"answers\":["), ("\"blocks4\":1", "\"blocks4\":2"),
    ("\"blocks6\":1", "\"blocks6\":0"),
    ("\"blocks4\":1", "\"blocks4\":9007199254740992"), ("\"words\":9", "\"words\":8"),
    ("\"ports\":\"80,443\"", "\"ports\":\"80,444\""),
    ("\"ports\":\"80,443\"", "\"ports\":\"443,80\""), ("\"ports\":\"80,443\"", "\"ports\":\"80-443\""),
    ("\"shards\":1", "\"shards\":0"),
    ("\"shard\":1", "\"shard\":2"), ("\"time_ns\":7", "\"time_ns\":-7"), ("\"complete\":false", "\"complete\":7"),
    ("\"key0\":\"f", "\"key0\":\"g"), ("\"sent\":70", "\"sent\":-1"), ("\"schema\":1", "\"schema\":[[[["),
  ])
  func whatContradictsItselfIsRefused(old: String, new: String) throws {
    let state = try ScanStateTests.state(ScanStateTests.blocks("10.0.0.0/24", "2001:db8::1"), ports: [80, 443])
    let bits = ScanBits(count: 514)
    for index in 0..<bits.wordCount { bits.insert(word: .max, at: index) }
    let good = try ScanStateTests.forged(state, bits, "\"schema\":1", "\"schema\":1")
    #expect(throws: Never.self) { try ScanState.read(good) }
    let octets = try ScanStateTests.forged(state, bits, old, new)
    #expect(throws: ScanState.Mistake.self) { try ScanState.read(octets) }
  }

  @Test func aScanThatIsOverKeepsNoBits() throws {
    var state = try ScanStateTests.state(ScanStateTests.blocks("10.0.0.0/16"), ports: [80])
    state.isComplete = true
    let bits = ScanBits(count: 65_536)
    for index in 0..<bits.wordCount { bits.insert(word: .max, at: index) }
    let octets = ScanStateTests.octets(state, bits)
    #expect(octets.count < 2_000)
    let read = try ScanState.read(octets)
    #expect(read.state.isComplete)
  }

  @Test func aDifferenceIsNamed() throws {
    let state = try ScanStateTests.state(ScanStateTests.blocks("10.0.0.0/24"), ports: [80])
    func said(_ change: (inout ScanIdentity) -> Void, manner: String = "ttl 64") -> String? {
      var other = state.identity
      change(&other)
      return state.difference(from: other, manner: manner)
    }
    #expect(said { $0.ports = [81] } == "other ports")
    #expect(said { $0.fingerprint += 1 } == "other targets")
    #expect(said { $0.seed += 1 } == "another --seed")
    #expect(said { $0.passes = 2 } == "1 --retries instead of 2")
    #expect(said { $0.showsOpenOnly = true } == "--open")
    #expect(said { $0.shard = ScanShard(number: 2, of: 3) ?? .whole } == "3 shards instead of 1")
    #expect(said({ _ in }, manner: "ttl 3") == "other options of its SYNs: ttl 3, instead of ttl 64")
    #expect(said { _ in } == nil)
  }
}

extension Collection<UInt8> where Index: Comparable {
  fileprivate func firstRange(of pattern: [UInt8]) -> Range<Index>? {
    var start = startIndex
    while start != endIndex {
      if self[start...].starts(with: pattern) { return start..<index(start, offsetBy: pattern.count) }
      start = index(after: start)
    }
    return nil
  }
}
