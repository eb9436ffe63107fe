import Wire

/// The IP fields of our packets that are ours to choose.
public struct IPFields: Hashable, Sendable {
  /// Time to live, or hop limit.
  public var hopLimit: UInt8
  /// Type of service, or traffic class.
  public var trafficClass: UInt8

  /// The fields of an ordinary packet of this system's.
  public init(hopLimit: UInt8 = 64, trafficClass: UInt8 = 0) {
    self.hopLimit = hopLimit
    self.trafficClass = trafficClass
  }
}

/// Makes the packet that carries a segment: IP header, TCP header, options, text, and every checksum.
public enum PacketAssembly {
  /// Writes the packet to the front of the output and returns its length in octets.
  ///
  /// Throws `noRoom` where the output is too small, and `malformed` where the two addresses are not of one family.
  @_lifetime(out: copy out)
  public static func write(
    _ segment: Segment, flow: Flow, text: RawSpan, ipFields: IPFields, into out: inout MutableRawSpan
  ) throws(WireError) -> Int {
    let tcp = segment.header(from: flow.local.port, to: flow.remote.port)
    let length = tcp.headerLength + text.byteCount
    let start = try writeNetworkHeader(flow: flow, payloadLength: length, ipFields: ipFields, into: &out)
    guard length <= out.byteCount - start else {
      throw .noRoom(.tcp, need: length, have: out.byteCount - start)
    }
    _ = try tcp.serialize(into: &out, at: start)
    out.copy(text, at: start + tcp.headerLength)
    let pseudoHeader = PseudoHeader(
      source: flow.local.address, destination: flow.remote.address, protocolNumber: IPProtocol.tcp, length: length)
    TransportChecksum.seal(&out, in: start..<(start + length), pseudoHeader: pseudoHeader)
    return start + length
  }

  @_lifetime(out: copy out)
  private static func writeNetworkHeader(
    flow: Flow, payloadLength: Int, ipFields: IPFields, into out: inout MutableRawSpan
  ) throws(WireError) -> Int {
    switch (flow.local.address, flow.remote.address) {
    case (.v4(let source), .v4(let destination)):
      let header = IPv4Header(
        source: source, destination: destination, protocolNumber: IPProtocol.tcp,
        totalLength: UInt16(clamping: IPv4Header.minimumLength + payloadLength),
        typeOfService: ipFields.trafficClass, dontFragment: true, timeToLive: ipFields.hopLimit)
      return try header.serialize(into: &out)
    case (.v6(let source), .v6(let destination)):
      let header = IPv6Header(
        source: source, destination: destination, nextHeader: IPProtocol.tcp,
        payloadLength: UInt16(clamping: payloadLength), trafficClass: ipFields.trafficClass,
        hopLimit: ipFields.hopLimit)
      return try header.serialize(into: &out)
    default: throw .malformed(.ipv4, at: 0)
    }
  }
}

/// A packet that is prepared once and then made over and over: only what varies is written, and only that is summed.
///
/// The addresses, the remote port and the options stay; local port, numbers, control bits, window and timestamps are
/// filled in, and the checksum is that of the prepared rest and these words (RFC 1071 §2: a sum may be taken in parts).
public struct PacketTemplate: Sendable {
  /// What varies from packet to packet.
  public struct Fields: Sendable {
    /// Our port.
    public var localPort: UInt16
    /// SEG.SEQ.
    public var seq: SequenceNumber
    /// The acknowledgment field; means nothing without the ACK bit.
    public var acknowledgment: SequenceNumber
    /// The control bits.
    public var flags: TCPFlags
    /// SEG.WND as it stands on the wire.
    public var window: UInt16
    /// TSval (RFC 7323 §3.2); left out where the template has no timestamps.
    public var timestamp: UInt32
    /// TSecr; left out where the template has no timestamps.
    public var echoReply: UInt32

    /// The fields of one packet.
    @inlinable public init(
      localPort: UInt16, seq: SequenceNumber, acknowledgment: SequenceNumber = SequenceNumber(0), flags: TCPFlags,
      window: UInt16 = 0, timestamp: UInt32 = 0, echoReply: UInt32 = 0
    ) {
      self.localPort = localPort
      self.seq = seq
      self.acknowledgment = acknowledgment
      self.flags = flags
      self.window = window
      self.timestamp = timestamp
      self.echoReply = echoReply
    }
  }

  /// The prepared packet, all that varies being zero.
  private let octets: [UInt8]
  /// Where the TCP header begins.
  private let transport: Int
  /// Where TSval lies; nil without timestamps.
  private let timestamps: Int?
  /// The sum of pseudo-header and all words that stay, not folded.
  private let sum: UInt64
  private let headerLength: UInt16

  /// Prepares the packets from a local address to a remote end that carry these options and no text.
  ///
  /// Throws what `PacketAssembly.write` throws: `malformed` for addresses of two families.
  public init(
    from source: IPAddress, to remote: Endpoint, options: TCPOptionList, ipFields: IPFields
  ) throws(WireError) {
    let segment = Segment(seq: SequenceNumber(0), options: options)
    let flow = Flow(local: Endpoint(source, 0), remote: remote)
    var frame = FrameBuffer()
    let count = try frame.build { (out) throws(WireError) in
      try PacketAssembly.write(segment, flow: flow, text: RawSpan(), ipFields: ipFields, into: &out)
    }
    var octets = frame.view(first: count).octets
    let start = source.family == .v4 ? IPv4Header.minimumLength : IPv6Header.length
    let length = count - start
    let stamps = PacketTemplate.timestamps(in: options).map { start + TCPHeader.minimumLength + $0 }
    headerLength = UInt16(length / 4) << 12
    // The data offset comes back with the control bits, and the checksum with everything.
    for offset in [12, 13, 16, 17] { octets[start + offset] = 0 }
    if let stamps { for offset in stamps..<stamps + 8 { octets[offset] = 0 } }
    let pseudoHeader = PseudoHeader(
      source: source, destination: remote.address, protocolNumber: IPProtocol.tcp, length: length)
    var fixed = InternetChecksum()
    fixed.add(pseudoHeader)
    fixed.add(octets.span.raw.extracting(start..<count))
    sum = UInt64(fixed.folded)
    transport = start
    timestamps = stamps
    self.octets = octets
  }

  /// The packet's length in octets.
  public var length: Int { octets.count }

  /// Makes one packet at an offset of the output and answers its length; traps where it does not fit.
  @_lifetime(out: copy out)
  public func write(_ fields: Fields, into out: inout MutableRawSpan, at start: Int) -> Int {
    out.copy(octets.span.raw, at: start)
    let tcp = start &+ transport
    let word = headerLength | fields.flags.rawValue
    out.store(bigEndian: fields.localPort, at: tcp)
    out.store(bigEndian: fields.seq.value, at: tcp &+ 4)
    out.store(bigEndian: fields.acknowledgment.value, at: tcp &+ 8)
    out.store(bigEndian: word, at: tcp &+ 12)
    out.store(bigEndian: fields.window, at: tcp &+ 14)
    // A word of 32 bits counts like its two halves: 2^16 is 1 in this arithmetic.
    var sum = sum &+ UInt64(fields.localPort) &+ UInt64(fields.seq.value) &+ UInt64(fields.acknowledgment.value)
    sum &+= UInt64(word) &+ UInt64(fields.window)
    if let timestamps {
      out.store(bigEndian: fields.timestamp, at: start &+ timestamps)
      out.store(bigEndian: fields.echoReply, at: start &+ timestamps &+ 4)
      sum &+= UInt64(fields.timestamp) &+ UInt64(fields.echoReply)
    }
    while sum > 0xffff { sum = (sum & 0xffff) &+ (sum &>> 16) }
    out.store(bigEndian: ~UInt16(truncatingIfNeeded: sum), at: tcp &+ 16)
    return octets.count
  }

  /// Where in an option list TSval lies; nil where there are no timestamps.
  private static func timestamps(in list: TCPOptionList) -> Int? {
    var cursor = TCPOptionCursor(list.bytes)
    while let (kind, payload) = try? cursor.next() {
      if kind == TCPOption.Kind.timestamps, payload.count == 8 { return payload.lowerBound }
    }
    return nil
  }
}
