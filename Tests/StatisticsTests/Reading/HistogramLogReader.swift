import Timebase

@testable import Statistics

/// Why a line of a histogram log, or a histogram in it, was refused.
enum HistogramLogError: Error, Hashable, Sendable {
  /// The line is longer than any histogram's.
  case tooLong
  /// It has not three or four fields, and a tag before them.
  case fields
  /// A time is not a number of seconds.
  case number
  /// The histogram is not base64 (RFC 4648).
  case base64
  /// It is not compressed by zlib, or not whole (RFC 1950).
  case compression
  /// It is neither of version 2, nor the compressed form of it.
  case version
  /// Its header contradicts itself, or asks for more than 63 bits.
  case header
  /// Its counts end too early, go beyond its counters, or are too many to be counted.
  case counts
}

/// Reads a log of histograms line by line: HdrHistogram's format, whoever wrote it.
enum HistogramLogReader {
  /// What a line says.
  enum Line: Equatable, Sendable {
    /// Nothing that counts: a comment, the legend, or an empty line.
    case comment
    /// When the log began.
    case startTime(WallTime)
    /// What the lines' times count from.
    case baseTime(WallTime)
    /// One histogram.
    case histogram(Entry)
  }

  /// One histogram of a log.
  struct Entry: Equatable, Sendable {
    /// Which of several histograms of an interval it is.
    var tag: String?
    /// When its interval began, as the line has it: from the base time, or from the epoch.
    var start: Interval
    /// How long the interval was.
    var length: Interval
    /// What was recorded, a nanosecond for each unit of the log.
    var histogram: Histogram
  }

  /// The most octets that a line may have.
  static let longestLine = 1 << 20
  /// The most octets that a histogram may have once it is inflated: nine for each counter of three digits.
  static let longestEncoding = 40 + 9 * (56 << 10)

  /// Reads one line, with or without its line end.
  static func read(_ line: some StringProtocol) throws(HistogramLogError) -> Line {
    var octets = Array(line.utf8.prefix(longestLine + 1))
    guard octets.count <= longestLine else { throw .tooLong }
    while let last = octets.last, last == 10 || last == 13 { octets.removeLast() }
    guard let first = octets.first, first != UInt8(ascii: "\"") else { return .comment }
    if first == UInt8(ascii: "#") { return try comment(octets) }
    return .histogram(try entry(octets))
  }

  private static func comment(_ octets: [UInt8]) throws(HistogramLogError) -> Line {
    if let text = after("#[StartTime:", octets) { return .startTime(try time(text)) }
    if let text = after("#[BaseTime:", octets) { return .baseTime(try time(text)) }
    return .comment
  }

  private static func after(_ prefix: StaticString, _ octets: [UInt8]) -> ArraySlice<UInt8>? {
    let prefix = Array("\(prefix)".utf8)
    return octets.starts(with: prefix) ? octets.dropFirst(prefix.count) : nil
  }

  private static func time(_ text: ArraySlice<UInt8>) throws(HistogramLogError) -> WallTime {
    let number = text.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "]") }
    return WallTime(nanoseconds: try seconds(number).nanoseconds)
  }

  private static func entry(_ octets: [UInt8]) throws(HistogramLogError) -> Entry {
    var fields = octets.split(separator: UInt8(ascii: ","), maxSplits: 5, omittingEmptySubsequences: false)
    var tag: String?
    if let first = fields.first, first.starts(with: Array("Tag=".utf8)) {
      tag = String(decoding: first.dropFirst(4), as: UTF8.self)
      fields.removeFirst()
    }
    guard fields.count == 4 else { throw .fields }
    let (start, length) = (try seconds(fields[0]), try seconds(fields[1]))
    _ = try seconds(fields[2])
    guard let packed = Base64.decoded(fields[3]) else { throw .base64 }
    return Entry(tag: tag, start: start, length: length, histogram: try histogram(packed))
  }

  /// A histogram as it is in a log: compressed, or plain.
  static func histogram(_ octets: [UInt8]) throws(HistogramLogError) -> Histogram {
    var reader = OctetReader(octets)
    guard let cookie = reader.number(UInt32.self) else { throw .version }
    guard cookie & ~0xf0 == HistogramLog.cookie & ~0xf0 else { return try Histogram(decoding: octets) }
    guard let length = reader.number(UInt32.self), length == UInt32(clamping: reader.left) else { throw .header }
    let inflated: [UInt8]
    do throws(Zlib.Fault) {
      inflated = try Zlib.inflated(Array(octets.dropFirst(8)), limit: longestEncoding)
    } catch {
      throw .compression
    }
    return try Histogram(decoding: inflated)
  }

  /// A number of seconds with a fraction, cut to nanoseconds; no sign, no exponent, no more than 292 years.
  private static func seconds(_ text: ArraySlice<UInt8>) throws(HistogramLogError) -> Interval {
    var nanoseconds: Int64 = 0
    var (digits, places): (Int, Int?) = (0, nil)
    for character in text {
      if character == UInt8(ascii: "."), places == nil {
        places = 0
        continue
      }
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) else { throw .number }
      digits += 1
      if let places, places >= 9 { continue }
      let (tenfold, isTooLarge) = nanoseconds.multipliedReportingOverflow(by: 10)
      let (sum, isBeyond) = tenfold.addingReportingOverflow(Int64(character - UInt8(ascii: "0")))
      guard !isTooLarge, !isBeyond else { throw .number }
      nanoseconds = sum
      places? += 1
    }
    guard digits > 0 else { throw .number }
    for _ in (places ?? 0)..<9 {
      let (tenfold, isTooLarge) = nanoseconds.multipliedReportingOverflow(by: 10)
      guard !isTooLarge else { throw .number }
      nanoseconds = tenfold
    }
    return .nanoseconds(nanoseconds)
  }
}
