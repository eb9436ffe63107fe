import Handshake
import Wire

/// What kinds of packets there are in the life of a connection, each with a sentence that explains it (`--explain`).
package enum PacketLesson: String, Hashable, Sendable, CaseIterable {
  case syn = "SYN"
  case synCopy = "SYN-retransmission"
  case crossingSyn = "crossing-SYN"
  case synAck = "SYN-ACK"
  case synAckCopy = "SYN-ACK-retransmission"
  case handshakeAck = "handshake-ACK"
  case data = "data"
  case dataCopy = "retransmission"
  case beyondGap = "out-of-order-data"
  case ack = "ACK"
  case duplicateAck = "duplicate-ACK"
  case sack = "SACK"
  case zeroWindow = "zero-window"
  case windowUpdate = "window-update"
  case windowProbe = "window-probe"
  case keepAlive = "keep-alive"
  case keepAliveAck = "keep-alive-ACK"
  case firstFin = "first-FIN"
  case secondFin = "second-FIN"
  case finCopy = "FIN-retransmission"
  case halfCloseAck = "half-close-ACK"
  case lastAck = "last-ACK"
  case refusingReset = "refusing-RST"
  case halfOpenReset = "half-open-RST"
  case oldConnectionReset = "old-connection-RST"
  case reset = "RST"
  case challengeAck = "challenge-ACK"
  case crafted = "crafted-segment"
  case icmp = "ICMP-error"
  case rejected = "rejected-packet"
  case unreadable = "unreadable-packet"

  /// What such a packet does, and why.
  package var meaning: Meaning {
    switch self {
    case .syn:
      Meaning(
        "asks for a connection",
        "Asks for a connection. It carries the sender's initial sequence number (ISN), from which its bytes are counted.",
        by: "RFC 9293 §3.4.1")
    case .synCopy:
      Meaning(
        "the SYN once more",
        "The same SYN once more: no reply arrived before the timer expired. Each wait is twice as long as the last.",
        by: "RFC 6298 §5")
    case .crossingSyn:
      Meaning(
        "a SYN of the other end at the same time",
        "A SYN from the other end as well: both SYNs crossed. Each end acknowledges the other's (simultaneous open).",
        by: "RFC 9293 §3.5")
    case .synAck:
      Meaning(
        "accepts the connection",
        "Accepts: it brings the second end's own ISN. Its ack is ISN+1, since the SYN takes one sequence number.",
        by: "RFC 9293 §3.5")
    case .synAckCopy:
      Meaning(
        "the SYN-ACK once more",
        "The same SYN-ACK once more: the ACK that completes the handshake did not arrive in time, or was lost.",
        by: "RFC 6298 §5")
    case .handshakeAck:
      Meaning(
        "completes the three-way handshake",
        "Completes the three-way handshake: now each end knows that the other has received its ISN.",
        by: "RFC 9293 §3.5")
    case .data:
      Meaning(
        "carries payload",
        "Carries payload. Each byte has a number; seq is that of the first, and its receiver has to acknowledge them.",
        by: "RFC 9293 §3.4")
    case .dataCopy:
      Meaning(
        "bytes that were sent before",
        "The same bytes once more: they were not acknowledged in time, or duplicate ACKs showed that they were lost.",
        by: "RFC 5681 §3.2")
    case .beyondGap:
      Meaning(
        "payload beyond a gap",
        "Carries payload, but the bytes before it have not arrived: they were lost, or are still on their way.",
        by: "RFC 9293 §3.10.7.4")
    case .ack:
      Meaning(
        "acknowledges what arrived",
        "Acknowledges: every byte before ack has arrived in order, and ack is the number of the next one expected.",
        by: "RFC 9293 §3.4")
    case .duplicateAck:
      Meaning(
        "repeats the last acknowledgment",
        "Repeats the last ack: something arrived out of order. Three of these start a fast retransmission.",
        by: "RFC 5681 §3.2")
    case .sack:
      Meaning(
        "reports what arrived beyond a gap",
        "Acknowledges up to the gap, and its SACK blocks list what arrived beyond it: only the gap must be retransmitted.",
        by: "RFC 2018 §4")
    case .zeroWindow:
      Meaning(
        "closes the window",
        "Closes the window: the receive buffer is full. The other end must stop until a window update.",
        by: "RFC 9293 §3.8.6")
    case .windowUpdate:
      Meaning(
        "changes the window",
        "Updates the window: the application has read data, so more of it may be sent.", by: "RFC 9293 §3.8.6")
    case .windowProbe:
      Meaning(
        "probes a closed window",
        "Probes the closed window. Without it a lost window update would stop the connection forever.",
        by: "RFC 9293 §3.8.6.1")
    case .keepAlive:
      Meaning(
        "asks whether the other end is still there",
        "A keep-alive probe: its seq is one before the next byte, which an ESTABLISHED peer has to answer with an ACK.",
        by: "RFC 9293 §3.8.4")
    case .keepAliveAck:
      Meaning(
        "answers a keep-alive probe",
        "Answers the keep-alive probe: this end still has the connection, and expects the same byte next.",
        by: "RFC 9293 §3.8.4")
    case .firstFin:
      Meaning(
        "closes one direction",
        "Closes one direction: its sender has no more data. A FIN takes one sequence number, and so it is acknowledged.",
        by: "RFC 9293 §3.6")
    case .secondFin:
      Meaning(
        "closes the other direction",
        "Closes the other direction. Each needs a FIN and its ACK, hence four segments; an ACK in the FIN saves one.",
        by: "RFC 9293 §3.6")
    case .finCopy:
      Meaning(
        "the FIN once more", "The same FIN once more: its acknowledgment did not arrive in time.", by: "RFC 6298 §5")
    case .halfCloseAck:
      Meaning(
        "acknowledges the first FIN",
        "Acknowledges the FIN. The connection is half-closed: the end that has not closed may still send.",
        by: "RFC 9293 §3.6.1")
    case .lastAck:
      Meaning(
        "acknowledges the last FIN",
        "Acknowledges the last FIN. Its sender waits 2 MSL in TIME-WAIT, to repeat this ACK if it is lost.",
        by: "RFC 9293 §3.6.1")
    case .refusingReset:
      Meaning(
        "refuses the connection",
        "Refuses: nothing listens on the port. Its ack is ISN+1, which shows that it answers exactly this SYN.",
        by: "RFC 9293 §3.5.2")
    case .halfOpenReset:
      Meaning(
        "ends the handshake after the SYN-ACK",
        "Ends the attempt: the SYN-ACK showed that the port is open, and no connection was wanted (half-open probe).",
        by: "RFC 9293 §3.10.5")
    case .oldConnectionReset:
      Meaning(
        "removes an old connection of the peer",
        "The peer's segment fits no connection of this end: the RST removes an old one, and the SYN can be repeated.",
        by: "RFC 9293 §3.5.1")
    case .reset:
      Meaning(
        "aborts the connection",
        "Aborts the connection at once: data in flight is lost, and an RST is not acknowledged.", by: "RFC 9293 §3.5.3")
    case .challengeAck:
      Meaning(
        "asks the sender to confirm",
        "A challenge ACK: the segment before it did not fit exactly. A real peer answers this with one that does.",
        by: "RFC 5961 §3")
    case .crafted:
      Meaning(
        "a segment outside any connection",
        "A crafted segment that opens no connection. A host without a connection answers with an RST, if at all.",
        by: "RFC 9293 §3.10.7.1")
    case .icmp:
      Meaning(
        "a router or host reports that a packet was not delivered",
        "An ICMP error quotes the packet that was not delivered. Anyone can forge it, so the wait for TCP's reply goes on.",
        by: "RFC 9293 §3.9.2.2")
    case .rejected:
      Meaning(
        "was rejected",
        "Rejected: it fails verification, so it changes nothing.", by: "RFC 9293 §3.10.7.4")
    case .unreadable:
      Meaning(
        "cannot be parsed", "Its headers do not parse, so nothing in it counts.", by: "RFC 9293 §3.1")
    }
  }

  /// The kind that explains an event of the state machine; nil for what is no packet.
  package init?(_ event: TransitionEvent) {
    switch event {
    case .open, .close, .abort, .giveUp, .patience: return nil
    case .synAck: self = .synAck
    case .syn: self = .syn
    case .reset: self = .reset
    case .ack: self = .ack
    case .text: self = .data
    case .fin: self = .firstFin
    case .finAck: self = .secondFin
    case .icmp: self = .icmp
    case .retransmit: self = .dataCopy
    case .otherSynAck, .otherReset, .otherAck, .stray, .noAck: self = .rejected
    }
  }
}

/// The packets of a connection explained, one by one.
package struct PacketLessons {
  /// What explains one packet: its kind, then its options where it is a SYN, or why it was rejected.
  package private(set) var meanings: [[Meaning]] = []
  /// The kinds, in the same order.
  package private(set) var kinds: [PacketLesson] = []

  /// What one end has sent so far.
  fileprivate struct End {
    /// The sequence number of its SYN; nil before one.
    var syn: SequenceNumber?
    /// Whether its SYN carried an ACK.
    var hasAnswered = false
    /// The number behind its last byte; nil before any.
    var next: SequenceNumber?
    /// The number behind its FIN; nil before one.
    var fin: SequenceNumber?
    /// Its latest acknowledgment and window.
    var ack: SequenceNumber?
    var window: UInt16?
    /// Whether it acknowledged a SYN of the other's.
    var hasCompleted = false
  }

  private var ours = End()
  private var theirs = End()
  private var last: PacketLog.Entry?
  /// The options that are explained already: each is, the first time.
  private var explained: Set<String> = []
  private let outcome: Outcome

  /// The packets of an outcome, in the order of its log.
  package init(_ outcome: Outcome) {
    self.outcome = outcome
    for entry in outcome.log.entries {
      let kind = take(entry)
      kinds.append(kind)
      meanings.append(meanings(of: entry, kind))
      last = entry
    }
  }

  private mutating func meanings(of entry: PacketLog.Entry, _ kind: PacketLesson) -> [Meaning] {
    if kind == .rejected, let refusal = entry.refusal { return [refusal.meaning] }
    guard case .segment(let segment) = entry.content, segment.flags.contains(.syn), entry.refusal == nil,
      kind == .syn || kind == .synAck || kind == .crossingSyn
    else { return [kind.meaning] }
    var meanings = [kind.meaning]
    for option in segment.options.options {
      if let meaning = option.meaning, explained.insert(option.name).inserted { meanings.append(meaning) }
    }
    return meanings
  }

  private mutating func take(_ entry: PacketLog.Entry) -> PacketLesson {
    if entry.refusal != nil { return .rejected }
    switch entry.content {
    case .icmp: return .icmp
    case .unreadable: return .unreadable
    case .segment(let segment):
      let isSent = entry.direction == .sent
      var (own, other) = isSent ? (ours, theirs) : (theirs, ours)
      let kind = PacketLessons.kind(segment, entry, after: last, own, other, outcome)
      own.note(segment, kind)
      if isSent { ours = own } else { theirs = own }
      return kind
    }
  }

  private static func kind(
    _ segment: Segment, _ entry: PacketLog.Entry, after last: PacketLog.Entry?, _ own: End, _ other: End,
    _ outcome: Outcome
  ) -> PacketLesson {
    let flags = segment.flags
    if flags.contains(.rst) { return reset(segment, entry, own, other, outcome) }
    if flags.contains(.syn) {
      let isCopy = own.syn == segment.seq
      if flags.contains(.ack) { return isCopy && own.hasAnswered ? .synAckCopy : .synAck }
      if isCopy { return .synCopy }
      return other.syn != nil && !other.hasAnswered ? .crossingSyn : .syn
    }
    if outcome.notes.contains(.craftedFlags), entry.direction == .sent, own.next == nil { return .crafted }
    if flags.contains(.fin) {
      if own.fin != nil { return .finCopy }
      return other.fin == nil ? .firstFin : .secondFin
    }
    guard segment.textLength > 0 else { return pure(segment, entry, after: last, own, other) }
    guard let next = own.next else { return .data }
    if segment.textLength == 1, segment.seq == next - 1 { return .keepAlive }
    if segment.seq.precedes(next) { return .dataCopy }
    if segment.textLength == 1, other.window == 0 { return .windowProbe }
    if entry.isRetransmission { return .dataCopy }
    return next.precedes(segment.seq) ? .beyondGap : .data
  }

  private static func reset(
    _ segment: Segment, _ entry: PacketLog.Entry, _ own: End, _ other: End, _ outcome: Outcome
  ) -> PacketLesson {
    if own.syn == nil, other.syn != nil, !other.hasAnswered { return .refusingReset }
    if other.syn == nil, entry.direction == .sent || own.syn == nil { return .oldConnectionReset }
    return outcome.mode == .halfOpen && other.hasAnswered && !own.hasCompleted ? .halfOpenReset : .reset
  }

  /// A segment of nothing but an acknowledgment.
  private static func pure(
    _ segment: Segment, _ entry: PacketLog.Entry, after last: PacketLog.Entry?, _ own: End, _ other: End
  ) -> PacketLesson {
    guard let ack = segment.ack else { return .crafted }
    if let refusal = last?.refusal, last?.direction != entry.direction,
      [.unexpectedSyn, .rstMismatch, .outOfWindow, .irsMismatch, .ackMismatch, .paws].contains(refusal)
    {
      return .challengeAck
    }
    if let next = own.next, segment.seq == next - 1 { return .keepAlive }
    if !own.hasCompleted, other.hasAnswered || own.hasAnswered, other.syn != nil { return .handshakeAck }
    if let fin = other.fin, ack == fin, own.ack != fin { return own.fin == nil ? .halfCloseAck : .lastAck }
    var blocks = 0
    for option in segment.options.options { if case .sack(let list) = option { blocks += list.count } }
    if blocks > 0 { return .sack }
    if segment.wnd == 0 { return .zeroWindow }
    guard own.ack == ack else { return .ack }
    if let last, last.direction != entry.direction, case .segment(let before) = last.content, before.len <= 1,
      let end = other.next, before.seq == end - 1, before.flags.isDisjoint(with: [.syn, .fin])
    {
      return .keepAliveAck
    }
    return own.window == segment.wnd ? .duplicateAck : .windowUpdate
  }
}

extension PacketLessons.End {
  fileprivate mutating func note(_ segment: Segment, _ kind: PacketLesson) {
    if segment.flags.contains(.syn) {
      syn = segment.seq
      hasAnswered = segment.flags.contains(.ack)
    }
    if segment.flags.contains(.fin) { fin = segment.end }
    if kind != .keepAlive, segment.len > 0, next.map({ $0.precedes(segment.end) }) ?? true { next = segment.end }
    if segment.ack != nil, kind != .refusingReset, kind != .challengeAck { hasCompleted = true }
    if segment.len == 0, next == nil { next = segment.seq }
    if let acknowledged = segment.ack { ack = acknowledged }
    window = segment.wnd
  }
}

extension TCPOption {
  /// What an option of a SYN offers; nil for padding, which says nothing.
  package var meaning: Meaning? {
    switch self {
    case .endOfList, .noOperation: nil
    case .maximumSegmentSize:
      Meaning(
        "the largest payload of a segment",
        "\(name): the most payload bytes that its sender accepts in one segment, mostly the MTU less both headers.",
        by: "RFC 9293 §3.7.1")
    case .windowScale:
      Meaning(
        "the shift of the window field",
        "\(name): its sender's window fields count in units of 2 to this power, so that windows exceed 65,535 bytes.",
        by: "RFC 7323 §2")
    case .sackPermitted:
      Meaning(
        "selective acknowledgments are understood",
        "\(name): its sender understands selective acknowledgments, which list what arrived beyond a gap.",
        by: "RFC 2018 §2")
    case .sack:
      Meaning(
        "what arrived beyond a gap", "\(name): blocks that arrived beyond a gap.", by: "RFC 2018 §3")
    case .timestamps:
      Meaning(
        "a clock, and the echo of the other's",
        "\(name): val is its sender's clock, and ecr returns the peer's: for round-trip times, and against old duplicates.",
        by: "RFC 7323 §3")
    case .fastOpen:
      Meaning(
        "data in the SYN", "\(name): a cookie, or a request for one, that lets a later SYN carry data (TCP Fast Open).",
        by: "RFC 7413 §4.1")
    case .md5:
      Meaning(
        "a signature of the segment", "\(name): an MD5 signature with a shared key, mostly used by BGP.", by: "RFC 2385"
      )
    case .multipath:
      Meaning(
        "several paths for one connection", "\(name): one connection over several paths (Multipath TCP).",
        by: "RFC 8684 §3")
    case .other:
      Meaning(
        "an option without a rule here", "\(name): a receiver ignores options that it does not know.",
        by: "RFC 9293 §3.1")
    }
  }
}
