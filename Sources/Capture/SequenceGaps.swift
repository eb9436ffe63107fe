import Timebase
import Wire

/// What a segment is beside those that its sender sent before.
public enum SegmentNovelty: Hashable, Sendable {
  /// It continues where the last one ended, or carries nothing.
  case inOrder
  /// It begins beyond a gap: something before it has not been seen, or not yet.
  case beyondGap
  /// It fills a gap, and soon: it was overtaken on its way.
  case outOfOrder
  /// Its octets were seen before, or fill a gap so late that they must have been sent again.
  case retransmission
  /// One octet, or none, just before SND.NXT: it asks whether the other end is still there.
  case keepAlive
  /// So far off that it belongs to no window there can be.
  case stray
}

/// The sequence numbers that one end has sent, as far as a capture shows them, with the latest gaps among them.
struct SequenceGaps: Hashable, Sendable {
  private struct Gap: Hashable, Sendable {
    var first = SequenceNumber(0)
    var length: UInt32 = 0
    var since: Int64 = .min
  }

  /// SND.NXT of the sender; nil before its first segment.
  private(set) var next: SequenceNumber?
  private var gaps = (Gap(), Gap(), Gap())

  /// How late a segment may fill a gap and count as overtaken where no round trip is known.
  ///
  /// As Wireshark has it, so that the counts can be compared.
  static let patience = Interval.milliseconds(3)
  /// The widest window there can be (RFC 7323 §2.3): what lies further off is of no use to anybody.
  private static let reach: UInt32 = 1 << 30

  /// Takes a segment's sequence space; `patience` is how late it may fill a gap and still have been overtaken.
  mutating func take(
    _ first: SequenceNumber, length: UInt32, at time: Int64, patience: Interval
  ) -> SegmentNovelty {
    let end = first + length
    guard let next else {
      self.next = end
      return .inOrder
    }
    if first == next {
      self.next = end
      return .inOrder
    }
    if next.precedes(first) {
      guard first.distance(from: next) <= SequenceGaps.reach else { return .stray }
      // Without text it says no more than where its sender stands: nothing is missing until text comes.
      guard length > 0 else { return .beyondGap }
      open(next, length: first.distance(from: next), at: time)
      self.next = end
      return .beyondGap
    }
    guard next.distance(from: first) <= SequenceGaps.reach else { return .stray }
    if length <= 1, first + 1 == next { return .keepAlive }
    guard length > 0 else { return .inOrder }
    let since = fill(first, length: length)
    if next.precedes(end) { self.next = end }
    guard let since else { return .retransmission }
    let (late, overflows) = time.subtractingReportingOverflow(since)
    return !overflows && late <= patience.nanoseconds ? .outOfOrder : .retransmission
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
    // The longer part stays known; of two parts one is forgotten, which at worst calls a late segment sent again.
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
  static func == (a: SequenceGaps, b: SequenceGaps) -> Bool { a.next == b.next && a.gaps == b.gaps }
  func hash(into hasher: inout Hasher) { hasher.combine(next) }
}
