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
