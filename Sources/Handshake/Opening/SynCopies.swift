import Wire

/// The copies of our SYN that were sent, each with a time-stamp value of its own, so that an echo shows which
/// one was answered (RFC 7323 §4.1; the way round Karn's rule, RFC 6298 §3).
struct SynCopies: Sendable {
  struct Copy: Hashable, Sendable {
    /// The packet's number in its connection.
    var number: UInt32
    var timestamp: UInt32
  }

  /// The first SYN, its retransmissions, one more where an old connection had to be reset first, and the
  /// SYN-ACK of a simultaneous open.
  static let capacity = Plan.retriesLimit + 3

  private var storage = [18 of Copy](repeating: Copy(number: 0, timestamp: 0))
  private(set) var count = 0

  var hasRoom: Bool { count < SynCopies.capacity }
  var first: Copy? { count > 0 ? storage[0] : nil }
  var last: Copy? { count > 0 ? storage[count - 1] : nil }

  mutating func append(number: UInt32, timestamp: UInt32) {
    guard hasRoom else { return }
    storage[count] = Copy(number: number, timestamp: timestamp)
    count += 1
  }

  /// The copy whose time-stamp value was echoed.
  func index(echoing value: UInt32) -> Int? { (0..<count).first { storage[$0].timestamp == value } }

  subscript(index: Int) -> Copy { storage[index] }

  /// Whether a packet is one of the copies.
  func contains(_ number: UInt32) -> Bool { (0..<count).contains { storage[$0].number == number } }
}

/// Which copy of the SYN was answered, as far as that can be known.
enum AnsweredCopy: Hashable, Sendable {
  /// This one.
  case copy(Int)
  /// Several were sent, and nothing tells them apart.
  case ambiguous
  /// The echoed value is none of ours.
  case unknownEcho
}

extension SynCopies {
  /// Classifies which copy an answer belongs to.
  ///
  /// An echo of the latest copy settles it. An echo of an *older* one does not: a peer whose SYN-ACK was lost
  /// repeats it with the old echo (Linux does, on its timer and on a repeated SYN), so what looks like a slow
  /// answer may be a lost one, and a retransmission timeout must never be counted as latency.
  func answered(echo: UInt32?) -> AnsweredCopy {
    guard let echo else { return count == 1 ? .copy(0) : .ambiguous }
    guard let index = index(echoing: echo) else { return .unknownEcho }
    return index == count - 1 ? .copy(index) : .ambiguous
  }
}

/// What a segment means to a SYN of ours that is unanswered, in the order of RFC 9293 §3.10.7.3.
///
/// A judgement only: what is done about it is the affair of whoever sent the SYN.
public enum SynAnswer: Hashable, Sendable {
  /// RST and ACK of our SYN: the port is closed.
  case reset
  /// An RST that does not acknowledge our SYN (RFC 5961 §3.1), refused.
  case foreignReset
  /// An acknowledgment of something that we did not send, to be answered by `<SEQ=SEG.ACK><CTL=RST>`; without SYN it
  /// is what a peer says that still holds an old connection of this flow (RFC 9293 §3.5.1, figure 9).
  case foreignAcknowledgment(SequenceNumber, isSyn: Bool)
  /// Neither SYN nor RST, refused.
  case notSyn
  /// A SYN alone: both ends opened at once (RFC 9293 §3.5, figure 7).
  case syn
  /// A SYN that acknowledges ours: the port is open.
  case synAck

  /// Classifies a segment that came to SYN-SENT with these send variables.
  @inlinable public init(_ segment: Segment, una: SequenceNumber, nxt: SequenceNumber) {
    // first, the ACK bit: SND.UNA < SEG.ACK =< SND.NXT, ISS+1 or up to the end of the text that the SYN carried.
    let acknowledges = segment.ack.map { $0.isIn(una + 1, length: nxt.distance(from: una)) } ?? false
    // second, the RST bit. An RST is never answered, whatever it acknowledges.
    if segment.flags.contains(.rst) {
      self = acknowledges ? .reset : .foreignReset
    } else if let ack = segment.ack, !acknowledges {
      self = .foreignAcknowledgment(ack, isSyn: segment.flags.contains(.syn))
    } else if !segment.flags.contains(.syn) {
      // third, security: none. fourth, the SYN bit.
      self = .notSyn
    } else {
      self = segment.ack == nil ? .syn : .synAck
    }
  }
}
