// RFC 4443: ICMPv6; RFC 8883: more codes of Parameter Problem; RFC 4884 §4.4: extensions.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |     Type      |     Code      |           Checksum            |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                 MTU, pointer, or zero                         |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |    as much of the packet at fault as fits in 1280 octets      |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

/// The kind of an ICMPv6 message; any number can be held.
public struct ICMPv6Type: ICMPKind {
  /// The number in the message.
  public var rawValue: UInt8

  /// The kind of this number.
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Destination Unreachable: the code says why.
  @inlinable public static var destinationUnreachable: Self { Self(rawValue: 1) }
  /// Packet Too Big: the parameter is the next hop's MTU.
  @inlinable public static var packetTooBig: Self { Self(rawValue: 2) }
  /// Time Exceeded: on the way (code 0) or while reassembling (code 1).
  @inlinable public static var timeExceeded: Self { Self(rawValue: 3) }
  /// Parameter Problem: the parameter is the offset of the octet at fault.
  @inlinable public static var parameterProblem: Self { Self(rawValue: 4) }
  /// Echo Request.
  @inlinable public static var echoRequest: Self { Self(rawValue: 128) }
  /// Echo Reply.
  @inlinable public static var echoReply: Self { Self(rawValue: 129) }

  /// What errors call an ICMPv6 message.
  @inlinable public static var layer: WireError.Layer { .icmpv6 }

  /// Whether messages of this kind report an error (RFC 4443 §2.1).
  @inlinable public var isError: Bool { rawValue < 128 }
  /// The four known errors do.
  @inlinable public var quotesPacket: Bool { rawValue >= 1 && rawValue <= 4 }
  /// The fifth octet, in words of 64 bits (RFC 4884 §4.4).
  public var quotedLengthField: (offset: Int, unit: Int)? {
    self == .destinationUnreachable || self == .timeExceeded ? (4, 8) : nil
  }
}

/// An ICMPv6 message whose length has been checked.
public typealias ICMPv6MessageView = ICMPMessageView<ICMPv6Type>

/// The first eight octets of an ICMPv6 message, as values; `TransportChecksum.seal` writes the checksum.
public typealias ICMPv6Message = ICMPMessage<ICMPv6Type>

extension ICMPMessageView where Kind == ICMPv6Type {
  /// What the checksum says, which covers the addresses too (RFC 4443 §2.3).
  @inlinable public func judgeChecksum(source: IPv6Address, destination: IPv6Address) -> TransportChecksum {
    judgeChecksum(
      PseudoHeader(
        source: .v6(source), destination: .v6(destination), protocolNumber: IPProtocol.icmpv6, length: length))
  }

  /// Classifies the checksum by what the message came in.
  @inlinable public func judgeChecksum(_ pseudoHeader: PseudoHeader) -> TransportChecksum {
    TransportChecksum.judge(segment: bytes, pseudoHeader: pseudoHeader)
  }

  /// The largest packet the next hop takes, in octets; nil where the message is not about that, or says zero.
  @inlinable public var nextHopMTU: UInt32? { type == .packetTooBig && parameter != 0 ? parameter : nil }
}
