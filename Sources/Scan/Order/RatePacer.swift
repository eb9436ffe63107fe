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

  /// A rate from 1 to 100 million packets a second, from a moment on.
  public init(rate: Int, from start: Instant) {
    self.rate = Int64(min(max(rate, 1), 100_000_000))
    origin = start
  }

  private var burst: Int64 { max(rate / 1_000, 1) }

  /// How many may leave now.
  public mutating func allowance(at now: Instant) -> Int {
    let earned = earned(at: now)
    if earned - sent > burst {
      // Late: what is beyond a burst is given up.
      rebase(at: now, earned: burst)
    } else if (now - origin).nanoseconds > 1_000_000_000 {
      rebase(at: now, earned: earned - sent)
    }
    return Int(max(self.earned(at: now) - sent, 0))
  }

  /// Begins to count anew, with so many packets that may leave at once.
  private mutating func rebase(at now: Instant, earned: Int64) {
    origin = now
    sent = -max(earned, 0)
  }

  private func earned(at now: Instant) -> Int64 {
    let passed = min(max((now - origin).nanoseconds, 0), 10_000_000_000)
    // 10^10 × 10^8 at most.
    return passed * rate / 1_000_000_000
  }

  /// So many left.
  public mutating func take(_ count: Int) { sent += Int64(count) }

  /// When the next ones may leave, if none may now: half of a burst together, so that there is time to sleep in between,
  /// and a wake-up that is late by the other half loses nothing.
  public var nextDeadline: Instant {
    let wait = ((sent + max(burst / 2, 1)) * 1_000_000_000 + rate - 1) / rate
    return origin + .nanoseconds(max(wait, 0))
  }

  /// From now on another rate.
  public mutating func change(to rate: Int, at now: Instant) {
    self = RatePacer(rate: rate, from: now)
  }
}
