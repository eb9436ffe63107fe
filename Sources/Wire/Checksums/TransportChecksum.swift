// RFC 9293 §3.1 "Checksum" and RFC 4443 §2.3: is a received segment's checksum right, and how a sent one gets it.

/// What a segment's checksum says about it.
public enum TransportChecksum: Hashable, Sendable, CaseIterable {
  /// The checksum matches.
  case good
  /// The checksum does not match: the segment was damaged on its way, or made so.
  case bad
  /// The field holds the folded pseudo-header sum, not complemented: a local sender left the rest to hardware (checksum
  /// offload) that the packet never reached. Not damage, when it comes over such an interface.
  case unfinished

  /// Classifies a whole segment by the transport that the pseudo-header names: TCP, UDP or ICMPv6; `bad` for any other.
  @inlinable public static func judge(segment: RawSpan, pseudoHeader: PseudoHeader) -> TransportChecksum {
    guard let field = fieldOffset(of: pseudoHeader.protocolNumber), field &+ 2 <= segment.byteCount else { return .bad }
    var sum = InternetChecksum()
    sum.add(pseudoHeader)
    sum.add(segment)
    if sum.isConsistent { return .good }
    return segment.load(bigEndian: field) == pseudoHeader.folded ? .unfinished : .bad
  }

  /// Computes the checksum of the segment at `range` of the output and writes it into its field.
  ///
  /// Does nothing for a transport without a known field, or one that does not lie within the range.
  /// Traps when the range does not lie within the output.
  @inlinable @_lifetime(out: copy out)
  public static func seal(_ out: inout MutableRawSpan, in range: Range<Int>, pseudoHeader: PseudoHeader) {
    guard let field = fieldOffset(of: pseudoHeader.protocolNumber), field &+ 2 <= range.count else { return }
    out.store(bigEndian: 0 as UInt16, at: range.lowerBound &+ field)
    var sum = InternetChecksum()
    sum.add(pseudoHeader)
    sum.add(out.bytes.extracting(range))
    out.store(bigEndian: sum.value, at: range.lowerBound &+ field)
  }

  /// Where a transport keeps its checksum: octets from the start of its header.
  @inlinable static func fieldOffset(of protocolNumber: UInt8) -> Int? {
    switch protocolNumber {
    case IPProtocol.tcp: return TCPHeader.Field.checksum
    case IPProtocol.udp: return Field.udpChecksum
    case IPProtocol.icmpv6: return Field.icmpv6Checksum
    default: return nil
    }
  }

  /// The fields of the transports that have no header type of their own here, in octets from the header's start.
  @usableFromInline enum Field {
    /// RFC 768.
    @inlinable static var udpChecksum: Int { 6 }
    /// RFC 4443 §2.1.
    @inlinable static var icmpv6Checksum: Int { 2 }
  }
}

// RFC 9293 §3.1 (IPv4) and RFC 8200 §8.1 (IPv6): what a transport checksum covers beside the segment.

/// The addresses, protocol and length that a transport checksum protects although they are not in the segment.
///
/// Both forms hold the same words in another order, so one sum serves both.
public struct PseudoHeader: Hashable, Sendable {
  /// Where the packet comes from.
  public let source: IPAddress
  /// Where the packet goes.
  public let destination: IPAddress
  /// The transport's number: 6 for TCP, 58 for ICMPv6.
  public let protocolNumber: UInt8
  /// The transport header and its payload, in octets.
  public let length: Int

  /// The pseudo-header of a segment; the length is in octets and taken modulo 2^32.
  @inlinable public init(source: IPAddress, destination: IPAddress, protocolNumber: UInt8, length: Int) {
    self.source = source
    self.destination = destination
    self.protocolNumber = protocolNumber
    self.length = length
  }

  /// The ones' complement sum of the pseudo-header, in host order and not complemented.
  ///
  /// Just this stands in the checksum field of a segment whose checksum was left to hardware that it never reached.
  @inlinable public var folded: UInt16 {
    let octets = UInt32(truncatingIfNeeded: length)
    var sum = Self.words(of: source) &+ Self.words(of: destination)
    sum &+= UInt64(protocolNumber) &+ UInt64(octets &>> 16) &+ UInt64(octets & 0xffff)
    return InternetChecksum.fold(sum)
  }

  /// The sum of an address's 16-bit words.
  @inlinable static func words(of address: IPAddress) -> UInt64 {
    switch address {
    case .v4(let address):
      return UInt64(address.rawValue)  // folding makes the high half count once, like a word of its own
    case .v6(let address):
      let high = UInt64(truncatingIfNeeded: address.rawValue &>> 64)
      let low = UInt64(truncatingIfNeeded: address.rawValue)
      return (high &>> 32) &+ (high & 0xffff_ffff) &+ (low &>> 32) &+ (low & 0xffff_ffff)
    }
  }
}
