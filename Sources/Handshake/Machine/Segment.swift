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
