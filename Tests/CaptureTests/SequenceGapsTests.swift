import Testing
import Timebase
import Wire

@testable import Capture

/// What a segment is beside those that its sender sent before, at the bounds.
@Suite("Gaps in what one end sent") struct SequenceGapsTests {
  private static func piece(_ first: UInt32, _ length: UInt32, at time: Int64) -> SequenceGaps.Piece {
    SequenceGaps.Piece(first: SequenceNumber(first), length: length, time: time, patience: .milliseconds(3))
  }

  /// A gap from 100 to 110, known since the beginning.
  private static var open: SequenceGaps {
    var gaps = SequenceGaps()
    _ = gaps.take(piece(50, 50, at: 0))
    _ = gaps.take(piece(110, 10, at: 0))
    return gaps
  }

  @Test("what fills a gap was overtaken up to the very end of the patience")
  func patience() {
    for (time, novelty) in [
      (Int64(2_999_999), SegmentNovelty.outOfOrder), (3_000_000, .outOfOrder), (3_000_001, .retransmission),
    ] {
      var gaps = SequenceGapsTests.open
      #expect(gaps.take(SequenceGapsTests.piece(100, 10, at: time)) == novelty, "\(time)")
    }
  }

  @Test("of a gap that is filled in its middle the longer part stays known, of equal ones the later")
  func parts() {
    for (first, length, before, behind) in [
      (UInt32(104), UInt32(2), SegmentNovelty.retransmission, SegmentNovelty.outOfOrder),
      (103, 2, .retransmission, .outOfOrder), (105, 2, .outOfOrder, .retransmission),
    ] {
      for (start, end, novelty) in [(UInt32(100), first, before), (first + length, 110, behind)] {
        var gaps = SequenceGapsTests.open
        #expect(gaps.take(SequenceGapsTests.piece(first, length, at: 1)) == .outOfOrder)
        #expect(gaps.take(SequenceGapsTests.piece(start, end - start, at: 2)) == novelty, "\(start) of \(first)")
      }
    }
  }
}
