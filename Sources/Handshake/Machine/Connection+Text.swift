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

  /// Which lost segment is retransmitted next, by its index in the flight; nil where none may be.
  ///
  /// As fast as segments leave the path (RFC 6675 §5); the oldest never waits, unless the peer has no room for it.
  private var dueLoss: Int? {
    guard let index = sender.flight.firstLost else { return nil }
    let piece = sender.flight[index]
    guard piece.start < windowEdge else { return nil }
    let isOldest = piece.start == sender.acknowledged
    return isOldest || sender.flight.outstanding + piece.count <= sender.congestion.window ? index : nil
  }

  /// One past the last octet that the peer has room for.
  private var windowEdge: Int { sender.acknowledged + Int(tcb.snd.wnd) }

  /// Which octets go out next for the first time; empty where the peer's window or the path is full, or none are left.
  private var sendableText: Range<Int> {
    let text = newText(isOverdue: false)
    // Two duplicate acknowledgments let out a new segment each (RFC 3042); SACK says what they stand for.
    let more = sender.repair == .none ? min(sender.duplicates, 2) * effectiveMSS : 0
    // The path's share is not cut into crumbs: the next acknowledgment lets out a whole segment.
    let share = sender.congestion.window + more - sender.flight.outstanding
    return share >= min(effectiveMSS, sender.length - text.lowerBound) ? text : text.lowerBound..<text.lowerBound
  }

  /// Which octets the peer's window lets out, whatever the path may carry: a whole segment, all that there is, or half
  /// of the widest window (RFC 9293 §3.8.6.2.1, MUST-38); any at all once that took too long.
  ///
  /// Where small segments are joined, one that is not full waits for everything before it (§3.7.4, Nagle).
  func newText(isOverdue: Bool) -> Range<Int> {
    let start = sender.next
    let (data, usable) = (sender.length - start, windowEdge - start)
    let most = min(data, usable, effectiveMSS)
    guard most > 0 else { return start..<start }
    let isWhole = most == effectiveMSS
    let isLast = data <= usable && !(plan.joinsSmallSegments && !sender.flight.isEmpty && !sender.isClosed)
    let isHalf = 2 * most >= Int(tcb.snd.maxWnd)
    return isWhole || isLast || isHalf || isOverdue ? start..<(start + most) : start..<start
  }

  /// Whether our FIN goes out next: everything before it has been sent.
  private var isFinDue: Bool {
    guard plan.isInteractive, sender.isClosed, sender.isAllSent else { return false }
    if sender.fin != nil { return sender.isFinLost && sender.flight.lost == 0 }
    return state == .established || state == .closeWait
  }

  /// Whether anything may go out now.
  var isTextDue: Bool { dueLoss != nil || !sendableText.isEmpty || isFinDue }

  /// Sends what `isTextDue` speaks of: lost text, text, or the FIN behind it; once it is overdue, however little.
  mutating func sendText(at now: Instant, isOverdue: Bool = false) -> Outgoing? {
    if let index = dueLoss { return sendAgain(index, at: now) }
    if isFinDue { return sendFin(at: now) }
    return send(isOverdue && sender.flight.isEmpty ? newText(isOverdue: true) : sendableText, at: now)
  }

  /// Sends one octet beyond a closed window, to learn whether it has opened (RFC 9293 §3.8.6.1).
  mutating func sendWindowProbe(at now: Instant) -> Outgoing? {
    let first = sender.acknowledged
    guard first < sender.length else { return nil }
    if sender.flight.isEmpty {
      sender.isProbing = true
      return send(first..<(first + 1), at: now)
    }
    return emitText(first..<(first + 1), isRetransmission: true, at: now)
  }

  /// The window has opened: the octet that probed it goes with what follows, as if it had never been sent.
  mutating func takeBackWindowProbe() {
    guard sender.isProbing else { return }
    sender.isProbing = false
    sender.flight.removeAll()
    sender.next = sender.acknowledged
    sender.repair = .none
  }

  /// Sends a segment of the flight again, as far as the peer has room for it.
  mutating func sendAgain(_ index: Int, at now: Instant, keepsTimer: Bool = false) -> Outgoing {
    let piece = sender.flight[index]
    let end = min(piece.end, max(windowEdge, piece.start + 1))
    sender.flight.sentAgain(index, upTo: end, at: now)
    // The timer is the oldest segment's.
    if piece.start == sender.acknowledged, !keepsTimer { timer = now + retransmission.timeout }
    if sender.repair != .none { scheduleTailProbe(at: now) }
    let value = timestampValue(at: now)
    if let doubt = sender.doubt, doubt.value == nil { sender.doubt?.value = value }
    return emitText(piece.start..<end, isRetransmission: true, at: now)
  }

  /// Sends text that follows what was sent.
  mutating func send(_ range: Range<Int>, at now: Instant) -> Outgoing? {
    guard !range.isEmpty else { return nil }
    let isRetransmission = range.lowerBound < sender.highest
    if !isRetransmission { noteNewText(at: now) }
    sender.flight.append(range, at: now)
    sender.next = range.upperBound
    sender.highest = max(sender.highest, range.upperBound)
    let outgoing = emitText(range, isRetransmission: isRetransmission, at: now)
    if tcb.snd.nxt.precedes(outgoing.segment.end) { tcb.snd.nxt = outgoing.segment.end }
    if timer == nil { timer = now + retransmission.timeout }
    scheduleTailProbe(at: now)
    return outgoing
  }

  private mutating func emitText(_ range: Range<Int>, isRetransmission: Bool, at now: Instant) -> Outgoing {
    if marks.request == nil { marks.request = nextNumber }
    if isRetransmission {
      marks.dataRetransmitted = true
      counters.retransmissions += 1
      sender.resentValue = timestampValue(at: now)
    }
    let flags: TCPFlags = range.upperBound == sender.length ? .psh : []
    let outgoing = segment(seq: sequence(at: range.lowerBound), flags: flags, text: range.count, at: now)
    return emit(outgoing, text: sender.position(of: range), isRetransmission: isRetransmission)
  }

  private mutating func noteNewText(at now: Instant) {
    if sender.inFlight == 0, let last = sender.lastSent, now - last > retransmission.timeout {
      sender.congestion.restart(mss: effectiveMSS)
    }
    sender.lastSent = now
  }
}
