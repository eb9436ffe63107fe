import Timebase
import Wire

/// SYN-SENT, in the order of RFC 9293 §3.10.7.3; where a prober must be stricter, the comment says so.
extension Connection {
  mutating func receiveSynSent(_ segment: Segment, at now: Stamp) -> Reaction {
    // first, the ACK bit. An RST is never answered, whatever it acknowledges.
    let acknowledges = segment.ack.map(acknowledgesFirst) ?? false
    if segment.flags.contains(.rst) {
      return receiveResetInSynSent(segment, acknowledges: acknowledges, at: now)
    }
    if let ack = segment.ack, !acknowledges {
      return rejectAcknowledgment(ack, of: segment, at: now)
    }
    // third, security: none. fourth, the SYN bit.
    guard segment.flags.contains(.syn) else { return Reaction(refusal: .notSyn) }
    return segment.ack == nil ? openSimultaneously(segment, at: now) : acceptSynAck(segment, at: now)
  }

  /// SND.UNA < SEG.ACK =< SND.NXT: ISS+1, or up to the end of the text that the SYN carried.
  func acknowledgesFirst(_ ack: SequenceNumber) -> Bool {
    ack.isIn(tcb.snd.una + 1, length: tcb.snd.nxt.distance(from: tcb.snd.una))
  }

  /// second, the RST bit: it counts only if it acknowledges the SYN (RFC 9293 §3.10.7.3; RFC 5961 §3.1).
  private mutating func receiveResetInSynSent(
    _ segment: Segment, acknowledges: Bool, at now: Stamp
  ) -> Reaction {
    guard acknowledges else { return Reaction(refusal: .rstMismatch) }
    noteAnswer(echo: OptionProfile(segment.options).timestamps?.echoReply, wasOffered: false, at: now)
    decide(.refused, .rst)
    state = .closed
    peer = .closed
    finish(.peerRst)
    return .none
  }

  /// An unacceptable ACK is answered by `<SEQ=SEG.ACK><CTL=RST>`, and the wait goes on.
  ///
  /// Without SYN it is what a peer says that still holds an old connection of this flow (RFC 9293 §3.5.1,
  /// figure 9): our RST clears it away, and the SYN is sent again at once, but only once.
  private mutating func rejectAcknowledgment(
    _ ack: SequenceNumber, of segment: Segment, at now: Stamp
  ) -> Reaction {
    if !segment.flags.contains(.syn), !notes.contains(.halfOpenPeer) {
      notes.insert(.halfOpenPeer)
      isOwed = true
      return Reaction(send: sendReset(seq: ack))
    }
    guard challenges.allows(at: now.instant) else { return Reaction(refusal: .ackMismatch) }
    return Reaction(send: sendReset(seq: ack), refusal: .ackMismatch)
  }

  /// fourth, the SYN bit, with our SYN acknowledged: the port is open.
  private mutating func acceptSynAck(_ segment: Segment, at now: Stamp) -> Reaction {
    let ack = segment.acknowledgment
    takeSyn(segment, at: now)
    tcb.snd.una = ack
    tcb.setWindow(UInt32(segment.wnd), from: segment, ack: ack)
    peer = .synReceived
    decide(.open, .synAck)
    timer = nil
    transmissionsLeft = plan.retries
    guard plan.mode == .full else {
      return Reaction(send: sendReset(seq: ack, ending: .rst, at: now.instant))
    }
    tcb.snd.nxt = ack
    state = .established
    stage = .opened
    isOwed = true
    // sixth to eighth: text and FIN in the SYN-ACK are processed as in any other state.
    takeText(segment, at: now)
    takeFin(segment, at: now)
    return Reaction(send: sendAck(at: now.instant))
  }

  /// A SYN without an ACK: both ends opened at once (RFC 9293 §3.5, figure 7).
  private mutating func openSimultaneously(_ segment: Segment, at now: Stamp) -> Reaction {
    takeSyn(segment, at: now)
    tcb.setWindow(UInt32(segment.wnd), from: segment, ack: tcb.snd.una)
    notes.insert(.simultaneousOpen)
    state = .synReceived
    peer = .synSent
    timer = now.instant + retransmission.timeout
    return Reaction(send: sendSynAck(at: now.instant))
  }

  /// `<SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>`.
  mutating func sendSynAck(at now: Instant) -> Outgoing {
    let options = plan.offer.list(value: timestampValue(at: now), echoReply: recentTimestamp ?? 0)
    return emit(
      Segment(seq: tcb.snd.iss, ack: tcb.rcv.nxt, flags: .syn, wnd: plan.window, options: options))
  }

  /// Reads the peer's SYN: its sequence number, its options, and what is odd about it.
  private mutating func takeSyn(_ segment: Segment, at now: Stamp) {
    tcb.rcv.irs = segment.seq
    tcb.rcv.nxt = segment.seq + 1
    let options = OptionProfile(segment.options)
    peerOffer = PeerOffer(options: options, flags: segment.flags, window: segment.wnd)
    agree(on: options)
    noteOddities(of: segment, options: options)
    noteAnswer(echo: options.timestamps?.echoReply, wasOffered: plan.offer.timestamps, at: now)
  }

  /// An option counts only if both sides sent it (RFC 7323 §2.2 and §3.2); a shift above 14 counts as 14.
  private mutating func agree(on options: OptionProfile) {
    if let theirs = options.windowScale, let ours = plan.offer.windowScale {
      tcb.snd.scale = min(theirs, 14)
      tcb.rcv.scale = min(ours, 14)
    }
    if plan.offer.timestamps, let timestamps = options.timestamps { recentTimestamp = timestamps.value }
  }

  private mutating func noteOddities(of segment: Segment, options: OptionProfile) {
    if options.isMalformed { notes.insert(.optionsMalformed) }
    if segment.flags.contains(.fin) { notes.insert(.finInSynAck) }
    if segment.wnd == 0 { notes.insert(.windowZero) }
    if segment.textLength > 0 { notes.insert(.dataInSynAck) }
    if !segment.flags.isDisjoint(with: .reserved) { notes.insert(.reservedBits) }
    let unoffered =
      (options.windowScale != nil && plan.offer.windowScale == nil)
      || (options.sackPermitted && !plan.offer.sack) || (options.timestamps != nil && !plan.offer.timestamps)
    if unoffered { notes.insert(.unofferedOption) }
  }

  /// Settles which copy of the SYN was answered, and feeds the retransmission timer where that is known.
  func answeredCopy(echo: UInt32?, wasOffered: Bool) -> AnsweredCopy {
    copies.answered(echo: wasOffered ? echo : nil)
  }

  mutating func noteAnswer(echo: UInt32?, wasOffered: Bool, at now: Stamp) {
    let answered = answeredCopy(echo: echo, wasOffered: wasOffered)
    marks.answered = answered
    marks.answer = now
    switch answered {
    case .copy(let index):
      if let left = copies[index].departure.stamp { retransmission.sample(now.since(left).interval) }
    case .unknownEcho: notes.insert(.tsecrMismatch)
    case .ambiguous: break
    }
  }
}
