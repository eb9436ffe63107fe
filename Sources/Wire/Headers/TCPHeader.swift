// RFC 9293 §3.1: the TCP header.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------------------------------+-------------------------------+
//   |          Source Port          |       Destination Port        |
//   +-------------------------------+-------------------------------+
//   |                        Sequence Number                        |
//   +---------------------------------------------------------------+
//   |                     Acknowledgment Number                     |
//   +-------+-----+-+-+-+-+-+-+-+-+-+-------------------------------+
//   |  Data |     |A|C|E|U|A|P|R|S|F|                               |
//   | Offset| Rsvd|E|W|C|R|C|S|S|Y|I|            Window             |
//   |       |     | |R|E|G|K|H|T|N|N|                               |
//   +-------+-----+-+-+-+-+-+-+-+-+-+-------------------------------+
//   |           Checksum            |        Urgent Pointer         |
//   +-------------------------------+-------------------------------+
//   |             Options, padded with zeros to 32 bits             |
//   +---------------------------------------------------------------+

extension TCPHeader {
  /// Where the fields lie, in octets from the header's start.
  @usableFromInline enum Field {
    @inlinable static var sourcePort: Int { 0 }
    @inlinable static var destinationPort: Int { 2 }
    @inlinable static var sequence: Int { 4 }
    @inlinable static var acknowledgment: Int { 8 }
    @inlinable static var offsetAndFlags: Int { 12 }
    @inlinable static var window: Int { 14 }
    @inlinable static var checksum: Int { 16 }
    @inlinable static var urgentPointer: Int { 18 }
    @inlinable static var options: Int { 20 }
  }

  /// The octets before the options.
  @inlinable public static var minimumLength: Int { 20 }
}

/// A TCP segment whose header length has been checked: the accessors cannot fail, and classify nothing.
public struct TCPHeaderView: ~Escapable, BitwiseCopyable {
  /// All octets of the segment, header and payload.
  public let segment: RawSpan
  /// The header with its options, in octets; at least 20.
  public let headerLength: Int

  /// Checks that the whole header lies within the segment.
  ///
  /// Throws `truncated` when it does not, and `malformed` when the data offset is below five.
  @inlinable @_lifetime(copy segment)
  public init(checking segment: RawSpan) throws(WireError) {
    let have = segment.byteCount
    guard have >= TCPHeader.minimumLength else { throw .truncated(.tcp, need: TCPHeader.minimumLength, have: have) }
    let length = Int(segment.octet(at: TCPHeader.Field.offsetAndFlags) &>> 4) &* 4
    guard length >= TCPHeader.minimumLength else { throw .malformed(.tcp, at: TCPHeader.Field.offsetAndFlags) }
    guard length <= have else { throw .truncated(.tcp, need: length, have: have) }
    self.segment = segment
    headerLength = length
  }

  /// Checks the fixed 20 octets alone, for a segment that a capture may have cut short.
  ///
  /// The options are those that are there. Throws `truncated` when not even the fixed octets are, and `malformed` when
  /// the data offset is below five.
  @inlinable @_lifetime(copy segment)
  public init(lax segment: RawSpan) throws(WireError) {
    let have = segment.byteCount
    guard have >= TCPHeader.minimumLength else { throw .truncated(.tcp, need: TCPHeader.minimumLength, have: have) }
    let length = Int(segment.octet(at: TCPHeader.Field.offsetAndFlags) &>> 4) &* 4
    guard length >= TCPHeader.minimumLength else { throw .malformed(.tcp, at: TCPHeader.Field.offsetAndFlags) }
    self.segment = segment
    headerLength = min(length, have)
  }

  /// How long the header says it is, in octets; more than `headerLength` where it was cut short.
  @inlinable public var statedHeaderLength: Int {
    Int(segment.octet(at: TCPHeader.Field.offsetAndFlags) &>> 4) &* 4
  }
  /// The sender's port.
  @inlinable public var sourcePort: UInt16 { segment.load(bigEndian: TCPHeader.Field.sourcePort) }
  /// The receiver's port.
  @inlinable public var destinationPort: UInt16 { segment.load(bigEndian: TCPHeader.Field.destinationPort) }
  /// SEG.SEQ: the number of the first octet, or of the SYN.
  @inlinable public var sequence: SequenceNumber { SequenceNumber(segment.load(bigEndian: TCPHeader.Field.sequence)) }
  /// SEG.ACK: the next number expected; without meaning unless ACK is set.
  @inlinable public var acknowledgment: SequenceNumber {
    SequenceNumber(segment.load(bigEndian: TCPHeader.Field.acknowledgment))
  }
  /// The twelve bits below the data offset.
  @inlinable public var flags: TCPFlags {
    TCPFlags(rawValue: segment.load(bigEndian: TCPHeader.Field.offsetAndFlags))
  }
  /// SEG.WND as the header carries it, not scaled.
  @inlinable public var window: UInt16 { segment.load(bigEndian: TCPHeader.Field.window) }
  /// The checksum as the header carries it.
  @inlinable public var checksum: UInt16 { segment.load(bigEndian: TCPHeader.Field.checksum) }
  /// Where urgent data end, counted from the sequence number; without meaning unless URG is set.
  @inlinable public var urgentPointer: UInt16 { segment.load(bigEndian: TCPHeader.Field.urgentPointer) }
  /// The options, padding included.
  public var options: RawSpan {
    @inlinable @_lifetime(copy self) get { segment.extracting(TCPHeader.Field.options..<headerLength) }
  }
  /// The octets after the header.
  public var payload: RawSpan {
    @inlinable @_lifetime(copy self) get { segment.extracting(headerLength..<segment.byteCount) }
  }
}

/// The first eight octets of a TCP header, the smallest that an ICMP error quotes (RFC 792, RFC 1812 §4.3.2.3).
public struct TCPHeaderPrefix: Hashable, Sendable {
  /// The sender's port.
  public let sourcePort: UInt16
  /// The receiver's port.
  public let destinationPort: UInt16
  /// SEG.SEQ.
  public let sequence: SequenceNumber

  /// Reads ports and sequence number; fewer than eight octets throw `truncated`.
  @inlinable public init(parsing segment: RawSpan) throws(WireError) {
    let need = TCPHeader.Field.acknowledgment
    guard segment.byteCount >= need else { throw .truncated(.tcp, need: need, have: segment.byteCount) }
    sourcePort = segment.load(bigEndian: TCPHeader.Field.sourcePort)
    destinationPort = segment.load(bigEndian: TCPHeader.Field.destinationPort)
    sequence = SequenceNumber(segment.load(bigEndian: TCPHeader.Field.sequence))
  }
}

/// A TCP header by its meaning: anything the wire can carry, legal or not.
public struct TCPHeader: Hashable, Sendable {
  /// The sender's port; 0 is representable.
  public var sourcePort: UInt16
  /// The receiver's port; 0 is representable.
  public var destinationPort: UInt16
  /// SEG.SEQ.
  public var sequence: SequenceNumber
  /// SEG.ACK; kept even when ACK is not set.
  public var acknowledgment: SequenceNumber
  /// All twelve bits below the data offset, in any combination.
  public var flags: TCPFlags
  /// SEG.WND, not scaled.
  public var window: UInt16
  /// The checksum, written as it stands; `TransportChecksum.seal` computes it in the output.
  public var checksum: UInt16
  /// The urgent pointer; kept even when URG is not set.
  public var urgentPointer: UInt16
  /// The options, as raw as they came.
  public var options: TCPOptionList
  /// A data offset to write that is not the true one, in 32-bit words, of which four bits are used; nil for the true one.
  public var dataOffset: UInt8?

  /// A header of these fields; what is left out is zero.
  @inlinable public init(
    sourcePort: UInt16, destinationPort: UInt16, sequence: SequenceNumber = SequenceNumber(0),
    acknowledgment: SequenceNumber = SequenceNumber(0), flags: TCPFlags = [], window: UInt16 = 0,
    checksum: UInt16 = 0, urgentPointer: UInt16 = 0, options: TCPOptionList = TCPOptionList(), dataOffset: UInt8? = nil
  ) {
    self.sourcePort = sourcePort
    self.destinationPort = destinationPort
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    self.flags = flags
    self.window = window
    self.checksum = checksum
    self.urgentPointer = urgentPointer
    self.options = options
    self.dataOffset = dataOffset
  }

  /// The octets that `serialize` writes: 20 and the padded options.
  @inlinable public var headerLength: Int { Self.minimumLength &+ options.paddedCount }

  /// Reads the header at the start of a segment; throws what `TCPHeaderView` throws.
  @inlinable public init(parsing segment: RawSpan) throws(WireError) {
    try self.init(TCPHeaderView(checking: segment))
  }

  /// The values that a view shows.
  @inlinable public init(_ view: borrowing TCPHeaderView) throws(WireError) {
    sourcePort = view.sourcePort
    destinationPort = view.destinationPort
    sequence = view.sequence
    acknowledgment = view.acknowledgment
    flags = view.flags
    window = view.window
    checksum = view.checksum
    urgentPointer = view.urgentPointer
    options = try TCPOptionList(raw: view.options)
    dataOffset = nil
  }

  /// Writes the header at an offset of the output and returns how many octets it took.
  ///
  /// Writes every octet, padding among them, and the checksum as it stands. Throws `noRoom` when the output is too small.
  @inlinable @_lifetime(out: copy out)
  public func serialize(into out: inout MutableRawSpan, at offset: Int = 0) throws(WireError) -> Int {
    let length = headerLength
    guard offset >= 0, offset <= out.byteCount, length <= out.byteCount &- offset else {
      throw .noRoom(.tcp, need: length, have: max(0, out.byteCount - max(0, offset)))
    }
    let words = UInt16(dataOffset ?? UInt8(truncatingIfNeeded: length &>> 2))
    out.store(bigEndian: sourcePort, at: offset &+ Field.sourcePort)
    out.store(bigEndian: destinationPort, at: offset &+ Field.destinationPort)
    out.store(bigEndian: sequence.value, at: offset &+ Field.sequence)
    out.store(bigEndian: acknowledgment.value, at: offset &+ Field.acknowledgment)
    out.store(bigEndian: words &<< 12 | flags.rawValue, at: offset &+ Field.offsetAndFlags)
    out.store(bigEndian: window, at: offset &+ Field.window)
    out.store(bigEndian: checksum, at: offset &+ Field.checksum)
    out.store(bigEndian: urgentPointer, at: offset &+ Field.urgentPointer)
    out.copy(options.paddedBytes, at: offset &+ Field.options)
    return length
  }
}

extension TCPHeader: CustomStringConvertible {
  /// The fields in one line, for messages: `49512 > 80 [SYN] seq 1 ack 0 win 64240 options 0204…`.
  public var description: String {
    var text = "\(sourcePort) > \(destinationPort) [\(flags)] seq \(sequence) ack \(acknowledgment) win \(window)"
    if urgentPointer != 0 { text += " urg \(urgentPointer)" }
    if !options.isEmpty { text += " options \(options.octets)" }
    if let dataOffset { text += " offset \(dataOffset)" }
    return text
  }
}
