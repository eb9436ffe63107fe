import Timebase
import Wire

/// Every state from SYN-RECEIVED on, in the order of RFC 9293 §3.10.7.4 with RFC 5961's stricter rules.
extension Connection {
  mutating func receiveSynchronized(_ segment: Segment, text: RawSpan, at now: Stamp) -> Reaction {
    if let repeated = receiveRepeatedSyn(segment, at: now) { return repeated }
    // first, the sequence number, and before it the timestamp (RFC 7323 §5.3)
    if isOldByItsStamp(segment, at: now.instant) {
      return Reaction(send: sendChallengeAck(at: now.instant), refusal: .paws)
    }
    guard tcb.accepts(segment) || closesAgainstOurWindow(segment) || isNewsAtTheEdge(segment) else {
      return receiveOutOfWindow(segment, at: now)
    }
    // second, the RST bit
    if segment.flags.contains(.rst) { return receiveReset(segment, at: now) }
    // third, security: none. fourth, the SYN bit: a challenge, never a reset (RFC 5961 §4.2)
    if segment.flags.contains(.syn) {
      return Reaction(send: sendChallengeAck(at: now.instant), refusal: .unexpectedSyn)
    }
    // fifth, the ACK field
    guard let ack = segment.ack else { return Reaction(refusal: .noAck) }
    if let refused = receiveAcknowledgment(ack, of: segment, at: now) { return refused }
    guard !isFinished else { return .none }
    // sixth, the URG bit: urgent data is data here. seventh, the text. eighth, the FIN bit.
    updateRecentTimestamp(from: segment, at: now.instant)
    let tookText = takeText(segment, text, at: now)
    let tookFin = takeFin(segment, at: now)
    guard segment.len > 0 else { return .none }
    let reply = sendAck(at: now.instant)
    if tookFin { marks.lastAck = reply.number }
    if tookFin || tookText { progress(at: now.instant) }
    return Reaction(send: reply)
  }

  /// A SYN-ACK that comes again: it is acknowledged again.
  ///
  /// Our ACK got lost, or the peer's full accept queue dropped it. With another IRS, or another acknowledgment,
  /// it belongs to no connection of ours.
  private mutating func receiveRepeatedSyn(_ segment: Segment, at now: Stamp) -> Reaction? {
    if isPassiveSynReceived, let repeated = receiveSynAgain(segment, at: now) { return repeated }
    guard segment.flags.contains([.syn, .ack]), !segment.flags.contains(.rst) else { return nil }
    guard state != .synReceived else { return completeSimultaneousOpen(segment, at: now) }
    guard segment.seq == tcb.rcv.irs else {
      notes.insert(.irsMismatch)
      return Reaction(send: sendChallengeAck(at: now.instant), refusal: .irsMismatch)
    }
    guard segment.acknowledgment == tcb.snd.iss + 1 else {
      return Reaction(send: sendChallengeAck(at: now.instant), refusal: .ackMismatch)
    }
    counters.duplicates += 1
    return Reaction(send: sendChallengeAck(at: now.instant))
  }

  /// The other end's SYN-ACK of a simultaneous open carries its SYN again; only its ACK is news.
  private mutating func completeSimultaneousOpen(_ segment: Segment, at now: Stamp) -> Reaction? {
    guard segment.seq == tcb.rcv.irs, let ack = segment.ack else { return nil }
    return receiveAcknowledgmentOfSyn(ack, of: segment, at: now) ?? Reaction(send: sendAck(at: now.instant))
  }

  /// A FIN right at RCV.NXT against the closed window that a plan may offer.
  ///
  /// No octet needs room, and refusing it would leave both ends hanging. Linux takes it as well; table 6 of
  /// RFC 9293 §3.4 does not.
  private func closesAgainstOurWindow(_ segment: Segment) -> Bool {
    tcb.rcv.wnd == 0 && segment.seq == tcb.rcv.nxt && segment.textLength == 0
      && segment.flags.isDisjoint(with: [.syn, .rst])
  }

  /// An unacceptable segment is answered by an ACK, unless it is an RST.
  private mutating func receiveOutOfWindow(_ segment: Segment, at now: Stamp) -> Reaction {
    if segment.flags.contains(.rst) { return Reaction(refusal: .rstMismatch) }
    // A SYN is challenged wherever it lies (RFC 5961 §4.2), unless it is the peer's own once more.
    if segment.flags.contains(.syn), segment.seq != tcb.rcv.irs {
      return Reaction(send: sendChallengeAck(at: now.instant), refusal: .unexpectedSyn)
    }
    let isOld = !segment.end.isIn(tcb.rcv.nxt + 1, length: 1 << 31)
    if isOld, segment.len > 0 {
      counters.duplicates += 1
      // Only the peer's FIN, retransmitted, begins the wait again; `stageLimit` has the last word.
      if state == .timeWait, segment.flags.contains(.fin), segment.end == tcb.rcv.nxt {
        stageDeadline = now.instant + plan.timeWait
      }
      // Text that comes again means that an ACK of ours was lost, and nothing but an ACK stops it: no throttle then.
      guard segment.textLength > 0 else { return Reaction(send: sendChallengeAck(at: now.instant)) }
      return Reaction(send: sendAck(at: now.instant, duplicate: SACKBlock(left: segment.seq, right: segment.end)))
    }
    // A probe of the peer's, for life (SEG.SEQ = RCV.NXT-1) or for a window that we closed, is no fault of its.
    let isProbe = (isOld && segment.seq == tcb.rcv.nxt - 1) || (tcb.rcv.wnd == 0 && segment.seq == tcb.rcv.nxt)
    if isProbe { return Reaction(send: sendChallengeAck(at: now.instant)) }
    return Reaction(send: sendChallengeAck(at: now.instant), refusal: .outOfWindow)
  }

  /// An RST counts exactly at RCV.NXT; anywhere else in the window it is challenged (RFC 5961 §3.2).
  private mutating func receiveReset(_ segment: Segment, at now: Stamp) -> Reaction {
    guard segment.seq == tcb.rcv.nxt else {
      return Reaction(send: sendChallengeAck(at: now.instant), refusal: .rstMismatch)
    }
    if isPassiveSynReceived { return returnToListen() }
    if state == .synReceived { decide(.refused, .rst) }
    switch state {
    case .closing, .lastAck, .timeWait: break
    default: notes.insert(.resetByPeer)
    }
    state = .closed
    peer = .closed
    finish(.peerRst)
    return .none
  }

  /// fifth, the ACK field; nil where the segment may be processed further.
  private mutating func receiveAcknowledgment(
    _ ack: SequenceNumber, of segment: Segment, at now: Stamp
  ) -> Reaction? {
    let snd = tcb.snd
    if state == .synReceived { return receiveAcknowledgmentOfSyn(ack, of: segment, at: now) }
    // Something that we did send. The RFC stops at SEG.ACK > SND.NXT; nothing of ours came before ISS+1 either.
    guard ack.isIn(oldestOfOurs, length: snd.nxt.distance(from: oldestOfOurs) &+ 1) else {
      return Reaction(send: sendChallengeAck(at: now.instant), refusal: .ackMismatch)
    }
    // Older than any window that the peer ever offered: a blind injection (RFC 5961 §5.2).
    guard !ack.precedes(snd.una - snd.maxWnd) else {
      return Reaction(send: sendChallengeAck(at: now.instant), refusal: .ackMismatch)
    }
    if !ack.precedes(snd.una) { tcb.updateWindow(from: segment, ack: ack) }
    notePeerEstablished(by: segment, acknowledging: ack)
    let tellsOfHeldText = noteHeldText(by: segment, at: now.instant)
    if stage == .requesting, reportsDuplicate(segment) {
      sender.detection.noteDuplicate(acknowledged: sender.acknowledged, next: sender.highest)
    }
    if snd.una.precedes(ack) {
      advance(to: ack, by: segment, at: now)
    } else if stage == .requesting, ack == snd.una {
      receiveSameAcknowledgment(segment, oldWindow: snd.wnd, tellsOfHeldText: tellsOfHeldText, at: now.instant)
    }
    noteConfirmation(by: segment, at: now)
    return nil
  }

  private mutating func receiveAcknowledgmentOfSyn(
    _ ack: SequenceNumber, of segment: Segment, at now: Stamp
  ) -> Reaction? {
    guard acknowledgesFirst(ack) else {
      return Reaction(send: challenges.allows(at: now.instant) ? sendReset(seq: ack) : nil, refusal: .ackMismatch)
    }
    noteAnswer(segment, at: now)
    tcb.snd.una = ack
    // The window of a SYN-ACK is never scaled (RFC 7323 §2.2).
    let scale = segment.flags.contains(.syn) ? 0 : tcb.snd.scale
    tcb.setWindow(UInt32(segment.wnd) << scale, from: segment, ack: ack)
    decide(.open, plan.isPassive ? .ack : .synAck)
    peer = .established
    handshakeEnds()
    guard plan.mode == .full else {
      return Reaction(send: sendReset(seq: tcb.snd.nxt, ending: .rst, at: now.instant))
    }
    state = .established
    stage = .opened
    transmitPending = true
    return nil
  }

  /// Takes an acknowledgment of something new (RFC 6298 §5.2 and §5.3).
  private mutating func advance(to ack: SequenceNumber, by segment: Segment, at now: Stamp) {
    tcb.snd.una = ack
    retransmission.restart()
    transmissionsLeft = plan.retransmissions
    acknowledgeText(by: segment, at: now)
    giveUpAt = nil
    detectLosses(at: now.instant)
    timer = ack == tcb.snd.nxt ? nil : now.instant + retransmission.timeout
    scheduleTailProbe(at: now.instant)
    if let fin = sender.fin, ack == fin + 1 { finAcknowledged(at: now) }
    progress(at: now.instant)
  }

  /// Nothing new was acknowledged in order; but the peer may have got something beyond a gap, or have more room.
  private mutating func receiveSameAcknowledgment(
    _ segment: Segment, oldWindow: UInt32, tellsOfHeldText: Bool, at now: Instant
  ) {
    let isDuplicate = segment.len == 0 && tcb.snd.wnd == oldWindow && oldWindow > 0
    if tellsOfHeldText {
      detectLosses(at: now)
      scheduleTailProbe(at: now)
      oweText(at: now)
    } else if tcb.snd.wnd != oldWindow {
      if tcb.snd.wnd > 0 { takeBackWindowProbe() }
      progress(at: now)
    } else if isDuplicate, sender.inFlight > 0, !agreedOnSACK {
      receiveDuplicateAcknowledgment(at: now)
    } else if isDuplicate {
      settleTailProbe(by: segment, isDuplicate: true)
    }
  }

  private mutating func noteConfirmation(by segment: Segment, at now: Stamp) {
    guard stage == .confirming, segment.len == 0, segment.ack == tcb.snd.nxt, segment.seq == tcb.rcv.nxt
    else { return }
    marks.confirmed = current
    timer = nil
    afterConfirm()
  }
}
