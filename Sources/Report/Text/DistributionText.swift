import Statistics
import Timebase

/// A distribution of durations as rows of bars for a terminal, a row for each span of time.
///
/// Bars are as long as their count, and never too short to be seen: one answer among a million has the shortest. Beside
/// each row stand its count, its share, and which percentiles fall into it.
public struct DistributionText: Sendable {
  /// The percentiles that are marked where nothing else is asked for.
  public static let marks: [Quantile] = [.p50, .p90, .p99, .p999, .p9999]

  private let histogram: Histogram
  private let style: Style
  private let marks: [Quantile]

  /// The picture of a histogram.
  public init(_ histogram: Histogram, style: Style = .plain, marks: [Quantile] = DistributionText.marks) {
    self.histogram = histogram
    self.style = style
    self.marks = marks
  }

  /// The rows, each ended by a line feed; empty where nothing was recorded.
  public var text: String {
    let rows = rows()
    guard let most = rows.map(\.count).max() else { return "" }
    let labels = rows.map { $0.start.briefly(isUnicode: style.isUnicode) }
    let counts = rows.map { String($0.count) }
    let shares = rows.map { $0.count == 0 ? "" : percent($0.count, of: histogram.count) }
    let marked = marked(rows)
    let widths = [labels, counts, shares, marked].map { $0.map(\.columns).max() ?? 0 }
    // Two columns in front, one to each side of the line, two between the others.
    let room = max(10, min(style.width, 200) - widths.reduce(0, +) - 10)
    var text = "from".trailing(widths[0] + 2) + "  answers\n"
    for index in rows.indices {
      var line = labels[index].trailing(widths[0] + 2) + (style.isUnicode ? " │" : " |")
      line += style.paint(bar(rows[index].count, of: most, room).leading(room), .good) + " "
      line += counts[index].trailing(widths[1]) + "  " + shares[index].trailing(widths[2])
      if !marked[index].isEmpty { line += "  " + marked[index] }
      text += line.withoutTrailingSpaces + "\n"
    }
    return text
  }

  private struct Row {
    var start: Interval
    var count: UInt64 = 0
  }

  private func rows() -> [Row] {
    guard let least = histogram.value(at: Quantile(0, of: 1)), let greatest = histogram.value(at: Quantile(1, of: 1))
    else { return [] }
    var rows = Spans.edges(from: least, to: greatest, limit: 16).map { Row(start: $0) }
    var index = 0
    histogram.eachBucket { bucket in
      while index + 1 < rows.count, rows[index + 1].start <= bucket.highest { index += 1 }
      rows[index].count += bucket.count
    }
    return rows
  }

  /// `p50 213 µs  p90 220 µs` in the row where each of them lies; those that nothing sets apart are left out.
  private func marked(_ rows: [Row]) -> [String] {
    var words = [String](repeating: "", count: rows.count)
    for quantile in marks {
      // Of fewer samples than its parts, a quantile is the largest sample under another name.
      guard histogram.count >= quantile.denominator / max(quantile.denominator - quantile.numerator, 1),
        let value = histogram.value(at: quantile)
      else { continue }
      let index = max((rows.firstIndex { $0.start > value } ?? rows.count) - 1, 0)
      words[index] +=
        (words[index].isEmpty ? "" : " ") + quantile.words + "=" + value.briefly(isUnicode: style.isUnicode)
    }
    return words
  }

  private func bar(_ count: UInt64, of most: UInt64, _ width: Int) -> String {
    guard count > 0 else { return "" }
    let share = Double(count) / Double(max(most, 1))
    guard style.isUnicode else { return String("#", times: max(1, Int((share * Double(width)).rounded()))) }
    let eighths = max(1, Int((share * Double(width) * 8).rounded()))
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    return String("█", times: eighths / 8) + rest
  }
}

/// Where spans of time begin that are distinguished: round numbers.
enum Spans {
  /// Renard's preferred numbers R20, times a hundred: every second is R10, every fourth R5.
  private static let preferred: [Int64] = [
    100, 112, 125, 140, 160, 180, 200, 224, 250, 280, 315, 355, 400, 450, 500, 560, 630, 710, 800, 900,
  ]

  /// The starts of no more than `limit` spans that cover both ends, the first at or below `least`.
  ///
  /// Equally wide where the largest is less than twice the smallest, each wider than the one before otherwise.
  static func edges(from least: Interval, to greatest: Interval, limit: Int) -> [Interval] {
    let (low, high) = (max(least.nanoseconds, 0), max(greatest.nanoseconds, least.nanoseconds, 0))
    // Below a hundred nanoseconds preferred numbers are no whole ones.
    if high < 2 * low || high < 400 { return equal(low, high, limit) }
    for step in [1, 2, 4, 10, 20] {
      var starts: [Int64] = []
      var power: Int64 = 1
      // A power ends before the hour that a histogram ends with is far behind.
      while power <= 1_000_000_000_000 {
        for index in stride(from: 0, to: preferred.count, by: step) {
          let start = preferred[index] * power
          if start <= high { starts.append(start) }
        }
        power *= 10
      }
      let first = starts.lastIndex { $0 <= low }
      let kept = first.map { Array(starts[$0...]) } ?? [0] + starts
      if kept.count <= limit { return kept.map(Interval.nanoseconds) }
    }
    return [.nanoseconds(low)]
  }

  private static func equal(_ low: Int64, _ high: Int64, _ limit: Int) -> [Interval] {
    var power: Int64 = 1
    while true {
      for factor in [1, 2, 5] as [Int64] {
        let step = factor * power
        let (first, last) = (low / step, high / step)
        if last - first < limit { return (first...last).map { .nanoseconds($0 * step) } }
      }
      power *= 10
    }
  }
}
