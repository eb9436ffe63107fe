// RFC 792: ICMP; RFC 1122 §3.2.2: what hosts do with it; RFC 1191 §4: the next-hop MTU; RFC 4884: extensions.
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
public struct ICMPv4Type: RawRepresentable, Hashable, Sendable {
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

  /// Whether messages of this kind quote the packet that caused them (RFC 1122 §3.2.2).
  @inlinable public var isError: Bool { rawValue >= 3 && rawValue <= 5 || rawValue == 11 || rawValue == 12 }
}

/// An ICMP message whose length has been checked; accessors cannot fail, and nothing is judged.
public struct ICMPv4MessageView: ~Escapable {
  /// Octets before the body.
  @inlinable public static var headerLength: Int { 8 }

  @usableFromInline let bytes: RawSpan

  /// Takes the whole message, from its type to the end of the IP payload; throws `truncated` below eight octets.
  @inlinable @_lifetime(copy bytes)
  public init(checking bytes: RawSpan) throws(WireError) {
    guard bytes.byteCount >= Self.headerLength else {
      throw .truncated(.icmpv4, need: Self.headerLength, have: bytes.byteCount)
    }
    self.bytes = bytes
  }

  /// The kind of message.
  @inlinable public var type: ICMPv4Type { ICMPv4Type(rawValue: bytes.octet(at: 0)) }
  /// What the kind leaves open.
  @inlinable public var code: UInt8 { bytes.octet(at: 1) }
  /// The checksum as received.
  @inlinable public var checksum: UInt16 { bytes.load(bigEndian: 2) }
  /// Octets 4 to 7, whose meaning the kind decides.
  @inlinable public var parameter: UInt32 { bytes.load(bigEndian: 4) }
  /// Octets of the whole message.
  @inlinable public var length: Int { bytes.byteCount }

  /// Whether the checksum matches the whole message (RFC 792).
  @inlinable public var hasGoodChecksum: Bool {
    var sum = InternetChecksum()
    sum.add(bytes)
    return sum.isConsistent
  }

  /// Whether the message quotes the packet that caused it.
  @inlinable public var isError: Bool { type.isError }

  /// The largest packet the next hop takes, in octets; nil where the message is not about that, or does not say.
  @inlinable public var nextHopMTU: UInt32? {
    guard type == .destinationUnreachable, code == 4 else { return nil }
    let mtu = parameter & 0xffff
    return mtu == 0 ? nil : mtu  // RFC 1191 §4: routers before it left the field zero
  }

  /// What follows the first eight octets.
  @inlinable public var body: RawSpan { @_lifetime(copy self) get { bytes.extracting(Self.headerLength...) } }

  /// The packet that an error quotes, without the extensions of RFC 4884 after it; empty unless it is an error.
  public var quote: RawSpan {
    @_lifetime(copy self) get {
      guard isError else { return bytes.extracting(first: 0) }
      let quoted = quotedLength
      return quoted > 0 && quoted <= body.byteCount ? body.extracting(first: quoted) : body
    }
  }

  /// How many octets of the body are quote, by RFC 4884 §4.1; 0 where the message does not say.
  private var quotedLength: Int {
    guard type == .destinationUnreachable || type == .timeExceeded || type == .parameterProblem else { return 0 }
    return Int(bytes.octet(at: 5)) * 4
  }
}

/// The first eight octets of an ICMP message, as values.
public struct ICMPv4Message: Hashable, Sendable {
  /// The kind of message.
  public var type: ICMPv4Type
  /// What the kind leaves open.
  public var code: UInt8
  /// The checksum as received or as to be sent; `serialize` writes just this, `seal` the right one.
  public var checksum: UInt16
  /// Octets 4 to 7, whose meaning the kind decides.
  public var parameter: UInt32

  /// A message of these values.
  @inlinable public init(type: ICMPv4Type, code: UInt8, parameter: UInt32 = 0, checksum: UInt16 = 0) {
    self.type = type
    self.code = code
    self.parameter = parameter
    self.checksum = checksum
  }

  /// Reads the first eight octets; throws `truncated` when there are fewer.
  @inlinable public init(parsing bytes: RawSpan) throws(WireError) {
    let view = try ICMPv4MessageView(checking: bytes)
    self.init(type: view.type, code: view.code, parameter: view.parameter, checksum: view.checksum)
  }

  /// Writes eight octets and answers how many it wrote; throws `noRoom`.
  @inlinable @_lifetime(out: copy out)
  public func serialize(into out: inout MutableRawSpan, at offset: Int) throws(WireError) -> Int {
    let length = ICMPv4MessageView.headerLength
    guard offset >= 0, out.byteCount - offset >= length else {
      throw .noRoom(.icmpv4, need: length, have: out.byteCount - offset)
    }
    out.store(bigEndian: type.rawValue, at: offset)
    out.store(bigEndian: code, at: offset + 1)
    out.store(bigEndian: checksum, at: offset + 2)
    out.store(bigEndian: parameter, at: offset + 4)
    return length
  }

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
