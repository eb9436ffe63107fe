import Timebase
import Wire

/// What is to be sent, and what of it has been sent and acknowledged, as offsets from the first octet ever.
struct Sender: Hashable, Sendable {
  /// How far losses are from being repaired.
  enum Repair: Hashable, Sendable {
    /// None are known.
    case none
    /// What has arrived since told of them: fast recovery (RFC 5681 §3.2).
    case fast
    /// The retransmission timer ran out (RFC 6298 §5.4).
    case timeout
  }

  /// What the path was trusted with before a loss that may turn out to be none (RFC 3522 §3.2, RFC 4015 §3).
  struct Doubt: Hashable, Sendable {
    var congestion: CongestionControl
    /// Our clock's value when the first segment was retransmitted; nil before that.
    var value: UInt32?
  }

  /// A tail loss probe that is not answered yet (RFC 8985 §7.3): TLP.end_seq, TLP.is_retrans.
  struct TailProbe: Hashable, Sendable {
    var end: Int
    var isRepeat: Bool
  }

  /// What there is to send, and what was sent and may have to be retransmitted.
  private(set) var octets: [UInt8]
  /// The offset of the first of `octets`.
  private(set) var base = 0
  /// Whether our FIN follows the last octet.
  var isClosed = false

  /// The next octet to send for the first time, or once more where it only probed a closed window.
  var next = 0
  /// One past the highest octet ever sent.
  var highest = 0
  /// One past the highest octet acknowledged.
  var acknowledged = 0
  /// Whether the last octet sent was one beyond a closed window.
  var isProbing = false
  /// The sequence number of our FIN, once it was sent.
  var fin: SequenceNumber?
  /// Whether our FIN has to be retransmitted after the text.
  var isFinLost = false

  /// How much the path is trusted with.
  var congestion = CongestionControl(mss: 536)
  /// The segments that were sent and are not acknowledged.
  var flight = Flight()
  /// What time tells of losses.
  var detection = LossDetection()
  /// Whether losses are being repaired.
  var repair = Repair.none
  /// `recover` (RFC 6582 §3.2): what was sent when the last loss was noticed.
  var recover = 0
  /// How many duplicate acknowledgments came in a row from a peer without SACK.
  var duplicates = 0
  /// What to go back to should the loss be none.
  var doubt: Doubt?
  /// When the path was last trusted with less because of a loss.
  var reducedAt = Instant(nanoseconds: 0)

  /// How often the timer has run out since anything new was acknowledged.
  var timeouts = 0
  /// Our clock's value when text was last retransmitted: an echo of an older one may be that of a lost answer.
  var resentValue: UInt32?
  /// When text was last sent.
  var lastSent: Instant?
  /// The probe that is in flight.
  var tailProbe: TailProbe?

  init(_ octets: [UInt8]) { self.octets = octets }

  /// One past the last octet that there is.
  var length: Int { base + octets.count }
  var isAllSent: Bool { next >= length }
  var isAllAcknowledged: Bool { acknowledged >= length }
  /// FlightSize (RFC 5681 §2): what was sent and not acknowledged.
  var inFlight: Int { next - acknowledged }

  /// Where a piece of text lies in `octets`.
  func position(of range: Range<Int>) -> Range<Int> { (range.lowerBound - base)..<(range.upperBound - base) }

  mutating func append(_ more: [UInt8]) { octets.append(contentsOf: more) }

  /// Forgets what is acknowledged once that is most of what is held: moving the rest costs less than was saved.
  mutating func forgetAcknowledged() {
    let count = acknowledged - base
    guard count > 0, count >= 65_536 || count == octets.count, count * 2 >= octets.count else { return }
    octets.removeFirst(count)
    base += count
  }
}
