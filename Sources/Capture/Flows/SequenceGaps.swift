import Timebase
import Wire

/// What a segment is beside those that its sender sent before.
public enum SegmentNovelty: Hashable, Sendable, CaseIterable {
  /// It continues where the last one ended, or carries nothing.
  case inOrder
  /// It begins beyond a gap: something before it has not been seen, or not yet.
  case beyondGap
  /// It fills a gap, and soon: it was overtaken on its way.
  case outOfOrder
  /// Its octets were seen before, or fill a gap so late that they must have been retransmitted.
  case retransmission
  /// One octet, or none, just before SND.NXT: it asks whether the other end is still there (RFC 9293 §3.8.4).
  case keepAlive
  /// One octet at SND.NXT, or what looks like a keep-alive, while the other end offers no window: it asks whether there
  /// is room again (RFC 9293 §3.8.6.1).
  case windowProbe
  /// So far off that it belongs to no window there can be.
  case stray
  /// The same packet once more: the capture has it twice, and it was sent once.
  case duplicate
}

/// The sequence numbers that one end has sent, as far as a capture shows them, with the latest gaps among them.
struct SequenceGaps: Hashable, Sendable {
  private struct Gap: Hashable, Sendable {
    var first = SequenceNumber(0)
    var length: UInt32 = 0
    var since: Int64 = .min
  }

  /// What is taken: its place, and what decides whether it is new.
  struct Piece {
    /// The first sequence number.
    var first: SequenceNumber
    /// How much of the sequence space it takes.
    var length: UInt32
    /// When it passed, in nanoseconds.
    var time: Int64
    /// How late it may fill a gap and still have been overtaken.
    var patience: Interval
    /// Whether it may be a keep-alive or a zero-window probe: neither SYN nor FIN.
    var mayProbe = true
    /// Whether the other end offers no window.
    var isWindowClosed = false
  }

  /// SND.NXT of the sender; nil before its first segment.
  private(set) var next: SequenceNumber?
  /// Whether a zero-window probe has carried the octet at SND.NXT: it may have been taken.
  private var hasProbed = false
  private var gaps = (Gap(), Gap(), Gap())

  /// How late a segment may fill a gap and count as overtaken where no round trip is known.
  ///
  /// As Wireshark has it, so that the counts can be compared.
  static let patience = Interval.milliseconds(3)
  /// The widest window there can be (RFC 7323 §2.3): what lies further off is of no use to anybody.
  private static let reach: UInt32 = 1 << 30

  /// Whether a number is one that may come next: within the largest window without scaling of where the sender stands.
  func isNear(_ number: SequenceNumber) -> Bool {
    guard let next else { return true }
    let reach = UInt32(UInt16.max)
    return number.isIn(next - reach, length: 2 * reach + 1)
  }

  /// Takes a segment's sequence space.
  mutating func take(_ piece: Piece) -> SegmentNovelty {
    let (first, length) = (piece.first, piece.length)
    let end = first + length
    guard let next else {
      self.next = end
      return .inOrder
    }
    if first == next || (hasProbed && first == next + 1) { return takeNext(piece) }
    if next.precedes(first) {
      guard first.distance(from: next) <= SequenceGaps.reach else { return .stray }
      // Text or not: it says where its sender stands, so what lies before was sent. Each gap counts once.
      open(next, length: first.distance(from: next), at: piece.time)
      advance(to: end)
      return .beyondGap
    }
    guard next.distance(from: first) <= SequenceGaps.reach else { return .stray }
    if length <= 1, first + 1 == next, piece.mayProbe { return piece.isWindowClosed ? .windowProbe : .keepAlive }
    guard length > 0 else { return .inOrder }
    let since = fill(first, length: length)
    if next.precedes(end) { advance(to: end) }
    guard let since else { return .retransmission }
    let (late, overflows) = piece.time.subtractingReportingOverflow(since)
    return !overflows && late <= piece.patience.nanoseconds ? .outOfOrder : .retransmission
  }

  /// Takes what begins at SND.NXT, or just behind the octet that a probe carried there.
  private mutating func takeNext(_ piece: Piece) -> SegmentNovelty {
    if piece.length == 0 { return .inOrder }
    if piece.length == 1, piece.mayProbe, piece.isWindowClosed {
      // Whether the octet was taken, the next text tells.
      next = piece.first
      hasProbed = true
      return .windowProbe
    }
    advance(to: piece.first + piece.length)
    return .inOrder
  }

  private mutating func advance(to end: SequenceNumber) {
    next = end
    hasProbed = false
  }

  private mutating func open(_ first: SequenceNumber, length: UInt32, at time: Int64) {
    gaps = (Gap(first: first, length: length, since: time), gaps.0, gaps.1)
  }

  /// Takes a segment out of the gap that it lies in: since when the gap was known; nil where it lies in none.
  private mutating func fill(_ first: SequenceNumber, length: UInt32) -> Int64? {
    if let since = SequenceGaps.fill(&gaps.0, first, length) { return since }
    if let since = SequenceGaps.fill(&gaps.1, first, length) { return since }
    return SequenceGaps.fill(&gaps.2, first, length)
  }

  private static func fill(_ gap: inout Gap, _ first: SequenceNumber, _ length: UInt32) -> Int64? {
    guard gap.length > 0, first.isIn(gap.first, length: gap.length) else { return nil }
    let since = gap.since
    let before = first.distance(from: gap.first)
    let after = gap.length - before
    // The longer part stays known; of two parts one is forgotten, which at worst calls a late segment retransmitted.
    let behind = after > length ? after - length : 0
    if behind >= before {
      gap.first = first + min(length, after)
      gap.length = behind
    } else {
      gap.length = before
    }
    return since
  }
}

extension SequenceGaps {
  static func == (a: SequenceGaps, b: SequenceGaps) -> Bool {
    a.next == b.next && a.hasProbed == b.hasProbed && a.gaps == b.gaps
  }
  func hash(into hasher: inout Hasher) { hasher.combine(next) }
}
