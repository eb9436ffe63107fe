import Timebase

/// When connections are due: an open loop, in which nothing that a peer does moves any of them.
///
/// Targets take turns, so that each is due at the rate, and all of them evenly spread over time.
struct BenchSchedule: Sendable {
  /// One turn that is due.
  struct Turn: Hashable, Sendable {
    /// Which target.
    var target: Int
    /// When it was due.
    var due: Instant
  }

  /// No turn is due later than 28 years after the start, in nanoseconds.
  private static let farthest = 9e17

  private let targets: Int
  /// Turns a second, over all targets.
  private let rate: Double
  /// How many turns there are; nil: as many as the end lets in.
  private let count: Int?
  private let duration: Interval?
  private var start: Instant?
  private var next = 0
  private var isEnded = false

  init(_ plan: BenchPlan, targets: Int) {
    let targets = max(targets, 1)
    self.targets = targets
    rate = max(plan.rate, 1e-6) * Double(targets)
    count = plan.count.map { $0 * targets }
    duration = plan.duration
  }

  /// How many turns have come.
  var taken: Int { next }

  mutating func begin(at now: Instant) { start = now }

  /// No turn comes any more.
  mutating func end() { isEnded = true }

  /// Whether no turn is left.
  var isOver: Bool { nextDue == nil }

  /// When the next turn is due; nil where none is left.
  var nextDue: Instant? {
    guard let start, !isEnded, count.map({ next < $0 }) ?? true else { return nil }
    // From the start each time, so that no rounding adds up.
    let offset = Interval(nanoseconds: Int64(min(Double(next) / rate * 1e9, BenchSchedule.farthest).rounded()))
    if let duration, offset >= duration { return nil }
    return start + offset
  }

  /// Whose turn is next.
  var nextTarget: Int { next % targets }

  /// Takes the next turn if it is due.
  mutating func take(at now: Instant) -> Turn? {
    guard let due = nextDue, due <= now else { return nil }
    defer { next += 1 }
    return Turn(target: nextTarget, due: due)
  }
}
