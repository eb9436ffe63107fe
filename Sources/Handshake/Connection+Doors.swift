import Timebase
import Wire

/// The doors through which events come in.
extension Connection {
  /// Sends the first segment, or waits in LISTEN for the peer's.
  public mutating func start(at now: Stamp) -> Reaction {
    startedAt = now.instant
    if plan.isPassive { return listen() }
    state = plan.opensConnection ? .synSent : .closed
    if !plan.opensConnection { notes.insert(.craftedFlags) }
    return Reaction(send: sendFirst(at: now.instant))
  }

  /// Takes a segment of this connection that parsed and whose checksum is right, without its octets.
  ///
  /// Its text is counted where the plan only counts; where an owner wants it, none of it is taken.
  public mutating func receive(_ segment: Segment, at now: Stamp) -> Reaction {
    receive(segment, text: RawSpan(), at: now)
  }

  /// Takes a segment of this connection that parsed and whose checksum is right, with its text.
  public mutating func receive(_ segment: Segment, text: RawSpan, at now: Stamp) -> Reaction {
    guard !isFinished else { return .none }
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

  /// Takes an ICMP error that quotes a segment of this connection; `quoted` is the sequence number it quotes.
  public mutating func receive(_ error: ICMPVerdict, quoting quoted: SequenceNumber, at now: Stamp) -> Reaction {
    guard !isFinished else { return .none }
    // Before an answer only the SYN's number was used; after it, all up to that of our bare ACKs.
    let oldest = oldestOfOurs - 1
    let isOurs =
      verdict == nil ? quoted == tcb.snd.iss : quoted.isIn(oldest, length: tcb.snd.nxt.distance(from: oldest) &+ 1)
    guard isOurs else {
      counters.invalid += 1
      return Reaction(refusal: .badQuote)
    }
    if verdict == nil, pendingError == nil, error.decides { pendingError = error.reason }
    return .none
  }

  /// Counts a packet that was refused before it could be read as a segment of this connection.
  public mutating func refuse() {
    guard !isFinished else { return }
    counters.invalid += 1
  }

  /// Does what is due: sends what is owed, retransmits, or gives up.
  public mutating func expire(at now: Stamp) -> Reaction {
    guard !isFinished else { return .none }
    if isOwed {
      isOwed = false
      return Reaction(send: carryOn(at: now))
    }
    if owesAck { return Reaction(send: sendAck(at: now.instant)) }
    if let due = sender.reorderingDeadline, due <= now.instant {
      detectLosses(at: now.instant)
      oweText(at: now.instant)
      return .none
    }
    if let due = sender.probeDeadline, due <= now.instant { return Reaction(send: sendTailProbe(at: now.instant)) }
    if let timer, timer <= now.instant { return Reaction(send: retransmissionTimeout(at: now)) }
    if let stageDeadline, stageDeadline <= now.instant { return Reaction(send: stageTimeout(at: now)) }
    return .none
  }

  /// Notes when a segment left, as user space saw it.
  public mutating func departed(_ number: UInt32, at stamp: Stamp) {
    copies.update(number: number) { $0.stamp = stamp }
    marks.update(number: number) { $0.stamp = stamp }
    if state == .timeWait, marks.lastAck?.number == number { peerGotLastAck() }
  }

  /// Notes when a segment left, as the kernel says.
  public mutating func transmitted(_ number: UInt32, kernel: WallTime) {
    copies.update(number: number) { $0.stamp?.kernel = kernel }
    marks.update(number: number) { $0.stamp?.kernel = kernel }
  }

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
      return Reaction(send: sendReset(seq: tcb.snd.nxt, ending: .rst, at: now.instant))
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

/// What the connection says once it has ended.
extension Connection {
  /// The steps that happened, in the order in which they ended.
  ///
  /// Where the peer opened the connection its text asks, and does not answer ours: no response is timed.
  public var steps: [Step] {
    let steps = marks.steps(copies)
    return plan.isPassive ? steps.filter { $0.kind != .response && $0.kind != .transfer } : steps
  }

  /// When the first segment left.
  public var started: Stamp? { copies.first?.departure.stamp }

  /// Whether the kernel has yet to say when a segment left on which a step depends.
  public var awaitsStamps: Bool {
    if marks.awaitsKernel { return true }
    guard case .copy(let index) = marks.answered else { return false }
    return copies[index].departure.awaitsKernel
  }

  mutating func decide(_ verdict: Verdict, _ reason: Reason) {
    guard self.verdict == nil else { return }
    self.verdict = verdict
    self.reason = reason
  }

  mutating func finish(_ ending: Ending) {
    if self.ending == nil { self.ending = ending }
    stage = .done
    timer = nil
    stageDeadline = nil
    sender.reorderingDeadline = nil
    sender.probeDeadline = nil
    isOwed = false
    owesAck = false
  }
}
