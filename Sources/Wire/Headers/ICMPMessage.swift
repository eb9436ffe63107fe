// RFC 792, RFC 4443 §2.1: the eight octets that the messages of both families begin with; RFC 4884: their extensions.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |     Type      |     Code      |           Checksum            |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                   Parameter, as the type has it               |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |      of an error: the packet that caused it, or its start     |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

/// The kinds of messages of one family; any number can be held.
public protocol ICMPKind: RawRepresentable, Hashable, Sendable where RawValue == UInt8 {
  /// What errors call a message of the family.
  static var layer: WireError.Layer { get }

  /// The kind of this number.
  init(rawValue: UInt8)

  /// Whether messages of this kind report an error.
  var isError: Bool { get }
  /// Whether messages of this kind quote the packet that caused them.
  var quotesPacket: Bool { get }
  /// The octet of the message that says how long its quote is, and how many octets one of it stands for (RFC 4884 §4);
  /// nil where messages of this kind do not say.
  var quotedLengthField: (offset: Int, unit: Int)? { get }
}

/// A message whose length has been checked; accessors cannot fail, and nothing is classified.
public struct ICMPMessageView<Kind: ICMPKind>: ~Escapable {
  /// Octets before the body.
  @inlinable public static var headerLength: Int { 8 }

  @usableFromInline let bytes: RawSpan

  /// Takes the whole message, from its type to the end of the IP payload; throws `truncated` below eight octets.
  @inlinable @_lifetime(copy bytes)
  public init(checking bytes: RawSpan) throws(WireError) {
    guard bytes.byteCount >= Self.headerLength else {
      throw .truncated(Kind.layer, need: Self.headerLength, have: bytes.byteCount)
    }
    self.bytes = bytes
  }

  /// The kind of message.
  @inlinable public var type: Kind { Kind(rawValue: bytes.octet(at: 0)) }
  /// What the kind leaves open.
  @inlinable public var code: UInt8 { bytes.octet(at: 1) }
  /// The checksum as received.
  @inlinable public var checksum: UInt16 { bytes.load(bigEndian: 2) }
  /// Octets 4 to 7, whose meaning the kind decides.
  @inlinable public var parameter: UInt32 { bytes.load(bigEndian: 4) }
  /// Octets of the whole message.
  @inlinable public var length: Int { bytes.byteCount }
  /// Whether the message reports an error.
  @inlinable public var isError: Bool { type.isError }

  /// What follows the first eight octets.
  @inlinable public var body: RawSpan { @_lifetime(copy self) get { bytes.extracting(Self.headerLength...) } }

  /// The packet that an error quotes, without the extensions of RFC 4884 after it; empty where the kind quotes none.
  public var quote: RawSpan {
    @_lifetime(copy self) get {
      guard type.quotesPacket else { return bytes.extracting(first: 0) }
      return body.extracting(first: quotedLength ?? body.byteCount)
    }
  }

  /// What follows the quote, not verified yet: see `ICMPExtensionsView`; empty where nothing does.
  public var extensionStructure: RawSpan {
    @_lifetime(copy self) get { body.extracting((quotedLength ?? body.byteCount)...) }
  }

  /// How many octets of the body are quote; nil where all of it is.
  private var quotedLength: Int? {
    guard let field = type.quotedLengthField else { return nil }
    let stated = Int(bytes.octet(at: field.offset)) * field.unit
    guard stated == 0 else { return stated <= body.byteCount ? stated : nil }
    // RFC 4884 §5.5: senders older than it do not state the length. They put their extensions behind 128 octets, which
    // is believed where version and checksum fit; "no checksum" would fit one quote in sixteen by chance.
    let old = ICMPMessageView.quoteOfOldSenders
    guard body.byteCount >= old + ICMPExtensionsView.headerLength,
      let structure = try? ICMPExtensionsView(checking: body.extracting(old...)), structure.hasChecksum
    else { return nil }
    return old
  }

  /// How much senders quote that have extensions and do not state a length (RFC 4884 §5.5).
  private static var quoteOfOldSenders: Int { 128 }
}

/// The first eight octets of a message, as values.
public struct ICMPMessage<Kind: ICMPKind>: Hashable, Sendable {
  /// The kind of message.
  public var type: Kind
  /// What the kind leaves open.
  public var code: UInt8
  /// The checksum as received or as to be sent; `serialize` writes just this.
  public var checksum: UInt16
  /// Octets 4 to 7, whose meaning the kind decides.
  public var parameter: UInt32

  /// A message of these values.
  @inlinable public init(type: Kind, code: UInt8, parameter: UInt32 = 0, checksum: UInt16 = 0) {
    self.type = type
    self.code = code
    self.parameter = parameter
    self.checksum = checksum
  }

  /// Reads the first eight octets; throws `truncated` when there are fewer.
  @inlinable public init(parsing bytes: RawSpan) throws(WireError) {
    let view = try ICMPMessageView<Kind>(checking: bytes)
    self.init(type: view.type, code: view.code, parameter: view.parameter, checksum: view.checksum)
  }

  /// Writes eight octets and answers how many it wrote; throws `noRoom`.
  @inlinable @_lifetime(out: copy out)
  public func serialize(into out: inout MutableRawSpan, at offset: Int) throws(WireError) -> Int {
    let length = ICMPMessageView<Kind>.headerLength
    guard offset >= 0, out.byteCount - offset >= length else {
      throw .noRoom(Kind.layer, need: length, have: out.byteCount - offset)
    }
    out.store(bigEndian: type.rawValue, at: offset)
    out.store(bigEndian: code, at: offset + 1)
    out.store(bigEndian: checksum, at: offset + 2)
    out.store(bigEndian: parameter, at: offset + 4)
    return length
  }
}
