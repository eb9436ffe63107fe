import Handshake
import Timebase
import Wire

/// Who ended a flow, by the packet that did and the others of the end that it names as its sender.
extension TrackedFlow {
  /// Takes what a packet says of its sender, before it counts as the latest of its end.
  mutating func noteSender(
    of segment: borrowing CapturedSegment, _ fromHigh: Bool, _ mark: FrameMark, _ novelty: SegmentNovelty
  ) {
    let header = segment.header
    let flags = header.flags
    if !flags.isDisjoint(with: [.rst, .fin]) {
      noteEnd(segment, fromHigh, mark)
    } else if novelty != .stray {
      self[fromHigh].marks.take(segment.ip, window: header.window, timestamp: segment.timestamp)
    }
    if let end, isEndOfHigh == fromHigh, end.isReset, !flags.contains(.rst), !flags.contains(.syn), !novelty.isAside,
      novelty != .retransmission, segment.sequenceLength > 0,
      end.isPassed(by: header.sequence + segment.sequenceLength)
    {
      self.end?.wentOn = true
    }
    self[fromHigh].latest = mark.nanoseconds
  }

  private mutating func noteEnd(_ segment: borrowing CapturedSegment, _ fromHigh: Bool, _ mark: FrameMark) {
    let header = segment.header
    let isReset = header.flags.contains(.rst)
    if let end, end.isReset || !isReset { return }
    isEndOfHigh = fromHigh
    end = EndMarks(
      isReset: isReset, number: mark.frame, ip: segment.ip, seq: header.sequence, window: header.window,
      timestamp: segment.timestamp, offset: isReset ? offset(ofReset: segment, fromHigh) : nil,
      elapsed: mark.since(FrameMark(nanoseconds: self[!fromHigh].latest, frame: 0)), after: self[fromHigh].marks)
  }

  /// How far the number of an RST is from those that it may have: up to what its sender has sent, and where it answers a
  /// segment of the other end what that acknowledged, however long ago (RFC 9293 §3.5.2).
  private func offset(ofReset segment: borrowing CapturedSegment, _ fromHigh: Bool) -> Int32? {
    let number = segment.header.sequence
    // What answers a segment without ACK has no number (RFC 9293 §3.5.2).
    let answersNoAck = number == SequenceNumber(0) && segment.header.flags.contains(.ack)
    guard let next = self[fromHigh].sent.next, !answersNoAck else { return nil }
    if next.precedes(number) { return Int32(truncatingIfNeeded: number.distance(from: next)) }
    guard let base = self[fromHigh].base, number.precedes(base) else { return 0 }
    return Int32(truncatingIfNeeded: number.distance(from: base))
  }

  /// Who sent the first RST, or the first FIN where that is not the end's; nil where there was neither, and where it left
  /// the host that captured it: no one on the way sent that.
  public var resetOrigin: ResetOrigin? {
    guard let end, !self[isEndOfHigh].isCapturing else { return nil }
    let step = step(isEndOfHigh == isClientHigh ? .ack : .syn)
    let context = ResetOrigin.Context(ownHopLimit: initialHopLimit(ofHigh: !isEndOfHigh), roundTrip: step?.time)
    let origin = ResetOrigin(end, among: self[isEndOfHigh].marks, context)
    return origin.isReset || origin.sender == .path || origin.sender == .host ? origin : nil
  }

  /// The hop limit of an end's packets where no router has decremented it: the capture is that host's.
  private func initialHopLimit(ofHigh isHigh: Bool) -> UInt8? {
    let marks = self[isHigh].marks
    guard low.endpoint.address != high.endpoint.address, marks.packets > 0, marks.least == marks.most,
      [64, 128, 255].contains(marks.least)
    else { return nil }
    return marks.least
  }
}
