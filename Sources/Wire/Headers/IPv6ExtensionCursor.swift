// RFC 8200 §4: IPv6 extension headers; RFC 4302 §2: the Authentication Header.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |  Next Header  |  Hdr Ext Len  |  what the kind of header says…|
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

/// Walks the extension headers between an IPv6 header and its upper layer, without allocating.
///
/// Every step consumes eight octets or more, and no more than `limit` headers are walked, so a packet cannot hold us up.
public struct IPv6ExtensionCursor: ~Escapable {
  /// The most headers a packet may chain.
  ///
  /// RFC 8200 §4.1 knows seven; more than these serve no one but an attacker.
  @inlinable public static var limit: Int { 32 }

  @usableFromInline let payload: RawSpan
  @usableFromInline var walked = 0

  /// The protocol number of the header at `offset`: once `next` has answered nil, the upper layer's.
  public private(set) var nextHeader: UInt8

  /// Where that header begins, in octets after the IPv6 header.
  public private(set) var offset = 0

  /// Begins at the octets after an IPv6 header, whose Next Header field says what comes first.
  @_lifetime(copy payload)
  public init(nextHeader: UInt8, payload: RawSpan) {
    self.nextHeader = nextHeader
    self.payload = payload
  }

  /// One extension header: its protocol number and its octets, counted after the IPv6 header.
  public struct Header: Hashable, Sendable {
    /// The header's own protocol number.
    public let kind: UInt8
    /// Its octets, as offsets after the IPv6 header.
    public let range: Range<Int>
  }

  /// The next extension header, or nil where the upper layer begins.
  ///
  /// What follows a fragment header of a later fragment is no header at all; whoever walks looks at that one (see
  /// `IPv6ExtensionChain`) and stops. Throws `truncated` or `malformed` of layer `ipv6Extension`, counted from the header
  /// at fault; the cursor then stays where it is.
  public mutating func next() throws(WireError) -> Header? {
    guard Self.isExtension(nextHeader) else { return nil }
    // RFC 8200 §4.1: Hop-by-Hop Options come first or not at all.
    guard nextHeader != IPProtocol.hopByHopOptions || walked == 0, walked < Self.limit else {
      throw .malformed(.ipv6Extension, at: 0)
    }
    let left = payload.byteCount - offset
    guard left >= 8 else { throw .truncated(.ipv6Extension, need: 8, have: left) }
    let length = try lengthOfHeader()
    guard left >= length else { throw .truncated(.ipv6Extension, need: length, have: left) }
    let header = Header(kind: nextHeader, range: offset..<offset + length)
    nextHeader = payload.octet(at: offset)
    offset += length
    walked += 1
    return header
  }

  /// Octets of the header at `offset`; its kinds count in three different ways.
  private func lengthOfHeader() throws(WireError) -> Int {
    let field = Int(payload.octet(at: offset + 1))
    switch nextHeader {
    case IPProtocol.fragment:
      return 8  // RFC 8200 §4.5: a reserved field stands where others have their length
    case IPProtocol.authentication:
      guard field >= 1 else { throw .malformed(.ipv6Extension, at: 1) }
      return (field + 2) * 4  // RFC 4302 §2.2
    default:
      return (field + 1) * 8
    }
  }

  /// Whether a protocol number names an extension header that can be stepped over.
  @inlinable static func isExtension(_ number: UInt8) -> Bool {
    switch number {
    case IPProtocol.hopByHopOptions, IPProtocol.routing, IPProtocol.fragment, IPProtocol.authentication,
      IPProtocol.destinationOptions:
      true
    default:
      false
    }
  }
}

/// What a walk over the extension headers found out.
public struct IPv6ExtensionChain: Hashable, Sendable {
  /// The upper layer's protocol number.
  public let protocolNumber: UInt8
  /// Where the upper layer begins, in octets after the IPv6 header.
  public let offset: Int
  /// What the fragment header says; nil without one.
  public let fragment: Fragment?
  /// Where a routing header still sends the packet: transport checksums are reckoned with this address (RFC 8200 §8.1).
  public let finalDestination: IPv6Address?

  /// What a fragment header says (RFC 8200 §4.5).
  public struct Fragment: Hashable, Sendable {
    /// Where the fragment's octets belong in the original, in octets.
    public let offset: Int
    /// Whether more fragments follow.
    public let moreFragments: Bool
    /// What all fragments of one packet share.
    public let identification: UInt32

    /// Whether it is the whole packet nevertheless (RFC 6946).
    @inlinable public var isAtomic: Bool { offset == 0 && !moreFragments }
  }

  /// Walks from the octets after an IPv6 header to the upper layer, or to the end of what a later fragment lets one read.
  public init(nextHeader: UInt8, payload: RawSpan) throws(WireError) {
    var cursor = IPv6ExtensionCursor(nextHeader: nextHeader, payload: payload)
    var fragment: Fragment?
    var finalDestination: IPv6Address?
    while let header = try cursor.next() {
      let octets = payload.extracting(header.range)
      if header.kind == IPProtocol.routing { finalDestination = Self.finalDestination(routing: octets) }
      guard header.kind == IPProtocol.fragment else { continue }
      fragment = Fragment(parsing: octets)
      if fragment?.offset != 0 { break }
    }
    protocolNumber = cursor.nextHeader
    offset = cursor.offset
    self.fragment = fragment
    self.finalDestination = finalDestination
  }

  /// The last address on the way that a routing header prescribes; nil when the way is done or of an unknown kind.
  private static func finalDestination(routing header: RawSpan) -> IPv6Address? {
    guard header.octet(at: 3) > 0, header.byteCount >= 24 else { return nil }  // segments left
    switch header.octet(at: 2) {
    case 0, 2:  // RFC 5095 (deprecated) and RFC 6275 §6.4: addresses in the order of the way
      return IPv6Address(header.load(bigEndian: 8 + (header.byteCount - 8) / 16 * 16 - 16))
    case 4:  // RFC 8754 §2: the last segment stands first
      return IPv6Address(header.load(bigEndian: 8))
    default:
      return nil
    }
  }
}

extension IPv6ExtensionChain.Fragment {
  /// Reads the eight octets of a fragment header; traps on fewer.
  init(parsing header: RawSpan) {
    let field: UInt16 = header.load(bigEndian: 2)
    offset = Int(field & 0xfff8)  // thirteen bits of units of eight octets
    moreFragments = field & 1 != 0
    identification = header.load(bigEndian: 4)
  }
}
