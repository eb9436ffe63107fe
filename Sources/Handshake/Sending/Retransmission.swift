import Timebase

/// The retransmission timer's arithmetic (RFC 6298 §2 and §5), and the tail loss probe's (RFC 8985 §7.2).
public struct Retransmission: Hashable, Sendable {
  /// RTO: how long the next wait lasts.
  public private(set) var timeout: Interval
  /// SRTT; nil before the first sample.
  public private(set) var smoothedRTT: Interval?
  /// RTTVAR.
  public private(set) var variation = Interval.zero

  private let initial: Interval
  private let slack: Interval
  private let ceiling: Interval
  private var hasBackedOff = false

  /// RTO is never above this, or above the first wait where more was asked for (RFC 6298 §2.5: 60 s or more).
  public static let ceiling = Interval.seconds(60)
  /// The longest first wait that can be asked for: what is longer counts as a day.
  public static let longestWait = Interval.seconds(86_400)
  /// RTO exceeds SRTT by this at least, as with Linux: a peer may keep an acknowledgment back so long.
  ///
  /// RFC 6298 §2.4 would round RTO up to a second; decision 14 says why it is not.
  public static let slack = Interval.milliseconds(200)
  /// What a tail loss probe waits at least beyond the round trip: a host may be that late to look at what has come.
  public static let probeSlack = Interval.milliseconds(10)

  /// A timer that first waits `initial`; where that is less than the slack, it is all the slack there is.
  public init(initial: Interval) {
    timeout = min(max(initial, .zero), Retransmission.longestWait)
    self.initial = timeout
    slack = min(timeout, Retransmission.slack)
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
    timeout = min(srtt + max(variation * 4, slack), ceiling)
  }

  /// Begins with what follows the handshake: where a SYN was lost and no time is known, RTO is 3 s or more, or
  /// three times the shorter wait that was asked for (RFC 6298 §5.7).
  public mutating func beginData() {
    guard hasBackedOff, smoothedRTT == nil else { return }
    timeout = max(timeout, min(initial, .seconds(1)) * 3)
  }

  /// PTO: after how much silence the end of what was sent is asked for (RFC 8985 §7.2).
  ///
  /// The peer may keep back the acknowledgment of a single segment.
  public func probeTimeout(isSingle: Bool) -> Interval {
    guard let srtt = smoothedRTT else { return min(initial, .seconds(1)) }
    return srtt + max(srtt, variation * 4, Retransmission.probeSlack) + (isSingle ? slack : .zero)
  }
}
