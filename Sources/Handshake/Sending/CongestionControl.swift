/// How much may be in flight (RFC 5681, with RFC 6582's partial acknowledgments and RFC 6928's beginning).
///
/// Pure arithmetic in octets; `mss` is the most text that a segment of ours carries (SMSS).
public struct CongestionControl: Hashable, Sendable {
  /// cwnd: the octets that the path is trusted with.
  public private(set) var window: Int
  /// ssthresh: below it the window doubles in a round trip, above it grows by one segment.
  public private(set) var threshold = Int.max
  /// What was acknowledged since the window last grew in congestion avoidance (RFC 5681 §3.1).
  private var counted = 0

  /// No window grows beyond this: more than any peer's window can be (RFC 7323 §2.3).
  public static let ceiling = 1 << 30

  /// A path of which nothing is known; one that has lost our SYN is trusted with one segment (RFC 6928 §2).
  public init(mss: Int, hasLost: Bool = false) {
    window = hasLost ? mss : CongestionControl.initialWindow(mss: mss)
  }

  /// IW: ten segments, but no more than 14,600 octets unless that is less than two (RFC 6928 §2).
  public static func initialWindow(mss: Int) -> Int { min(10 * mss, max(2 * mss, 14_600)) }

  /// Something new was acknowledged: slow start, or congestion avoidance (RFC 5681 §3.1, equations 2 and 3).
  public mutating func acknowledged(_ octets: Int, mss: Int) {
    guard window < CongestionControl.ceiling else { return }
    guard window >= threshold else {
      window += min(octets, mss)
      return
    }
    counted += octets
    guard counted >= window else { return }
    counted -= window
    window += mss
  }

  /// The retransmission timer ran out: the loss window is one segment (RFC 5681 §3.1, equation 4).
  ///
  /// Where it runs out again for the same octets, the threshold stays as it was.
  public mutating func timedOut(inFlight: Int, mss: Int, isRepeated: Bool) {
    if !isRepeated { threshold = max(inFlight / 2, 2 * mss) }
    window = mss
    counted = 0
  }

  /// Three duplicate acknowledgments came (RFC 5681 §3.2, steps 2 and 3).
  ///
  /// Each of them says that a segment has left the path. Where SACK says how many have, nothing is added.
  public mutating func beginRecovery(inFlight: Int, mss: Int, inflates: Bool) {
    threshold = max(inFlight / 2, 2 * mss)
    window = threshold + (inflates ? 3 * mss : 0)
    counted = 0
  }

  /// One more duplicate acknowledgment came (RFC 5681 §3.2, step 4).
  public mutating func inflate(mss: Int) { window = min(window + mss, CongestionControl.ceiling) }

  /// Part of what was in flight was acknowledged: deflated by that much, less a segment (RFC 6582 §3.2, step 3).
  public mutating func deflate(by octets: Int, mss: Int) {
    window = max(window - octets, 0) + (octets >= mss ? mss : 0)
    window = max(window, mss)
  }

  /// All that was in flight was acknowledged (RFC 6582 §3.2, step 3, option 1).
  public mutating func endRecovery(inFlight: Int, mss: Int) { window = min(threshold, max(inFlight, mss) + mss) }

  /// Something more was lost while losses are repaired, or a probe repaired one: half of what is there (RFC 5681 §4.3).
  public mutating func reduce(inFlight: Int, mss: Int) {
    threshold = max(inFlight / 2, 2 * mss)
    window = min(window, threshold)
    counted = 0
  }

  /// Nothing was lost after all: the path is trusted as it was (RFC 4015 §3.2).
  public mutating func undo(_ earlier: CongestionControl) {
    window = max(window, earlier.window)
    threshold = max(threshold, earlier.threshold)
  }

  /// Nothing was sent for longer than RTO: what was known of the path is stale (RFC 5681 §4.1).
  public mutating func restart(mss: Int) { window = min(window, CongestionControl.initialWindow(mss: mss)) }
}
