import Wire

/// How many SYNs were sent, and how many of them were answered: the loss of the path as it is, before retransmissions
/// hide it.
///
/// A SYN is lost if no answer to it was ever matched. Each transmission counts by itself. An answer is a SYN-ACK, an RST,
/// the ACK of a peer that holds an old connection, or an ICMP error, each verified. An answer belongs to one copy of the
/// SYN: so of a probe that was answered after three copies two are lost. Further copies count as answered if a SYN-ACK
/// that came again echoes their timestamps; one that echoes the same timestamp, or none, may be the peer's own
/// retransmission and says nothing of another copy. An answer that comes after the next copy has left is still one answer:
/// `wait` must be longer than the round trip. A probe that was interrupted is not counted.
public struct SynCounts: Hashable, Sendable {
  /// SYNs that left, retransmissions included.
  public var sent = 0
  /// Those that were answered, by ICMP errors too.
  public var answered = 0
  /// Those of `answered` that an ICMP error answered.
  public var errors = 0

  /// None sent yet.
  public init() {}

  /// The given counts; no more were answered than sent.
  public init(sent: Int, answered: Int, errors: Int = 0) {
    self.sent = max(sent, 0)
    self.answered = min(max(answered, 0), self.sent)
    self.errors = min(errors, self.answered)
  }

  /// Those that nothing answered.
  public var lost: Int { sent - answered }

  /// Adds those of another probe.
  public static func += (sum: inout SynCounts, other: SynCounts) {
    sum.sent += other.sent
    sum.answered += other.answered
    sum.errors += other.errors
  }
}

extension Outcome {
  /// The SYNs of a probe, or with crafted flags the copies of its first segment; none for connections that others opened.
  ///
  /// Where the kernel made the connection and does not say how often it sent the SYN, that is once.
  public var syns: SynCounts {
    guard mode != .listen, mode != .capture else { return SynCounts() }
    let isUnsent = reason == .noRoute || reason == .notSent
    let made = mode == .connect && !isUnsent ? max(counters.transmissions, 1) : counters.transmissions
    // The copy that could not be sent was made.
    let sent = isUnsent ? max(made - 1, 0) : made
    let isError = reason.isICMPError
    var answered = verdict == .open || verdict == .refused || isError ? 1 : 0
    if answered > 0, sent > 1 { answered = max(answered, log.echoedSyns) }
    if notes.contains(.halfOpenPeer) { answered += 1 }
    return SynCounts(sent: sent, answered: answered, errors: isError ? 1 : 0)
  }
}

extension Reason {
  /// Whether an ICMP error says so.
  public var isICMPError: Bool {
    switch self {
    case .icmpHostUnreachable, .icmpNetUnreachable, .icmpPortUnreachable, .icmpProtoUnreachable, .icmpAdminProhibited,
      .icmpFragNeeded, .icmpTTLExceeded:
      true
    case .synAck, .ack, .rst, .noResponse, .noRoute, .notSent, .invalidReplies: false
    }
  }
}

extension PacketLog {
  /// How many different copies of our SYN the SYN-ACKs that came name by the timestamp that they echo.
  fileprivate var echoedSyns: Int {
    var count = 0
    for (place, sent) in entries.enumerated() {
      guard sent.direction == .sent, let segment = sent.segment, segment.flags.contains(.syn), segment.ack == nil,
        let value = segment.options.timestamps?.value
      else { continue }
      let isEchoed = entries[(place + 1)...].contains { entry in
        guard entry.direction == .received, entry.refusal == nil, let answer = entry.segment else { return false }
        return answer.flags.contains(.syn) && answer.ack != nil && answer.options.timestamps?.echoReply == value
      }
      if isEchoed { count += 1 }
    }
    return count
  }
}

extension PacketLog.Entry {
  fileprivate var segment: Segment? { if case .segment(let segment) = content { segment } else { nil } }
}
