import Handshake
import Timebase
import Wire

/// What one packet was to its flow.
public struct Sighting: Hashable, Sendable {
  /// The flow's number.
  public var flow: Int
  /// Whether its client sent the packet.
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
  func isSucceeded(by segment: borrowing CapturedSegment, fromHigh: Bool) -> Bool {
    self[fromHigh].base.map { $0 != segment.header.sequence } ?? false
  }

  /// Takes the next packet of the flow.
  mutating func receive(_ segment: borrowing CapturedSegment, fromHigh: Bool, _ mark: FrameMark) -> Sighting {
    last = mark
    let checksum = self[fromHigh].count(segment)
    learnBases(segment, fromHigh)
    let flags = segment.header.flags
    let novelty: SegmentNovelty
    if flags.contains(.syn) {
      novelty = synchronize(segment, fromHigh, mark)
    } else {
      novelty = self[fromHigh].take(segment, mark, patience: patience)
    }
    if flags.contains(.ack) { acknowledge(segment, fromHigh, mark) }
    converse(segment, fromHigh, mark, novelty)
    if flags.contains(.fin) { finish(segment, fromHigh, mark) }
    if flags.contains(.rst) { reset(segment, fromHigh, mark) }
    return Sighting(flow: number, isFromClient: fromHigh == isClientHigh, novelty: novelty, checksum: checksum)
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
    if let known = self[fromHigh].isn, known != segment.header.sequence {
      self[fromHigh].strays += 1
      return .stray
    }
    let isCopy = self[fromHigh].synchronize(segment, mark)
    if !isCopy {
      _ = self[fromHigh].sent.take(
        segment.header.sequence, length: segment.sequenceLength, at: mark.stamp?.nanoseconds ?? .min,
        patience: patience)
    }
    guard !answer.isSet else { return isCopy ? .retransmission : .inOrder }
    if isAnswer, fromHigh != isClientHigh {
      if acknowledgesSyn(segment.header.acknowledgment) { answered(segment, mark) }
    } else if !isAnswer, let early = self[!fromHigh].synchronization, acknowledgesSyn(early.acknowledgment) {
      // The capture has the answer before the question: both were seen, and there is no time between them.
      answer = self[!fromHigh].firstSyn
      synBeforeAnswer = mark
      synCopiesBeforeAnswer = 1
    }
    return isCopy ? .retransmission : .inOrder
  }

  /// Whether a number acknowledges the client's SYN, with or without the text in it (RFC 7413).
  private func acknowledgesSyn(_ ack: SequenceNumber) -> Bool {
    guard let syn = self[isClientHigh].synchronization else { return false }
    return ack.isIn(syn.isn + 1, length: UInt32(truncatingIfNeeded: syn.textLength) &+ 1)
  }

  private mutating func answered(_ segment: borrowing CapturedSegment, _ mark: FrameMark) {
    answer = mark
    let client = self[isClientHigh]
    synBeforeAnswer = client.lastSyn
    synCopiesBeforeAnswer = client.synCopies
    guard client.synCopies > 1, client.areSynTimestampsDistinct,
      let echo = (try? TCPOptionList(raw: segment.header.options))?.timestamps?.echoReply
    else { return }
    if echo == client.lastSynTimestamp {
      answeredSyn = client.lastSyn
    } else if echo == client.synchronization?.options.timestamps?.value {
      answeredSyn = client.firstSyn
    }
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
    guard isOpenerKnown, header.flags.isDisjoint(with: [.syn, .rst]) else { return }
    let length = segment.payloadLength
    if fromHigh != isClientHigh {
      talk.serverSent(
        ack: header.flags.contains(.ack) ? header.acknowledgment : nil, textLength: length, mark, novelty)
    } else if length > 0, novelty != .stray, novelty != .keepAlive {
      talk.clientSent(upTo: header.sequence + UInt32(truncatingIfNeeded: length), mark, novelty)
    }
  }

  private mutating func finish(_ segment: borrowing CapturedSegment, _ fromHigh: Bool, _ mark: FrameMark) {
    let end = segment.header.sequence + segment.sequenceLength
    self[fromHigh].finCopies += 1
    guard !self[fromHigh].fin.isSet else { return }
    self[fromHigh].fin = mark
    self[fromHigh].finEnd = end
    if !self[!fromHigh].fin.isSet { isClosedByClient = fromHigh == isClientHigh }
  }

  private mutating func reset(_ segment: borrowing CapturedSegment, _ fromHigh: Bool, _ mark: FrameMark) {
    if !established.isSet, fromHigh != isClientHigh, !answer.isSet,
      segment.header.flags.contains(.ack), acknowledgesSyn(segment.header.acknowledgment)
    {
      isRefused = true
      answered(segment, mark)
    }
    if !self[fromHigh].reset.isSet { self[fromHigh].reset = mark }
    isClosedByClient = isClosedByClient ?? (fromHigh == isClientHigh)
  }
}
