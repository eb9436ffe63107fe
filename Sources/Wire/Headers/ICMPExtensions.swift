// RFC 4884 §7 and §8: what may follow the packet that an ICMP error quotes.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |Version|      (Reserved)       |           Checksum            |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |             Length            |   Class-Num   |   C-Type      |  an object; more may follow
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                          Object payload                       |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+

/// An extension structure whose version and checksum have been checked; its objects have not.
public struct ICMPExtensionsView: ~Escapable {
  /// The octets before the first object.
  @inlinable public static var headerLength: Int { 4 }
  /// The only version there is.
  @inlinable public static var version: UInt8 { 2 }

  @usableFromInline let bytes: RawSpan

  /// Takes all that follows the quote.
  ///
  /// Throws `truncated` below four octets, `malformed` for another version and `badChecksum`; a checksum of zero says that
  /// there is none (RFC 4884 §7).
  @_lifetime(copy bytes)
  public init(checking bytes: RawSpan) throws(WireError) {
    guard bytes.byteCount >= Self.headerLength else {
      throw .truncated(.icmpExtensions, need: Self.headerLength, have: bytes.byteCount)
    }
    guard bytes.octet(at: 0) >> 4 == Self.version else { throw .malformed(.icmpExtensions, at: 0) }
    self.bytes = bytes
    guard hasChecksum else { return }
    var sum = InternetChecksum()
    sum.add(bytes)
    guard sum.isConsistent else { throw .badChecksum(.icmpExtensions) }
  }

  /// Whether the sender computed a checksum.
  @inlinable public var hasChecksum: Bool { bytes.load(bigEndian: 2, as: UInt16.self) != 0 }

  /// The objects, one behind the other.
  public var objects: RawSpan { @_lifetime(copy self) get { bytes.extracting(Self.headerLength...) } }
}

/// Walks the objects of an extension structure without allocating; every step consumes four octets or more.
public struct ICMPExtensionCursor: ~Escapable {
  /// The octets before an object's payload.
  @inlinable public static var headerLength: Int { 4 }

  private let objects: RawSpan
  private var offset = 0

  /// A walk from the first object.
  @_lifetime(copy objects)
  public init(_ objects: RawSpan) { self.objects = objects }

  /// The next object: its class and type, and where its payload lies; nil at the end.
  ///
  /// A length below four, or beyond the structure, throws `malformed(.icmpExtensions, at:)` with the object's offset; the
  /// walk stays there.
  public mutating func next() throws(WireError) -> (classNumber: UInt8, type: UInt8, payload: Range<Int>)? {
    let left = objects.byteCount - offset
    guard left > 0 else { return nil }
    guard left >= Self.headerLength else { throw .malformed(.icmpExtensions, at: offset) }
    let length = Int(objects.load(bigEndian: offset, as: UInt16.self))
    guard length >= Self.headerLength, length <= left else { throw .malformed(.icmpExtensions, at: offset) }
    let start = offset
    offset += length
    return (
      objects.octet(at: start + 2), objects.octet(at: start + 3), start + Self.headerLength..<offset
    )
  }
}

/// One object behind a quote.
public enum ICMPExtension: Hashable, Sendable {
  /// The label stack with which the quoted packet arrived (RFC 4950).
  case labels([MPLSLabelStackEntry])
  /// An interface that the quoted packet came by, or would have left by (RFC 5837).
  case interface(InterfaceInformation)
  /// Any other class or type, or one of the above that is malformed; of a long payload only the first octets are kept.
  case other(classNumber: UInt8, type: UInt8, octets: [UInt8])

  /// The classes that this program knows by name (IANA, "ICMP Extension Object Classes").
  public enum Class {
    /// MPLS label stack (RFC 4950).
    @inlinable public static var labelStack: UInt8 { 1 }
    /// Interface information (RFC 5837).
    @inlinable public static var interfaceInformation: UInt8 { 2 }
  }

  /// The most octets that are kept of a payload that nothing is known of.
  public static let payloadLimit = 64

  /// The object of this class and type.
  public init(classNumber: UInt8, type: UInt8, payload: RawSpan) {
    switch (classNumber, type) {
    case (Class.labelStack, 1):
      if let entries = MPLSLabelStackEntry.stack(parsing: payload) {
        self = .labels(entries)
        return
      }
    case (Class.interfaceInformation, _):
      if let information = InterfaceInformation(type: type, parsing: payload) {
        self = .interface(information)
        return
      }
    default: break
    }
    let kept = payload.extracting(first: min(payload.byteCount, Self.payloadLimit))
    self = .other(classNumber: classNumber, type: type, octets: kept.octets)
  }

  /// The most objects that are read: a router adds one or two.
  public static let limit = 16

  /// The objects of an extension structure, in order, up to the first that is malformed; none where the structure is.
  public static func list(parsing structure: RawSpan) -> [ICMPExtension] {
    guard structure.byteCount > 0, let view = try? ICMPExtensionsView(checking: structure) else { return [] }
    var list: [ICMPExtension] = []
    let objects = view.objects
    var cursor = ICMPExtensionCursor(objects)
    while list.count < limit, let object = try? cursor.next() {
      list.append(
        ICMPExtension(
          classNumber: object.classNumber, type: object.type, payload: objects.extracting(object.payload)))
    }
    return list
  }
}

extension ICMPExtension: CustomStringConvertible {
  /// The object in one phrase: `MPLS 16001 TC 0 TTL 1 S`, `incoming interface 2 "eth0" 192.0.2.1 mtu 1500`.
  public var description: String {
    switch self {
    case .labels(let entries): entries.map(\.description).joined(separator: ", ")
    case .interface(let information): information.description
    case .other(let classNumber, let type, let octets):
      "object class \(classNumber) type \(type)"
        + (octets.isEmpty ? "" : " 0x\(PacketNotation.hexadecimal(octets.span.raw))")
    }
  }
}
