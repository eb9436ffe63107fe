import Timebase

/// What time tells of losses: RACK (RFC 8985 §6).
///
/// A segment is lost when another that left after it has arrived and some more time has passed, in which it may have
/// been overtaken. The RFC's names are in the comments.
struct LossDetection: Hashable, Sendable {
  /// When the latest segment left that is known to have arrived, and its end (RACK.xmit_ts, RACK.end_seq).
  private(set) var latestSentAt: Instant?
  private(set) var latestEnd = 0
  /// The round trip of that segment (RACK.rtt).
  private(set) var roundTrip = Interval.zero
  /// The shortest of all round trips (RACK.min_RTT).
  private(set) var leastRoundTrip: Interval?
  /// One past the furthest octet that has arrived (RACK.fack).
  private var furthest = 0
  /// Whether a segment was seen to arrive after one that was sent behind it (RACK.reordering_seen).
  private(set) var hasSeenReordering = false

  /// How often the reordering window was found too short (RACK.reo_wnd_mult), for how many recoveries more that is
  /// remembered (RACK.reo_wnd_persist), and up to where a round lasts in which it counts once (RACK.dsack_round).
  private var factor: Int64 = 1
  private var memory = 0
  private var roundEnd: Int?

  /// Segments held beyond a gap from which on nothing is put down to overtaking (DupThresh, RFC 5681 §3.2).
  static let duplicateThreshold = 3

  /// Takes word of a segment that has arrived (RFC 8985 §6.2, steps 1 to 3).
  ///
  /// Of one that was retransmitted it must be clear that the last copy arrived: `isDoubtful` says that the peer's echo
  /// contradicts, and nothing arrives faster than the fastest.
  mutating func note(_ piece: Flight.Piece, at now: Instant, isDoubtful: Bool) {
    let elapsed = now - piece.sentAt
    if !piece.isSentAgain {
      leastRoundTrip = min(leastRoundTrip ?? elapsed, elapsed)
      if piece.end < furthest { hasSeenReordering = true }
    }
    furthest = max(furthest, piece.end)
    if piece.isSentAgain, isDoubtful || elapsed < leastRoundTrip ?? .zero { return }
    guard isLatest(piece) else { return }
    roundTrip = elapsed
    latestSentAt = piece.sentAt
    latestEnd = piece.end
  }

  private func isLatest(_ piece: Flight.Piece) -> Bool {
    guard let latestSentAt else { return true }
    return latestSentAt < piece.sentAt || (latestSentAt == piece.sentAt && latestEnd < piece.end)
  }

  /// The peer has got something twice: the window was too short, which counts once in a round trip (step 4).
  mutating func noteDuplicate(acknowledged: Int, next: Int) {
    if let end = roundEnd, acknowledged >= end { roundEnd = nil }
    guard roundEnd == nil else { return }
    roundEnd = next
    // Beyond the smoothed round trip it never counts; see `reorderingWindow`.
    factor = min(factor + 1, 1_000)
    memory = 16
  }

  /// Losses were repaired: after sixteen times without a duplicate the window is as short as at first (step 4).
  mutating func endRecovery() {
    memory -= 1
    if memory <= 0 { factor = 1 }
  }

  /// For how long a segment may only have been overtaken (RACK.reo_wnd).
  func reorderingWindow(held: Int, isRepairing: Bool, smoothed: Interval?) -> Interval {
    if !hasSeenReordering, isRepairing || held >= LossDetection.duplicateThreshold { return .zero }
    return min((leastRoundTrip ?? .zero) * factor / 4, smoothed ?? .zero)
  }

  /// How long a segment is still waited for; nil where nothing that left after it has arrived (step 5).
  func patience(for piece: Flight.Piece, window: Interval, at now: Instant) -> Interval? {
    guard let latestSentAt else { return nil }
    guard piece.sentAt < latestSentAt || (piece.sentAt == latestSentAt && piece.end < latestEnd) else { return nil }
    return piece.sentAt + roundTrip + window - now
  }

  /// Whether a round trip and the window have passed since a segment left: lost where the timer runs out (RFC 8985
  /// §6.3).
  func isOverdue(_ piece: Flight.Piece, window: Interval, at now: Instant) -> Bool {
    piece.sentAt + roundTrip + window <= now
  }
}
