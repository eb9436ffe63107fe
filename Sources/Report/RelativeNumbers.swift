import Handshake
import Wire

/// The sequence numbers that both directions are counted from, as Wireshark chooses them.
///
/// A direction begins at its SYN; without one, at the first number that was seen less one.
struct RelativeNumbers {
  private var local: SequenceNumber?
  private var remote: SequenceNumber?

  /// The bases of an outcome's packets.
  init(_ outcome: Outcome) {
    remote = outcome.irs
    for entry in outcome.exchange.entries {
      guard case .segment(let segment) = entry.content else { continue }
      let base = segment.flags.contains(.syn) ? segment.seq : segment.seq - 1
      switch entry.direction {
      case .sent:
        local = local ?? base
        remote = remote ?? segment.ack.map { $0 - 1 }
      case .received:
        remote = remote ?? base
        local = local ?? segment.ack.map { $0 - 1 }
      }
    }
  }

  /// SEG.SEQ, counted from its direction's base.
  func sequence(_ segment: Segment, _ direction: ExchangeEntry.Direction) -> UInt32 {
    segment.seq.distance(from: (direction == .sent ? local : remote) ?? SequenceNumber(0))
  }

  /// SEG.ACK, counted from the other direction's base; nil without the ACK bit.
  func acknowledgment(_ segment: Segment, _ direction: ExchangeEntry.Direction) -> UInt32? {
    segment.ack?.distance(from: (direction == .sent ? remote : local) ?? SequenceNumber(0))
  }
}
