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
public struct ICMPv6Type: RawRepresentable, Hashable, Sendable {
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

  /// Whether messages of this kind report an error (RFC 4443 §2.1).
  @inlinable public var isError: Bool { rawValue < 128 }
}

/// An ICMPv6 message whose length has been checked; accessors cannot fail, and nothing is judged.
public struct ICMPv6MessageView: ~Escapable {
  /// Octets before the body.
  @inlinable public static var headerLength: Int { 8 }

  @usableFromInline let bytes: RawSpan

  /// Takes the whole message, from its type to the end of the IP payload; throws `truncated` below eight octets.
  @inlinable @_lifetime(copy bytes)
  public init(checking bytes: RawSpan) throws(WireError) {
    guard bytes.byteCount >= Self.headerLength else {
      throw .truncated(.icmpv6, need: Self.headerLength, have: bytes.byteCount)
    }
    self.bytes = bytes
  }

  /// The kind of message.
  @inlinable public var type: ICMPv6Type { ICMPv6Type(rawValue: bytes.octet(at: 0)) }
  /// What the kind leaves open.
  @inlinable public var code: UInt8 { bytes.octet(at: 1) }
  /// The checksum as received.
  @inlinable public var checksum: UInt16 { bytes.load(bigEndian: 2) }
  /// Octets 4 to 7, whose meaning the kind decides.
  @inlinable public var parameter: UInt32 { bytes.load(bigEndian: 4) }
  /// Octets of the whole message.
  @inlinable public var length: Int { bytes.byteCount }

  /// What the checksum says, which covers the addresses too (RFC 4443 §2.3).
  @inlinable public func judgeChecksum(source: IPv6Address, destination: IPv6Address) -> TransportChecksum {
    judgeChecksum(
      PseudoHeader(
        source: .v6(source), destination: .v6(destination), protocolNumber: IPProtocol.icmpv6, length: length))
  }

  /// Judges the checksum by what the message came in.
  @inlinable public func judgeChecksum(_ pseudoHeader: PseudoHeader) -> TransportChecksum {
    TransportChecksum.judge(segment: bytes, pseudoHeader: pseudoHeader)
  }

  /// Whether the message reports an error.
  @inlinable public var isError: Bool { type.isError }

  /// The largest packet the next hop takes, in octets; nil where the message is not about that, or says zero.
  @inlinable public var nextHopMTU: UInt32? { type == .packetTooBig && parameter != 0 ? parameter : nil }

  /// What follows the first eight octets.
  @inlinable public var body: RawSpan { @_lifetime(copy self) get { bytes.extracting(Self.headerLength...) } }

  /// The packet that one of the four known errors quotes, without the extensions of RFC 4884; empty for other messages.
  public var quote: RawSpan {
    @_lifetime(copy self) get {
      guard type.rawValue >= 1, type.rawValue <= 4 else { return bytes.extracting(first: 0) }
      let quoted = quotedLength
      return quoted > 0 && quoted <= body.byteCount ? body.extracting(first: quoted) : body
    }
  }

  /// How many octets of the body are quote, by RFC 4884 §4.4; 0 where the message does not say.
  private var quotedLength: Int {
    guard type == .destinationUnreachable || type == .timeExceeded else { return 0 }
    return Int(bytes.octet(at: 4)) * 8
  }
}

/// The first eight octets of an ICMPv6 message, as values.
public struct ICMPv6Message: Hashable, Sendable {
  /// The kind of message.
  public var type: ICMPv6Type
  /// What the kind leaves open.
  public var code: UInt8
  /// The checksum as received or as to be sent; `serialize` writes just this, `TransportChecksum.seal` the right one.
  public var checksum: UInt16
  /// Octets 4 to 7, whose meaning the kind decides.
  public var parameter: UInt32

  /// A message of these values.
  @inlinable public init(type: ICMPv6Type, code: UInt8, parameter: UInt32 = 0, checksum: UInt16 = 0) {
    self.type = type
    self.code = code
    self.parameter = parameter
    self.checksum = checksum
  }

  /// Reads the first eight octets; throws `truncated` when there are fewer.
  @inlinable public init(parsing bytes: RawSpan) throws(WireError) {
    let view = try ICMPv6MessageView(checking: bytes)
    self.init(type: view.type, code: view.code, parameter: view.parameter, checksum: view.checksum)
  }

  /// Writes eight octets and answers how many it wrote; throws `noRoom`.
  @inlinable @_lifetime(out: copy out)
  public func serialize(into out: inout MutableRawSpan, at offset: Int) throws(WireError) -> Int {
    let length = ICMPv6MessageView.headerLength
    guard offset >= 0, out.byteCount - offset >= length else {
      throw .noRoom(.icmpv6, need: length, have: out.byteCount - offset)
    }
    out.store(bigEndian: type.rawValue, at: offset)
    out.store(bigEndian: code, at: offset + 1)
    out.store(bigEndian: checksum, at: offset + 2)
    out.store(bigEndian: parameter, at: offset + 4)
    return length
  }
}
