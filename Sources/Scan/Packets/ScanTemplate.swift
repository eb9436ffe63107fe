import Handshake
import Wire

/// A SYN that is prepared once and then sent to any address and port: what varies is written, and only that is summed.
public struct ScanTemplate: Sendable {
  private let octets: [UInt8]
  private let family: AddressFamily
  /// Where the TCP header begins.
  private let transport: Int
  /// Where TSval lies; nil without timestamps.
  private let timestamp: Int?
  /// The sums of what stays, not folded: of the IPv4 header, and of pseudo-header and segment.
  private let (headerSum, sum): (UInt64, UInt64)

  /// SYNs from an address with these options and this window.
  ///
  /// Throws what `PacketAssembly.write` throws.
  public init(from source: IPAddress, offer: SynOptions, window: UInt16, ipFields: IPFields) throws(WireError) {
    let nowhere = IPAddress(number: 0, source.family)
    let segment = Segment(
      seq: SequenceNumber(0), flags: .syn, wnd: window, options: offer.list(value: 0, echoReply: 0))
    let flow = Flow(local: Endpoint(source, 0), remote: Endpoint(nowhere, 0))
    var frame = FrameBuffer()
    let count = try frame.build { (out) throws(WireError) in
      try PacketAssembly.write(segment, flow: flow, text: RawSpan(), ipFields: ipFields, into: &out)
    }
    var octets = frame.view(first: count).octets
    let isV4 = source.family == .v4
    let start = isV4 ? IPv4Header.minimumLength : IPv6Header.length
    for offset in [16, 17] { octets[start + offset] = 0 }
    if isV4 { for offset in [10, 11] { octets[offset] = 0 } }
    var header = InternetChecksum()
    header.add(octets.span.raw.extracting(0..<(isV4 ? start : 0)))
    headerSum = UInt64(header.folded)
    var fixed = InternetChecksum()
    fixed.add(
      PseudoHeader(
        source: source, destination: nowhere, protocolNumber: IPProtocol.tcp, length: count - start))
    fixed.add(octets.span.raw.extracting(start..<count))
    sum = UInt64(fixed.folded)
    timestamp =
      offer.timestamps ? ScanTemplate.place(of: segment.options).map { start + TCPHeader.minimumLength + $0 } : nil
    (transport, family) = (start, source.family)
    self.octets = octets
  }

  /// The packet's length in octets.
  public var length: Int { octets.count }

  /// What varies.
  public struct Fields: Sendable {
    /// Where it goes.
    public var address: IPAddress
    /// The port there.
    public var port: UInt16
    /// Our port.
    public var localPort: UInt16
    /// The sequence number.
    public var seq: SequenceNumber
    /// TSval.
    public var timestamp: UInt32

    /// The fields of one packet.
    public init(address: IPAddress, port: UInt16, localPort: UInt16, seq: SequenceNumber, timestamp: UInt32) {
      (self.address, self.port, self.localPort, self.seq, self.timestamp) = (address, port, localPort, seq, timestamp)
    }
  }

  /// Writes one packet at an offset of the output and answers its length; traps where it does not fit.
  @_lifetime(out: copy out)
  public func write(_ fields: Fields, into out: inout MutableRawSpan, at start: Int) -> Int {
    out.copy(octets.span.raw, at: start)
    let tcp = start &+ transport
    var sum = sum &+ UInt64(fields.port) &+ UInt64(fields.localPort) &+ UInt64(fields.seq.value)
    switch fields.address {
    case .v4(let address):
      // An identification of its own: the octets of the sequence number are as good as any.
      let identification = UInt16(truncatingIfNeeded: fields.seq.value) | 1
      out.store(bigEndian: identification, at: start &+ 4)
      out.store(bigEndian: address.rawValue, at: start &+ 16)
      let header = headerSum &+ UInt64(identification) &+ UInt64(address.rawValue)
      out.store(bigEndian: ScanTemplate.complement(header), at: start &+ 10)
      sum &+= UInt64(address.rawValue)
    case .v6(let address):
      let (high, low) = (
        UInt64(truncatingIfNeeded: address.rawValue >> 64), UInt64(truncatingIfNeeded: address.rawValue)
      )
      out.store(bigEndian: high, at: start &+ 24)
      out.store(bigEndian: low, at: start &+ 32)
      for word in [high >> 32, high & 0xffff_ffff, low >> 32, low & 0xffff_ffff] { sum &+= word }
    }
    out.store(bigEndian: fields.localPort, at: tcp)
    out.store(bigEndian: fields.port, at: tcp &+ 2)
    out.store(bigEndian: fields.seq.value, at: tcp &+ 4)
    if let timestamp {
      out.store(bigEndian: fields.timestamp, at: start &+ timestamp)
      sum &+= UInt64(fields.timestamp)
    }
    out.store(bigEndian: ScanTemplate.complement(sum), at: tcp &+ 16)
    return octets.count
  }

  private static func complement(_ sum: UInt64) -> UInt16 {
    var sum = sum
    while sum > 0xffff { sum = (sum & 0xffff) &+ (sum &>> 16) }
    return ~UInt16(truncatingIfNeeded: sum)
  }

  private static func place(of list: TCPOptionList) -> Int? {
    var cursor = TCPOptionCursor(list.bytes)
    while let (kind, payload) = try? cursor.next() {
      if kind == TCPOption.Kind.timestamps, payload.count == 8 { return payload.lowerBound }
    }
    return nil
  }
}
