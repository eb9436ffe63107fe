import Timebase
import Wire

/// What is to be sent, and what of it has been sent and acknowledged, as offsets from the first octet ever.
struct Sender: Hashable, Sendable {
  /// A segment that was sent once: where it ends, and when it left (RFC 6298 §3, Karn's algorithm).
  struct Timed: Hashable, Sendable {
    var end: Int
    var at: Instant
  }

  /// What there is to send, and what was sent and may have to be sent again.
  private(set) var octets: [UInt8]
  /// The offset of the first of `octets`.
  private(set) var base = 0
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
  /// Whether our FIN has to be sent again after the text.
  var isFinLost = false

  /// How much the path is trusted with.
  var congestion = CongestionControl(mss: 536)
  /// What the peer holds beyond a gap.
  var scoreboard = Scoreboard()
  /// How many duplicate acknowledgments came in a row.
  var duplicates = 0
  /// Whether losses are being repaired without waiting for the timer: fast recovery (RFC 5681 §3.2).
  var isRecovering = false
  /// `recover` (RFC 6582 §3.2): what was sent when the last loss was noticed.
  var recover = 0
  /// One past the last octet that was sent again in this recovery.
  var repaired = 0

  /// How often the timer has run out since anything new was acknowledged.
  var timeouts = 0
  /// The segment whose round trip is being timed.
  var timed: Timed?
  /// Our clock's value when text was last sent again: an echo of an older one may be that of a lost answer.
  var resentValue: UInt32?
  /// When text was last sent.
  var lastSent: Instant?

  init(_ octets: [UInt8]) { self.octets = octets }

  /// One past the last octet that there is.
  var length: Int { base + octets.count }
  var isAllSent: Bool { next >= length }
  var isAllAcknowledged: Bool { acknowledged >= length }
  /// FlightSize (RFC 5681 §2): what was sent and not acknowledged.
  var inFlight: Int { highest - acknowledged }

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

  /// What the path carries at a guess: what was neither acknowledged, nor is held beyond a gap, nor lost (RFC 6675 §4).
  ///
  /// While losses are repaired, everything below the highest octet held is lost unless it was sent again since.
  var pipe: Int {
    guard isRecovering, !scoreboard.ranges.isEmpty else {
      return next - acknowledged - scoreboard.count(in: acknowledged..<max(acknowledged, next))
    }
    let held = max(scoreboard.highest, acknowledged)
    let again = max(acknowledged, min(repaired, held))
    return max(0, highest - held) + again - acknowledged - scoreboard.count(in: acknowledged..<again)
  }
}
