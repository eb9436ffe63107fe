import Handshake
import Wire

/// What became of a packet, as far as our end can tell.
enum PacketFate: Hashable, Sendable {
  /// It came, or nothing says that it did not.
  case arrived
  /// Nothing answered it in its time: it was sent again, or never answered at all.
  case unanswered
  /// An ICMP error answered it: how far it came is not known.
  case turnedBack
  /// It came and was not believed.
  case refused(Refusal)
  /// It came from somewhere on the way, or from an end's network layer: an ICMP error.
  case error

  /// The fates of a connection's packets, in their order.
  ///
  /// In a capture nothing but another copy says that a packet was not answered: the answer may have passed elsewhere, or
  /// behind the end.
  static func fates(of outcome: Outcome) -> [PacketFate] {
    let entries = outcome.exchange.entries
    let inTheEnd: PacketFate = outcome.mode == .capture ? .arrived : .unanswered
    return entries.indices.map { index in
      let entry = entries[index]
      if let refusal = entry.refusal { return .refused(refusal) }
      switch (entry.direction, entry.content) {
      case (_, .icmp): return .error
      case (.sent, .segment(let segment)): return fate(of: segment, at: index, entries) ?? inTheEnd
      default: return .arrived
      }
    }
  }

  /// What takes sequence space is answered before it is sent again, or not in time; nil where neither was seen.
  private static func fate(of segment: Segment, at index: Int, _ entries: [ExchangeEntry]) -> PacketFate? {
    guard segment.len > 0, !segment.flags.contains(.rst) else { return .arrived }
    for later in entries[(index + 1)...] {
      if let other = later.sentSegment, later.isRetransmission, other.seq == segment.seq, other.len > 0 {
        return .unanswered
      }
      guard answers(later, segment) else { continue }
      if case .icmp = later.content { return .turnedBack }
      return .arrived
    }
    return nil
  }

  private static func answers(_ entry: ExchangeEntry, _ segment: Segment) -> Bool {
    guard entry.direction == .received, entry.refusal == nil else { return false }
    switch entry.content {
    case .icmp: return segment.flags.contains(.syn)
    case .unreadable: return false
    case .segment(let answer):
      if segment.flags.contains(.syn), answer.flags.contains(.syn) || answer.flags.contains(.rst) { return true }
      return answer.ack.map { !$0.precedes(segment.end) } ?? answer.flags.contains(.rst)
    }
  }
}
