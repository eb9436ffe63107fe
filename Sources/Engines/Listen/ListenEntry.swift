import Handshake
import Timebase
import Wire

/// A connection in a listener's table, and the application behind it.
///
/// It is large, and holds what was sent and received: it is changed where it lies, and never copied.
struct ListenEntry {
  var conversation: TracedConnection
  /// Tells it from those that had the slot before.
  let generation: UInt32
  /// Which it was, in the order in which they were answered, from 1.
  let sequence: Int
  var attendant: Application
  var isHalfOpen = true
  /// Whether it has to make room for another.
  var isGivenUp = false
  /// When it was opened; nil while it is half-open.
  private(set) var opened: Instant?
  /// When it last got on with something: was opened, brought text, or took ours.
  ///
  /// Segments alone are nothing: a peer that only says that it is there, or that it has no room, does so without end. And
  /// of an HTTP request only the beginning and the end count, or one that comes an octet at a time would be an activity.
  private(set) var moved: Instant
  private var progress = Progress()
  /// When a finished one is reported although stamps are missing.
  var reportBy: Instant?
  private var hasShutDown = false

  init(_ conversation: TracedConnection, number: Int, attendant: Application, heard: Instant) {
    self.conversation = conversation
    generation = UInt32(truncatingIfNeeded: number)
    sequence = number
    self.attendant = attendant
    moved = heard
  }

  /// How far an open connection has come.
  private struct Progress: Hashable {
    var octetsReceived = 0
    var acknowledged = SequenceNumber(0)
    var requests = 0
    var isWithinRequest = false
  }

  /// Looks whether anything was got on with since the last time; says so.
  mutating func noteProgress(at now: Instant) -> Bool {
    let before = progress
    progress = Progress(
      octetsReceived: conversation.connection.counters.octetsReceived,
      acknowledged: conversation.connection.tcb.snd.una,
      requests: attendant.answered, isWithinRequest: attendant.isWithinRequest)
    let isFirst = opened == nil
    if isFirst { opened = now }
    var hasMoved = isFirst || progress.acknowledged != before.acknowledged || progress.requests != before.requests
    // What comes after our FIN is not read any more.
    if progress.octetsReceived != before.octetsReceived, !hasShutDown {
      hasMoved = hasMoved || !(before.isWithinRequest && progress.isWithinRequest)
    }
    if hasMoved { moved = now }
    return hasMoved
  }

  /// How much may be written and not be acknowledged before the application stops reading: the peer's window then
  /// closes, rather than our memory growing.
  private static let answerLimit = 65_536

  /// The packet of an outgoing segment; its text is only valid until the next event.
  func transmission(_ outgoing: Outgoing, from slot: Int) -> Transmission {
    // A segment without text must not hold on to the octets: the application is about to add to them.
    let data = outgoing.text.isEmpty ? [] : conversation.connection.octets(behind: outgoing)
    return Transmission(
      token: Token(slot: slot, generation: generation, number: outgoing.number), flow: conversation.flow,
      segment: outgoing.segment, ipFields: conversation.connection.plan.ipFields, data: data, text: outgoing.text)
  }

  /// The application: reads what came as long as its answers have room, and closes when it is done or the peer is.
  mutating func attend() {
    guard !isHalfOpen, !conversation.connection.isFinished else { return }
    if conversation.connection.received > 0, conversation.connection.unacknowledged < ListenEntry.answerLimit {
      let octets = conversation.takeReceived()
      let answer = hasShutDown ? [] : attendant.answer(to: octets)
      if !answer.isEmpty { conversation.write(answer) }
    }
    let isReadOut = conversation.connection.isPeerDone && conversation.connection.received == 0
    guard !hasShutDown, isReadOut || attendant.wantsToClose else { return }
    hasShutDown = true
    conversation.shutdown()
  }

  /// When the connection wants attention next, if it is not cut short; `soon` is a moment that is past.
  func deadline(_ limits: ListenEngine.Limits, soon: Instant) -> Instant? {
    guard !conversation.connection.isFinished else {
      guard let reportBy else { return soon }
      return conversation.connection.awaitsStamps ? reportBy : soon
    }
    let next = conversation.connection.nextDeadline
    return end(limits).map { min(next ?? $0, $0) } ?? next
  }

  /// When it is reset although its peer may still be there; nil in SYN-RECEIVED, where the machine's own patience is
  /// enough.
  func end(_ limits: ListenEngine.Limits) -> Instant? {
    guard let opened else { return nil }
    let idle: Interval? =
      switch conversation.connection.state {
      case .established, .closeWait: limits.idle
      // The machine itself waits for the peer's FIN, and for nothing once both are there.
      case .finWait2, .timeWait: nil
      // For the acknowledgment of ours it waits as long as retransmissions take, or forever where there is no room.
      default: max(limits.idle, conversation.connection.plan.longestStage)
      }
    return [idle.map { moved + $0 }, limits.lifetime.map { opened + $0 }].compactMap(\.self).min()
  }
}
