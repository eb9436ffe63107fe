import Timebase
import Wire

/// SYN-SENT, in the order of RFC 9293 §3.10.7.3; where a prober must be stricter, the comment says so.
extension Connection {
  mutating func receiveSynSent(_ segment: Segment, text: RawSpan, at now: Stamp) -> Reaction {
    switch SynAnswer(segment, una: tcb.snd.una, nxt: tcb.snd.nxt) {
    case .reset: acceptReset(at: now)
    case .foreignReset: Reaction(refusal: .rstMismatch)
    case .foreignAcknowledgment(let ack, let isSyn): rejectAcknowledgment(ack, isSyn: isSyn, at: now)
    case .notSyn: Reaction(refusal: .notSyn)
    case .syn: openSimultaneously(segment, at: now)
    case .synAck: acceptSynAck(segment, text: text, at: now)
    }
  }

  /// SND.UNA < SEG.ACK =< SND.NXT: ISS+1, or up to the end of the text that the SYN carried.
  func acknowledgesFirst(_ ack: SequenceNumber) -> Bool {
    ack.isIn(tcb.snd.una + 1, length: tcb.snd.nxt.distance(from: tcb.snd.una))
  }

  /// second, the RST bit: it counts only if it acknowledges the SYN (RFC 9293 §3.10.7.3; RFC 5961 §3.1).
  private mutating func acceptReset(at now: Stamp) -> Reaction {
    // The timestamps of an RST show nothing: whoever sends one keeps no connection (RFC 7323 §3.2).
    noteAnswer(echo: nil, at: now)
    decide(.refused, .rst)
    state = .closed
    peer = .closed
    finish(.peerRst)
    return .none
  }

  /// An unacceptable ACK is answered by `<SEQ=SEG.ACK><CTL=RST>`, and the wait goes on.
  ///
  /// Without SYN it is what a peer says that still holds an old connection of this flow (RFC 9293 §3.5.1,
  /// figure 9): our RST clears it away, and the SYN is retransmitted at once, but only once.
  private mutating func rejectAcknowledgment(
    _ ack: SequenceNumber, isSyn: Bool, at now: Stamp
  ) -> Reaction {
    if !isSyn, !notes.contains(.halfOpenPeer) {
      notes.insert(.halfOpenPeer)
      transmitPending = true
      return Reaction(send: sendReset(seq: ack))
    }
    guard challenges.allows(at: now.instant) else { return Reaction(refusal: .ackMismatch) }
    return Reaction(send: sendReset(seq: ack), refusal: .ackMismatch)
  }

  /// fourth, the SYN bit, with our SYN acknowledged: the port is open.
  private mutating func acceptSynAck(_ segment: Segment, text: RawSpan, at now: Stamp) -> Reaction {
    let ack = segment.acknowledgment
    takeSyn(segment, at: now.instant)
    noteAnswer(segment, at: now)
    tcb.snd.una = ack
    tcb.setWindow(UInt32(segment.wnd), from: segment, ack: ack)
    peer = .synReceived
    decide(.open, .synAck)
    handshakeEnds()
    guard plan.mode == .full else {
      return Reaction(send: sendReset(seq: ack, ending: .rst, at: now.instant))
    }
    tcb.snd.nxt = ack
    state = .established
    stage = .opened
    transmitPending = true
    // sixth to eighth: text and FIN in the SYN-ACK are processed as in any other state.
    takeText(segment, text, at: now)
    takeFin(segment, at: now)
    return Reaction(send: sendAck(at: now.instant))
  }

  /// Our SYN is acknowledged: its timer stops, and whatever follows has all its retransmissions.
  mutating func handshakeEnds() {
    timer = nil
    transmissionsLeft = plan.retransmissions
    retransmission.beginData()
    let hasLost = counters.transmissions > 1 || counters.retransmissions > 0
    sender.congestion = CongestionControl(mss: effectiveMSS, hasLost: hasLost)
  }

  /// A SYN without an ACK: both ends opened at once (RFC 9293 §3.5, figure 7).
  ///
  /// It answers nothing yet: its time-stamp echo means nothing without ACK (RFC 7323 §3.2), and the port is
  /// open only when our SYN is acknowledged.
  private mutating func openSimultaneously(_ segment: Segment, at now: Stamp) -> Reaction {
    takeSyn(segment, at: now.instant)
    tcb.setWindow(UInt32(segment.wnd), from: segment, ack: tcb.snd.una)
    notes.insert(.simultaneousOpen)
    state = .synReceived
    peer = .synSent
    return Reaction(send: sendSynAck(at: now.instant))
  }

  /// `<SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>`: another copy of our SYN, with a time-stamp value of its own.
  mutating func sendSynAck(at now: Instant) -> Outgoing {
    let value = freshTimestampValue(at: now)
    let isRepeated = copies.count > counters.transmissions || (plan.isPassive && copies.count > 0)
    copies.append(number: nextNumber, timestamp: value)
    var offer = plan.offer
    offer.extra = OptionOctets()
    // Sent with ACK, these two only answer the peer's (RFC 7323 §2.2 and §3.2).
    if peerOffer?.options.windowScale == nil { offer.windowScale = nil }
    if recentTimestamp == nil { offer.timestamps = false }
    // And to what only answers, SACK is no offer either (RFC 2018 §2).
    if plan.isPassive, peerOffer?.options.sackPermitted != true { offer.sack = false }
    let options = offer.list(value: value, echoReply: recentTimestamp ?? 0)
    if plan.isPassive { counters.transmissions += 1 }
    // A stranger that repeats its SYN does not put off the end of our patience.
    if timer == nil || !plan.isPassive { timer = now + retransmission.timeout }
    return emit(
      Segment(seq: tcb.snd.iss, ack: tcb.rcv.nxt, flags: .syn, wnd: plan.window, options: options),
      isRetransmission: isRepeated)
  }

  /// Reads the peer's SYN: its sequence number, its options, and what is odd about it.
  mutating func takeSyn(_ segment: Segment, at now: Instant) {
    tcb.rcv.irs = segment.seq
    tcb.rcv.nxt = segment.seq + 1
    let options = ParsedOptions(segment.options)
    peerOffer = PeerSyn(
      options: options, flags: segment.flags, window: segment.wnd, fastOpenCookie: segment.options.fastOpenCookie,
      multipath: segment.options.multipathCapability)
    agree(on: options, at: now)
    noteOddities(of: segment, options: options)
  }

  /// An option counts only if both sides sent it (RFC 7323 §2.2 and §3.2); a shift above 14 counts as 14.
  private mutating func agree(on options: ParsedOptions, at now: Instant) {
    if let theirs = options.windowScale, let ours = plan.offer.windowScale {
      tcb.snd.scale = min(theirs, 14)
      tcb.rcv.scale = min(ours, 14)
    }
    if plan.offer.timestamps, let timestamps = options.timestamps {
      recentTimestamp = timestamps.value
      recentTimestampAt = now
    }
    if plan.isInteractive {
      // What the SYN offered stays offered (RFC 9293 §3.8.6).
      let most = Int(UInt32(UInt16.max) << tcb.rcv.scale)
      let capacity = max(min(plan.receiveLimit ?? 0, most), Int(plan.window))
      reassembly = Reassembly(capacity: capacity, keepsOctets: true)
    }
  }

  private mutating func noteOddities(of segment: Segment, options: ParsedOptions) {
    if options.isMalformed { notes.insert(.optionsMalformed) }
    if !segment.flags.isDisjoint(with: .reserved) { notes.insert(.reservedBits) }
    // What else a SYN says that opens a connection to us is an offer, not an answer.
    guard !plan.isPassive else { return }
    if segment.flags.contains(.fin) { notes.insert(.finInSynAck) }
    if segment.wnd == 0 { notes.insert(.windowZero) }
    if segment.textLength > 0 { notes.insert(.dataInSynAck) }
    let unoffered =
      (options.windowScale != nil && plan.offer.windowScale == nil)
      || (options.sackPermitted && !plan.offer.sack) || (options.timestamps != nil && !plan.offer.timestamps)
    if unoffered { notes.insert(.unofferedOption) }
  }

  /// Notes that our SYN was acknowledged by a segment whose timestamps, where we offered any, say which copy.
  mutating func noteAnswer(_ segment: Segment, at now: Stamp) {
    let timestamps = plan.offer.timestamps ? ParsedOptions(segment.options).timestamps : nil
    noteAnswer(echo: timestamps?.echoReply, at: now)
  }

  /// Settles which copy of the SYN was answered, and feeds the retransmission timer where that is known.
  mutating func noteAnswer(echo: UInt32?, at now: Stamp) {
    let answered = copies.answered(echo: echo)
    marks.answered = answered
    marks.answer = current
    switch answered {
    case .copy(let index):
      if let left = log.stamp(of: copies[index].number) { retransmission.sample(now.since(left).interval) }
    case .unknownEcho: notes.insert(.tsecrMismatch)
    case .ambiguous: break
    }
  }
}

/// A first segment that does not open a connection (`--flags`): whatever answers it by the rules decides.
extension Connection {
  /// Classifies an answer to a crafted segment.
  ///
  /// A closed port answers a segment without ACK by `<SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>` and one with
  /// ACK by `<SEQ=SEG.ACK><CTL=RST>` (RFC 9293 §3.10.7.1); a listener may answer SYN with anything else by
  /// SYN-ACK.
  mutating func receiveCrafted(_ segment: Segment, at now: Stamp) -> Reaction {
    let acknowledges = segment.ack.map { $0 == tcb.snd.nxt || acknowledgesFirst($0) } ?? false
    if segment.flags.contains(.rst) {
      let echoes = plan.flags.contains(.ack) && segment.seq == craftedAcknowledgment
      guard acknowledges || echoes else { return Reaction(refusal: .rstMismatch) }
      noteAnswer(echo: nil, at: now)
      decide(.refused, .rst)
      finish(.peerRst)
      return .none
    }
    guard segment.flags.contains(.syn) else { return Reaction(refusal: .notSyn) }
    guard acknowledges else { return Reaction(refusal: .ackMismatch) }
    noteAnswer(echo: nil, at: now)
    decide(.open, .synAck)
    peer = .synReceived
    return Reaction(send: sendReset(seq: segment.acknowledgment, ending: .rst, at: now.instant))
  }
}
