import Timebase
import Wire

/// Who ends a connection: the packets that come in the peer's name, compared with each other.
extension TracedConnection {
  /// Takes what a packet says of its sender; `next` is RCV.NXT before it.
  mutating func noteSender(of segment: Segment, _ ip: IPMarks, next: SequenceNumber, isAccepted: Bool) {
    let isReset = segment.flags.contains(.rst)
    guard isReset || segment.flags.contains(.fin) else {
      if isAccepted { peerMarks.take(ip, window: segment.wnd, timestamp: segment.options.timestamps?.value) }
      return
    }
    guard isReset || isAccepted else { return }
    if isReset, isAccepted, connection.verdict == .open, peerMarks.packets > 0, !peerMarks.contains(ip.hopLimit) {
      note(.ttlMismatch)
    }
    // An RST outranks a FIN, and the one that counted any other.
    if let end, !isReset || (end.isReset && (end.isAccepted || !isAccepted)) { return }
    let isKnown = connection.peerOffer != nil
    let offset = Int32(truncatingIfNeeded: segment.seq.distance(from: next))
    end = EndMarks(
      isReset: isReset, number: Int(connection.current), ip: ip, seq: segment.seq,
      window: segment.wnd, timestamp: segment.options.timestamps?.value, offset: isReset && isKnown ? offset : nil,
      isAccepted: isAccepted,
      after: peerMarks)
  }

  /// Takes a segment that comes once the connection has ended: whoever was said to have reset it goes on.
  mutating func noteLate(_ segment: Segment) {
    guard let end, end.isReset, end.isAccepted, !segment.flags.contains(.rst) else { return }
    if segment.flags.contains([.syn, .ack]) {
      let acknowledges = segment.acknowledgment.isIn(
        connection.tcb.snd.iss + 1, length: UInt32(truncatingIfNeeded: connection.plan.data.count) &+ 1)
      if connection.verdict == .refused, acknowledges { self.end?.wentOn = true }
    } else if segment.len > 0, connection.peerOffer != nil, !segment.flags.contains(.syn), end.isPassed(by: segment.end)
    {
      self.end?.wentOn = true
    }
  }

  /// Whether the RST that ended it came from another distance than the peer's packets, and the peer may yet go on.
  public var isResetDoubtful: Bool {
    guard let end, end.isReset, end.isAccepted, !end.wentOn, connection.verdict == .open else { return false }
    return peerMarks.packets > 0 && !peerMarks.contains(end.ip.hopLimit)
  }

  /// Who sent the RST, or a FIN that is not the peer's; nil where there was neither.
  func resetOrigin(in log: PacketLog, steps: [Step]) -> ResetOrigin? {
    guard var end else { return nil }
    let place = log.entries.firstIndex { Int($0.number) == end.number && $0.direction == .received }
    end.elapsed = place.flatMap { place in
      log.entries[..<place].last { $0.direction == .sent && $0.hasDeparted }.flatMap {
        log.entries[place].elapsed(since: $0)
      }
    }
    let local = flow.local.address
    let context = ResetOrigin.Context(
      ownHopLimit: local == flow.remote.address || local.isLoopback ? nil : IPFields().hopLimit,
      roundTrip: steps.first { $0.kind == .syn }?.measurement?.interval)
    let origin = ResetOrigin(end, among: peerMarks, context)
    return origin.isReset || origin.sender == .path || origin.sender == .host ? origin : nil
  }
}
