// RFC 792: ICMP; RFC 1122 §3.2.2: what hosts do with it; RFC 1191 §4: the next-hop MTU; RFC 4884 §4.1: extensions.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |     Type      |     Code      |           Checksum            |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |    unused     |    Length     |         Next-Hop MTU          |  or a pointer, a gateway, an identifier
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |      IP header + what follows it in the packet at fault       |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

/// The kind of an ICMP message; any number can be held.
public struct ICMPv4Type: ICMPKind {
  /// The number in the message.
  public var rawValue: UInt8

  /// The kind of this number.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Echo Reply.
  @inlinable public static var echoReply: Self { Self(rawValue: 0) }
  /// Destination Unreachable: the code says what could not be reached, and why.
  @inlinable public static var destinationUnreachable: Self { Self(rawValue: 3) }
  /// Source Quench, deprecated by RFC 6633.
  @inlinable public static var sourceQuench: Self { Self(rawValue: 4) }
  /// Redirect: a better first hop exists.
  @inlinable public static var redirect: Self { Self(rawValue: 5) }
  /// Echo Request.
  @inlinable public static var echoRequest: Self { Self(rawValue: 8) }
  /// Time Exceeded: on the way (code 0) or while reassembling (code 1).
  @inlinable public static var timeExceeded: Self { Self(rawValue: 11) }
  /// Parameter Problem: the pointer says which octet.
  @inlinable public static var parameterProblem: Self { Self(rawValue: 12) }

  /// What errors call an ICMP message.
  @inlinable public static var layer: WireError.Layer { .icmpv4 }

  /// Whether messages of this kind report an error (RFC 1122 §3.2.2).
  @inlinable public var isError: Bool { rawValue >= 3 && rawValue <= 5 || rawValue == 11 || rawValue == 12 }
  /// Errors do.
  @inlinable public var quotesPacket: Bool { isError }
  /// The sixth octet, in words of 32 bits (RFC 4884 §4.1).
  public var quotedLengthField: (offset: Int, unit: Int)? {
    self == .destinationUnreachable || self == .timeExceeded || self == .parameterProblem ? (5, 4) : nil
  }
}

/// An ICMP message whose length has been checked.
public typealias ICMPv4MessageView = ICMPMessageView<ICMPv4Type>

/// The first eight octets of an ICMP message, as values.
public typealias ICMPv4Message = ICMPMessage<ICMPv4Type>

extension ICMPMessageView where Kind == ICMPv4Type {
  /// Whether the checksum matches the whole message (RFC 792).
  @inlinable public var hasGoodChecksum: Bool {
    var sum = InternetChecksum()
    sum.add(bytes)
    return sum.isConsistent
  }

  /// The largest packet the next hop takes, in octets; nil where the message is not about that, or does not say.
  @inlinable public var nextHopMTU: UInt32? {
    guard type == .destinationUnreachable, code == 4 else { return nil }
    let mtu = parameter & 0xffff
    return mtu == 0 ? nil : mtu  // RFC 1191 §4: routers before it left the field zero
  }
}

extension ICMPMessage where Kind == ICMPv4Type {
  /// Computes the checksum of the message at `range` of the output and writes it into its field (RFC 792).
  ///
  /// Traps when the range does not lie within the output, or holds fewer than eight octets.
  @inlinable @_lifetime(out: copy out)
  public static func seal(_ out: inout MutableRawSpan, in range: Range<Int>) {
    precondition(range.count >= ICMPv4MessageView.headerLength, "no whole ICMP message to seal")
    out.store(bigEndian: 0 as UInt16, at: range.lowerBound + 2)
    out.store(bigEndian: InternetChecksum.value(of: out.bytes.extracting(range)), at: range.lowerBound + 2)
  }
}
