import Timebase
import Wire

/// Losses: how they are noticed, and what is believed of the path after them (RFC 5681, RFC 6298, RFC 8985).
extension Connection {
  /// Looks for segments that time says are lost, after news of what has arrived (RFC 8985 §6.2, steps 4 and 5).
  mutating func detectLosses(at now: Instant) {
    timers[.reordering] = nil
    guard agreedOnSACK, !sender.flight.isEmpty else { return }
    let (window, detection, reducedAt) = (reorderingWindow, sender.detection, sender.reducedAt)
    var (foundNew, foundAgain) = (false, false)
    var longest = Interval.zero
    sender.flight.markLost { piece in
      guard let patience = detection.patience(for: piece, window: window, at: now) else { return false }
      guard patience > .zero else {
        foundNew = foundNew || !piece.isSentAgain
        foundAgain = foundAgain || (piece.isSentAgain && piece.sentAt >= reducedAt)
        return true
      }
      longest = max(longest, patience)
      return false
    }
    if longest > .zero { timers[.reordering] = now + longest }
    if sender.repair == .none {
      if foundNew || foundAgain { beginRecovery(at: now) }
    } else if foundAgain {
      // A copy was lost as well: another sign of a full path (RFC 5681 §4.3), which counts once in a round trip.
      sender.reducedAt = now
      sender.congestion.reduce(inFlight: sender.flight.outstanding, mss: effectiveMSS)
    }
  }

  private var reorderingWindow: Interval {
    sender.detection.reorderingWindow(
      held: sender.flight.heldPieces, isRepairing: sender.repair != .none, smoothed: retransmission.smoothedRTT)
  }

  /// Repairs losses without waiting for the timer (RFC 5681 §3.2).
  mutating func beginRecovery(at now: Instant) {
    noteDoubt()
    sender.repair = .fast
    sender.recover = sender.highest
    sender.reducedAt = now
    sender.tailProbe = nil
    sender.congestion.beginRecovery(inFlight: sender.inFlight, mss: effectiveMSS, inflates: !agreedOnSACK)
    timer = now + retransmission.timeout
    scheduleTailProbe(at: now)
  }

  /// Begins again from the oldest unacknowledged octet; against a closed window, one octet at a time (RFC 5681 §3.1).
  mutating func resendText(at now: Instant) -> Outgoing? {
    let isShut = tcb.snd.wnd == 0 && !sender.isAllAcknowledged
    if !isShut, !sender.flight.isEmpty {
      noteDoubt()
      sender.congestion.timedOut(inFlight: sender.inFlight, mss: effectiveMSS, isRepeated: sender.timeouts > 0)
      sender.timeouts += 1
    }
    markLostByTimeout(at: now)
    if !sender.flight.isEmpty { sender.repair = .timeout }
    sender.reducedAt = now
    sender.recover = sender.highest
    sender.duplicates = 0
    sender.tailProbe = nil
    timers[.reordering] = nil
    sender.isFinLost = sender.fin != nil
    let outgoing = isShut ? sendWindowProbe(at: now) : sendText(at: now, isOverdue: true)
    timer = now + retransmission.timeout
    scheduleTailProbe(at: now)
    oweText(at: now)
    return outgoing
  }

  /// What is lost where the timer ran out: all that time allows, and the oldest segment in any case (RFC 8985 §6.3).
  private mutating func markLostByTimeout(at now: Instant) {
    noticeReneging()
    let (window, detection, hasSACK) = (reorderingWindow, sender.detection, agreedOnSACK)
    sender.flight.markLost { !hasSACK || detection.isOverdue($0, window: window, at: now) }
    sender.flight.markFirstLost()
  }

  /// A peer that holds the oldest segment, and does not acknowledge it, has thrown away what it held (RFC 2018 §8).
  private mutating func noticeReneging() {
    if !sender.flight.isEmpty, sender.flight[0].isHeld { sender.flight.forgetHeld() }
  }
}

/// Retransmissions that turn out to have been needless (RFC 3522, Eifel).
extension Connection {
  /// Keeps what the path was trusted with: an echo older than the first copy will say that nothing was lost.
  private mutating func noteDoubt() {
    guard recentTimestamp != nil, sender.doubt == nil || sender.repair == .none else { return }
    sender.doubt = Sender.Doubt(congestion: sender.congestion, value: nil)
  }

  /// The first acknowledgment of something new after a retransmission: what it echoes says which copy it answers.
  ///
  /// Where it is the first one, the segment was only late, or its acknowledgment was lost; the path is trusted as before
  /// (RFC 4015 §3.2).
  mutating func settleDoubt(by segment: Segment) {
    guard let doubt = sender.doubt, let value = doubt.value, let echo = segment.options.timestamps?.echoReply else {
      return
    }
    sender.doubt = nil
    guard Int32(truncatingIfNeeded: echo &- value) < 0, sender.repair != .none else { return }
    sender.congestion.undo(doubt.congestion)
    sender.flight.forgetLost()
    sender.repair = .none
    sender.recover = sender.acknowledged
  }
}

/// Tail loss probes (RFC 8985 §7): nothing comes after the last segment that would tell of its loss.
extension Connection {
  /// Sets the time of the next probe, or none where nothing can be gained by one (RFC 8985 §7.2).
  ///
  /// The RFC sends none while losses are repaired. One is sent for each timeout even then, as QUIC does (RFC 9002
  /// §6.2.4): or a single loss among repetitions would cost another timeout, and twice the wait (decision 15).
  mutating func scheduleTailProbe(at now: Instant) {
    timers[.tailProbe] = nil
    guard agreedOnSACK, plan.retransmissions > 0, sender.tailProbe == nil, !sender.flight.isEmpty, tcb.snd.wnd > 0,
      sender.repair != .none || sender.flight.held == 0, let timer
    else { return }
    let isSingle = sender.flight.count == 1 && sender.repair == .none
    let due = now + retransmission.probeTimeout(isSingle: isSingle)
    // Where the timer would run out first, it does all that a probe could.
    if due < timer { timers[.tailProbe] = due }
  }

  /// Sends new text if there is any that the peer has room for, else the last segment once more (RFC 8985 §7.3); while
  /// losses are repaired, the oldest.
  mutating func sendTailProbe(at now: Instant) -> Outgoing? {
    timers[.tailProbe] = nil
    guard let last = sender.flight.last, stage == .requesting else { return nil }
    guard sender.repair == .none else {
      noticeReneging()
      sender.tailProbe = Sender.TailProbe(end: sender.acknowledged + 1, isRepeat: false)
      return sendAgain(0, at: now, keepsTimer: true)
    }
    let fresh = newText(isOverdue: true)
    sender.tailProbe = Sender.TailProbe(end: fresh.isEmpty ? last.end : fresh.upperBound, isRepeat: fresh.isEmpty)
    timer = now + retransmission.timeout
    return fresh.isEmpty ? sendAgain(sender.flight.count - 1, at: now) : send(fresh, at: now)
  }

  /// A probe was answered: where it was a repetition that filled a gap, something had been lost, and the path is trusted
  /// with less (RFC 8985 §7.4).
  ///
  /// It filled none where the peer got it twice, and says so, by SACK or by a plain second acknowledgment.
  mutating func settleTailProbe(by segment: Segment, isDuplicate: Bool) {
    guard let probe = sender.tailProbe, sender.acknowledged >= probe.end else { return }
    if !probe.isRepeat || isDuplicate || reportsDuplicate(segment) {
      sender.tailProbe = nil
    } else if sender.acknowledged > probe.end {
      sender.tailProbe = nil
      sender.congestion.reduce(inFlight: sender.congestion.window, mss: effectiveMSS)
    }
  }
}
