import Timebase
import Wire

/// What of the plan's data has been sent and acknowledged, as offsets into that data.
struct Sender: Hashable, Sendable {
  /// What there is to send.
  private(set) var octets: [UInt8]
  /// Whether our FIN follows the last octet.
  var isClosed = false
  /// The next octet to send; steps back to the oldest unacknowledged one after a timeout.
  var next = 0
  /// One past the highest octet ever sent.
  var highest = 0
  /// One past the highest octet acknowledged.
  var acknowledged = 0
  /// Whether the last octet sent was one beyond a closed window.
  var isProbing = false
  /// The sequence number of our FIN, once it was sent.
  var fin: SequenceNumber?

  init(_ octets: [UInt8]) { self.octets = octets }

  /// How many octets there are.
  var length: Int { octets.count }
  var isAllSent: Bool { next >= length }
  var isAllAcknowledged: Bool { acknowledged >= length }
}

extension Connection {
  /// The most text a segment may carry: the peer's MSS (RFC 9293 §3.7.1 says what to assume where it sent
  /// none), less the options that every segment carries (RFC 6691).
  var effectiveMSS: Int {
    let offered = Int(peerOffer?.options.maximumSegmentSize ?? 536)
    let options = recentTimestamp == nil ? 0 : 12
    return max(1, min(max(offered, 48), plan.textLimit + options) - options)
  }

  /// How much may be in flight: the peer's window, and never more than the initial window (RFC 6928).
  private var sendLimit: Int { min(Int(tcb.snd.wnd), min(10 * effectiveMSS, max(2 * effectiveMSS, 14_600))) }

  private var dataStart: SequenceNumber { tcb.snd.iss + 1 }

  /// Which octets may go out now; empty where the window is full or nothing is left.
  var sendableText: Range<Int> {
    let room = sender.acknowledged + sendLimit - sender.next
    let count = min(effectiveMSS, sender.length - sender.next, room)
    return sender.next..<(sender.next + max(0, count))
  }

  /// Sends the next piece of the data; nil where none may go out.
  mutating func sendText(at now: Instant) -> Outgoing? { sendText(sendableText, at: now) }

  /// Sends one octet beyond a closed window, to learn whether it has opened (RFC 9293 §3.8.6.1).
  mutating func sendWindowProbe(at now: Instant) -> Outgoing? {
    guard sender.acknowledged < sender.length else { return nil }
    sender.next = sender.acknowledged
    sender.isProbing = true
    return sendText(sender.next..<(sender.next + 1), at: now)
  }

  private mutating func sendText(_ range: Range<Int>, at now: Instant) -> Outgoing? {
    guard !range.isEmpty else { return nil }
    let isRetransmission = range.lowerBound < sender.highest
    if marks.request == nil { marks.request = Departure(number: nextNumber, stamp: nil) }
    if isRetransmission {
      marks.dataRetransmitted = true
      counters.retransmissions += 1
    }
    let seq = dataStart + UInt32(truncatingIfNeeded: range.lowerBound)
    let flags: TCPFlags = range.upperBound == sender.length ? .psh : []
    let outgoing = segment(seq: seq, flags: flags, text: range.count, at: now)
    sender.next = range.upperBound
    sender.highest = max(sender.highest, range.upperBound)
    if tcb.snd.nxt.precedes(outgoing.end) { tcb.snd.nxt = outgoing.end }
    if timer == nil { timer = now + retransmission.timeout }
    return emit(outgoing, text: range, isRetransmission: isRetransmission)
  }

  /// Moves the acknowledged edge of the data to SND.UNA.
  mutating func acknowledgeText(at now: Stamp) {
    guard sender.length > 0, !sender.isAllAcknowledged, plan.mode == .full else { return }
    let edge = min(Int(tcb.snd.una.distance(from: dataStart)), sender.length)
    sender.acknowledged = max(sender.acknowledged, edge)
    sender.next = max(sender.next, sender.acknowledged)
    sender.isProbing = false
    if sender.isAllAcknowledged { marks.requestAcknowledged = now }
  }
}
