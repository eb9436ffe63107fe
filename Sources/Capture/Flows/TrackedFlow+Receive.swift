import Handshake
import Timebase
import Wire

/// What one packet was to its flow.
public struct Sighting: Hashable, Sendable {
  /// The flow's number.
  public var flow: Int
  /// Whether its client sent the packet, as far as is known by then.
  public var isFromClient: Bool
  /// What is new in it; a copy of a SYN is a retransmission.
  public var novelty: SegmentNovelty
  /// What its checksum says; nil where the capture cut the packet short.
  public var checksum: TransportChecksum?
}

extension TrackedFlow {
  /// One end: the higher, or the lower.
  subscript(isHigh: Bool) -> FlowSide {
    // No `_read`: what it lends was freed while it was still used, by the optimiser of Swift 6.3.1.
    get { isHigh ? high : low }
    _modify { if isHigh { yield &high } else { yield &low } }
  }

  /// Whether a segment that opens a connection opens a later one of the same ports.
  ///
  /// It does where its sender began with another number: Wireshark's rule. With the same number it is a late copy, even
  /// behind the close.
  func isSucceeded(by number: SequenceNumber, fromHigh: Bool) -> Bool {
    self[fromHigh].base.map { $0 != number } ?? false
  }

  /// Whether a segment goes on where the flow stopped, however long ago: both of its numbers are near those that come
  /// next.
  func isContinued(by segment: borrowing CapturedSegment, fromHigh: Bool) -> Bool {
    let header = segment.header
    let isNext = self[fromHigh].sent.isNear(header.sequence)
    return isNext && (!header.flags.contains(.ack) || self[!fromHigh].sent.isNear(header.acknowledgment))
  }

  /// The first packet of a flow of which only an ICMP error was seen before.
  mutating func begin(fromHigh: Bool, _ mark: FrameMark) {
    isOnlyQuoted = false
    first = mark
    isClientHigh = fromHigh
  }

  /// Takes the next packet of the flow, at a moment of the capture's clock; `recent` shows whether the capture has it
  /// once more.
  mutating func receive(
    _ segment: borrowing CapturedSegment, fromHigh: Bool, _ mark: FrameMark, at now: Int64,
    among recent: inout RecentPackets
  ) -> Sighting {
    last = mark
    heard = now
    let isDuplicate = recent.isDuplicate(
      segment, flow: number, fromHigh: fromHigh, mark, heard: fromHigh ? low.packets : high.packets,
      hasCopies: (fromHigh ? high.duplicates : low.duplicates) > 0)
    let checksum = self[fromHigh].count(segment)
    let novelty: SegmentNovelty
    if isDuplicate {
      self[fromHigh].duplicates += 1
      novelty = .duplicate
    } else {
      novelty = takeIn(segment, fromHigh, mark)
    }
    return Sighting(flow: number, isFromClient: fromHigh == isClientHigh, novelty: novelty, checksum: checksum)
  }

  private mutating func takeIn(
    _ segment: borrowing CapturedSegment, _ fromHigh: Bool, _ mark: FrameMark
  ) -> SegmentNovelty {
    let flags = segment.header.flags
    self[fromHigh].note(segment)
    learnBases(segment, fromHigh)
    let novelty: SegmentNovelty
    if flags.contains(.syn) {
      novelty = synchronize(segment, fromHigh, mark)
    } else {
      novelty = self[fromHigh].take(
        segment, mark, patience: patience, isWindowClosed: fromHigh ? low.isWindowClosed : high.isWindowClosed)
    }
    if flags.contains(.ack) { acknowledge(segment, fromHigh, mark) }
    if !answer.isSet, fromHigh != isClientHigh, flags.intersection([.syn, .ack]) == .ack {
      // The server is in another connection, and does not take the SYNs that it has had until then.
      self[isClientHigh].attempt.settle()
    }
    converse(segment, fromHigh, mark, novelty)
    noteSender(of: segment, fromHigh, mark, novelty)
    traceTampering(segment, fromHigh, mark, novelty)
    if flags.contains(.fin) { finish(segment, fromHigh, mark) }
    if flags.contains(.rst) { reset(segment, fromHigh, mark) }
    return novelty
  }

  /// The numbers that both ends count from, concluded where no SYN told them.
  private mutating func learnBases(_ segment: borrowing CapturedSegment, _ fromHigh: Bool) {
    let header = segment.header
    if self[fromHigh].base == nil {
      self[fromHigh].base = header.flags.contains(.syn) ? header.sequence : header.sequence - 1
    }
    if self[!fromHigh].base == nil, header.flags.contains(.ack) { self[!fromHigh].base = header.acknowledgment - 1 }
  }

  private mutating func synchronize(
    _ segment: borrowing CapturedSegment, _ fromHigh: Bool, _ mark: FrameMark
  ) -> SegmentNovelty {
    let isAnswer = segment.header.flags.contains(.ack)
    if !isOpenerKnown {
      isOpenerKnown = true
      isClientHigh = isAnswer ? !fromHigh : fromHigh
    } else if !isAnswer, fromHigh != isClientHigh, self[isClientHigh].firstSyn.isSet {
      isSimultaneous = true
    }
    let answersClient = isAnswer && fromHigh != isClientHigh && acknowledgesSyn(segment.header.acknowledgment)
    if answersClient {
      if isResetBeforeLatestAttempt { beginAnew() } else if isEndOfHigh == fromHigh { end?.wentOn = true }
    }
    if let known = self[fromHigh].isn, known != segment.header.sequence {
      self[fromHigh].strays += 1
      if isAnswer, self[fromHigh].otherSynAcks < .max { self[fromHigh].otherSynAcks += 1 }
      return .stray
    }
    let isCopy = self[fromHigh].synchronize(segment, mark)
    if !isCopy {
      self[fromHigh].restart(at: segment.header.sequence)
      _ = self[fromHigh].sent.take(
        SequenceGaps.Piece(
          first: segment.header.sequence, length: segment.sequenceLength, time: mark.nanoseconds, patience: patience))
    }
    if !answer.isSet {
      if answersClient {
        answered(segment, mark)
      } else if !isAnswer, fromHigh == isClientHigh {
        findEarlyAnswer(mark)
      }
    }
    return isCopy ? .retransmission : .inOrder
  }

  /// The capture may have the answer before the question: both were seen, and there is no time between them.
  private mutating func findEarlyAnswer(_ mark: FrameMark) {
    let server = self[!isClientHigh]
    if let early = server.synchronization, early.flags.contains(.ack), acknowledgesSyn(early.acknowledgment) {
      answer = server.firstSyn
    } else if server.reset.isSet, let ack = server.resetAcknowledgment, acknowledgesSyn(ack) {
      answer = server.reset
      isRefused = true
    } else {
      return
    }
    synOfAnswer = mark
    synBeforeAnswer = mark
    synCopiesBeforeAnswer = 1
  }

  /// Whether a SYN was retransmitted, with the same number, behind an RST that ended what was before, and no connection
  /// was open between.
  private var isResetBeforeLatestAttempt: Bool {
    let attempt = self[isClientHigh].attempt.first.frame
    guard low.reset.isSet || high.reset.isSet, !established.isSet else { return false }
    return low.reset.frame < attempt && high.reset.frame < attempt
  }

  /// What was refused or reset is answered now: the connection begins here, and nothing before it counts.
  private mutating func beginAnew() {
    isReopened = true
    isRefused = false
    answer = .none
    answeredSyn = .none
    isCloserHigh = nil
    talk = RequestTiming()
    end = nil
    trace = TamperingTrace()
    trace.beginAnew(self[isClientHigh].attempt.first)
    low.beginAnew()
    high.beginAnew()
    self[!isClientHigh].forgetSyn()
    let client = self[isClientHigh]
    if let syn = client.synchronization, syn.textLength > 0 {
      talk.clientSent(
        syn.isn + 1, UInt32(truncatingIfNeeded: syn.textLength), isInSyn: true, client.attempt.first, .inOrder)
    }
  }

  /// Whether a number acknowledges the client's SYN, with or without the text in it (RFC 7413).
  private func acknowledgesSyn(_ ack: SequenceNumber) -> Bool {
    guard let syn = self[isClientHigh].synchronization else { return false }
    return ack.isIn(syn.isn + 1, length: UInt32(truncatingIfNeeded: syn.textLength) &+ 1)
  }

  private mutating func answered(_ segment: borrowing CapturedSegment, _ mark: FrameMark) {
    answer = mark
    let attempt = self[isClientHigh].attempt
    synOfAnswer = attempt.first
    synBeforeAnswer = self[isClientHigh].lastSyn
    synCopiesBeforeAnswer = attempt.copies
    guard attempt.copies > 1, attempt.areTimestampsDistinct,
      let echo = (try? TCPOptionList(raw: segment.header.options))?.timestamps?.echoReply
    else { return }
    if echo == attempt.lastTimestamp {
      answeredSyn = synBeforeAnswer
    } else if echo == attempt.firstTimestamp {
      answeredSyn = attempt.first
    }
    if answeredSyn.isSet { talk.begins(with: answeredSyn) }
  }

  /// What a segment acknowledges: the handshake, and the other end's FIN.
  private mutating func acknowledge(_ segment: borrowing CapturedSegment, _ fromHigh: Bool, _ mark: FrameMark) {
    let ack = segment.header.acknowledgment
    if let end = self[!fromHigh].finEnd, !self[!fromHigh].finAcknowledged.isSet, !ack.precedes(end),
      !segment.header.flags.contains(.rst)
    {
      self[!fromHigh].finAcknowledged = mark
      self[!fromHigh].isFinAmbiguous = self[!fromHigh].finCopies > 1
    }
    guard !established.isSet, fromHigh == isClientHigh, answer.isSet, !isRefused,
      segment.header.flags.isDisjoint(with: [.syn, .rst]),
      let isn = self[isClientHigh].isn, let peer = self[!isClientHigh].isn,
      isn.precedes(segment.header.sequence), peer.precedes(ack)
    else { return }
    established = mark
    synBeforeEstablished = self[isClientHigh].lastSyn
    synAckBeforeEstablished = self[!isClientHigh].lastSyn
    synAckCopiesBeforeEstablished = self[!isClientHigh].synCopies
    if let whole = mark.since(synBeforeEstablished) { patience = whole }
  }

  private mutating func converse(
    _ segment: borrowing CapturedSegment, _ fromHigh: Bool, _ mark: FrameMark, _ novelty: SegmentNovelty
  ) {
    let header = segment.header
    guard isOpenerKnown, !header.flags.contains(.rst) else { return }
    let length = UInt32(truncatingIfNeeded: segment.payloadLength)
    let text = header.flags.contains(.syn) ? header.sequence + 1 : header.sequence
    if fromHigh != isClientHigh {
      talk.serverSent(
        ack: header.flags.contains(.ack) ? header.acknowledgment : nil, textLength: segment.payloadLength,
        isAnswer: header.flags.contains(.syn), mark, novelty)
    } else if length > 0, !novelty.isAside {
      talk.clientSent(text, length, isInSyn: header.flags.contains(.syn), mark, novelty)
    }
  }

  private mutating func finish(_ segment: borrowing CapturedSegment, _ fromHigh: Bool, _ mark: FrameMark) {
    let end = segment.header.sequence + segment.sequenceLength
    self[fromHigh].finCopies += 1
    guard !self[fromHigh].fin.isSet else { return }
    self[fromHigh].fin = mark
    self[fromHigh].finEnd = end
    isCloserHigh = isCloserHigh ?? fromHigh
  }

  private mutating func reset(_ segment: borrowing CapturedSegment, _ fromHigh: Bool, _ mark: FrameMark) {
    if !established.isSet, fromHigh != isClientHigh, !answer.isSet,
      segment.header.flags.contains(.ack), acknowledgesSyn(segment.header.acknowledgment)
    {
      isRefused = true
      answered(segment, mark)
    }
    if !self[fromHigh].reset.isSet { self[fromHigh].reset = mark }
    isCloserHigh = isCloserHigh ?? fromHigh
    self[isClientHigh].attempt.settle()
  }
}

extension SegmentNovelty {
  /// Whether its text is none that an end has to say.
  var isAside: Bool { self == .stray || self == .keepAlive || self == .windowProbe || self == .duplicate }
}
