import Timebase

/// How many packets may leave: a token bucket in whole numbers, so that a rate is kept exactly however long it takes.
///
/// What a stall has kept back is not made up for: a burst holds what a millisecond brings, or one packet.
public struct RatePacer: Hashable, Sendable {
  /// Packets in a second.
  public private(set) var rate: Int64
  /// From when on the packets are counted, and how many there were.
  private var origin: Instant
  private var sent: Int64 = 0
  /// What part of a packet was earned before, in billionths.
  private var part: Int64 = 0

  /// A rate from 1 to 100 million packets a second, from a moment on.
  public init(rate: Int, from start: Instant) {
    self.rate = Int64(min(max(rate, 1), 100_000_000))
    origin = start
  }

  private var burst: Int64 { max(rate / 1_000, 1) }

  /// How many may leave now.
  public mutating func allowance(at now: Instant) -> Int {
    let (earned, rest) = earned(at: now)
    if earned - sent > burst {
      // Late: what is beyond a burst is given up.
      (origin, sent, part) = (now, -burst, 0)
    } else if (now - origin).nanoseconds > 1_000_000_000 {
      // Counted anew from time to time, so that numbers stay small; not even a part of a packet is lost by that.
      (origin, sent, part) = (now, sent - earned, rest)
    }
    return Int(max(self.earned(at: now).quotient - sent, 0))
  }

  /// How many packets were earned, and which part of one more in billionths.
  private func earned(at now: Instant) -> (quotient: Int64, remainder: Int64) {
    let passed = min(max((now - origin).nanoseconds, 0), 10_000_000_000)
    // 10^10 × 10^8 at most.
    return (passed * rate + part).quotientAndRemainder(dividingBy: 1_000_000_000)
  }

  /// So many left.
  public mutating func take(_ count: Int) { sent += Int64(count) }

  /// When the next ones may leave, if none may now: half of a burst together, so that there is time to sleep in between,
  /// and a wake-up that is late by the other half loses nothing.
  public var nextDeadline: Instant {
    let wait = ((sent + max(burst / 2, 1)) * 1_000_000_000 - part + rate - 1) / rate
    return origin + .nanoseconds(max(wait, 0))
  }

  /// From now on another rate.
  public mutating func change(to rate: Int, at now: Instant) {
    self = RatePacer(rate: rate, from: now)
  }
}
