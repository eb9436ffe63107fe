import Statistics
import Timebase

/// The course of a target's times in one line, the latest at the right end.
///
/// A sign stands for some neighbouring intervals, by the slowest of their probes: each step up is longer by the root of
/// two than the one below, from the fastest time in view. So what is steady looks flat, and what is eleven times as slow
/// reaches the top. Any loss shows as a cross, whatever else was answered.
struct Sparkline {
  let text: String

  private static let unicode: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let ascii: [Unicode.Scalar] = ["_", ".", "-", "=", "+", "*", "%", "#"]

  /// The course in at most so many signs.
  init(_ course: TimeSeries, width: Int, isUnicode: Bool) {
    let slices = course.slices
    guard width > 0, !slices.isEmpty else {
      text = ""
      return
    }
    let (marks, cross): ([Unicode.Scalar], Unicode.Scalar) =
      isUnicode ? (Sparkline.unicode, "×") : (Sparkline.ascii, "x")
    let span = (slices.count + width - 1) / width
    let least = slices.compactMap(\.max).min() ?? .zero
    // Counted from the right end, so that a sign keeps its intervals while it moves.
    var line: [Unicode.Scalar] = []
    var end = slices.count
    while end > 0 {
      let part = slices[max(end - span, 0)..<end]
      end -= span
      if part.contains(where: { $0.lost > 0 }) {
        line.append(cross)
      } else if let slowest = part.compactMap(\.max).max() {
        line.append(marks[Sparkline.level(slowest, from: least)])
      } else {
        line.append(" ")
      }
    }
    text = String(String.UnicodeScalarView(line.reversed()))
  }

  /// How many times the root of two goes between two times, at most seven.
  static func level(_ time: Interval, from least: Interval) -> Int {
    // Squares of the factors: powers of two.
    let (base, value) = (max(Double(least.nanoseconds), 1), Double(time.nanoseconds))
    let ratio = value / base
    var level = 0
    var square = 2.0
    while level < 7, ratio * ratio >= square {
      level += 1
      square *= 2
    }
    return level
  }
}
