import Handshake
import Timebase

/// A connection in a listener's table, and the application behind it.
///
/// It is large, and holds what was sent and received: it is changed where it lies, and never copied.
struct ListenEntry {
  var conversation: Conversation
  /// Tells it from those that had the slot before.
  let generation: UInt32
  /// Which it was, in the order in which they were answered, from 1.
  let sequence: Int
  var attendant: Attendant
  var isHalfOpen = true
  /// When a segment last came.
  var heard: Instant
  /// When a finished one is reported although stamps are missing.
  var reportBy: Instant?
  private var hasShutDown = false

  init(_ conversation: Conversation, number: Int, attendant: Attendant, heard: Instant) {
    self.conversation = conversation
    generation = UInt32(truncatingIfNeeded: number)
    sequence = number
    self.attendant = attendant
    self.heard = heard
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
      segment: outgoing.segment, data: data, text: outgoing.text)
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
  func deadline(idle: Interval, soon: Instant) -> Instant? {
    guard !conversation.connection.isFinished else {
      guard let reportBy else { return soon }
      return conversation.connection.awaitsStamps ? reportBy : soon
    }
    let next = conversation.connection.nextDeadline
    // In SYN-RECEIVED and once we have closed the machine's own patience is enough.
    switch conversation.connection.state {
    case .established, .closeWait: return min(next ?? (heard + idle), heard + idle)
    default: return next
    }
  }
}
