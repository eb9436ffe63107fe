import Handshake
import Timebase
import Wire

/// What was made of single packets, for whoever writes them down: a benchmark keeps no account of them by itself.
extension BenchEngine {
  /// Takes a packet that came, as `receive(_:at:into:)` does, and shows what became of it; nil where it belongs to no
  /// connection.
  public mutating func judge(
    _ arrival: borrowing ReceivedPacket, at now: Stamp, into batch: inout PacketBatch
  ) -> Judgement? {
    let judged = arrival.judged()
    let (flow, content, why) = BenchEngine.account(of: judged, arrival)
    // What a slot without a connection yet is sent belongs to none.
    guard let slot = flow.flatMap({ slot(of: $0) }), slots[slot].generation > 0 || slots[slot].state != .closed else {
      take(judged, at: now, into: &batch)
      return nil
    }
    var isLate = slots[slot].state == .closed
    if isLate, case .segment(let segment) = content, isRepeatedFin(segment, slot) { isLate = false }
    lastRefusal = why
    take(judged, at: now, into: &batch)
    return judgement(slot, .received, content, at: now, refusal: lastRefusal, isLate: isLate)
  }

  /// What a packet of ours is, asked when it has left; the name is the batch's, the segment what the packet says.
  public func judgement(ofSent name: UInt64, _ segment: Segment, at stamp: Stamp) -> Judgement? {
    let name = PacketTag(rawValue: name)
    guard slots.indices.contains(name.slot) else { return nil }
    let isCurrent = name.isOf(slots[name.slot].generation)
    let isAgain = isCurrent && name.role == .awaited && slots[name.slot].copies > 1
    return judgement(name.slot, .sent, .segment(segment), at: stamp, isRetransmission: isAgain)
  }

  /// Whose a packet is, what it says, and why it is refused before any connection is asked.
  private static func account(
    of judged: ReceivedContent, _ arrival: borrowing ReceivedPacket
  ) -> (flow: Flow?, content: PacketLog.Entry.Content, why: Refusal?) {
    switch judged {
    case .segment(let flow, let segment, _, _): (flow, .segment(segment), nil)
    case .icmp(let flow, let notice, _): (flow, .icmp(type: notice.type, code: notice.code), nil)
    case .refused(let why, let flow): (flow, arrival.readableSegment.map { .segment($0) } ?? .unreadable, why)
    case .notOurs: (nil, .unreadable, nil)
    }
  }

  private func judgement(
    _ slot: Int, _ direction: PacketLog.Entry.Direction, _ content: PacketLog.Entry.Content, at stamp: Stamp,
    refusal: Refusal? = nil, isRetransmission: Bool = false, isLate: Bool = false
  ) -> Judgement {
    let own = slots[slot]
    // The peer's state is not kept: CLOSED, as where nothing is known of it.
    let entry = PacketLog.Entry(
      direction: direction, content: content, stamp: stamp, state: own.state, peer: .closed, refusal: refusal,
      isRetransmission: isRetransmission)
    // Its SYN took a number: before it was believed, both are the same.
    let irs = own.receiveNext == own.irs ? nil : own.irs
    return Judgement(entry: entry, iss: own.iss, irs: irs, copies: own.copies, isLate: isLate)
  }
}
