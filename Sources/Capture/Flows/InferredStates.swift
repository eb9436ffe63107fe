import Handshake
import Wire

/// The states of both ends, concluded from the packets that pass between them (RFC 9293 §3.3.2, figure 5).
///
/// What an end does or is told is an event of `TransitionTable`, and where it leads stands there. A packet is taken to
/// arrive at once: where it did not, its copy changes nothing more. Two FINs that crossed tell it by what they
/// acknowledge.
struct InferredStates {
  /// One end.
  struct End {
    fileprivate(set) var state: State
    /// SND.NXT; nil before its first segment.
    fileprivate var next: SequenceNumber?
    fileprivate var hasSentFin = false
    fileprivate var hasBeenOpen = false
  }

  private(set) var client: End
  private(set) var server: End
  /// Whether the first packet of the capture is the first of the connection: else nothing is known of where it stood.
  let isHeadKnown: Bool

  /// Both ends before the first packet of a flow.
  init(_ flow: TrackedFlow, serverAtHead: State) {
    isHeadKnown = flow.isHeadSeen
    guard flow.isOpenerKnown else {
      client = End(state: .established)
      server = End(state: .established)
      return
    }
    client = End(state: .closed)
    server = End(state: serverAtHead)
  }

  /// A packet leaves one end and reaches the other.
  mutating func pass(_ segment: Segment, fromClient: Bool) {
    if fromClient {
      InferredStates.pass(segment, from: &client, to: &server)
    } else {
      InferredStates.pass(segment, from: &server, to: &client)
    }
  }

  private static func pass(_ segment: Segment, from sender: inout End, to receiver: inout End) {
    catchUp(segment, &sender, &receiver)
    let isNew = sender.next.map { $0.precedes(segment.end) } ?? true
    if segment.flags.contains(.rst) {
      // What answers an acknowledgment of something else leaves the sender where it is (RFC 9293 §3.5.2, group 2).
      let answersWrongAck = sender.state == .synSent && segment.seq != sender.next
      if !answersWrongAck { sender.move(on: .abort) }
    } else if segment.flags.contains(.syn), segment.ack == nil {
      if sender.state == .closed { sender.move(on: .open) }
    } else if segment.flags.contains(.fin), !sender.hasSentFin {
      sender.hasSentFin = true
      if sender.state == .synReceived {
        sender.state = .finWait1  // figure 5: CLOSE in SYN-RECEIVED
      } else if sender.state == .closeWait, segment.ack != receiver.next {
        // It has not acknowledged the other end's FIN, so it sent its own before that one came: both crossed.
        sender.state = .established
        sender.move(on: .close)
        sender.move(on: .fin)
      } else {
        sender.move(on: .close)
      }
    }
    if isNew, !segment.flags.contains(.rst) { sender.next = segment.end }
    receiver.move(on: receiver.event(of: segment))
    sender.hasBeenOpen = sender.hasBeenOpen || sender.state.isSynchronized
    receiver.hasBeenOpen = receiver.hasBeenOpen || receiver.state.isSynchronized
  }

  /// What a segment says of packets that the capture does not have: each end must have been where it could send it.
  private static func catchUp(_ segment: Segment, _ sender: inout End, _ receiver: inout End) {
    guard segment.ack != nil, !segment.flags.contains(.rst) else { return }
    if segment.flags.contains(.syn) {
      guard sender.state == .closed || sender.state == .listen else { return }
      sender.state = .synReceived
      sender.next = nil
      if receiver.state == .closed, !receiver.hasBeenOpen { receiver.state = .synSent }
    } else if sender.state == .listen || sender.state == .synSent || sender.state == .closed && !sender.hasBeenOpen {
      sender.state = .established
    }
  }
}

extension InferredStates.End {
  /// What a segment is to the end that it reaches.
  fileprivate func event(of segment: Segment) -> TransitionEvent {
    let acknowledgesAll = next.flatMap { next in segment.ack.map { !$0.precedes(next) } } ?? (segment.ack != nil)
    if segment.flags.contains(.rst) { return .reset }
    if segment.flags.contains(.syn) {
      guard segment.ack != nil else { return .syn }
      return acknowledgesAll ? .synAck : .otherSynAck
    }
    guard segment.ack != nil else { return .noAck }
    if segment.flags.contains(.fin) { return acknowledgesAll ? .finAck : .fin }
    return acknowledgesAll ? .ack : .text
  }

  /// Goes where the table says, by the first of its ways where a plan would have to choose.
  fileprivate mutating func move(on event: TransitionEvent) {
    let row = TransitionTable.rows.first { $0.states.contains(state) && $0.events.contains(event) }
    state = row?.next.first ?? state
  }
}
