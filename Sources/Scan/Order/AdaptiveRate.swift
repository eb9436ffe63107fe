import Timebase

/// A rate that adapts: it grows while answers keep coming, and falls by half where packets are lost in this host or on the
/// way.
///
/// Pure policy: who sends says what happened, and asks at each turn. Growth is by half a turn up to the rate at which packets
/// were last lost, and by a twentieth beyond it. Where nothing answers, losses would not show: the rate hardly grows.
public struct AdaptiveRate: Hashable, Sendable {
  /// Why a rate is too high.
  public enum Trouble: Int, Hashable, Sendable, CaseIterable {
    /// The kernel dropped packets that came in.
    case dropped
    /// It had no room for packets that were to leave (ENOBUFS, EAGAIN), or refused them.
    case full
    /// The interface counted packets beyond what it is allowed (`*_allowance_exceeded`).
    case allowance
    /// Addresses that had answered did not answer again.
    case silence
  }

  /// Packets a second.
  public private(set) var value: Int
  /// How often the rate fell, by the first cause that was noted in the turn.
  public private(set) var falls = [Int](repeating: 0, count: Trouble.allCases.count)
  private let most: Int
  private var since: Instant
  private var trouble: Trouble?
  private var answered: UInt64 = 0
  /// The rate at which packets were last lost: approached in small steps.
  private var ceiling: Int
  /// How many turns it stays as it is: what was sent before it fell must not have it fall again.
  private var rest = 0

  /// Where it begins.
  public static let first = 1_000
  /// What it does not exceed unless that is asked for: a scan without --rate is no flood.
  public static let most = 10_000
  private static let least = 100
  /// How long a rate is tried, and how many turns it rests after a fall.
  private static let (turn, rests) = (Interval.milliseconds(100), 5)

  /// A rate that begins at 1,000, or the highest one if that is lower.
  public init(from start: Instant, most: Int = AdaptiveRate.most) {
    self.most = max(most, 1)
    value = min(AdaptiveRate.first, self.most)
    ceiling = self.most
    since = start
  }

  /// Packets were lost.
  public mutating func note(_ trouble: Trouble) { self.trouble = self.trouble ?? trouble }

  /// Whether there is another rate now; so many ports were answered so far.
  public mutating func turn(at now: Instant, answered: UInt64) -> Bool {
    guard now - since >= AdaptiveRate.turn else { return false }
    let (old, isAnswered) = (value, answered > self.answered)
    (since, self.answered) = (now, answered)
    defer { trouble = nil }
    guard rest == 0 else {
      rest -= 1
      return false
    }
    if let trouble {
      falls[trouble.rawValue] += 1
      ceiling = value
      value = max(value / 2, min(AdaptiveRate.least, most))
      rest = AdaptiveRate.rests
    } else if !isAnswered {
      value = min(value + max(value / 100, 1), most)
    } else if value * 3 / 2 <= ceiling {
      value = value * 3 / 2
    } else {
      value = min(max(value + max(value / 20, 1), ceiling), most)
      ceiling = max(ceiling, value)
    }
    return value != old
  }
}
