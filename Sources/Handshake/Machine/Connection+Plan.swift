import Timebase
import Wire

/// The application's side: what the plan asks for once the connection is open, one segment at a time.
extension Connection {
  /// Sends what is owed next.
  mutating func carryOn(at now: Stamp) -> Outgoing? {
    switch stage {
    case .opening: return sendFirst(at: now.instant)
    case .opened:
      if plan.confirm, marks.confirm == nil, state == .established { return sendConfirm(at: now.instant) }
      if plan.isInteractive || !sender.isAllSent { return beginRequest(at: now.instant) }
      return beginClose(at: now.instant)
    case .requesting: return sendMoreText(at: now.instant)
    case .closing: return beginClose(at: now.instant)
    case .confirming, .done: return nil
    }
  }

  /// A keep-alive probe, SEG.SEQ = SND.NXT-1 (RFC 9293 §3.8.4), with one garbage octet where SACK was agreed.
  ///
  /// An acknowledgment alone shows little: a half-open peer must answer an unacceptable segment by an ACK too
  /// (§3.10.7.4), and Linux does while it waits for data (TCP_DEFER_ACCEPT) or for room in its accept queue. But
  /// only who takes text can say that this octet came twice, by a D-SACK (RFC 2883 §4).
  mutating func sendConfirm(at now: Instant) -> Outgoing {
    stage = .confirming
    marks.confirmCopies += 1
    if marks.confirmCopies == 1 {
      marks.confirm = nextNumber
      limitStage(from: now)
    }
    timer = now + retransmission.timeout
    let octets = agreedOnSACK ? 1 : 0
    var probe = emit(
      segment(seq: confirmSequence, text: octets, at: now), text: 0..<octets,
      isRetransmission: marks.confirmCopies > 1)
    probe.isGarbage = octets > 0
    return probe
  }

  /// Where the confirming probe lies: just before what the peer expects.
  var confirmSequence: SequenceNumber { tcb.snd.nxt - 1 }

  /// Goes on to what follows the confirmation, whether or not it verified anything.
  mutating func afterConfirm() {
    if peer == .synReceived { notes.insert(.unconfirmed) }
    timer = nil
    giveUpAt = nil
    stageLimit = nil
    transmissionsLeft = plan.retransmissions
    stage = .opened
    transmitPending = true
  }

  private mutating func beginRequest(at now: Instant) -> Outgoing? {
    stage = .requesting
    limitStage(from: now)
    return sendMoreText(at: now)
  }

  private mutating func sendMoreText(at now: Instant) -> Outgoing? {
    let outgoing = sendText(at: now)
    oweText(at: now)
    return outgoing
  }

  /// Owes the text that the window lets out; a closed window is probed when the retransmission timer runs out.
  mutating func oweText(at now: Instant) {
    transmitPending = isTextDue
    if !transmitPending, timer == nil, !sender.isAllAcknowledged { timer = now + retransmission.timeout }
  }

  /// Moves the plan on after something was taken or acknowledged.
  mutating func progress(at now: Instant) {
    switch stage {
    case .confirming where state == .closeWait: afterConfirm()
    case .requesting where plan.isInteractive: oweText(at: now)
    case .requesting where sender.isAllAcknowledged:
      // The answer's first octet, or the peer's FIN, ends the wait for an answer.
      if marks.firstOctet != nil || state == .closeWait {
        stageDeadline = nil
        stageLimit = nil
        stage = .closing
        transmitPending = true
      } else if stageDeadline == nil {
        stageDeadline = now + plan.answerWait
      }
    case .requesting: oweText(at: now)
    default: break
    }
  }

  private mutating func beginClose(at now: Instant) -> Outgoing? {
    stage = .closing
    switch plan.close {
    case .fin: return sendFin(at: now)
    case .rst: return sendReset(seq: tcb.snd.nxt, ending: .rst, at: now)
    case .none:
      finish(.none)
      return nil
    }
  }
}

/// What happens when a timer runs out.
extension Connection {
  /// The retransmission timer (RFC 6298 §5.4 to §5.6).
  mutating func retransmissionTimeout(at now: Stamp) -> Outgoing? {
    timer = nil
    // Of a peer that opened the connection an ICMP error decides nothing: it is soft (RFC 9293 §3.9.2.2, MUST-56).
    if verdict == nil, pendingError != nil, !plan.isPassive {
      decideUnanswered()
      return endUndecided(at: now.instant)
    }
    // A peer that says again and again that it has no room may do so forever (RFC 9293 §3.8.6.1, MUST-37), as long as it
    // is asked.
    let isAsked = plan.isInteractive && plan.retransmissions > 0
    let isShut = isAsked && tcb.snd.wnd == 0 && heardSinceResend && !sender.isAllAcknowledged
    if verdict != nil { return retransmissionTimeoutOnceOpen(isShut: isShut, at: now.instant) }
    guard transmissionsLeft > 0 else { return giveUp(at: now.instant) }
    transmissionsLeft -= 1
    retransmission.backOff()
    heardSinceResend = false
    guard state == .synReceived else { return sendFirst(at: now.instant) }
    if !plan.isPassive { counters.retransmissions += 1 }
    return sendSynAck(at: now.instant)
  }

  /// Once a round trip is known retransmissions follow each other faster than copies of a SYN: as many are sent as fit
  /// the time in which those are, and no fewer.
  private mutating func retransmissionTimeoutOnceOpen(isShut: Bool, at now: Instant) -> Outgoing? {
    let end = giveUpAt ?? now + max(.zero, plan.patience - retransmission.timeout)
    giveUpAt = isShut ? nil : end
    guard transmissionsLeft > 0 || isShut || now < end else { return giveUp(at: now) }
    guard plan.retransmissions > 0 else {
      timer = end
      return nil
    }
    if !isShut, transmissionsLeft > 0 { transmissionsLeft -= 1 }
    retransmission.backOff()
    heardSinceResend = false
    let outgoing = resend(at: now)
    if transmissionsLeft == 0, !isShut, let next = timer { timer = min(next, end) }
    return outgoing
  }

  private mutating func resend(at now: Instant) -> Outgoing? {
    switch stage {
    case .confirming:
      counters.retransmissions += 1
      return sendConfirm(at: now)
    case .requesting: return resendText(at: now)
    case .closing where sender.fin != nil: return sendFin(at: now)
    default: return nil
    }
  }

  /// Nothing answers any more.
  private mutating func giveUp(at now: Instant) -> Outgoing? {
    if verdict == nil {
      decideUnanswered()
      return endUndecided(at: now)
    }
    if stage == .confirming {
      afterConfirm()
      return nil
    }
    notes.insert(heardSinceResend ? .windowZero : .peerVanished)
    return sendReset(seq: tcb.snd.nxt, ending: .timeout, at: now)
  }

  /// No TCP answer came in the time there was: the ICMP error that came instead decides, or the silence.
  mutating func decideUnanswered() {
    let reason = pendingError ?? (counters.invalid > 0 ? .invalidReplies : .noResponse)
    decide(reason.verdict, reason)
  }

  /// Ends what no SYN-ACK has opened: USER TIMEOUT and ABORT lead to CLOSED (RFC 9293 §3.10.5, §3.10.8).
  ///
  /// A peer whose SYN we answered holds half a connection, and is told.
  mutating func endUndecided(at now: Instant) -> Outgoing? {
    if isPassiveSynReceived { return giveUpHalfOpen() }
    if state == .synReceived { return sendReset(seq: tcb.snd.nxt, ending: .timeout, at: now) }
    state = .closed
    finish(.none)
    return nil
  }

  /// A stage took longer than it may.
  mutating func stageTimeout(at now: Stamp) -> Outgoing? {
    stageDeadline = nil
    switch state {
    case .timeWait:
      finish(.fin)
      return nil
    case .finWait2:
      notes.insert(isStillSending(at: now.instant) ? .keptSending : .peerFinMissing)
      return sendReset(seq: tcb.snd.nxt, ending: .timeout, at: now.instant)
    default:
      // No answer to the request came: that is the application's affair, and the close goes on.
      stageLimit = nil
      stage = .closing
      transmitPending = true
      return nil
    }
  }

  /// Whether the peer sends on after our FIN, rather than having fallen silent at some time since.
  private func isStillSending(at now: Instant) -> Bool { lateTextAt.map { now - $0 <= plan.patience / 2 } ?? false }

  /// Limits a stage that the peer can prolong; an owner has his own limits.
  ///
  /// It may take our data an octet at a time, or make the round trip so long that the retransmissions, which follow it,
  /// take minutes.
  mutating func limitStage(from now: Instant) {
    if !plan.isInteractive { stageLimit = now + plan.longestStage }
  }

  /// The peer has prolonged a stage for as long as it may.
  mutating func limitReached(at now: Stamp) -> Outgoing? {
    stageLimit = nil
    switch stage {
    case _ where state == .timeWait:
      finish(.fin)
      return nil
    case .confirming:
      afterConfirm()
      return nil
    case .requesting: notes.insert(.tooSlow)
    default: notes.insert(.peerVanished)
    }
    return sendReset(seq: tcb.snd.nxt, ending: .timeout, at: now.instant)
  }
}
