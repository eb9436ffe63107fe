// RFC 791 §3.1: the IPv4 header.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-------+-------+---------------+-------------------------------+
//   |Version|  IHL  |Type of Service|         Total Length          |
//   +-------+-------+---------------+-----+-------------------------+
//   |        Identification         |R|D|M|     Fragment Offset     |
//   +---------------+---------------+-----+-------------------------+
//   | Time to Live  |   Protocol    |        Header Checksum        |
//   +---------------+---------------+-------------------------------+
//   |                        Source Address                         |
//   +---------------------------------------------------------------+
//   |                      Destination Address                      |
//   +---------------------------------------------------------------+
//   |             Options, padded with zeros to 32 bits             |
//   +---------------------------------------------------------------+

extension IPv4Header {
  /// Where the fields lie, in octets from the header's start.
  @usableFromInline enum Field {
    @inlinable static var versionAndLength: Int { 0 }
    @inlinable static var typeOfService: Int { 1 }
    @inlinable static var totalLength: Int { 2 }
    @inlinable static var identification: Int { 4 }
    @inlinable static var fragment: Int { 6 }
    @inlinable static var timeToLive: Int { 8 }
    @inlinable static var protocolNumber: Int { 9 }
    @inlinable static var headerChecksum: Int { 10 }
    @inlinable static var source: Int { 12 }
    @inlinable static var destination: Int { 16 }
    @inlinable static var options: Int { 20 }
  }

  /// The bits that share a word with the fragment offset.
  @usableFromInline enum FragmentBit {
    @inlinable static var reserved: UInt16 { 0x8000 }
    @inlinable static var dontFragment: UInt16 { 0x4000 }
    @inlinable static var moreFragments: UInt16 { 0x2000 }
    @inlinable static var offset: UInt16 { 0x1fff }
  }

  /// The octets before the options.
  @inlinable public static var minimumLength: Int { 20 }
}

/// An IPv4 packet whose header length has been checked: the accessors cannot fail, and classify nothing.
public struct IPv4HeaderView: ~Escapable {
  /// The packet, cut to its total length.
  @usableFromInline let packet: RawSpan
  /// The header with its options, in octets; at least 20.
  public let headerLength: Int

  /// Checks that the header and the packet that it announces lie within the octets given.
  ///
  /// Octets beyond the total length are cut off: Ethernet pads short frames. Throws `truncated` when there are too few,
  /// and `malformed` for another version, a header length below five or a total length below the header's, which is 0
  /// where offload has merged more octets than the field can count (Linux, BIG TCP).
  @inlinable @_lifetime(copy packet)
  public init(checking packet: RawSpan) throws(WireError) {
    try self.init(lax: packet)
    let total = Int(totalLength)
    if total == 0, packet.byteCount > Int(UInt16.max) { return }
    guard total >= headerLength else { throw .malformed(.ipv4, at: IPv4Header.Field.totalLength) }
    guard total <= packet.byteCount else { throw .truncated(.ipv4, need: total, have: packet.byteCount) }
  }

  /// Checks the header alone, for a packet that may be cut short, such as the one an ICMP error quotes.
  ///
  /// The payload is what is there; a total length below the header's is ignored, since routers have changed it.
  @inlinable @_lifetime(copy packet)
  public init(lax packet: RawSpan) throws(WireError) {
    let have = packet.byteCount
    guard have >= IPv4Header.minimumLength else { throw .truncated(.ipv4, need: IPv4Header.minimumLength, have: have) }
    let first = packet.octet(at: IPv4Header.Field.versionAndLength)
    let length = Int(first & 0xf) &* 4
    guard first &>> 4 == 4, length >= IPv4Header.minimumLength else {
      throw .malformed(.ipv4, at: IPv4Header.Field.versionAndLength)
    }
    guard length <= have else { throw .truncated(.ipv4, need: length, have: have) }
    let total = Int(packet.load(bigEndian: IPv4Header.Field.totalLength, as: UInt16.self))
    self.packet = total >= length && total < have ? packet.extracting(first: total) : packet
    headerLength = length
  }

  /// The former Type of Service: DSCP and ECN (RFC 2474, RFC 3168).
  @inlinable public var typeOfService: UInt8 { packet.octet(at: IPv4Header.Field.typeOfService) }
  /// The whole packet as the header has it, in octets.
  @inlinable public var totalLength: UInt16 { packet.load(bigEndian: IPv4Header.Field.totalLength) }
  /// What tells this packet's fragments from another's.
  @inlinable public var identification: UInt16 { packet.load(bigEndian: IPv4Header.Field.identification) }
  /// The bit that must be zero.
  @inlinable public var reservedBit: Bool { fragment & IPv4Header.FragmentBit.reserved != 0 }
  /// Whether routers must not fragment the packet.
  @inlinable public var dontFragment: Bool { fragment & IPv4Header.FragmentBit.dontFragment != 0 }
  /// Whether another fragment follows.
  @inlinable public var moreFragments: Bool { fragment & IPv4Header.FragmentBit.moreFragments != 0 }
  /// Where this fragment belongs, in units of eight octets.
  @inlinable public var fragmentOffset: UInt16 { fragment & IPv4Header.FragmentBit.offset }
  /// Whether this is a piece of a packet and not the whole.
  @inlinable public var isFragment: Bool { moreFragments || fragmentOffset != 0 }
  /// The hops left.
  @inlinable public var timeToLive: UInt8 { packet.octet(at: IPv4Header.Field.timeToLive) }
  /// The transport's number.
  @inlinable public var protocolNumber: UInt8 { packet.octet(at: IPv4Header.Field.protocolNumber) }
  /// The checksum as the header carries it.
  @inlinable public var headerChecksum: UInt16 { packet.load(bigEndian: IPv4Header.Field.headerChecksum) }
  /// Where the packet comes from.
  @inlinable public var source: IPv4Address { IPv4Address(packet.load(bigEndian: IPv4Header.Field.source)) }
  /// Where the packet goes.
  @inlinable public var destination: IPv4Address { IPv4Address(packet.load(bigEndian: IPv4Header.Field.destination)) }
  /// Whether the header checksum matches the header.
  @inlinable public var hasGoodChecksum: Bool {
    InternetChecksum.value(of: packet.extracting(first: headerLength)) == 0
  }
  /// The options, padding included.
  public var options: RawSpan {
    @inlinable @_lifetime(copy self) get { packet.extracting(IPv4Header.Field.options..<headerLength) }
  }
  /// The octets after the header, up to the total length or to where the packet was cut.
  public var payload: RawSpan {
    @inlinable @_lifetime(copy self) get { packet.extracting(headerLength..<packet.byteCount) }
  }
  @inlinable var fragment: UInt16 { packet.load(bigEndian: IPv4Header.Field.fragment) }
}

/// An IPv4 header by its meaning: anything the wire can carry, legal or not.
public struct IPv4Header: Hashable, Sendable {
  /// The former Type of Service: DSCP and ECN (RFC 2474, RFC 3168).
  public var typeOfService: UInt8
  /// The whole packet, in octets; written as it stands.
  public var totalLength: UInt16
  /// What tells this packet's fragments from another's.
  public var identification: UInt16
  /// The bit that must be zero.
  public var reservedBit: Bool
  /// Whether routers must not fragment the packet.
  public var dontFragment: Bool
  /// Whether another fragment follows.
  public var moreFragments: Bool
  /// Where this fragment belongs, in units of eight octets; thirteen bits are written.
  public var fragmentOffset: UInt16
  /// The hops left.
  public var timeToLive: UInt8
  /// The transport's number.
  public var protocolNumber: UInt8
  /// The checksum as parsed; `serialize` computes it afresh unless told to keep this one.
  public var headerChecksum: UInt16
  /// Where the packet comes from.
  public var source: IPv4Address
  /// Where the packet goes.
  public var destination: IPv4Address
  /// The options, as raw as they came.
  public var options: OptionOctets

  /// A header of these fields; what is left out is zero, but the hops, which are 64.
  @inlinable public init(
    source: IPv4Address, destination: IPv4Address, protocolNumber: UInt8, totalLength: UInt16,
    typeOfService: UInt8 = 0, identification: UInt16 = 0, reservedBit: Bool = false, dontFragment: Bool = false,
    moreFragments: Bool = false, fragmentOffset: UInt16 = 0, timeToLive: UInt8 = 64, headerChecksum: UInt16 = 0,
    options: OptionOctets = OptionOctets()
  ) {
    self.typeOfService = typeOfService
    self.totalLength = totalLength
    self.identification = identification
    self.reservedBit = reservedBit
    self.dontFragment = dontFragment
    self.moreFragments = moreFragments
    self.fragmentOffset = fragmentOffset
    self.timeToLive = timeToLive
    self.protocolNumber = protocolNumber
    self.headerChecksum = headerChecksum
    self.source = source
    self.destination = destination
    self.options = options
  }

  /// The octets that `serialize` writes: 20 and the padded options.
  @inlinable public var headerLength: Int { Self.minimumLength &+ options.paddedCount }

  /// Reads the header at the start of a whole packet; throws what `IPv4HeaderView` throws.
  @inlinable public init(parsing packet: RawSpan) throws(WireError) {
    try self.init(IPv4HeaderView(checking: packet))
  }

  /// The values that a view shows.
  @inlinable public init(_ view: borrowing IPv4HeaderView) throws(WireError) {
    guard let options = OptionOctets(view.options) else {
      throw .noRoom(.ipv4Options, need: view.options.byteCount, have: OptionOctets.capacity)
    }
    self.init(
      source: view.source, destination: view.destination, protocolNumber: view.protocolNumber,
      totalLength: view.totalLength, typeOfService: view.typeOfService, identification: view.identification,
      reservedBit: view.reservedBit, dontFragment: view.dontFragment, moreFragments: view.moreFragments,
      fragmentOffset: view.fragmentOffset, timeToLive: view.timeToLive, headerChecksum: view.headerChecksum,
      options: options)
  }

  /// Writes the header at an offset of the output and returns how many octets it took.
  ///
  /// Computes the header checksum, or writes the one given when `keepingChecksum`. Throws `noRoom` when the output is too
  /// small.
  @inlinable @_lifetime(out: copy out)
  public func serialize(
    into out: inout MutableRawSpan, at offset: Int = 0, keepingChecksum: Bool = false
  ) throws(WireError) -> Int {
    let length = headerLength
    guard offset >= 0, offset <= out.byteCount, length <= out.byteCount &- offset else {
      throw .noRoom(.ipv4, need: length, have: max(0, out.byteCount - max(0, offset)))
    }
    var fragment = fragmentOffset & FragmentBit.offset
    if reservedBit { fragment |= FragmentBit.reserved }
    if dontFragment { fragment |= FragmentBit.dontFragment }
    if moreFragments { fragment |= FragmentBit.moreFragments }
    out.store(bigEndian: 0x40 | UInt8(truncatingIfNeeded: length &>> 2), at: offset &+ Field.versionAndLength)
    out.store(bigEndian: typeOfService, at: offset &+ Field.typeOfService)
    out.store(bigEndian: totalLength, at: offset &+ Field.totalLength)
    out.store(bigEndian: identification, at: offset &+ Field.identification)
    out.store(bigEndian: fragment, at: offset &+ Field.fragment)
    out.store(bigEndian: timeToLive, at: offset &+ Field.timeToLive)
    out.store(bigEndian: protocolNumber, at: offset &+ Field.protocolNumber)
    out.store(bigEndian: keepingChecksum ? headerChecksum : 0, at: offset &+ Field.headerChecksum)
    out.store(bigEndian: source.rawValue, at: offset &+ Field.source)
    out.store(bigEndian: destination.rawValue, at: offset &+ Field.destination)
    out.copy(options.paddedBytes, at: offset &+ Field.options)
    if !keepingChecksum {
      let checksum = InternetChecksum.value(of: out.bytes.extracting(offset..<offset &+ length))
      out.store(bigEndian: checksum, at: offset &+ Field.headerChecksum)
    }
    return length
  }
}

extension IPv4Header: CustomStringConvertible {
  /// The fields in one line, for messages.
  public var description: String {
    var text = "\(source) > \(destination) protocol \(protocolNumber) ttl \(timeToLive) length \(totalLength)"
    text += " tos \(typeOfService) id \(identification)"
    if reservedBit { text += " RF" }
    if dontFragment { text += " DF" }
    if moreFragments { text += " MF" }
    if fragmentOffset != 0 { text += " offset \(Int(fragmentOffset) * 8)" }
    if !options.isEmpty { text += " options \(options)" }
    return text
  }
}
