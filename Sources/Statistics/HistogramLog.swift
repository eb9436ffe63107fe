import Timebase

/// HdrHistogram's own log of histograms, format 1.3 with version 2 of the encoding: written line by line.
///
/// The counts are packed (LEB128) and their zlib stream has stored blocks: no shorter than what other writers make of
/// it, and read by every reader ([decision 17](../../Docs/Decisions/0017-histogram-log.md)). Values are nanoseconds,
/// `Interval_Max` is in milliseconds, as HdrHistogram's tools take them to be.
public struct HistogramLog: Sendable {
  /// The cookie of a compressed histogram, which makes every one begin with `HISTFA`.
  static let cookie: UInt32 = 0x1c84_9314

  /// When the log began: what the lines' times count from.
  public let started: WallTime

  /// A log that begins now.
  public init(started: WallTime) { self.started = started }

  /// The lines before the first histogram.
  public var header: String {
    let start = HistogramLog.seconds(started.nanoseconds)
    return """
      #[Histogram log format version 1.3]
      #[BaseTime: \(start) (seconds since epoch)]
      #[StartTime: \(start) (seconds since epoch)]
      "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"

      """
  }

  /// The line of one histogram, with its line feed.
  ///
  /// Its interval began at `offset` from the log's start, and was so long. A tag says which of several histograms of an
  /// interval it is; commas, blanks and line ends in it become `_`.
  public func line(_ histogram: Histogram, at offset: Interval, length: Interval, tag: String? = nil) -> String {
    let most = histogram.value(at: Quantile(1, of: 1))?.nanoseconds ?? 0
    let words = [
      HistogramLog.seconds(offset.nanoseconds), HistogramLog.seconds(length.nanoseconds),
      // Thousandths of a millisecond are to nanoseconds what thousandths of a second are to microseconds.
      HistogramLog.thousandths(most / 1_000),
      Base64.encoded(HistogramLog.compressed(histogram)),
    ]
    var line = tag.map { "Tag=\(HistogramLog.clean($0))," } ?? ""
    for (index, word) in words.enumerated() { line += (index == 0 ? "" : ",") + word }
    return line + "\n"
  }

  static func compressed(_ histogram: Histogram) -> [UInt8] {
    let stream = Zlib.stored(histogram.encoded)
    var octets: [UInt8] = []
    octets.append(bigEndian: cookie)
    octets.append(bigEndian: UInt32(stream.count))
    return octets + stream
  }

  private static func clean(_ tag: String) -> String {
    var clean = ""
    for scalar in tag.unicodeScalars {
      let isWord = scalar.value > 0x20 && scalar != "," && scalar.value != 0x7f
      clean.unicodeScalars.append(isWord ? scalar : "_")
    }
    return clean
  }

  private static func seconds(_ nanoseconds: Int64) -> String { thousandths(nanoseconds / 1_000_000) }

  private static func thousandths(_ number: Int64) -> String {
    let number = max(number, 0)
    let digits = String(number % 1_000)
    return "\(number / 1_000)." + String(repeating: "0", count: 3 - digits.utf8.count) + digits
  }
}
