import Timebase

/// A few dozen probes that were answered, asked again at a low, steady rate: if they go silent it is the rate that is to
/// blame, here or on the way, and not the targets.
///
/// Their answers decide nothing else. Bounded: so many probes, and so many questions whose answers are awaited.
public struct ControlSample: Hashable, Sendable {
  private struct Question: Hashable, Sendable {
    var number: UInt64
    var at: Instant
    var isAnswered = false
  }

  private var numbers: [UInt64] = []
  private var questions: [Question] = []
  private var turn = 0
  private var askedAt: Instant?

  /// The most probes of it, the fewest that say anything, and how many answers are looked at together.
  public static let (most, least, window) = (32, 8, 16)
  /// From one question to the next.
  public static let pace = Interval.milliseconds(50)
  /// The most questions that are awaited.
  private static let mostAwaited = 128

  /// Nothing yet.
  public init() {
    numbers.reserveCapacity(ControlSample.most)
    questions.reserveCapacity(ControlSample.mostAwaited)
  }

  /// A probe was answered by the host itself: it is taken in while there is room.
  public mutating func learn(_ number: UInt64) {
    guard numbers.count < ControlSample.most else { return }
    numbers.append(number)
  }

  /// Which probe is to be asked now, if one is.
  public mutating func next(at now: Instant) -> UInt64? {
    guard numbers.count >= ControlSample.least, questions.count < ControlSample.mostAwaited else { return nil }
    if let askedAt, now - askedAt < ControlSample.pace { return nil }
    askedAt = now
    turn = (turn + 1) % numbers.count
    questions.append(Question(number: numbers[turn], at: now))
    return numbers[turn]
  }

  /// A probe was answered again.
  public mutating func note(_ number: UInt64) {
    guard let index = questions.firstIndex(where: { $0.number == number && !$0.isAnswered }) else { return }
    questions[index].isAnswered = true
  }

  /// Whether fewer than half of the last questions were answered, of those whose time is over; asked once a turn.
  public mutating func isSilent(at now: Instant, patience: Interval) -> Bool {
    let settled = questions.prefix { now - $0.at >= patience }
    guard settled.count >= ControlSample.window else { return false }
    let answered = settled.count { $0.isAnswered }
    let isSilent = answered * 2 < settled.count
    questions.removeFirst(settled.count)
    return isSilent
  }
}
