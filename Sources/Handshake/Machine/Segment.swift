import Wire

/// What a TCP segment says, without its ports and its text: the SEG.* variables of RFC 9293 §3.3.1.
public struct Segment: Hashable, Sendable {
  /// SEG.SEQ.
  public var seq: SequenceNumber
  /// The acknowledgment field as it stands; means nothing without the ACK bit.
  public var acknowledgment: SequenceNumber
  /// The control bits, all twelve of them.
  public var flags: TCPFlags
  /// SEG.WND as it stands on the wire, not scaled.
  public var wnd: UInt16
  /// SEG.UP, the urgent pointer.
  public var up: UInt16
  /// The option list, octet for octet.
  public var options: TCPOptionList
  /// How many octets of text follow the header.
  public var textLength: Int

  /// A segment from its parts; giving `ack` sets the ACK bit.
  public init(
    seq: SequenceNumber,
    ack: SequenceNumber? = nil,
    flags: TCPFlags = [],
    wnd: UInt16 = 0,
    up: UInt16 = 0,
    options: TCPOptionList = TCPOptionList(),
    textLength: Int = 0
  ) {
    self.seq = seq
    self.acknowledgment = ack ?? SequenceNumber(0)
    self.flags = ack == nil ? flags : flags.union(.ack)
    self.wnd = wnd
    self.up = up
    self.options = options
    self.textLength = textLength
  }

  /// SEG.ACK; nil where the ACK bit is off.
  @inlinable public var ack: SequenceNumber? { flags.contains(.ack) ? acknowledgment : nil }

  /// SEG.LEN: the sequence space it takes, SYN and FIN counting one each (RFC 9293 §3.4).
  @inlinable public var len: UInt32 {
    UInt32(truncatingIfNeeded: textLength) &+ (flags.contains(.syn) ? 1 : 0) &+ (flags.contains(.fin) ? 1 : 0)
  }

  /// The first sequence number after it.
  @inlinable public var end: SequenceNumber { seq + len }
}

extension Segment {
  /// Reads the segment that a checked header describes.
  public init(_ header: borrowing TCPHeaderView) throws(WireError) {
    self.init(seq: header.sequence, flags: header.flags, wnd: header.window, up: header.urgentPointer)
    acknowledgment = header.acknowledgment
    options = try TCPOptionList(raw: header.options)
    textLength = header.payload.byteCount
  }

  /// The header that carries it between two ports.
  public func header(from source: UInt16, to destination: UInt16) -> TCPHeader {
    TCPHeader(
      sourcePort: source, destinationPort: destination, sequence: seq, acknowledgment: acknowledgment,
      flags: flags, window: wnd, urgentPointer: up, options: options)
  }
}

/// A segment that the machine wants sent: the text is a range of `Connection.octets(behind:)`.
public struct Outgoing: Hashable, Sendable {
  /// The segment, its `textLength` equal to the range's.
  public var segment: Segment
  /// Which octets of `Connection.octets(behind:)` it carries; they may move with the next event.
  public var text: Range<Int>
  /// Whether its text is no range of the data but one octet that means nothing, and lies before everything that
  /// counts (RFC 1122 §4.2.3.6).
  public var isGarbage = false
  /// The segment's number in its connection, counted from 0; its stamps are reported under it.
  public var number: UInt32
  /// Whether the same sequence space was sent before.
  public var isRetransmission: Bool
  /// Whether it is the plan's first segment, or another copy of it, to which `Plan.crafting` is done.
  public var isFirst = false
}

/// What the machine answers to any event: of fixed size, so that the per-packet path allocates nothing.
///
/// At most one segment: where more is to be sent, `Connection.nextDeadline` is already due.
public struct Reaction: Hashable, Sendable {
  /// What to send now.
  public var send: Outgoing?
  /// Why the segment that came was not believed; nil where it was.
  public var refusal: Refusal?

  /// Nothing to do.
  public static let none = Reaction()

  /// An answer of at most one segment and one judgement.
  public init(send: Outgoing? = nil, refusal: Refusal? = nil) {
    self.send = send
    self.refusal = refusal
  }
}
