import Timebase

/// How many answers came after that of a probe which had left later (RFC 4737 §3.3, for answers instead of packets).
///
/// Results may be told in any order; only those of the last 256 are compared with each other.
public struct Reordering: Hashable, Sendable {
  /// How many answers were overtaken.
  public private(set) var count = 0

  private struct Answer: Hashable {
    var sequence: Int
    var time: WallTime
    var isCounted: Bool
  }

  private static let window = 256
  private var answers: [Answer] = []
  private var oldest = 0
  /// The latest arrival, and the highest number: whatever is beyond both needs no comparison.
  private var latest: WallTime?
  private var highest = 0

  /// No answer yet.
  public init() {}

  /// Takes an answer: the number of its probe, and when it came.
  public mutating func record(sequence: Int, at time: WallTime) {
    var answer = Answer(sequence: sequence, time: time, isCounted: false)
    if let latest, time < latest || sequence < highest {
      for index in answers.indices {
        let other = answers[index]
        if other.sequence > sequence, other.time < time { answer.isCounted = true }
        if other.sequence < sequence, other.time > time, !other.isCounted {
          answers[index].isCounted = true
          count += 1
        }
      }
      if answer.isCounted { count += 1 }
    }
    latest = max(latest ?? time, time)
    highest = max(highest, sequence)
    keep(answer)
  }

  private mutating func keep(_ answer: Answer) {
    guard answers.count == Reordering.window else { return answers.append(answer) }
    answers[oldest] = answer
    oldest = (oldest + 1) % Reordering.window
  }
}
