import Timebase
import Wire

/// What a listening port does with a segment that belongs to no connection (RFC 9293 §3.10.7.2).
public enum ListenAnswer: Hashable, Sendable {
  /// Nothing.
  case drop
  /// `<SEQ=SEG.ACK><CTL=RST>`.
  case reset(seq: SequenceNumber)
  /// A connection begins: SYN-RECEIVED.
  case open

  /// Classifies a segment in the order of the RFC's checks.
  public init(to segment: Segment) {
    let flags = segment.flags
    // first, an RST: never answered, whatever else is set.
    if flags.contains(.rst) {
      self = .drop
    } else if let ack = segment.ack {
      // second, an ACK: nothing was sent that it could acknowledge.
      self = .reset(seq: ack)
    } else {
      // third, a SYN. With FIN it is no ordinary one, and Linux and BSD drop it; the RFC would take it.
      // fourth, anything else is dropped.
      self = flags.contains(.syn) && !flags.contains(.fin) ? .open : .drop
    }
  }
}

/// The passive side: LISTEN, and what SYN-RECEIVED does where the peer opened the connection.
extension Connection {
  /// Waits in LISTEN: passive OPEN (RFC 9293 §3.10.1).
  mutating func listen() -> Reaction {
    state = .listen
    peer = .closed
    return .none
  }

  /// LISTEN, in the order of RFC 9293 §3.10.7.2.
  ///
  /// Text in a SYN is not taken, and the peer sends it again: RFC 9293 allows either, and a forged address must not
  /// reach the application.
  mutating func receiveListen(_ segment: Segment, at now: Stamp) -> Reaction {
    switch ListenAnswer(to: segment) {
    case .drop: return Reaction(refusal: .notForListen)
    case .reset(let seq): return Reaction(send: sendReset(seq: seq), refusal: .notForListen)
    case .open: break
    }
    takeSyn(segment, at: now.instant)
    tcb.setWindow(UInt32(segment.wnd), from: segment, ack: tcb.snd.una)
    tcb.snd.nxt = tcb.snd.iss + 1
    state = .synReceived
    peer = .synSent
    return Reaction(send: sendSynAck(at: now.instant))
  }

  /// Whether the peer opened the connection and has not acknowledged our SYN-ACK yet.
  var isPassiveSynReceived: Bool { plan.isPassive && state == .synReceived }

  /// The peer's SYN once more, in SYN-RECEIVED: our SYN-ACK was lost, or is in flight, and is retransmitted.
  ///
  /// Nil for any other segment. Another SYN, wherever it lies, is challenged (RFC 5961 §4.2) rather than taken for the
  /// end of the half-open connection (RFC 9293 §3.10.7.4, fourth): whoever can forge a SYN could end one otherwise,
  /// and a peer that has begun again answers the challenge by the RST that clears the way.
  mutating func receiveSynAgain(_ segment: Segment, at now: Stamp) -> Reaction? {
    guard segment.flags.contains(.syn), segment.flags.isDisjoint(with: [.ack, .rst, .fin]), segment.seq == tcb.rcv.irs
    else { return nil }
    counters.duplicates += 1
    // TS.Recent follows (RFC 7323 §4.3), so that the echo tells the peer which copy of its SYN was answered.
    if let recent = recentTimestamp, let timestamps = ParsedOptions(segment.options).timestamps,
      Int32(truncatingIfNeeded: timestamps.value &- recent) >= 0
    {
      recentTimestamp = timestamps.value
      recentTimestampAt = now.instant
    }
    // The copies that the timer may still send have their place.
    guard copies.count + transmissionsLeft < SynCopies.capacity, challenges.allows(at: now.instant) else {
      return Reaction.none
    }
    return Reaction(send: sendSynAck(at: now.instant))
  }

  /// An RST at RCV.NXT in SYN-RECEIVED: back to LISTEN, and this connection is forgotten (RFC 9293 §3.10.7.4, second).
  mutating func returnToListen() -> Reaction {
    decide(.refused, .rst)
    state = .listen
    peer = .closed
    finish(.peerRst)
    return .none
  }

  /// The last wait for the acknowledgment of our SYN-ACK is over.
  ///
  /// No RST: if the SYN's source was forged, it would go to someone who never asked; Linux is silent as well.
  mutating func giveUpHalfOpen() -> Outgoing? {
    state = .closed
    peer = .closed
    finish(.timeout)
    return nil
  }
}
