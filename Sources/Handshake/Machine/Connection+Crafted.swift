import Timebase
import Wire

/// A first segment that does not open a connection (`--flags`): whatever answers it by the rules decides.
extension Connection {
  /// Judges an answer to a crafted segment.
  ///
  /// A closed port answers a segment without ACK by `<SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>` and one with
  /// ACK by `<SEQ=SEG.ACK><CTL=RST>` (RFC 9293 §3.10.7.1); a listener may answer SYN with anything else by
  /// SYN-ACK.
  mutating func receiveCrafted(_ segment: Segment, at now: Stamp) -> Reaction {
    let acknowledges = segment.ack.map { $0 == tcb.snd.nxt || acknowledgesFirst($0) } ?? false
    if segment.flags.contains(.rst) {
      let echoes = plan.flags.contains(.ack) && segment.seq == craftedAcknowledgment
      guard acknowledges || echoes else { return Reaction(refusal: .rstMismatch) }
      noteAnswer(echo: nil, at: now)
      decide(.refused, .rst)
      finish(.peerRst)
      return .none
    }
    guard segment.flags.contains(.syn) else { return Reaction(refusal: .notSyn) }
    guard acknowledges else { return Reaction(refusal: .ackMismatch) }
    noteAnswer(echo: nil, at: now)
    decide(.open, .synAck)
    peer = .synReceived
    return Reaction(send: sendReset(seq: segment.acknowledgment, ending: .rst, at: now.instant))
  }
}
