import Wire

/// What a segment means to a SYN of ours that is unanswered, in the order of RFC 9293 §3.10.7.3.
///
/// A judgement only: what is done about it is the affair of whoever sent the SYN.
public enum SynAnswer: Hashable, Sendable {
  /// RST and ACK of our SYN: the port is closed.
  case reset
  /// An RST that does not acknowledge our SYN (RFC 5961 §3.1), refused.
  case foreignReset
  /// An acknowledgment of something that we did not send, to be answered by `<SEQ=SEG.ACK><CTL=RST>`; without SYN it
  /// is what a peer says that still holds an old connection of this flow (RFC 9293 §3.5.1, figure 9).
  case foreignAcknowledgment(SequenceNumber, isSyn: Bool)
  /// Neither SYN nor RST, refused.
  case notSyn
  /// A SYN alone: both ends opened at once (RFC 9293 §3.5, figure 7).
  case syn
  /// A SYN that acknowledges ours: the port is open.
  case synAck

  /// Judges a segment that came to SYN-SENT with these send variables.
  @inlinable public init(_ segment: Segment, una: SequenceNumber, nxt: SequenceNumber) {
    // first, the ACK bit: SND.UNA < SEG.ACK =< SND.NXT, ISS+1 or up to the end of the text that the SYN carried.
    let acknowledges = segment.ack.map { $0.isIn(una + 1, length: nxt.distance(from: una)) } ?? false
    // second, the RST bit. An RST is never answered, whatever it acknowledges.
    if segment.flags.contains(.rst) {
      self = acknowledges ? .reset : .foreignReset
    } else if let ack = segment.ack, !acknowledges {
      self = .foreignAcknowledgment(ack, isSyn: segment.flags.contains(.syn))
    } else if !segment.flags.contains(.syn) {
      // third, security: none. fourth, the SYN bit.
      self = .notSyn
    } else {
      self = segment.ack == nil ? .syn : .synAck
    }
  }
}
