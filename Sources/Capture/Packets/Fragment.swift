// RFC 791 §3.1 and RFC 8200 §4.5: a piece of a packet, told alike for both families.

import Wire

/// What a packet that is a piece of another says of itself, and where in it that lies.
struct Fragment: Hashable {
  let key: FragmentKey
  /// Where its octets belong, counted after the header that all pieces share.
  let offset: Int
  let moreFragments: Bool
  /// Octets that every piece repeats: IPv4's header, IPv6's headers up to the fragment header.
  let headerLength: Int
  /// Where the header names what follows it, and what that is once the fragment header is gone; nil for IPv4.
  let nextHeader: NextHeader?
  /// Where the piece itself lies in the packet.
  let payload: Range<Int>
  /// Whether all of the piece was captured.
  let isWhole: Bool

  struct NextHeader: Hashable, Sendable {
    var field: Int
    var number: UInt8
  }

  /// Whether a packet is whole for certain, as nearly all are: the octet or two that tell it, and nothing else, are read.
  @inline(__always) static func isNone(_ packet: RawSpan) -> Bool {
    guard packet.byteCount >= IPv4Header.minimumLength else { return false }
    if packet.octet(at: 0) &>> 4 == 6 { return packet.octet(at: IPv6Header.nextHeaderOffset) == IPProtocol.tcp }
    return packet.load(bigEndian: IPv4Header.fragmentFieldOffset, as: UInt16.self) & 0x3fff == 0
  }

  /// Looks whether a packet is a piece of another, which the first four bits say is of IPv4 or IPv6.
  ///
  /// Nil where it is not, or no one can tell; one whose fragment header says that it is whole is none (RFC 6946).
  static func look(at packet: RawSpan, interface: Int) -> Fragment? {
    packet.octet(at: 0) &>> 4 == 6 ? ofIPv6(packet, interface) : ofIPv4(packet, interface)
  }

  private static func ofIPv4(_ packet: RawSpan, _ interface: Int) -> Fragment? {
    guard let header = try? IPv4HeaderView(lax: packet), header.isFragment else { return nil }
    let length = header.payload.byteCount
    return Fragment(
      key: FragmentKey(
        source: .v4(header.source), destination: .v4(header.destination), protocolNumber: header.protocolNumber,
        identification: UInt32(header.identification), interface: interface),
      offset: Int(header.fragmentOffset) * 8, moreFragments: header.moreFragments, headerLength: header.headerLength,
      nextHeader: nil, payload: header.headerLength..<header.headerLength + length,
      isWhole: length == Int(header.totalLength) - header.headerLength)
  }

  private static func ofIPv6(_ packet: RawSpan, _ interface: Int) -> Fragment? {
    guard let header = try? IPv6HeaderView(lax: packet) else { return nil }
    let rest = header.payload
    var cursor = IPv6ExtensionCursor(nextHeader: header.nextHeader, payload: rest)
    var field = IPv6Header.nextHeaderOffset
    while let step = try? cursor.next() {
      let (start, end) = (step.range.lowerBound, step.range.upperBound)
      let offsetAndFlag: UInt16 = step.kind == IPProtocol.fragment ? rest.load(bigEndian: start + 2) : 0
      guard offsetAndFlag & 0xfff9 != 0 else {
        field = IPv6Header.length + start
        continue
      }
      return Fragment(
        key: FragmentKey(
          source: .v6(header.source), destination: .v6(header.destination), protocolNumber: 0,
          identification: rest.load(bigEndian: start + 4), interface: interface),
        offset: Int(offsetAndFlag & 0xfff8), moreFragments: offsetAndFlag & 1 != 0,
        headerLength: IPv6Header.length + start,
        nextHeader: NextHeader(field: field, number: rest.octet(at: start)),
        payload: IPv6Header.length + end..<IPv6Header.length + rest.byteCount,
        isWhole: rest.byteCount == header.statedPayloadLength)
    }
    return nil
  }
}

extension IPv6Header {
  /// Where the header names what follows it.
  fileprivate static var nextHeaderOffset: Int { 6 }
}

extension IPv4Header {
  /// Where the header has the flag that more pieces follow, and where a piece belongs.
  fileprivate static var fragmentFieldOffset: Int { 6 }
}
