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
  public internal(set) var synCopies = 0
  /// The first copy.
  public internal(set) var firstSyn = FrameMark.none
  /// The latest copy.
  public internal(set) var lastSyn = FrameMark.none
  /// TSval of the latest copy, to tell which one was answered (RFC 7323 §4).
  var lastSynTimestamp: UInt32?
  /// Whether no two copies that followed each other carried the same TSval, or none at all.
  var areSynTimestampsDistinct = true
  /// The hop limit of its first packet.
  public internal(set) var hopLimit: UInt8 = 0

  /// Packets.
  public internal(set) var packets = 0
  /// Octets of text, those that were sent again among them.
  public internal(set) var octets: UInt64 = 0
  /// Segments whose octets were sent before; copies of the SYN and of the FIN are counted apart.
  public internal(set) var retransmissions = 0
  /// Segments that were overtaken on their way.
  public internal(set) var outOfOrder = 0
  /// Times that something was not seen, or not yet, before a segment with text.
  public internal(set) var gaps = 0
  /// Keep-alive probes (RFC 9293 §3.8.4).
  public internal(set) var keepAlives = 0
  /// Segments too far off to belong to any window.
  public internal(set) var strays = 0
  /// Segments that offered no window, SYN, FIN and RST aside.
  public internal(set) var zeroWindows = 0
  /// Segments with a wrong checksum.
  public internal(set) var badChecksums = 0
  /// Segments whose checksum was left to hardware that the capture came before.
  public internal(set) var unfinishedChecksums = 0
  /// Segments that the capture cut short, so that nobody can tell.
  public internal(set) var unverifiedChecksums = 0
  /// Segments whose options do not parse.
  public internal(set) var malformedOptions = 0

  /// Its first FIN.
  public internal(set) var fin = FrameMark.none
  /// Copies of its FIN.
  public internal(set) var finCopies = 0
  /// The first acknowledgment of its FIN, by the other end.
  public internal(set) var finAcknowledged = FrameMark.none
  /// Whether the FIN had been sent again by then, so that its time cannot be known.
  var isFinAmbiguous = false
  /// The number behind its FIN.
  var finEnd: SequenceNumber?
  /// Its first RST.
  public internal(set) var reset = FrameMark.none

  /// The number that all of its others are counted from, seen or concluded.
  var base: SequenceNumber?
  /// What it has sent so far.
  var sent = SequenceGaps()

  init(_ endpoint: Endpoint) { self.endpoint = endpoint }

  /// The initial sequence number; nil where its SYN was not seen.
  public var isn: SequenceNumber? { synchronization?.isn }

  /// Counts what is in a segment of this end, whatever it means for the flow.
  mutating func count(_ segment: borrowing CapturedSegment) -> TransportChecksum? {
    let flags = segment.header.flags
    if packets == 0 { hopLimit = segment.hopLimit }
    packets += 1
    octets += UInt64(segment.payloadLength)
    if segment.header.window == 0, flags.contains(.ack), flags.isDisjoint(with: [.syn, .fin, .rst]) {
      zeroWindows += 1
    }
    if segment.hasMalformedOptions { malformedOptions += 1 }
    let checksum = segment.checksum
    switch checksum {
    case .good: break
    case .bad: badChecksums += 1
    case .unfinished: unfinishedChecksums += 1
    case nil: unverifiedChecksums += 1
    }
    return checksum
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
        textLength: segment.payloadLength, acknowledgment: header.acknowledgment)
    }
    let timestamp = options.timestamps?.value
    if isCopy, timestamp == lastSynTimestamp { areSynTimestampsDistinct = false }
    lastSyn = mark
    lastSynTimestamp = timestamp
    synCopies += 1
    return isCopy
  }

  /// Takes the sequence space of a segment that is no SYN.
  mutating func take(
    _ segment: borrowing CapturedSegment, _ mark: FrameMark, patience: Interval
  ) -> SegmentNovelty {
    let novelty = sent.take(
      segment.header.sequence, length: segment.sequenceLength, at: mark.stamp?.nanoseconds ?? .min, patience: patience)
    let isRepeatedFin = fin.isSet && segment.header.flags.contains(.fin) && segment.payloadLength == 0
    switch novelty {
    case .inOrder: break
    case .beyondGap: gaps += 1
    case .outOfOrder: outOfOrder += 1
    case .retransmission: if !isRepeatedFin { retransmissions += 1 }
    case .keepAlive: if !isRepeatedFin { keepAlives += 1 }
    case .stray: strays += 1
    }
    return novelty
  }
}
