// RFC 8200 §3: the IPv6 header.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------+---------------+---------------------------------------+
//   |Version| Traffic Class |              Flow Label               |
//   +-------+---------------+-------+---------------+---------------+
//   |        Payload Length         |  Next Header  |   Hop Limit   |
//   +-------------------------------+---------------+---------------+
//   |                  Source Address, 128 bits …                   |
//   +---------------------------------------------------------------+
//   |                Destination Address, 128 bits …                |
//   +---------------------------------------------------------------+

extension IPv6Header {
  /// Where the fields lie, in octets from the header's start.
  @usableFromInline enum Field {
    @inlinable static var versionClassAndLabel: Int { 0 }
    @inlinable static var payloadLength: Int { 4 }
    @inlinable static var nextHeader: Int { 6 }
    @inlinable static var hopLimit: Int { 7 }
    @inlinable static var source: Int { 8 }
    @inlinable static var destination: Int { 24 }
  }

  /// The octets of the header; extension headers are payload.
  @inlinable public static var length: Int { 40 }
}

/// An IPv6 packet whose lengths have been checked: the accessors cannot fail, and classify nothing.
public struct IPv6HeaderView: ~Escapable {
  /// The packet, cut to its payload length.
  @usableFromInline let packet: RawSpan

  /// Checks that the header and the payload that it announces lie within the octets given.
  ///
  /// Octets beyond the payload length are cut off. Throws `truncated` when there are too few and `malformed` for another
  /// version. A payload length of 0 is what a Jumbo Payload option states (RFC 2675), or more than 65,535 octets that
  /// offload has merged; otherwise the payload is empty.
  @inlinable @_lifetime(copy packet)
  public init(checking packet: RawSpan) throws(WireError) {
    let view = try IPv6HeaderView(lax: packet)
    let have = packet.byteCount
    let isMerged = have > IPv6Header.length &+ Int(UInt16.max)
    guard let stated = view.statedPayloadLength ?? (isMerged ? nil : 0) else {
      self.packet = packet
      return
    }
    guard stated <= have &- IPv6Header.length else {
      throw .truncated(.ipv6, need: IPv6Header.length + stated, have: have)
    }
    self.packet = packet.extracting(first: IPv6Header.length &+ stated)
  }

  /// Checks the header alone, for a packet that may be cut short, such as the one an ICMPv6 error quotes.
  ///
  /// The payload is what is there of the length that the packet states, or all that is there where it states none.
  @inlinable @_lifetime(copy packet)
  public init(lax packet: RawSpan) throws(WireError) {
    let have = packet.byteCount
    guard have >= IPv6Header.length else { throw .truncated(.ipv6, need: IPv6Header.length, have: have) }
    guard packet.octet(at: IPv6Header.Field.versionClassAndLabel) &>> 4 == 6 else {
      throw .malformed(.ipv6, at: IPv6Header.Field.versionClassAndLabel)
    }
    let stated = Self.statedPayloadLength(of: packet) ?? have
    self.packet = stated < have &- IPv6Header.length ? packet.extracting(first: IPv6Header.length &+ stated) : packet
  }

  /// How long the payload is by the header or a Jumbo Payload option (RFC 2675); nil where the length is left open.
  @inlinable public var statedPayloadLength: Int? { Self.statedPayloadLength(of: packet) }

  @inlinable static func statedPayloadLength(of packet: RawSpan) -> Int? {
    let length: UInt16 = packet.load(bigEndian: IPv6Header.Field.payloadLength)
    guard length == 0 else { return Int(length) }
    return IPv6JumboPayload.length(statedBy: packet) ?? (IPv6JumboPayload.isLeftOpen(packet) ? nil : 0)
  }

  /// DSCP and ECN (RFC 2474, RFC 3168).
  @inlinable public var trafficClass: UInt8 { UInt8(truncatingIfNeeded: first &>> 20) }
  /// The flow label, twenty bits (RFC 6437).
  @inlinable public var flowLabel: UInt32 { first & 0xf_ffff }
  /// What follows the header as it has it, in octets, extension headers among it.
  @inlinable public var payloadLength: UInt16 { packet.load(bigEndian: IPv6Header.Field.payloadLength) }
  /// The number of what follows: a transport or an extension header.
  @inlinable public var nextHeader: UInt8 { packet.octet(at: IPv6Header.Field.nextHeader) }
  /// The hops left.
  @inlinable public var hopLimit: UInt8 { packet.octet(at: IPv6Header.Field.hopLimit) }
  /// Where the packet comes from.
  @inlinable public var source: IPv6Address { IPv6Address(packet.load(bigEndian: IPv6Header.Field.source)) }
  /// Where the packet goes; with a Routing header, perhaps not finally.
  @inlinable public var destination: IPv6Address { IPv6Address(packet.load(bigEndian: IPv6Header.Field.destination)) }
  /// The octets after the header, up to the payload length or to where the packet was cut.
  public var payload: RawSpan {
    @inlinable @_lifetime(copy self) get { packet.extracting(IPv6Header.length..<packet.byteCount) }
  }
  @inlinable var first: UInt32 { packet.load(bigEndian: IPv6Header.Field.versionClassAndLabel) }
}

/// An IPv6 header by its meaning: anything the wire can carry, legal or not.
public struct IPv6Header: Hashable, Sendable {
  /// DSCP and ECN (RFC 2474, RFC 3168).
  public var trafficClass: UInt8
  /// The flow label (RFC 6437); twenty bits are written.
  public var flowLabel: UInt32
  /// What follows the header, in octets; written as it stands.
  public var payloadLength: UInt16
  /// The number of what follows: a transport or an extension header.
  public var nextHeader: UInt8
  /// The hops left.
  public var hopLimit: UInt8
  /// Where the packet comes from.
  public var source: IPv6Address
  /// Where the packet goes.
  public var destination: IPv6Address

  /// A header of these fields; what is left out is zero, but the hops, which are 64.
  @inlinable public init(
    source: IPv6Address, destination: IPv6Address, nextHeader: UInt8, payloadLength: UInt16,
    trafficClass: UInt8 = 0, flowLabel: UInt32 = 0, hopLimit: UInt8 = 64
  ) {
    self.trafficClass = trafficClass
    self.flowLabel = flowLabel
    self.payloadLength = payloadLength
    self.nextHeader = nextHeader
    self.hopLimit = hopLimit
    self.source = source
    self.destination = destination
  }

  /// Reads the header at the start of a whole packet; throws what `IPv6HeaderView` throws.
  @inlinable public init(parsing packet: RawSpan) throws(WireError) {
    try self.init(IPv6HeaderView(checking: packet))
  }

  /// The values that a view shows.
  @inlinable public init(_ view: borrowing IPv6HeaderView) {
    self.init(
      source: view.source, destination: view.destination, nextHeader: view.nextHeader,
      payloadLength: view.payloadLength, trafficClass: view.trafficClass, flowLabel: view.flowLabel,
      hopLimit: view.hopLimit)
  }

  /// Writes the header at an offset of the output and returns how many octets it took: 40.
  ///
  /// Throws `noRoom` when the output is too small.
  @inlinable @_lifetime(out: copy out)
  public func serialize(into out: inout MutableRawSpan, at offset: Int = 0) throws(WireError) -> Int {
    let length = Self.length
    guard offset >= 0, offset <= out.byteCount, length <= out.byteCount &- offset else {
      throw .noRoom(.ipv6, need: length, have: max(0, out.byteCount - max(0, offset)))
    }
    let first = 6 &<< 28 | UInt32(trafficClass) &<< 20 | flowLabel & 0xf_ffff
    out.store(bigEndian: first, at: offset &+ Field.versionClassAndLabel)
    out.store(bigEndian: payloadLength, at: offset &+ Field.payloadLength)
    out.store(bigEndian: nextHeader, at: offset &+ Field.nextHeader)
    out.store(bigEndian: hopLimit, at: offset &+ Field.hopLimit)
    out.store(bigEndian: source.rawValue, at: offset &+ Field.source)
    out.store(bigEndian: destination.rawValue, at: offset &+ Field.destination)
    return length
  }
}

extension IPv6Header: CustomStringConvertible {
  /// The fields in one line, for messages.
  public var description: String {
    "\(source) > \(destination) next \(nextHeader) hops \(hopLimit) length \(payloadLength)"
      + " class \(trafficClass) flow \(flowLabel)"
  }
}
