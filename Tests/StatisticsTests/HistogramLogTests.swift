import Foundation
import Repeatable
import Testing
import Timebase

@testable import Statistics

@Suite("Histogram logs: HdrHistogram's format") struct HistogramLogTests {
  private static let log = HistogramLog(started: WallTime(nanoseconds: 1_767_323_045_123_456_789))
  /// Whether Python is where programs are looked for.
  private static let hasPython = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/python3") }

  private static func histogram(_ count: Int, _ random: inout Random) -> Histogram {
    var histogram = Histogram()
    for _ in 0..<count { histogram.record(random.interval(), times: random.next() % 3 + 1) }
    return histogram
  }

  /// What is told of a histogram of few samples after it went through counters.
  private static func value(_ histogram: Histogram, _ quantile: Quantile) -> Int64 {
    guard let value = histogram.value(at: quantile) else { return 0 }
    return Histogram.Precision.fine.highest(at: Histogram.Precision.fine.index(of: value.nanoseconds))
  }

  @Test("another implementation reads the same counts and quantiles", .enabled(if: hasPython, "needs python3"))
  func pythonAgrees() throws {
    var random = Random(Seed(7))
    let quantiles: [Quantile] = [.p50, .p90, .p99, .p999, .p9999, Quantile(1, of: 1)]
    var (text, expected) = (HistogramLogTests.log.header, "")
    for (index, count) in [0, 1, 2, 63, 64, 65, 1_000, 30_000].enumerated() {
      let histogram = HistogramLogTests.histogram(count, &random)
      let tag = index.isMultiple(of: 2) ? nil : "t\(index)"
      text += HistogramLogTests.log.line(
        histogram, at: .milliseconds(1_001) * Int64(index), length: .seconds(1), tag: tag)
      let most = (histogram.value(at: Quantile(1, of: 1)) ?? .zero).nanoseconds / 1_000
      let words = [
        tag ?? "-", "\(index).00\(index)", "1.000",
        "\(most / 1_000)." + String(String(most % 1_000 + 1_000).dropFirst()),
        "\(histogram.count)",
      ]
      let values = quantiles.map { "\(HistogramLogTests.value(histogram, $0))" }
      expected += (words + values).joined(separator: " ") + "\n"
    }
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "read-log.py").path
    let words = quantiles.map { "\($0.numerator)/\($0.denominator)" }
    let told = try HistogramLogTests.output(of: [script] + words, input: text)
    #expect(told.split(separator: "\n") == expected.split(separator: "\n"))
  }

  private static func output(of arguments: [String], input: String) throws -> String {
    let file = FileManager.default.temporaryDirectory.appending(path: "histogram-log-\(UUID().uuidString)")
    try Data(input.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    process.standardInput = try FileHandle(forReadingFrom: file)
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self)
  }

  @Test("what is written is read again", arguments: Seed.several)
  func roundTrip(seed: Seed) throws {
    var random = Random(seed)
    for count in [0, 1, 64, 65, 2_000, 9_000] {
      let histogram = HistogramLogTests.histogram(count, &random)
      let line = HistogramLogTests.log.line(
        histogram, at: .milliseconds(12_345), length: .milliseconds(999), tag: "a,b c")
      guard case .histogram(let entry) = try HistogramLogReader.read(line) else {
        Issue.record("no histogram in \(line.prefix(40))")
        continue
      }
      #expect(entry.tag == "a_b_c" && entry.start == .milliseconds(12_345) && entry.length == .milliseconds(999))
      #expect(entry.histogram.count == histogram.count)
      #expect(entry.histogram.encoded == histogram.encoded)
      if histogram.count > 64 { #expect(entry.histogram == histogram) }
    }
  }

  /// The example of HdrHistogram's own documentation of the log format, and one that its Java writer made.
  @Test("lines of other writers are read")
  func othersLines() throws {
    let line =
      "0.127,1.007,2.769,HISTFAAAAEV42pNpmSzMwMCgyAABTBDKT4GBgdnNYMcCBvsPEBEJISEuATEZMQ4uASkhIR4nrxg9v2lMaxhvMekILGZkKmcCAEf2CsI="
    guard case .histogram(let entry) = try HistogramLogReader.read(line) else {
      Issue.record("no histogram")
      return
    }
    #expect(entry.tag == nil && entry.start == .milliseconds(127) && entry.length == .milliseconds(1_007))
    #expect(entry.histogram.count > 0)
    // Interval_Max is the greatest value in millionths.
    let most = try #require(entry.histogram.value(at: Quantile(1, of: 1))).nanoseconds
    #expect(abs(most - 2_769_000) < 2_769)
    let start = try HistogramLogReader.read("#[StartTime: 1441812279.474 (seconds since epoch), Wed Sep 09 08:24:39]\n")
    #expect(start == .startTime(WallTime(nanoseconds: 1_441_812_279_474_000_000)))
    #expect(
      try HistogramLogReader.read("#[BaseTime: 0.5 (seconds since epoch)]\r\n")
        == .baseTime(WallTime(nanoseconds: 500_000_000)))
    for comment in ["", "\n", "#", "#[Histogram log format version 1.2]", "\"StartTimestamp\",\"Interval_Length\""] {
      #expect(try HistogramLogReader.read(comment) == .comment)
    }
  }

  private static let refusals: [(String, HistogramLogError)] = [
    ("1,2,3", .fields), ("1,2,3,4,5", .fields), ("Tag=a,1,2,3", .fields), (",,,", .number), ("1,2,x,AAAA", .number),
    ("-1,2,3,AAAA", .number), ("1e9,2,3,AAAA", .number), ("99999999999999,2,3,AAAA", .number),
    ("1.2.3,2,3,AAAA", .number),
    ("1,2,3,AAA", .base64), ("1,2,3,A===", .base64), ("1,2,3,AA=A", .base64), ("1,2,3,AAA*", .base64),
    ("1,2,3,", .version), ("1,2,3,AAAA", .version), ("1,2,3,HIST", .version), ("1,2,3,HISTFA==", .header),
    ("1,2,3,HISTFAAAAAA=", .compression), ("#[StartTime: soon]", .number),
  ]

  @Test("what is no histogram is refused with its reason", arguments: refusals)
  func refusal(line: String, error: HistogramLogError) {
    #expect(throws: error) { _ = try HistogramLogReader.read(line) }
  }

  @Test("hostile octets neither trap nor take long", arguments: Seed.several)
  func hostility(seed: Seed) throws {
    var random = Random(seed)
    #expect(throws: HistogramLogError.tooLong) {
      _ = try HistogramLogReader.read(String(repeating: "1", count: HistogramLogReader.longestLine + 1))
    }
    let good = HistogramLog.compressed(HistogramLogTests.histogram(500, &random))
    let plain = HistogramLogTests.histogram(500, &random).encoded
    for _ in 0..<400 {
      for octets in [good, plain] {
        var broken = octets
        for _ in 0...(random.next() % 4) {
          broken[Int(random.next() % UInt64(broken.count))] ^= UInt8(1 << (random.next() % 8))
        }
        if random.flip() { broken.removeLast(Int(random.next() % UInt64(broken.count))) }
        _ = try? HistogramLogReader.histogram(broken)
      }
      _ = try? Histogram(decoding: HistogramLogTests.head(random.next()) + random.octets(0...64))
    }
  }

  /// A header with whatever digits and values.
  private static func head(_ word: UInt64) -> [UInt8] {
    var octets: [UInt8] = []
    octets.append(bigEndian: Histogram.cookie)
    octets.append(bigEndian: UInt32(word & 63))
    for number in [0, UInt32(word >> 8 & 7)] { octets.append(bigEndian: number) }
    octets.append(bigEndian: UInt64(1) << (word >> 16 & 63))
    octets.append(bigEndian: UInt64(1) << (word >> 24 & 63))
    octets.append(bigEndian: Double(1).bitPattern)
    return octets
  }

  @Test("counts that no counter can hold are refused")
  func tooMany() {
    func decoded(_ numbers: Int64..., highest: UInt64 = 3_600_000_000_000) throws -> Histogram {
      var counts: [UInt8] = []
      for number in numbers { counts.append(zigZag: number) }
      var octets: [UInt8] = []
      octets.append(bigEndian: Histogram.cookie)
      for number in [UInt32(counts.count), 0, 3] { octets.append(bigEndian: number) }
      for number in [1, highest, Double(1).bitPattern] { octets.append(bigEndian: number) }
      return try Histogram(decoding: octets + counts)
    }
    #expect(throws: HistogramLogError.counts) { _ = try decoded(.max, .max) }
    #expect(throws: HistogramLogError.counts) { _ = try decoded(.min, 1) }
    #expect(throws: HistogramLogError.counts) { _ = try decoded(-60_000, 1) }
    #expect(throws: HistogramLogError.header) { _ = try decoded(1, highest: 1) }
    #expect(throws: HistogramLogError.header) { _ = try decoded(1, highest: .max) }
    #expect((try? decoded(-5, 7))?.count == 7)
    #expect((try? decoded(-5, 7))?.value(at: .p50) == .nanoseconds(5))
    #expect((try? decoded(0, .max))?.count == UInt64(Int64.max))
  }

  @Test("a gap of one counter is written as 0, a longer one as its length") func gaps() {
    for (nanoseconds, counts) in [(0, [2]), (1, [0, 2]), (2, [3, 2]), (3, [5, 2])] as [(Int64, [UInt8])] {
      var histogram = Histogram()
      histogram.record(.nanoseconds(nanoseconds))
      #expect(Array(histogram.encoded.dropFirst(40)) == counts)
    }
  }

  @Test("a head's fields and their bounds") func heads() {
    func isRead(
      length: UInt32 = 1, offset: UInt32 = 0, digits: UInt32 = 3, lowest: UInt64 = 1, highest: UInt64 = 1_000
    ) -> Bool {
      var octets: [UInt8] = []
      octets.append(bigEndian: Histogram.cookie)
      for number in [length, offset, digits] { octets.append(bigEndian: number) }
      for number in [lowest, highest, Double(1).bitPattern] { octets.append(bigEndian: number) }
      return (try? Histogram(decoding: octets + [2])) != nil
    }
    #expect(isRead() && !isRead(length: 0) && !isRead(length: 2) && !isRead(offset: 1))
    #expect(isRead(digits: 0) && isRead(digits: 5) && !isRead(digits: 6))
    #expect(isRead(lowest: 500) && !isRead(lowest: 501) && !isRead(lowest: 0))
  }

  @Test("lines may end as Windows ends them, and seconds have as many decimals as they like")
  func lines() throws {
    for end in ["", "\n", "\r\n", "\r"] {
      let line = HistogramLogTests.log.line(Histogram(), at: .zero, length: .seconds(1)).dropLast() + end
      guard case .histogram(let entry) = try HistogramLogReader.read(line) else {
        Issue.record("no histogram")
        continue
      }
      #expect(entry.length == .seconds(1))
    }
    let line =
      "0.1234567899,9223372036.854775807,0.000,"
      + HistogramLogTests.log.line(
        Histogram(), at: .zero, length: .zero
      ).split(separator: ",")[3]
    guard case .histogram(let entry) = try HistogramLogReader.read(line) else {
      Issue.record("no histogram")
      return
    }
    #expect(entry.start == .nanoseconds(123_456_789) && entry.length == .nanoseconds(.max))
    #expect(throws: HistogramLogError.number) {
      _ = try HistogramLogReader.read("0,9223372036.854775808,0,AAAA")
    }
  }

  @Test("a time before the beginning is the beginning") func negative() {
    #expect(HistogramLog(started: WallTime(nanoseconds: -5_000_000_000)).header.contains("StartTime: 0.000 "))
  }
}
