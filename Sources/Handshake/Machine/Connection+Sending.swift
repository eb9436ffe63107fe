import Timebase
import Wire

/// How segments of ours are made.
extension Connection {
  /// Our time-stamp clock: milliseconds since the start, from a secret offset (RFC 7323 §5.4); never behind
  /// what a SYN already said, or the peer would take us for an old duplicate (§5.3, PAWS).
  func timestampValue(at now: Instant) -> UInt32 {
    let elapsed = UInt32(truncatingIfNeeded: max(0, (now - startedAt).nanoseconds) / 1_000_000)
    let value = seed.timestamp &+ elapsed
    guard let last = copies.last?.timestamp else { return value }
    return Int32(truncatingIfNeeded: value &- last) < 0 ? last : value
  }

  /// The value for another copy of the SYN: no two copies carry the same, however fast they follow each other.
  func freshTimestampValue(at now: Instant) -> UInt32 {
    let value = timestampValue(at: now)
    return value == copies.last?.timestamp ? value &+ 1 : value
  }

  /// Sends the first segment of the plan, or another copy of it.
  mutating func sendFirst(at now: Instant) -> Outgoing? {
    guard copies.hasRoom else { return nil }
    let timestamp = freshTimestampValue(at: now)
    let text = plan.textInFirst
    var segment = Segment(
      seq: tcb.snd.iss,
      ack: plan.flags.contains(.ack) ? craftedAcknowledgment : nil,
      flags: plan.flags, wnd: plan.window, up: plan.urgentPointer,
      options: plan.offer.list(value: timestamp, echoReply: 0),
      textLength: text.count)
    if let acknowledgment = plan.acknowledgment { segment.acknowledgment = SequenceNumber(acknowledgment) }
    tcb.snd.nxt = segment.end
    copies.append(number: nextNumber, timestamp: timestamp)
    counters.transmissions += 1
    timer = now + retransmission.timeout
    var first = emit(segment, text: text, isRetransmission: counters.transmissions > 1)
    first.isFirst = true
    return first
  }

  /// The acknowledgment number of a crafted first segment: unpredictable unless the plan has one, so that an answer shows
  /// itself.
  var craftedAcknowledgment: SequenceNumber { SequenceNumber(plan.acknowledgment ?? seed.timestamp ^ 0x5bd1_e995) }

  /// A segment of a connection whose SYNs are exchanged: acknowledges everything taken so far.
  mutating func segment(seq: SequenceNumber, flags: TCPFlags = [], text: Int = 0, at now: Instant) -> Segment {
    var options = TCPOptionList()
    if let recentTimestamp {
      options = .timestampsOnly(value: timestampValue(at: now), echoReply: recentTimestamp)
    }
    widenWindow()
    return Segment(
      seq: seq, ack: tcb.rcv.nxt, flags: flags, wnd: windowField, options: options, textLength: text)
  }

  /// `<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>`, with what came beyond a gap, or what came twice.
  mutating func sendAck(at now: Instant, duplicate: SACKBlock? = nil) -> Outgoing {
    var ack = segment(seq: tcb.snd.nxt, at: now)
    appendSACK(to: &ack.options, duplicate: duplicate)
    return emit(ack)
  }

  /// The ACK that shows to a doubtful segment where we stand, if the throttle allows one (RFC 5961 §7).
  mutating func sendChallengeAck(at now: Instant) -> Outgoing? {
    challenges.allows(at: now) ? sendAck(at: now) : nil
  }

  /// `<SEQ=seq><CTL=RST>`: answers a segment without ending this connection.
  mutating func sendReset(seq: SequenceNumber) -> Outgoing { emit(Segment(seq: seq, flags: .rst)) }

  /// `<SEQ=seq><CTL=RST>` that ends this connection.
  mutating func sendReset(seq: SequenceNumber, ending: Ending, at now: Instant) -> Outgoing {
    let reset = sendReset(seq: seq)
    state = .closed
    peer = .closed
    finish(ending)
    return reset
  }

  /// Sends our FIN, or sends it again.
  mutating func sendFin(at now: Instant) -> Outgoing {
    let isFirst = marks.finCopies == 0
    marks.finCopies += 1
    sender.isFinLost = false
    if !isFirst { counters.retransmissions += 1 }
    if isFirst {
      marks.fin = nextNumber
      sender.fin = tcb.snd.nxt
      limitStage(from: now)
      state = state == .closeWait ? .lastAck : .finWait1
    }
    let fin = segment(seq: sender.fin ?? tcb.snd.nxt, flags: .fin, at: now)
    if isFirst { tcb.snd.nxt = fin.end }
    timer = now + retransmission.timeout
    return emit(fin, isRetransmission: !isFirst)
  }

  /// Gives a segment its number.
  mutating func emit(_ segment: Segment, text: Range<Int> = 0..<0, isRetransmission: Bool = false) -> Outgoing {
    defer { nextNumber &+= 1 }
    if segment.flags.contains(.ack) { ackPending = false }
    return Outgoing(segment: segment, text: text, number: nextNumber, isRetransmission: isRetransmission)
  }
}

/// How many challenge ACKs may still be sent: ten in five seconds (RFC 5961 §7).
struct ChallengeLimit: Hashable, Sendable {
  private var windowStart: Instant?
  private var sent = 0

  mutating func allows(at now: Instant) -> Bool {
    if let start = windowStart, now - start < .seconds(5) {
      sent += 1
    } else {
      windowStart = now
      sent = 1
    }
    return sent <= 10
  }
}
