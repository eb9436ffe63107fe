import Handshake
import Timebase
import Wire

/// One connection in flight, or the rest of one: a few words, and nothing on the heap.
///
/// A leaner `Connection`: it has no list of packets, no send queue, and takes text in order only.
struct BenchSlot: Sendable {
  /// The state, in the RFC's terms; CLOSED where the slot is free.
  var state = State.closed
  /// How many connections the slot has had: a stamp that comes late must not reach the next one.
  var generation: UInt32 = 0
  /// Our port.
  let port: UInt16

  // SND.* and RCV.* of RFC 9293 §3.3.1.
  var iss: SequenceNumber
  var una = SequenceNumber(0)
  var nxt: SequenceNumber
  var irs = SequenceNumber(0)
  var receiveNext = SequenceNumber(0)
  /// Our window as the header says it.
  var window: UInt16 = 0
  /// Whether both sides send timestamps, and the peer's latest (RFC 7323 §3.2).
  var hasTimestamps = false
  var recentTimestamp: UInt32 = 0

  var retransmission: Retransmission
  /// Copies of what waits for an acknowledgment: the SYN, then the request or the FIN.
  var copies = 0
  /// When the first and the last copy of the SYN left, and the time-stamp values that tell them apart.
  var firstCopy = BenchCopy()
  var lastCopy = BenchCopy()
  /// When the FIN, or before it the request, left.
  var left: Stamp?
  /// When the peer's FIN came, where it came first.
  var peerFinCame: Stamp?
  /// When the first octet of the response came.
  var firstOctet: Stamp?

  /// The timestamp that the answer to the SYN echoed.
  var echo: UInt32?
  /// What an ICMP error said; counts only if TCP says nothing.
  var notice: Reason?
  /// The copy of the SYN that the latest ICMP error came after.
  var noticedCopy: UInt8 = 0
  /// Whether the peer's old connection was reset already (RFC 9293 §3.5.1).
  var hasCleared = false
  /// Answers to segments that were refused: so many and no more.
  var answers = 0
  var result: BenchResult

  /// The most segments that are sent in answer to what was refused, for one connection (RFC 5961 §7).
  static let answerLimit = 16

  /// A slot that has had no connection; the first one's ISS follows the number given.
  init(target: Int, port: UInt16, iss: SequenceNumber) {
    self.port = port
    self.iss = iss
    nxt = iss
    retransmission = Retransmission(initial: .zero)
    result = BenchResult(target: target, due: Instant(nanoseconds: 0))
  }

  /// Begins the next connection.
  ///
  /// Its ISS is beyond everything that the one before used: a peer in TIME-WAIT takes it (RFC 6191 §2, RFC 9293
  /// §3.10.7.4).
  mutating func begin(_ turn: BenchSchedule.Turn, at now: Instant, wait: Interval, jump: UInt32) {
    let last = nxt
    let generation = generation
    self = BenchSlot(target: turn.target, port: port, iss: last + 1 + jump)
    self.generation = generation
    una = iss
    nxt = iss + 1
    state = .synSent
    retransmission = Retransmission(initial: wait)
    result.due = turn.due
    result.lateness = max(now - turn.due, .zero)
  }
}

/// One copy of a SYN: what tells it from the others, and when it left.
struct BenchCopy: Hashable, Sendable {
  var timestamp: UInt32 = 0
  var left: Stamp?
}

/// Names a packet of a benchmark's, so that its stamps find their way back: one word.
///
/// 32 bits of the slot, 24 of the slot's generation, 8 of what the packet is.
struct PacketTag: Hashable, Sendable {
  /// What a packet is to its connection.
  enum Role: UInt8 {
    /// No one waits for its stamp.
    case other
    /// A copy of the SYN.
    case syn
    /// The request or the FIN.
    case awaited
  }

  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  init(slot: Int, generation: UInt32, role: Role) {
    rawValue = UInt64(slot) << 32 | UInt64(generation & 0xff_ffff) << 8 | UInt64(role.rawValue)
  }

  var slot: Int { Int(rawValue >> 32) }
  var role: Role { Role(rawValue: UInt8(truncatingIfNeeded: rawValue)) ?? .other }

  func isOf(_ generation: UInt32) -> Bool {
    UInt32(truncatingIfNeeded: rawValue >> 8) & 0xff_ffff == generation & 0xff_ffff
  }
}
