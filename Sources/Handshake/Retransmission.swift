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

  /// RTO is never above this (RFC 6298 §2.5 allows a ceiling of 60 s or more).
  public static let ceiling = Interval.seconds(60)

  /// A timer that first waits `initial`; the floor is the RFC's 1 s, or less where the caller asked for less.
  public init(initial: Interval) {
    timeout = min(initial, Retransmission.ceiling)
    floor = min(initial, .seconds(1))
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
  public mutating func backOff() { timeout = min(timeout * 2, Retransmission.ceiling) }

  /// Takes back the doubling once something was acknowledged (RFC 6298 §5.7, last paragraph).
  public mutating func restart() {
    guard let srtt = smoothedRTT else { return }
    timeout = min(max(srtt + max(variation * 4, .milliseconds(1)), floor), Retransmission.ceiling)
  }
}
