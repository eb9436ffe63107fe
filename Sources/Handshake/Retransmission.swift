import Timebase

/// The retransmission timer's arithmetic (RFC 6298 §2 and §5).
public struct Retransmission: Hashable, Sendable {
  /// RTO: how long the next wait lasts.
  public private(set) var timeout: Interval
  /// SRTT; nil before the first sample.
  public private(set) var smoothedRTT: Interval?
  /// RTTVAR.
  public private(set) var variation = Interval.zero

  private let floor: Interval
  private let ceiling: Interval
  private var hasBackedOff = false

  /// RTO is never above this, or above the first wait where more was asked for (RFC 6298 §2.5: 60 s or more).
  public static let ceiling = Interval.seconds(60)
  /// The longest first wait that can be asked for: what is longer counts as a day.
  public static let longestWait = Interval.seconds(86_400)

  /// A timer that first waits `initial`; the floor is the RFC's 1 s, or less where the caller asked for less.
  public init(initial: Interval) {
    timeout = min(max(initial, .zero), Retransmission.longestWait)
    floor = min(timeout, .seconds(1))
    ceiling = max(timeout, Retransmission.ceiling)
  }

  /// Takes a round-trip time of a segment that was sent once (RFC 6298 §2.2 and §2.3).
  public mutating func sample(_ rtt: Interval) {
    if let srtt = smoothedRTT {
      variation = (variation * 3 + (srtt - rtt).magnitude) / 4
      smoothedRTT = (srtt * 7 + rtt) / 8
    } else {
      smoothedRTT = rtt
      variation = rtt / 2
    }
    restart()
  }

  /// Doubles the timeout after it ran out (RFC 6298 §5.5).
  public mutating func backOff() {
    timeout = min(timeout * 2, ceiling)
    hasBackedOff = true
  }

  /// Takes back the doubling once something new was acknowledged, as Linux does: the path is alive.
  public mutating func restart() {
    guard let srtt = smoothedRTT else { return }
    timeout = min(max(srtt + max(variation * 4, .milliseconds(1)), floor), ceiling)
  }

  /// Begins with what follows the handshake: where a SYN was lost and no time is known, RTO is 3 s or more, or
  /// three times the shorter wait that was asked for (RFC 6298 §5.7).
  public mutating func beginData() {
    guard hasBackedOff, smoothedRTT == nil else { return }
    timeout = max(timeout, floor * 3)
  }
}
