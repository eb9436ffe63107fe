import Timebase
import Wire

/// What an acknowledgment of our text changes (RFC 5681, RFC 6298, RFC 6582, RFC 6675).
extension Connection {
  /// Moves the acknowledged edge of the text to SND.UNA.
  mutating func acknowledgeText(by segment: Segment, at now: Stamp) {
    guard !sender.isAllAcknowledged, plan.mode == .full else { return }
    let edge = tcb.snd.una.distance(from: sequence(at: sender.acknowledged))
    let count = min(Int(edge), sender.length - sender.acknowledged)
    guard count > 0 else { return }
    sender.acknowledged += count
    sender.next = max(sender.next, sender.acknowledged)
    sender.highest = max(sender.highest, sender.acknowledged)
    sender.scoreboard.removeAll(before: sender.acknowledged)
    sender.isProbing = false
    sender.duplicates = 0
    sender.timeouts = 0
    sampleRoundTrip(by: segment, at: now.instant)
    adjustPath(for: count)
    // A plan's data stay with the plan: there is nothing to gain.
    if plan.isInteractive { sender.forgetAcknowledged() }
    if sender.isAllAcknowledged, !plan.isInteractive || marks.requestAcknowledged == nil {
      marks.requestAcknowledged = now
    }
  }

  private mutating func adjustPath(for count: Int) {
    let mss = effectiveMSS
    guard sender.isRecovering else { return sender.congestion.acknowledged(count, mss: mss) }
    if sender.acknowledged >= sender.recover {
      sender.isRecovering = false
      sender.congestion.endRecovery(inFlight: sender.inFlight, mss: mss)
    } else if !agreedOnSACK {
      sender.congestion.deflate(by: count, mss: mss)
    }
  }

  /// Feeds the retransmission timer: by a segment that was sent once, or by the echo of our clock, which tells the
  /// copies apart (RFC 6298 §3, RFC 7323 §4.1).
  ///
  /// An old duplicate does not move the peer's TS.Recent: where its first answer was lost, the next one echoes the clock
  /// of the first copy, and a whole timeout would count as a round trip. So only an echo of the last copy, or of what
  /// was sent after it, measures anything.
  private mutating func sampleRoundTrip(by segment: Segment, at now: Instant) {
    if let timed = sender.timed {
      guard sender.acknowledged >= timed.end else { return }
      retransmission.sample(now - timed.at)
      sender.timed = nil
    } else if recentTimestamp != nil, let echo = segment.options.timestamps?.echoReply {
      let elapsed = timestampValue(at: now) &- echo
      guard let last = sender.resentValue, elapsed <= timestampValue(at: now) &- last else { return }
      retransmission.sample(.milliseconds(Int64(elapsed)))
    }
  }

  /// Notes what the peer says to hold beyond a gap (RFC 2018 §5); blocks outside of what is in flight say nothing.
  ///
  /// - Returns: whether anything was new.
  mutating func noteHeldText(in options: TCPOptionList) -> Bool {
    guard agreedOnSACK, sender.inFlight > 0 else { return false }
    var isNews = false
    let oldest = sequence(at: sender.acknowledged)
    options.forEachSACKBlock { block in
      let (left, right) = (Int(block.left.distance(from: oldest)), Int(block.right.distance(from: oldest)))
      guard left < right, right <= sender.inFlight else { return }
      let held = (sender.acknowledged + left)..<(sender.acknowledged + right)
      isNews = sender.scoreboard.insert(held) || isNews
    }
    return isNews
  }

  /// The peer has got something beyond a gap: the third time in a row, what fills the gap is sent (RFC 5681 §3.2).
  ///
  /// Not again for what was in flight at the last loss: what comes twice makes for duplicates too (RFC 6582 §3.2).
  mutating func receiveDuplicateAcknowledgment(at now: Instant) {
    sender.duplicates += 1
    if sender.isRecovering {
      if !agreedOnSACK { sender.congestion.inflate(mss: effectiveMSS) }
    } else if sender.duplicates >= 3, sender.acknowledged >= sender.recover {
      sender.isRecovering = true
      sender.recover = sender.highest
      sender.repaired = sender.acknowledged
      sender.congestion.beginRecovery(inFlight: sender.inFlight, mss: effectiveMSS, inflates: !agreedOnSACK)
      timer = now + retransmission.timeout
    }
    oweText(at: now)
  }

  /// Goes back to the oldest unacknowledged octet; against a closed window, one octet at a time (RFC 5681 §3.1).
  mutating func resendText(at now: Instant) -> Outgoing? {
    if tcb.snd.wnd > 0, sender.inFlight > 0 {
      sender.congestion.timedOut(inFlight: sender.inFlight, mss: effectiveMSS, isRepeated: sender.timeouts > 0)
      sender.timeouts += 1
    }
    sender.next = sender.acknowledged
    sender.recover = sender.highest
    sender.isRecovering = false
    sender.duplicates = 0
    sender.timed = nil
    sender.isFinLost = sender.fin != nil
    sender.scoreboard.removeAll()
    let isShut = tcb.snd.wnd == 0 && !sender.isAllAcknowledged
    let outgoing = isShut ? sendWindowProbe(at: now) : sendText(at: now)
    timer = now + retransmission.timeout
    oweText(at: now)
    return outgoing
  }
}
