import Handshake
import Timebase
import Wire

/// What comes: found out by the same judgement as for any other connection, then handed to the slot's state.
extension BenchEngine {
  /// Takes a packet that came; the batch must have room for `mostPacketsPerEvent`.
  public mutating func receive(_ arrival: borrowing ReceivedPacket, at now: Stamp, into batch: inout PacketBatch) {
    take(arrival.judged(), at: now, into: &batch)
  }

  /// Takes what a packet says, which was found out once.
  mutating func take(_ judged: ReceivedContent, at now: Stamp, into batch: inout PacketBatch) {
    switch judged {
    case .segment(let flow, let segment, let text, _):
      guard let slot = slot(of: flow) else {
        strays += 1
        return
      }
      take(segment, text, slot, at: now, into: &batch)
    case .icmp(let flow, let notice, _):
      guard let slot = slot(of: flow), slots[slot].state != .closed else {
        strays += 1
        return
      }
      take(notice, slot)
    case .refused(let why, let flow):
      guard let flow, let slot = slot(of: flow), slots[slot].state != .closed else {
        strays += 1
        return
      }
      refuse(slot, why)
    case .notOurs: strays += 1
    }
  }

  func slot(of flow: Flow) -> Int? {
    guard let place = ports.place(of: flow.local.port, at: flow.local.address) else { return nil }
    for lane in lanes.indices
    where lanes[lane].target.remote == flow.remote && lanes[lane].target.source == flow.local.address {
      return place * lanes.count + lane
    }
    return nil
  }

  private mutating func take(
    _ segment: Segment, _ text: RawSpan, _ slot: Int, at now: Stamp, into batch: inout PacketBatch
  ) {
    switch slots[slot].state {
    case .closed: takeAfterTheEnd(segment, slot, at: now, into: &batch)
    case .synSent: takeInSynSent(segment, text, slot, at: now, into: &batch)
    case .synReceived: takeInSynReceived(segment, slot, at: now, into: &batch)
    default: takeSynchronized(segment, text, slot, at: now, into: &batch)
    }
  }

  /// CLOSED (RFC 9293 §3.10.7.1), but for a FIN that came again because our last ACK was lost: TIME-WAIT, as long as the
  /// slot is not used again (§3.10.7.8).
  private mutating func takeAfterTheEnd(
    _ segment: Segment, _ slot: Int, at now: Stamp, into batch: inout PacketBatch
  ) {
    strays += 1
    guard !segment.flags.contains(.rst), let ack = segment.ack, slots[slot].generation > 0 else { return }
    if isRepeatedFin(segment, slot) { return sendAck(slot, at: now.instant, into: &batch) }
    sendReset(slot, seq: ack, into: &batch)
  }

  /// Whether a segment that came after the end is the FIN that ended it.
  func isRepeatedFin(_ segment: Segment, _ slot: Int) -> Bool {
    segment.flags.contains(.fin) && segment.end == slots[slot].receiveNext && slots[slot].result.end == .completed
      && plan.close == .fin && plan.mode != .halfOpen
  }

  /// An ICMP error counts if it quotes the SYN that is unanswered; it decides only if TCP says nothing.
  private mutating func take(_ notice: ICMPNotice, _ slot: Int) {
    guard slots[slot].state == .synSent, notice.quotedSequence == slots[slot].iss else {
      return slots[slot].state == .synSent ? refuse(slot, .badQuote) : ()
    }
    guard let verdict = notice.verdict, verdict.decides else { return }
    slots[slot].notice = verdict.reason
    guard slots[slot].noticedCopy != slots[slot].result.transmissions else { return }
    slots[slot].noticedCopy = slots[slot].result.transmissions
    slots[slot].result.answers += 1
    slots[slot].result.errors += 1
  }

  /// Counts a packet that decides nothing.
  mutating func refuse(_ slot: Int, _ why: Refusal) {
    lastRefusal = why
    lanes[slots[slot].result.target].counts.invalid += 1
  }

  /// Counts a refused segment, and says whether it may be answered: what a liar makes us send is bounded.
  mutating func refuseAndMayAnswer(_ slot: Int, _ why: Refusal) -> Bool {
    refuse(slot, why)
    guard slots[slot].answers < BenchSlot.answerLimit else { return false }
    slots[slot].answers += 1
    return true
  }
}

// MARK: SYN-SENT and SYN-RECEIVED

extension BenchEngine {
  private mutating func takeInSynSent(
    _ segment: Segment, _ text: RawSpan, _ slot: Int, at now: Stamp, into batch: inout PacketBatch
  ) {
    switch SynAnswer(segment, una: slots[slot].una, nxt: slots[slot].nxt) {
    case .reset:
      noteAnswer(echo: nil, slot, at: now)
      finish(slot, .refused)
    case .foreignReset: refuse(slot, .rstMismatch)
    case .notSyn: refuse(slot, .notSyn)
    case .foreignAcknowledgment(let ack, let isSyn):
      if !isSyn, !slots[slot].hasCleared {
        // The peer still holds an old connection: our RST clears it away, and the SYN follows at once (§3.5.1).
        slots[slot].hasCleared = true
        slots[slot].result.answers += 1
        lastRefusal = .ackMismatch
        sendReset(slot, seq: ack, into: &batch)
        lanes[slots[slot].result.target].counts.retransmitted += 1
        sendSyn(slot, at: now.instant, into: &batch)
      } else if refuseAndMayAnswer(slot, .ackMismatch) {
        sendReset(slot, seq: ack, into: &batch)
      }
    case .syn:
      takeSyn(segment, slot)
      slots[slot].state = .synReceived
      sendSynAck(slot, at: now.instant, into: &batch)
    case .synAck:
      takeSyn(segment, slot)
      noteAnswer(echo: segment.options.timestamps?.echoReply, slot, at: now)
      open(slot, at: now, into: &batch)
      guard slots[slot].state != .closed, segment.textLength > 0 || segment.flags.contains(.fin) else { return }
      // sixth to eighth: text and FIN in the SYN-ACK are processed as in any other state.
      takeTextAndFin(segment, text, from: 0, slot, at: now, into: &batch)
    }
  }

  /// SYN-RECEIVED after a simultaneous open (RFC 9293 §3.10.7.4, fifth): open once our SYN is acknowledged.
  private mutating func takeInSynReceived(
    _ segment: Segment, _ slot: Int, at now: Stamp, into batch: inout PacketBatch
  ) {
    if segment.flags.contains(.rst) {
      guard segment.seq == slots[slot].receiveNext else { return refuse(slot, .rstMismatch) }
      return finish(slot, .refused)
    }
    guard segment.ack == slots[slot].nxt else { return refuse(slot, .ackMismatch) }
    noteAnswer(echo: segment.options.timestamps?.echoReply, slot, at: now)
    open(slot, at: now, into: &batch)
  }

  /// Reads the peer's SYN; an option counts only if both sides sent it (RFC 7323 §2.2 and §3.2).
  private mutating func takeSyn(_ segment: Segment, _ slot: Int) {
    let offer = lanes[slots[slot].result.target].target
    slots[slot].irs = segment.seq
    slots[slot].receiveNext = segment.seq + 1
    if offer.offer.timestamps, let timestamps = segment.options.timestamps {
      slots[slot].hasTimestamps = true
      slots[slot].recentTimestamp = timestamps.value
    }
    let isScaled = offer.offer.windowScale != nil && segment.options.windowScale != nil
    let shift = isScaled ? min(offer.offer.windowScale ?? 0, 14) : 0
    slots[slot].window = max(offer.window >> UInt16(shift), 1)
  }

  /// Settles which copy of the SYN was answered: with several, the echoed timestamp says so or nothing does.
  private mutating func noteAnswer(echo: UInt32?, _ slot: Int, at now: Stamp) {
    slots[slot].result.sinceDue = max(now.instant - slots[slot].result.due, .zero)
    slots[slot].echo = echo
    // A TCP answer outranks the ICMP error that came before it to the same copy.
    if slots[slot].noticedCopy == slots[slot].result.transmissions {
      slots[slot].result.errors -= 1
    } else {
      slots[slot].result.answers += 1
    }
    let (first, last) = (slots[slot].firstCopy, slots[slot].lastCopy)
    let left: Stamp?
    if slots[slot].copies == 1 {
      left = first.left
    } else if echo == last.timestamp, echo != first.timestamp {
      left = last.left
    } else {
      left = echo == first.timestamp && echo != last.timestamp ? first.left : nil
    }
    guard let rtt = left.map({ now.since($0) }) else { return }
    slots[slot].result.syn = rtt
    slots[slot].retransmission.sample(rtt.interval)
  }

  /// The handshake is complete but for our ACK: on with what the mode says.
  private mutating func open(_ slot: Int, at now: Stamp, into batch: inout PacketBatch) {
    clearTimer(slot)
    slots[slot].una = slots[slot].nxt
    slots[slot].retransmission.beginData()
    if plan.mode == .halfOpen {
      sendReset(slot, seq: slots[slot].nxt, into: &batch)
      return finish(slot, .completed)
    }
    slots[slot].state = .established
    sendAck(slot, at: now.instant, into: &batch)
    if plan.mode == .http { ask(slot, at: now, into: &batch) } else { close(slot, at: now, into: &batch) }
  }

  /// Everything was done that was to be done: the connection is ended.
  mutating func close(_ slot: Int, at now: Stamp, into batch: inout PacketBatch) {
    switch (plan.close, slots[slot].state) {
    case (.rst, _):
      reset(slot, into: &batch)
      finish(slot, .completed)
    case (.fin, .closeWait): closeByFin(slot, to: .lastAck, at: now.instant, into: &batch)
    case (.fin, _): closeByFin(slot, to: .finWait1, at: now.instant, into: &batch)
    }
  }
}
