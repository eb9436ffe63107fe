/// What happens to a connection, as far as its state may depend on it.
///
/// A segment "counts" where its sequence number is RCV.NXT and its acknowledgment one of what we sent.
public enum TransitionEvent: String, Hashable, Sendable, CaseIterable {
  /// The plan is begun.
  case open
  /// The plan's close comes due.
  case close
  /// A deadline or an interrupt ends it.
  case abort
  /// A SYN-ACK of our SYN; later, the same once more.
  case synAck = "SYN,ACK"
  /// A SYN-ACK of something else, or with another IRS.
  case otherSynAck = "SYN,ACK of another"
  /// A SYN without ACK.
  case syn = "SYN"
  /// An RST that acknowledges our SYN; later, one at RCV.NXT.
  case reset = "RST"
  /// Any other RST.
  case otherReset = "RST elsewhere"
  /// An acknowledgment of all that we sent.
  case ack = "ACK"
  /// An acknowledgment of what we never sent.
  case otherAck = "ACK of another"
  /// Text, acknowledging all but a FIN of ours.
  case text
  /// A FIN, acknowledging all but a FIN of ours.
  case fin = "FIN"
  /// A FIN, acknowledging all that we sent.
  case finAck = "FIN,ACK"
  /// A segment outside the window.
  case stray = "out of window"
  /// A segment without ACK, SYN and RST.
  case noAck = "no ACK"
  /// An ICMP error that quotes our segment.
  case icmp = "ICMP"
  /// The retransmission timer runs out.
  case retransmit
  /// It runs out with no retransmission left.
  case giveUp = "give up"  // words: ok, the diagram shows it
  /// The patience with a peer runs out: the wait for its answer or FIN, or 2 MSL.
  case patience
}

/// One row of the table: what leads from some states to the next.
public struct Transition: Sendable {
  /// The states that it holds for.
  public let states: [State]
  /// The events that it holds for.
  public let events: [TransitionEvent]
  /// Where they lead: one of these, by the plan; empty where the state stays as it is.
  public let next: [State]
  /// The rule, by its section in RFC 9293 unless said otherwise.
  public let rule: String

  init(_ states: State..., on events: TransitionEvent..., to next: State..., by rule: String) {
    self.states = states
    self.events = events
    self.next = next
    self.rule = rule
  }

  init(_ states: State..., onAllBut exceptions: [TransitionEvent], by rule: String) {
    self.states = states
    events = TransitionEvent.allCases.filter { !exceptions.contains($0) }
    next = []
    self.rule = rule
  }
}

/// The state machine as a table: every state and every event, once (RFC 9293 §3.3.2, figure 5).
///
/// The handlers do not read it. It is what they are reviewed and tested against, and drawn from.
public enum TransitionTable {
  /// The rows, state by state in the order of a connection's life.
  public static let rows: [Transition] = opening + synchronized + closing

  private static let opening: [Transition] = [
    Transition(.closed, on: .open, to: .synSent, .listen, by: "3.10.1"),
    Transition(.closed, onAllBut: [.open], by: "3.10.7.1; the port is guarded, no peer to reset"),

    Transition(.listen, on: .syn, to: .synReceived, by: "3.10.7.2, third"),
    Transition(.listen, on: .abort, to: .closed, by: "3.10.5"),
    Transition(.listen, on: .reset, .otherReset, by: "3.10.7.2, first"),
    Transition(
      .listen, on: .synAck, .otherSynAck, .ack, .otherAck, .text, .fin, .finAck, .stray, by: "3.10.7.2, second: RST"),
    Transition(.listen, on: .noAck, by: "3.10.7.2, fourth"),
    Transition(.listen, on: .open, .close, .icmp, .retransmit, .giveUp, .patience, by: "the plan waits; no timer runs"),

    // --syn resets what it has opened.
    Transition(.synSent, on: .synAck, to: .established, .closed, by: "3.10.7.3, fourth"),
    Transition(.synSent, on: .syn, to: .synReceived, by: "3.5, figure 7"),
    Transition(.synSent, on: .reset, to: .closed, by: "3.10.7.3, second"),
    Transition(.synSent, on: .otherReset, by: "3.10.7.3, second; RFC 5961 3"),
    Transition(.synSent, on: .otherSynAck, .otherAck, by: "3.10.7.3, first: RST, and the wait goes on"),
    Transition(.synSent, on: .ack, .text, .fin, .finAck, .stray, .noAck, by: "3.10.7.3, fifth"),
    Transition(.synSent, on: .icmp, .retransmit, by: "RFC 6298 5.4; an ICMP error decides at the end of a wait"),
    Transition(.synSent, on: .abort, .giveUp, to: .closed, by: "3.10.5, 3.10.8"),
    Transition(.synSent, on: .open, .close, .patience, by: "the plan does neither here"),

    Transition(.synReceived, on: .synAck, .ack, .text, to: .established, .closed, by: "3.10.7.4, fifth"),
    Transition(.synReceived, on: .fin, .finAck, to: .closeWait, .closed, by: "3.10.7.4, fifth and eighth"),
    // Back to where it came from: a passive OPEN, and the entry is dropped.
    Transition(.synReceived, on: .reset, to: .closed, .listen, by: "3.10.7.4, second"),
    Transition(.synReceived, on: .otherAck, by: "3.10.7.4, fifth: RST"),
    Transition(.synReceived, on: .syn, .otherSynAck, .otherReset, .stray, by: "3.10.7.4, first; RFC 5961 3 and 4"),
    Transition(.synReceived, on: .noAck, by: "3.10.7.4, fifth"),
    Transition(.synReceived, on: .icmp, .retransmit, by: "RFC 6298 5.4"),
    Transition(.synReceived, on: .abort, .giveUp, to: .closed, by: "3.10.5, 3.10.8"),
    Transition(.synReceived, on: .open, .close, .patience, by: "the plan does neither here"),
  ]

  /// What a synchronized state does with whatever does not count.
  private static let unmoved: [TransitionEvent] = [
    .open, .synAck, .otherSynAck, .syn, .otherReset, .otherAck, .stray, .noAck, .icmp, .retransmit,
  ]
  private static let unmovedRule = "3.10.7.4, first; RFC 5961 3 to 5; RFC 6298 5.4"

  private static let synchronized: [Transition] = [
    Transition(.established, on: .close, to: .finWait1, .closed, by: "3.10.4; --close rst: 3.10.5"),
    Transition(.established, on: .fin, .finAck, to: .closeWait, by: "3.10.7.4, eighth"),
    // An unanswered confirmation is no reason to give up; unacknowledged data is.
    Transition(.established, on: .giveUp, to: .established, .closed, by: "3.8.3, 3.10.8"),
    Transition(.established, on: .ack, .text, .patience, by: "3.10.7.4, fifth and seventh"),
    Transition(.established, on: .reset, .abort, to: .closed, by: "3.10.7.4, second; 3.10.5"),
    Transition(.established, onAllBut: moving, by: unmovedRule),

    Transition(.finWait1, on: .ack, to: .finWait2, by: "3.10.7.4, fifth"),
    Transition(.finWait1, on: .fin, to: .closing, by: "3.10.7.4, eighth"),
    Transition(.finWait1, on: .finAck, to: .timeWait, by: "3.10.7.4, fifth and eighth"),
    Transition(.finWait1, on: .reset, .abort, .giveUp, to: .closed, by: "3.10.7.4, second; 3.10.5, 3.10.8"),
    Transition(.finWait1, on: .text, .close, .patience, by: "3.10.7.4, seventh"),
    Transition(.finWait1, onAllBut: moving, by: unmovedRule),

    Transition(.finWait2, on: .fin, .finAck, to: .timeWait, by: "3.10.7.4, eighth"),
    Transition(.finWait2, on: .patience, to: .closed, by: "beyond the RFC, as Linux: a FIN is not awaited forever"),
    Transition(.finWait2, on: .reset, .abort, to: .closed, by: "3.10.7.4, second; 3.10.5"),
    Transition(.finWait2, on: .ack, .text, .close, .giveUp, by: "3.10.7.4, seventh; no timer runs"),
    Transition(.finWait2, onAllBut: moving, by: unmovedRule),
  ]

  private static let closing: [Transition] = [
    Transition(.closeWait, on: .close, to: .lastAck, .closed, by: "3.10.4; --close rst: 3.10.5"),
    Transition(.closeWait, on: .reset, .abort, to: .closed, by: "3.10.7.4, second; 3.10.5"),
    Transition(.closeWait, on: .ack, .text, .fin, .finAck, .giveUp, .patience, by: "3.10.7.4, seventh and eighth"),
    Transition(.closeWait, onAllBut: moving, by: unmovedRule),

    Transition(.closing, on: .ack, .finAck, to: .timeWait, by: "3.10.7.4, fifth"),
    Transition(.closing, on: .reset, .abort, .giveUp, to: .closed, by: "3.10.7.4, second; 3.10.5, 3.10.8"),
    Transition(.closing, on: .text, .fin, .close, .patience, by: "3.10.7.4, seventh and eighth"),
    Transition(.closing, onAllBut: moving, by: unmovedRule),

    Transition(.lastAck, on: .ack, .finAck, to: .closed, by: "3.10.7.4, fifth"),
    Transition(.lastAck, on: .reset, .abort, .giveUp, to: .closed, by: "3.10.7.4, second; 3.10.5, 3.10.8"),
    Transition(.lastAck, on: .text, .fin, .close, .patience, by: "3.10.7.4, seventh and eighth"),
    Transition(.lastAck, onAllBut: moving, by: unmovedRule),

    Transition(.timeWait, on: .reset, to: .closed, by: "3.10.7.4, second"),
    // 2 MSL end the wait, and what is told of the connection is that it got so far.
    Transition(.timeWait, on: .patience, .abort, by: "3.10.8, 3.10.5: the connection is over, its state is reported"),
    Transition(.timeWait, on: .ack, .text, .fin, .finAck, .close, .giveUp, by: "3.10.7.4, eighth"),
    Transition(.timeWait, onAllBut: moving, by: unmovedRule),
  ]

  private static let moving = TransitionEvent.allCases.filter { !unmoved.contains($0) }

  /// Where an event may lead: the state itself where it stays, nowhere only if the table has a hole.
  public static func next(from state: State, on event: TransitionEvent) -> Set<State> {
    let row = rows.first { $0.states.contains(state) && $0.events.contains(event) }
    return row.map { $0.next.isEmpty ? [state] : Set($0.next) } ?? []
  }
}
