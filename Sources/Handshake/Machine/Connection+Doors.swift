import Timebase
import Wire

/// The doors through which events come in; each records the packets that pass.
extension Connection {
  /// Sends the first segment, or waits in LISTEN for the peer's.
  public mutating func start(at now: Stamp) -> Reaction {
    startedAt = now.instant
    if plan.isPassive { return listen() }
    state = plan.opensConnection ? .synSent : .closed
    if !plan.opensConnection { notes.insert(.craftedFlags) }
    return recorded(Reaction(send: sendFirst(at: now.instant)), at: now)
  }

  /// Takes a segment of this connection that parsed and whose checksum is right, without its octets.
  ///
  /// Its text is counted where the plan only counts; where an owner wants it, none of it is taken.
  public mutating func receive(_ segment: Segment, at now: Stamp) -> Reaction {
    receive(segment, text: RawSpan(), at: now)
  }

  /// Takes a segment of this connection that parsed and whose checksum is right, with its text.
  public mutating func receive(_ segment: Segment, text: RawSpan, at now: Stamp) -> Reaction {
    let isLate = isFinished
    beginPacket()
    let reaction = isLate ? .none : handle(segment, text: text, at: now)
    recordReceived(.segment(segment), at: now, refusal: reaction.refusal, isLate: isLate)
    return recorded(reaction, at: now)
  }

  private mutating func handle(_ segment: Segment, text: RawSpan, at now: Stamp) -> Reaction {
    let reaction: Reaction
    if verdict == nil, !plan.opensConnection {
      reaction = receiveCrafted(segment, at: now)
    } else {
      switch state {
      case .synSent: reaction = receiveSynSent(segment, text: text, at: now)
      case .listen: reaction = receiveListen(segment, at: now)
      case .closed: reaction = .none
      default: reaction = receiveSynchronized(segment, text: text, at: now)
      }
    }
    if reaction.refusal != nil { counters.invalid += 1 } else { heardSinceResend = true }
    return reaction
  }

  /// Takes an ICMP error that quotes a segment of this flow.
  public mutating func receive(_ notice: ICMPNotice, at now: Stamp) -> Reaction {
    let isLate = isFinished
    beginPacket()
    let refusal = judge(notice)
    if refusal != nil, !isLate { counters.invalid += 1 }
    recordReceived(
      .icmp(type: notice.type, code: notice.code), at: now, refusal: refusal, errorSource: notice.source, isLate: isLate
    )
    return Reaction(refusal: refusal)
  }

  private mutating func judge(_ notice: ICMPNotice) -> Refusal? {
    guard let quoted = notice.quotedSequence else { return .badQuote }
    // Once it has ended no number says whether the error is about it.
    guard let error = notice.verdict, !isFinished else { return nil }
    // Before an answer only the SYN's number was used; after it, all up to that of our bare ACKs.
    let oldest = oldestOfOurs - 1
    let isOurs =
      verdict == nil ? quoted == tcb.snd.iss : quoted.isIn(oldest, length: tcb.snd.nxt.distance(from: oldest) &+ 1)
    guard isOurs else { return .badQuote }
    if verdict == nil, pendingError == nil, error.decides { pendingError = error.reason }
    return nil
  }

  /// Counts a packet that is not believed, whatever the state; what it says is kept where it can be read.
  public mutating func refuse(_ refusal: Refusal, _ segment: Segment?, at now: Stamp) {
    if !isFinished { counters.invalid += 1 }
    beginPacket()
    recordReceived(segment.map { .segment($0) } ?? .unreadable, at: now, refusal: refusal)
  }

  /// Does what is due: sends what is owed, retransmits, or gives up.
  public mutating func expire(at now: Stamp) -> Reaction {
    guard !isFinished else { return .none }
    return recorded(handleDue(at: now), at: now)
  }

  private mutating func handleDue(at now: Stamp) -> Reaction {
    switch timers.due(at: now.instant) {
    case nil: return .none
    case .transmit:
      timers[.transmit] = nil
      return Reaction(send: carryOn(at: now))
    case .acknowledge: return Reaction(send: sendAck(at: now.instant))
    case .reordering:
      detectLosses(at: now.instant)
      oweText(at: now.instant)
      return .none
    case .tailProbe: return Reaction(send: sendTailProbe(at: now.instant))
    case .retransmission: return Reaction(send: retransmissionTimeout(at: now))
    case .limit: return Reaction(send: limitReached(at: now))
    case .stage: return Reaction(send: stageTimeout(at: now))
    }
  }

  /// Notes when a segment left, as user space saw it.
  public mutating func departed(_ number: UInt32, at stamp: Stamp) {
    if state == .timeWait, marks.lastAck == number { peerGotLastAck() }
    log.departed(number, at: stamp, state: state, peer: peer)
  }

  /// Notes when a segment left, as the kernel says.
  public mutating func transmitted(_ number: UInt32, kernel: WallTime) { log.transmitted(number, kernel: kernel) }

  /// Ends the connection because the packet could not be sent: no route, or refused by this host.
  public mutating func failedToSend(_ reason: Reason = .noRoute) {
    guard verdict == nil else { return }
    decide(.unreachable, reason)
    state = .closed
    finish(.none)
  }

  /// Ends the connection at once, for a deadline or an interrupt: the RST that is owed to the peer, if any.
  public mutating func abort(at now: Stamp, isOverdue: Bool = false) -> Reaction {
    guard !isFinished else { return .none }
    if isOverdue, verdict == nil { decideUnanswered() }
    switch state {
    case .established, .finWait1, .finWait2, .closeWait, .synReceived:
      return recorded(Reaction(send: sendReset(seq: tcb.snd.nxt, ending: .rst, at: now.instant)), at: now)
    case .timeWait:
      // Both ends are done: nothing but the wait is cut short.
      finish(.fin)
      return .none
    default:
      state = .closed
      finish(.none)
      return .none
    }
  }
}

/// The log of the packets.
extension Connection {
  /// Gives the packet that came its number, before it is handled.
  private mutating func beginPacket() {
    current = nextNumber
    nextNumber &+= 1
  }

  /// Records the packet that came.
  private mutating func recordReceived(
    _ content: PacketLog.Entry.Content, at now: Stamp, refusal: Refusal?, errorSource: IPAddress? = nil,
    isLate: Bool = false
  ) {
    append(
      PacketLog.Entry(
        direction: .received, content: content, stamp: now, state: state, peer: peer, refusal: refusal, number: current,
        errorSource: errorSource), isLate: isLate)
  }

  /// Records the segment that is to be sent, if there is one.
  private mutating func recorded(_ reaction: Reaction, at now: Stamp) -> Reaction {
    guard let outgoing = reaction.send else { return reaction }
    append(
      PacketLog.Entry(
        direction: .sent, content: .segment(outgoing.segment), stamp: now, state: state, peer: peer,
        number: outgoing.number, isRetransmission: outgoing.isRetransmission, hasDeparted: false))
    return reaction
  }

  private mutating func append(_ entry: PacketLog.Entry, isLate: Bool = false) {
    latest.note(entry, isLate: isLate)
    guard log.isFull else { return log.append(entry) { _ in true } }
    log.append(entry) { [marks, copies] number in marks.contains(number) || copies.contains(number) }
  }
}

/// What the connection says once it has ended.
extension Connection {
  /// The steps that happened, in the order in which they ended.
  ///
  /// Where the peer opened the connection its text asks, and does not answer ours: no response is timed.
  public var steps: [Step] {
    let steps = marks.steps(copies, in: log)
    return plan.isPassive ? steps.filter { $0.kind != .response && $0.kind != .transfer } : steps
  }

  /// When the first segment left.
  public var started: Stamp? { log.stamp(of: copies.first?.number) }

  /// Whether the kernel has yet to say when a segment left on which a step depends.
  public var awaitsStamps: Bool {
    if log.awaitsKernel(marks.confirm) || log.awaitsKernel(marks.request) { return true }
    if log.awaitsKernel(marks.fin) || log.awaitsKernel(marks.lastAck) { return true }
    guard case .copy(let index) = marks.answered else { return false }
    return log.awaitsKernel(copies[index].number)
  }

  mutating func decide(_ verdict: Verdict, _ reason: Reason) {
    guard self.verdict == nil else { return }
    self.verdict = verdict
    self.reason = reason
  }

  mutating func finish(_ ending: Ending) {
    if self.ending == nil { self.ending = ending }
    stage = .done
    timers = Timers()
  }
}
