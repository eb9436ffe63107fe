import Timebase
import Wire

/// What is taken from a segment once its sequence number and acknowledgment are believed.
extension Connection {
  /// seventh, the segment text: taken where it continues what was taken before, and kept where it lies beyond a gap
  /// (RFC 9293 §3.10.7.4).
  ///
  /// - Returns: whether anything new was taken.
  @discardableResult
  mutating func takeText(_ segment: Segment, _ text: RawSpan, at now: Stamp) -> Bool {
    guard segment.textLength > 0 else { return false }
    switch state {
    case .established, .finWait1, .finWait2: break
    default: return false
    }
    let start = segment.flags.contains(.syn) ? segment.seq + 1 : segment.seq
    // What was taken before is cut off in front, and what lies beyond the window behind.
    let isEarly = tcb.rcv.nxt.precedes(start)
    let old = isEarly ? 0 : Int(tcb.rcv.nxt.distance(from: start))
    let offset = isEarly ? Int(start.distance(from: tcb.rcv.nxt)) : 0
    let there = plan.isInteractive ? min(segment.textLength, text.byteCount) : segment.textLength
    let count = min(there - old, Int(tcb.rcv.wnd) - offset)
    guard count > 0 else { return false }
    if isEarly { notes.insert(.dataOutOfOrder) }
    let piece = plan.isInteractive ? text.extracting(old..<(old + count)) : RawSpan()
    let fresh = reassembly.insert(piece, count: count, at: offset, next: tcb.rcv.nxt)
    guard fresh > 0 else { return false }
    tcb.rcv.nxt = tcb.rcv.nxt + UInt32(truncatingIfNeeded: fresh)
    counters.octetsReceived += fresh
    if plan.isInteractive { tcb.rcv.wnd -= UInt32(truncatingIfNeeded: fresh) }
    if sender.fin != nil { lateTextAt = now.instant }
    // A greeting that came before our request does not answer it.
    if sender.length == 0 || marks.request != nil {
      if marks.firstOctet == nil { marks.firstOctet = current }
      marks.lastOctet = current
    }
    return true
  }

  /// eighth, the FIN bit: taken once everything before it was (RFC 9293 §3.10.7.4); one beyond a gap is remembered.
  ///
  /// - Returns: whether the FIN was taken now.
  @discardableResult
  mutating func takeFin(_ segment: Segment, at now: Stamp) -> Bool {
    guard marks.peerFin == nil else { return false }
    if segment.flags.contains(.fin), earlyFin == nil { earlyFin = finWithinWindow(of: segment) }
    guard let fin = earlyFin, fin == tcb.rcv.nxt else { return false }
    earlyFin = nil
    tcb.rcv.nxt = tcb.rcv.nxt + 1
    marks.peerFin = current
    switch state {
    case .established:
      state = .closeWait
      peer = .finWait1
      marks.peerClosedFirst = true
    case .finWait1:
      // Both ends close at once: it does not acknowledge our FIN, so the peer had not got it when it sent its own.
      state = .closing
      peer = .finWait1
    case .finWait2:
      peer = .lastAck
      enterTimeWait(at: now.instant)
    default: break
    }
    return true
  }

  /// Where a segment's FIN lies; nil beyond our window: then the text before it had no room either.
  private func finWithinWindow(of segment: Segment) -> SequenceNumber? {
    let fin = segment.end - 1
    return fin.isIn(tcb.rcv.nxt, length: tcb.rcv.wnd &+ 1) ? fin : nil
  }

  /// Our FIN was acknowledged: what the RFC says in the fifth check, state by state.
  mutating func finAcknowledged(at now: Stamp) {
    marks.finAcknowledged = current
    switch state {
    case .finWait1:
      state = .finWait2
      stageLimit = nil
      if peer == .established || peer == .synReceived { peer = .closeWait }
      // Text that still comes puts nothing off, or a peer that never stops sending would hold us.
      // A listener's connections have this patience too; any other owner has his own.
      if !plan.isInteractive || plan.isPassive { stageDeadline = now.instant + plan.patience }
    case .closing:
      peer = .closing
      enterTimeWait(at: now.instant)
      if log.stamp(of: marks.lastAck) != nil { peerGotLastAck() }
    case .lastAck:
      state = .closed
      peer = .timeWait
      finish(.fin)
    default: break
    }
  }

  /// Our acknowledgment of the peer's FIN leaves it nothing to wait for.
  mutating func peerGotLastAck() { peer = peer == .closing ? .timeWait : .closed }

  /// What a segment gives away about the peer's state: who sends or takes text or a FIN has got our SYN's ACK.
  ///
  /// An ACK of the SYN alone gives nothing away: half-open peers send that too (see `sendConfirm`).
  mutating func notePeerEstablished(by segment: Segment, acknowledging ack: SequenceNumber) {
    guard peer == .synReceived, !segment.flags.contains(.syn) else { return }
    let takes = (tcb.snd.iss + 1).precedes(ack)
    let sends = segment.len > 0
    let tellsOfTwice =
      stage == .confirming
      && segment.options.firstSACKBlock == SACKBlock(left: confirmSequence, right: confirmSequence + 1)
    if takes || sends || tellsOfTwice { peer = .established }
  }

  private mutating func enterTimeWait(at now: Instant) {
    state = .timeWait
    stage = .closing
    timer = nil
    transmitPending = false
    stageDeadline = now + plan.timeWait
    stageLimit = now + plan.timeWait + plan.patience
    ending = .fin
  }
}
