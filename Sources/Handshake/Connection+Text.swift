import Timebase
import Wire

/// What of our text may go out, and how it does.
extension Connection {
  /// The most text a segment may carry: the peer's MSS (RFC 9293 §3.7.1 says what to assume where it sent none) or the
  /// path's, less the options that every segment carries (RFC 6691).
  var effectiveMSS: Int {
    let offered = Int(peerOffer?.options.maximumSegmentSize ?? 536)
    let options = recentTimestamp == nil ? 0 : 12
    return max(1, min(max(offered, 48), plan.textLimit) - options)
  }

  /// Whether both ends permitted SACK (RFC 2018 §2).
  var agreedOnSACK: Bool { plan.offer.sack && peerOffer?.options.sackPermitted ?? false }

  /// The sequence number of an octet of ours.
  func sequence(at offset: Int) -> SequenceNumber { tcb.snd.iss + 1 + UInt32(truncatingIfNeeded: offset) }

  /// What is sent again next while losses are repaired; nil where nothing is.
  ///
  /// With SACK each hole below what the peer holds is, as fast as segments leave the path (RFC 6675 §5); without it the
  /// oldest segment, once for each acknowledgment of a part (RFC 6582 §3.2). The oldest never waits.
  private var nextHole: Range<Int>? {
    guard sender.isRecovering else { return nil }
    let from = max(sender.acknowledged, sender.repaired)
    let mss = effectiveMSS
    guard !sender.scoreboard.ranges.isEmpty else {
      let end = min(from + mss, sender.highest)
      return from == sender.acknowledged && from < end ? from..<end : nil
    }
    let gap = sender.scoreboard.gap(from: from)
    guard gap.lowerBound < sender.scoreboard.highest else { return nil }
    guard gap.lowerBound == sender.acknowledged || sender.pipe + mss <= sender.congestion.window else { return nil }
    return gap.lowerBound..<min(gap.lowerBound + mss, gap.upperBound)
  }

  /// Which octets may go out next in their order; empty where the peer's window or the path is full, or none are left.
  var sendableText: Range<Int> {
    let gap = sender.scoreboard.gap(from: sender.next)
    let start = gap.lowerBound
    let want = min(effectiveMSS, sender.length - start, gap.upperBound - start)
    // Two duplicate acknowledgments let out a new segment each (RFC 3042).
    let isLimited = !sender.isRecovering && sender.duplicates > 0 && sender.next == sender.highest
    let more = isLimited ? min(sender.duplicates, 2) * effectiveMSS : 0
    // The path's share is not cut into crumbs: the next acknowledgment lets out a whole segment.
    guard want > 0, sender.congestion.window + more - sender.pipe >= want else { return start..<start }
    let window = sender.acknowledged + Int(tcb.snd.wnd) - start
    return start..<(start + max(0, min(want, window)))
  }

  /// Whether our FIN goes out next: everything before it has been sent.
  private var isFinDue: Bool {
    guard plan.isInteractive, sender.isClosed, sender.isAllSent else { return false }
    return sender.fin == nil ? state == .established || state == .closeWait : sender.isFinLost
  }

  /// Whether anything may go out now.
  var isTextDue: Bool { nextHole != nil || !sendableText.isEmpty || isFinDue }

  /// Sends what `isTextDue` speaks of: lost text, text, or the FIN behind it.
  mutating func sendText(at now: Instant) -> Outgoing? {
    if let hole = nextHole {
      sender.repaired = hole.upperBound
      return sendText(hole, at: now)
    }
    if isFinDue { return sendFin(at: now) }
    return sendText(sendableText, at: now)
  }

  /// Sends one octet beyond a closed window, to learn whether it has opened (RFC 9293 §3.8.6.1).
  mutating func sendWindowProbe(at now: Instant) -> Outgoing? {
    guard sender.acknowledged < sender.length else { return nil }
    sender.isProbing = true
    return sendText(sender.acknowledged..<(sender.acknowledged + 1), at: now)
  }

  private mutating func sendText(_ range: Range<Int>, at now: Instant) -> Outgoing? {
    guard !range.isEmpty else { return nil }
    let isRetransmission = range.lowerBound < sender.highest
    if marks.request == nil { marks.request = Departure(number: nextNumber, stamp: nil) }
    if isRetransmission {
      marks.dataRetransmitted = true
      counters.retransmissions += 1
      // Which copy an acknowledgment answers cannot be told any more (RFC 6298 §3).
      sender.timed = nil
      sender.resentValue = timestampValue(at: now)
    } else {
      beginNewText(upTo: range.upperBound, at: now)
    }
    let flags: TCPFlags = range.upperBound == sender.length ? .psh : []
    let outgoing = segment(seq: sequence(at: range.lowerBound), flags: flags, text: range.count, at: now)
    sender.next = max(sender.next, range.upperBound)
    sender.highest = max(sender.highest, range.upperBound)
    if tcb.snd.nxt.precedes(outgoing.end) { tcb.snd.nxt = outgoing.end }
    if timer == nil { timer = now + retransmission.timeout }
    return emit(outgoing, text: sender.position(of: range), isRetransmission: isRetransmission)
  }

  private mutating func beginNewText(upTo end: Int, at now: Instant) {
    if sender.inFlight == 0, let last = sender.lastSent, now - last > retransmission.timeout {
      sender.congestion.restart(mss: effectiveMSS)
    }
    sender.lastSent = now
    if sender.timed == nil { sender.timed = Sender.Timed(end: end, at: now) }
  }
}
