import Handshake
import Timebase
import Wire

/// The synchronized states, in the order of RFC 9293 §3.10.7.4.
extension BenchEngine {
  /// Our window as it counts here: text is taken in order only, so that it never shrinks.
  private static var window: UInt32 { 65_535 }

  mutating func takeSynchronized(
    _ segment: Segment, _ text: RawSpan, _ slot: Int, at now: Stamp, into batch: inout PacketBatch
  ) {
    // first, the sequence number: the first octet in the window, or the last one of what begins before it.
    let expected = slots[slot].receiveNext
    let old = expected.distance(from: segment.seq)
    let isAhead = segment.seq.isIn(expected, length: BenchEngine.window)
    guard isAhead || (old < segment.len && old <= BenchEngine.window && !segment.flags.contains(.syn)) else {
      return takeOutsideTheWindow(segment, slot, at: now, into: &batch)
    }
    // second, the RST bit: exactly at RCV.NXT, or it is challenged (RFC 5961 §3.2).
    if segment.flags.contains(.rst) {
      if segment.seq == expected { return finish(slot, .reset) }
      return challenge(slot, .rstMismatch, at: now, into: &batch)
    }
    // third, security: none. fourth, the SYN bit (RFC 5961 §4.2).
    guard !segment.flags.contains(.syn) else { return challenge(slot, .unexpectedSyn, at: now, into: &batch) }
    // fifth, the ACK bit.
    guard let ack = segment.ack else { return refuse(slot, .noAck) }
    guard !slots[slot].nxt.precedes(ack) else { return challenge(slot, .ackMismatch, at: now, into: &batch) }
    if let timestamps = segment.options.timestamps, slots[slot].hasTimestamps, !isAhead || segment.seq == expected {
      slots[slot].recentTimestamp = timestamps.value
    }
    takeAcknowledgment(ack, slot, at: now, into: &batch)
    // sixth, the URG bit: means nothing here. seventh and eighth, text and FIN.
    guard slots[slot].state != .closed, segment.textLength > 0 || segment.flags.contains(.fin) else { return }
    guard !isAhead || segment.seq == expected else {
      // Beyond a gap: not kept, so that the peer sends it again; it is told where the gap begins.
      return sendAck(slot, at: now.instant, into: &batch)
    }
    takeTextAndFin(segment, text, from: isAhead ? 0 : Int(old), slot, at: now, into: &batch)
  }

  /// Something that came before, mostly: it is acknowledged again (RFC 9293 §3.10.7.4, first).
  private mutating func takeOutsideTheWindow(
    _ segment: Segment, _ slot: Int, at now: Stamp, into batch: inout PacketBatch
  ) {
    if segment.flags.contains(.rst) { return refuse(slot, .rstMismatch) }
    let isSynAck = segment.flags.isSuperset(of: [.syn, .ack])
    if isSynAck, segment.seq != slots[slot].irs { return refuse(slot, .irsMismatch) }
    if isSynAck { noteRepeated(segment, slot) }
    // Bounded: a peer that repeats itself without end gets no answer without end.
    lanes[slots[slot].result.target].counts.duplicates += 1
    lastRefusal = .outOfWindow
    guard slots[slot].answers < BenchSlot.answerLimit else { return }
    slots[slot].answers += 1
    sendAck(slot, at: now.instant, into: &batch)
  }

  /// A SYN-ACK that comes again answers another copy of the SYN only if it echoes that copy's timestamp.
  private mutating func noteRepeated(_ segment: Segment, _ slot: Int) {
    guard slots[slot].result.transmissions > slots[slot].result.answers, let known = slots[slot].echo,
      let echo = segment.options.timestamps?.echoReply, echo != known,
      echo == slots[slot].firstCopy.timestamp || echo == slots[slot].lastCopy.timestamp
    else { return }
    slots[slot].echo = echo
    slots[slot].result.answers += 1
  }

  private mutating func challenge(_ slot: Int, _ why: Refusal, at now: Stamp, into batch: inout PacketBatch) {
    if refuseAndMayAnswer(slot, why) { sendAck(slot, at: now.instant, into: &batch) }
  }

  private mutating func takeAcknowledgment(
    _ ack: SequenceNumber, _ slot: Int, at now: Stamp, into batch: inout PacketBatch
  ) {
    guard slots[slot].una.precedes(ack) else { return }
    slots[slot].una = ack
    guard ack == slots[slot].nxt else { return }
    // Karn's rule (RFC 6298 §3): of what was sent twice, no one knows which copy was acknowledged.
    let took = slots[slot].copies == 1 ? slots[slot].left.map { now.since($0) } : nil
    if let took { slots[slot].retransmission.sample(took.interval) }
    switch slots[slot].state {
    case .established:
      slots[slot].result.request = took
      setTimer(slot, at: now.instant + plan.patience)
    case .finWait1:
      slots[slot].result.fin = took
      slots[slot].state = .finWait2
      setTimer(slot, at: now.instant + plan.patience)
    case .closing:
      slots[slot].result.fin = took
      finish(slot, .completed)
    case .lastAck:
      slots[slot].result.fin = took
      slots[slot].result.peerFin = slots[slot].peerFinCame.map { now.since($0, from: .arrival) }
      finish(slot, .completed)
    case .listen, .synSent, .synReceived, .finWait2, .closeWait, .timeWait, .closed: break
    }
  }

  /// seventh and eighth: text in order, without what came before, and the FIN behind it.
  mutating func takeTextAndFin(
    _ segment: Segment, _ text: RawSpan, from offset: Int, _ slot: Int, at now: Stamp, into batch: inout PacketBatch
  ) {
    // Beyond what offload may merge into one packet there is nothing; what follows a FIN means nothing.
    guard slots[slot].state != .closing, slots[slot].state != .lastAck, slots[slot].state != .closeWait else {
      return sendAck(slot, at: now.instant, into: &batch)
    }
    let fresh = text.extracting(min(offset, text.byteCount)..<text.byteCount)
    slots[slot].receiveNext += UInt32(truncatingIfNeeded: fresh.byteCount)
    let hasFin = segment.flags.contains(.fin)
    if hasFin { slots[slot].receiveNext += 1 }
    if plan.mode == .http, slots[slot].state == .established {
      return takeResponse(fresh, isEnd: hasFin, slot, at: now, into: &batch)
    }
    sendAck(slot, at: now.instant, into: &batch)
    if hasFin { takeFin(slot, at: now, into: &batch) }
  }

  /// The peer's FIN (RFC 9293 §3.10.7.4, eighth), acknowledged already.
  mutating func takeFin(_ slot: Int, at now: Stamp, into batch: inout PacketBatch) {
    switch slots[slot].state {
    case .established:
      slots[slot].peerFinCame = now
      slots[slot].state = .closeWait
    case .finWait1:
      slots[slot].result.peerFin = slots[slot].copies == 1 ? slots[slot].left.map { now.since($0) } : nil
      slots[slot].state = .closing
    case .finWait2:
      slots[slot].result.peerFin = slots[slot].copies == 1 ? slots[slot].left.map { now.since($0) } : nil
      finish(slot, .completed)
    default: break
    }
  }
}
