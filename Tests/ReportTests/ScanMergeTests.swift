import Handshake
import Judging
import Repeatable
import Scan
import Statistics
import Testing
import Timebase
import Wire

@testable import Report

/// Files of shards, read again and joined.
@Suite struct ScanMergeTests {
  private static let targets = try? ScanTargets(
    [AddressBlock(.v4, 0x0a00_0000, 0x0a00_001f)].compactMap(\.self), ports: [22, 80])
  private static let head = ScanHead(
    version: "1", words: "", started: WallTime(nanoseconds: 1_767_225_600_000_000_000), ports: [22, 80])

  private static func identity(_ shard: ScanShard, seed: UInt64 = 1, openOnly: Bool = false) throws -> ScanIdentity {
    ScanIdentity(try #require(targets), seed: seed, shard: shard, passes: 3, showsOpenOnly: openOnly)
  }

  /// What is found of each port of a part, by its number.
  private static func results(_ identity: ScanIdentity) throws -> [ScanResult] {
    let targets = try #require(targets)
    return (0..<identity.size).map { number in
      let index = identity.shard.position(number)
      let (address, port, _) = targets.probe(index)
      let states: [(Verdict, Reason)] = [
        (.open, .synAck), (.refused, .rst), (.filtered, .noResponse), (.filtered, .icmpAdminProhibited),
        (.unreachable, .icmpHostUnreachable),
      ]
      let (state, reason) = states[Int(index % 5)]
      var result = ScanResult(
        address: address, port: port, state: state, reason: reason, pass: reason == .noResponse ? 3 : 1 + Int(index % 3)
      )
      if state == .open { (result.rtt, result.hopLimit) = (.microseconds(Int64(index)), 64) }
      if state == .unreachable { result.router = .v4(IPv4Address(10, 0, 0, 200)) }
      return result
    }
  }

  private static func summary(_ identity: ScanIdentity, _ results: [ScanResult]) -> ScanSummary {
    var tally = ScanTally(passes: 3)
    for result in results {
      if result.reason == .noResponse { tally.unanswered += 1 } else { tally.add(result.state, pass: result.pass) }
      tally.sent += UInt64(result.pass)
    }
    tally.rejected = identity.shard.index + 1
    return ScanSummary(
      tally: tally, passes: 3, probes: identity.size, elapsed: .seconds(Int64(identity.shard.index + 1)))
  }

  /// The lines of a file; `keeping` of its results, and its summary.
  private static func lines(
    _ shard: ScanShard, seed: UInt64 = 1, keeping: Int? = nil, hasEnd: Bool = true, isInterrupted: Bool = false
  ) throws -> [String] {
    let identity = try identity(shard, seed: seed)
    let all = try results(identity)
    let results = Array(all.prefix(keeping ?? all.count))
    var lines = [ScanFields.beginnings.line((identity, head))]
    lines += results.map { ScanFields.results.line(($0, $0.port == 80 ? "http" : nil)) }
    var summary = summary(identity, isInterrupted ? results : all)
    summary.isInterrupted = isInterrupted
    if hasEnd { lines.append(ScanFields.summaries.line(summary)) }
    return lines
  }

  private static func file(_ name: String, _ lines: [String]) throws -> ScanShardFile {
    var file = ScanShardFile(name: name)
    for line in lines { _ = try file.take(Array(line.utf8.dropLast())) }
    return file
  }

  private static func shard(_ number: UInt64, _ count: UInt64 = 3) throws -> ScanShard {
    try #require(ScanShard(number: number, of: count))
  }

  @Test func linesAreReadAsTheyWereWritten() throws {
    let identity = try ScanMergeTests.identity(ScanMergeTests.shard(2))
    for (result, line) in zip(
      try ScanMergeTests.results(identity), try ScanMergeTests.lines(identity.shard).dropFirst())
    {
      guard case .result(let read, let service) = try ScanRecord(parsing: Array(line.utf8)) else {
        Issue.record("\(line)")
        continue
      }
      #expect(read == result && service == (result.port == 80 ? "http" : nil))
    }
    guard case .begin(let read) = try ScanRecord(parsing: Array(ScanMergeTests.lines(identity.shard)[0].utf8)) else {
      Issue.record("no beginning")
      return
    }
    #expect(read == identity)
  }

  @Test(arguments: 1...5) func shardsComeToWhatOneScanDoes(count: Int) throws {
    var shards = ScanShards()
    for number in (1...count).reversed() {
      let lines = try ScanMergeTests.lines(ScanMergeTests.shard(UInt64(number), UInt64(count)))
      #expect(try shards.add(ScanMergeTests.file("f\(number)", lines)))
    }
    let whole = try ScanMergeTests.identity(.whole)
    let expected = ScanMergeTests.summary(whole, try ScanMergeTests.results(whole))
    let (sum, missing) = (shards.summary, shards.missing)
    #expect(missing == nil && shards.incomplete.isEmpty && shards.identity == whole)
    #expect(sum.tally.answers == expected.tally.answers && sum.tally.unanswered == expected.tally.unanswered)
    #expect(sum.tally.sent == expected.tally.sent && sum.tally.rejected == UInt64(count * (count + 1) / 2))
    #expect(sum.tally.missed(.open, passes: 3, of: 64) == expected.tally.missed(.open, passes: 3, of: 64))
    #expect(sum.probes == 64 && sum.addresses == 32 && !sum.isInterrupted && sum.elapsed == .seconds(Int64(count)))
  }

  @Test func whatIsMissingIsNamed() throws {
    var shards = ScanShards()
    for number in [3, 4, 8] as [UInt64] {
      _ = try shards.add(ScanMergeTests.file("f\(number)", ScanMergeTests.lines(ScanMergeTests.shard(number, 9))))
    }
    #expect(shards.missing == "1-2, 5-7, 9 of 9" && shards.summary.isInterrupted)
    var killed = ScanShards()
    _ = try killed.add(
      ScanMergeTests.file("a", ScanMergeTests.lines(ScanMergeTests.shard(1), keeping: 9, hasEnd: false)))
    _ = try killed.add(
      ScanMergeTests.file("b", ScanMergeTests.lines(ScanMergeTests.shard(2), keeping: 9, isInterrupted: true)))
    _ = try killed.add(ScanMergeTests.file("c", ScanMergeTests.lines(ScanMergeTests.shard(3))))
    #expect(killed.missing == nil)
    #expect(
      killed.incomplete == [
        "a (shard 1/3) has no summary: that scan was killed, or still runs", "b (shard 2/3) was interrupted",
      ])
    let sum = killed.summary
    #expect(sum.isInterrupted && sum.tally.answered + sum.tally.unanswered == 9 + 9 + 21)
  }

  @Test func othersAreRefused() throws {
    var shards = ScanShards()
    let first = try ScanMergeTests.lines(ScanMergeTests.shard(1))
    #expect(try shards.add(ScanMergeTests.file("a", first)))
    #expect(try !shards.add(ScanMergeTests.file("copy", first)), "the same again says nothing new")
    func refusal(_ lines: [String]) throws -> String? {
      let file = try ScanMergeTests.file("b", lines)
      do throws(ScanShards.Mistake) { _ = try shards.add(file) } catch { return error.text }
      return nil
    }
    #expect(
      try refusal(ScanMergeTests.lines(ScanMergeTests.shard(2), seed: 2))
        == "b is of another scan than a: it has another --seed")
    #expect(
      try refusal(ScanMergeTests.lines(ScanMergeTests.shard(2, 4)))
        == "b is of another scan than a: it has 4 shards instead of 3")
    var other = first
    other[1] = other[1].replacing("\"transmissions\":1", with: "\"transmissions\":2")
    #expect(try refusal(other)?.contains("are both shard 1/3, with different results") == true)
    #expect(
      try refusal(
        Array(ScanMergeTests.lines(ScanMergeTests.shard(2)).dropLast(2)) + [
          ScanMergeTests.lines(ScanMergeTests.shard(2)).last ?? ""
        ])?.contains("lines are missing, or doubled") == true)
    #expect(try refusal([])?.contains("no line of type scan-begin") == true)
  }

  @Test func linesOfOthersAreMistakes() throws {
    let lines = try ScanMergeTests.lines(ScanMergeTests.shard(1))
    var file = ScanShardFile(name: "f")
    #expect(throws: ScanRecord.Mistake.self) { _ = try file.take(Array(lines[1].utf8.dropLast())) }
    _ = try file.take(Array(lines[0].utf8.dropLast()))
    let second = try ScanMergeTests.lines(ScanMergeTests.shard(2))[0]
    #expect(throws: ScanRecord.Mistake.self) { _ = try file.take(Array(second.utf8.dropLast())) }
    var full = try ScanMergeTests.file("full", lines)
    #expect(throws: ScanRecord.Mistake.self, "more results than there are ports") {
      _ = try full.take(Array(lines[1].utf8.dropLast()))
    }
    for line in [lines[0], lines[1], lines[lines.count - 1]] {
      let octets = Array(line.utf8.dropLast())
      for length in 0..<octets.count {
        #expect(throws: ScanRecord.Mistake.self) { _ = try ScanRecord(parsing: Array(octets[..<length])) }
      }
      // Whatever a bit changes, it is read or refused, and no more than that.
      for place in octets.indices {
        var changed = octets
        changed[place] ^= 1 << UInt8(place % 8)
        _ = try? file.take(changed)
      }
    }
    for text in [
      "{\"type\":\"scan-begin\"}", "{\"type\":\"result\",\"address\":\"10.0.0.1\",\"port\":65536}", "[]", "7",
      "{\"type\":7}",
      lines[0].replacing("\"addresses\":32", with: "\"addresses\":9007199254740992"),
      lines[0].replacing("\"shards\":3", with: "\"shards\":0"),
      lines[1].replacing("\"transmissions\":1", with: "\"transmissions\":0"),
      lines[1].replacing("\"open\"", with: "\"ajar\""),
    ] { #expect(throws: ScanRecord.Mistake.self) { _ = try ScanRecord(parsing: Array(text.utf8)) } }
  }
}
