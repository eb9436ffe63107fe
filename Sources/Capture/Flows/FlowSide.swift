import Handshake
import Timebase
import Wire

/// What one end of a flow sent, as far as the capture shows it.
public struct FlowSide: Sendable {
  /// The SYN of this end, or its SYN-ACK: the first that was seen.
  public struct Synchronization: Hashable, Sendable {
    /// The initial sequence number.
    public var isn: SequenceNumber
    /// The flags of the segment.
    public var flags: TCPFlags
    /// SEG.WND as it stands.
    public var window: UInt16
    /// The options, octet for octet.
    public var options: TCPOptionList
    /// Whether the capture cut the options short: those that are there are not all.
    public var areOptionsCut = false
    /// Octets of text in it (RFC 7413).
    public var textLength: Int
    /// The acknowledgment field; means nothing without ACK.
    public var acknowledgment: SequenceNumber
  }

  /// Its address and port.
  public let endpoint: Endpoint
  /// Its SYN or SYN-ACK; nil where none was seen.
  public internal(set) var synchronization: Synchronization?
  /// How many copies of it were seen.
  @Counter public internal(set) var synCopies = 0
  /// The first copy.
  public internal(set) var firstSyn = FrameMark.none
  /// The latest copy.
  public internal(set) var lastSyn = FrameMark.none
  /// The copies of its SYN that what answers next may answer.
  var attempt = SynAttempt()
  /// The hop limit of its first packet.
  public internal(set) var hopLimit: UInt8 = 0
  /// Whether packets of it came in to the host that captured them, and whether some went out.
  private var (hasComeIn, hasGoneOut) = (false, false)

  /// Packets.
  @Counter public internal(set) var packets = 0
  /// Octets of text, those that were retransmitted among them.
  public internal(set) var octets: UInt64 = 0
  /// Segments whose octets were sent before; copies of the SYN and of the FIN are counted apart.
  @Counter public internal(set) var retransmissions = 0
  /// Segments that were overtaken on their way.
  @Counter public internal(set) var outOfOrder = 0
  /// Times that something was not seen, or not yet, before what was.
  @Counter public internal(set) var gaps = 0
  /// Keep-alive probes (RFC 9293 §3.8.4).
  @Counter public internal(set) var keepAlives = 0
  /// Window probes (RFC 9293 §3.8.6.1).
  @Counter public internal(set) var windowProbes = 0
  /// Packets that the capture has once more.
  @Counter public internal(set) var duplicates = 0
  /// Segments too far off to belong to any window.
  @Counter public internal(set) var strays = 0
  /// Of them, SYN-ACKs with another initial sequence number than its first one, up to 255.
  public internal(set) var otherSynAcks: UInt8 = 0
  /// Segments that offered no window, SYN, FIN and RST aside.
  @Counter public internal(set) var zeroWindows = 0
  /// Segments with a wrong checksum.
  @Counter public internal(set) var badChecksums = 0
  /// Segments whose checksum was left to hardware that the capture came before.
  @Counter public internal(set) var unfinishedChecksums = 0
  /// Segments truncated by the capture, so that their checksums are unknown.
  @Counter public internal(set) var unverifiedChecksums = 0
  /// Segments whose options do not parse.
  @Counter public internal(set) var malformedOptions = 0

  /// Its first FIN.
  public internal(set) var fin = FrameMark.none
  /// Copies of its FIN.
  @Counter public internal(set) var finCopies = 0
  /// The first acknowledgment of its FIN, by the other end.
  public internal(set) var finAcknowledged = FrameMark.none
  /// Whether the FIN had been retransmitted by then, so that its time cannot be known.
  var isFinAmbiguous = false
  /// The number behind its FIN.
  var finEnd: SequenceNumber?
  /// Its first RST; none where a connection was opened behind it.
  public internal(set) var reset = FrameMark.none
  /// How many RSTs it sent.
  @Counter public internal(set) var resets = 0
  /// What its latest RST acknowledged.
  var resetAcknowledgment: SequenceNumber?
  /// What its packets have in common.
  var marks = SenderMarks()
  /// When its latest packet passed, in nanoseconds; `.min` where that is not known.
  var latest = Int64.min
  /// Whether it sent what only an end sends that has had the other's SYN: an ACK without SYN and RST.
  var hasSpoken = false
  /// Whether its latest segment offered no window.
  var isWindowClosed = false

  /// The number that all of its others are counted from, seen or concluded.
  var base: SequenceNumber?
  /// What it has sent so far.
  var sent = SequenceGaps()

  init(_ endpoint: Endpoint) { self.endpoint = endpoint }

  /// Whether it is the host that captured the packets, as far as the capture says it: a router has them come in as well.
  var isCapturing: Bool { hasGoneOut && !hasComeIn }

  /// The initial sequence number; nil where its SYN was not seen.
  public var isn: SequenceNumber? { synchronization?.isn }

  /// Counts what is in a segment of this end, whatever it means for the flow.
  mutating func count(_ segment: borrowing CapturedSegment) -> TransportChecksum? {
    if packets == 0 { hopLimit = segment.hopLimit }
    switch segment.direction {
    case .inbound: hasComeIn = true
    case .outbound: hasGoneOut = true
    case nil: break
    }
    packets += 1
    octets += UInt64(segment.payloadLength)
    let checksum = segment.checksum
    switch checksum {
    case .good: break
    case .bad: badChecksums += 1
    case .unfinished: unfinishedChecksums += 1
    case nil: unverifiedChecksums += 1
    }
    return checksum
  }

  /// Notes what a segment says of its sender, once it is known to be no duplicate.
  mutating func note(_ segment: borrowing CapturedSegment) {
    let flags = segment.header.flags
    if segment.hasMalformedOptions { malformedOptions += 1 }
    if flags.contains(.rst) {
      resets += 1
      resetAcknowledgment = flags.contains(.ack) ? segment.header.acknowledgment : nil
      return
    }
    isWindowClosed = segment.header.window == 0
    if isWindowClosed, flags.intersection([.ack, .syn, .fin]) == .ack { zeroWindows += 1 }
    if flags.intersection([.ack, .syn]) == .ack { hasSpoken = true }
  }

  /// Takes a SYN or SYN-ACK; whether it is a copy of one that was seen.
  mutating func synchronize(_ segment: borrowing CapturedSegment, _ mark: FrameMark) -> Bool {
    let header = segment.header
    let options = (try? TCPOptionList(raw: header.options)) ?? TCPOptionList()
    let isCopy = synchronization != nil
    if !isCopy {
      firstSyn = mark
      synchronization = Synchronization(
        isn: header.sequence, flags: header.flags, window: header.window, options: options,
        areOptionsCut: header.headerLength < header.statedHeaderLength, textLength: segment.payloadLength,
        acknowledgment: header.acknowledgment)
    }
    attempt.take(options.timestamps?.value, mark)
    lastSyn = mark
    synCopies += 1
    return isCopy
  }

  /// Forgets what an earlier connection of the same ports left, and what was refused: its SYN has now been answered.
  mutating func beginAnew() {
    fin = .none
    finCopies = 0
    finAcknowledged = .none
    isFinAmbiguous = false
    finEnd = nil
    reset = .none
  }

  /// Forgets the SYN of an earlier connection of the same ports.
  mutating func forgetSyn() {
    synchronization = nil
    synCopies = 0
    firstSyn = .none
    lastSyn = .none
    attempt = SynAttempt()
    sent = SequenceGaps()
  }

  /// Begins to count from its SYN; what it sent of the same connection may stand before that in the capture.
  mutating func restart(at isn: SequenceNumber) {
    base = isn
    if !sent.isNear(isn) { sent = SequenceGaps() }
  }

  /// Takes the sequence space of a segment that is no SYN.
  mutating func take(
    _ segment: borrowing CapturedSegment, _ mark: FrameMark, patience: Interval, isWindowClosed: Bool
  ) -> SegmentNovelty {
    let flags = segment.header.flags
    // An RST takes no place among the numbers of its sender: many do not even know them (RFC 9293 §3.5.2).
    if flags.contains(.rst) { return .inOrder }
    let novelty = sent.take(
      SequenceGaps.Piece(
        first: segment.header.sequence, length: segment.sequenceLength, time: mark.nanoseconds, patience: patience,
        mayProbe: flags.isDisjoint(with: [.syn, .fin]), isWindowClosed: isWindowClosed))
    let isRepeatedFin = fin.isSet && flags.contains(.fin) && segment.payloadLength == 0
    switch novelty {
    case .inOrder: break
    case .beyondGap: gaps += 1
    case .outOfOrder: outOfOrder += 1
    case .retransmission: if !isRepeatedFin { retransmissions += 1 }
    case .keepAlive: keepAlives += 1
    case .windowProbe: windowProbes += 1
    case .stray: strays += 1
    case .duplicate: break
    }
    return novelty
  }
}

/// The copies of a SYN since the last of them that something settled: an RST answered those before, or took back what
/// was in their way, so that what answers now answers one of these (RFC 9293 §3.5, figure 9).
struct SynAttempt: Sendable {
  /// The first of them.
  private(set) var first = FrameMark.none
  /// How many there were.
  private(set) var copies = 0
  /// TSval of the first and of the latest, to show which one was answered (RFC 7323 §4).
  private(set) var firstTimestamp: UInt32?
  private(set) var lastTimestamp: UInt32?
  /// Whether no two that followed each other carried the same TSval, or none at all.
  private(set) var areTimestampsDistinct = true
  private var isSettled = false

  /// Takes the next copy.
  mutating func take(_ timestamp: UInt32?, _ mark: FrameMark) {
    if isSettled { self = SynAttempt() }
    if copies == 0 {
      first = mark
      firstTimestamp = timestamp
    } else if timestamp == lastTimestamp {
      areTimestampsDistinct = false
    }
    lastTimestamp = timestamp
    copies += 1
  }

  /// An RST passes: the next copy is the first of another attempt.
  mutating func settle() { isSettled = copies > 0 }

  /// Takes the time from a mark.
  mutating func forgetTime(of frame: Int) { if first.frame == frame { first = first.withoutTime } }
}

/// A count of what one end of a flow did, in half the room of an `Int`: beyond 4,294,967,295 it stays there.
@propertyWrapper struct Counter: Sendable {
  private var stored: UInt32

  /// A count that begins so.
  init(wrappedValue: Int) { stored = UInt32(clamping: wrappedValue) }

  /// The count.
  var wrappedValue: Int {
    get { Int(stored) }
    set { stored = UInt32(clamping: newValue) }
  }
}
