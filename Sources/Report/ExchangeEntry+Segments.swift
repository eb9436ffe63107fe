import Handshake

extension ExchangeEntry {
  /// The segment, where it is one of ours.
  var sentSegment: Segment? {
    guard direction == .sent, case .segment(let segment) = content else { return nil }
    return segment
  }

  /// The segment, where it is one of the peer's and was believed.
  var believedSegment: Segment? {
    guard direction == .received, refusal == nil, case .segment(let segment) = content else { return nil }
    return segment
  }
}
