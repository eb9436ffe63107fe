// RFC 9293 §3.2: TCP options, each a kind, and but for kinds 0 and 1 a length and what it counts.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +---------------+---------------+-------------------------------+
//   |     Kind      |    Length     |      Length − 2 octets …      |
//   +---------------+---------------+-------------------------------+

/// A block of sequence numbers that arrived beyond a gap (RFC 2018 §3).
public struct SACKBlock: Hashable, Sendable {
  /// The first sequence number of the block.
  public var left: SequenceNumber
  /// The sequence number just after the block.
  public var right: SequenceNumber

  /// The block from `left` up to, but without, `right`.
  @inlinable public init(left: SequenceNumber, right: SequenceNumber) {
    self.left = left
    self.right = right
  }
}

/// What an MP_CAPABLE option says (RFC 8684 §3.1).
public struct MultipathCapability: Hashable, Sendable {
  /// The version of Multipath TCP.
  public var version: UInt8
  /// The sender's key; nil in a SYN, which has none.
  public var key: UInt64?

  /// A capability of these values.
  @inlinable public init(version: UInt8, key: UInt64? = nil) {
    self.version = version
    self.key = key
  }
}

/// One TCP option by its meaning; a known kind of an unusual length is `other`, so nothing on the wire is lost.
public enum TCPOption: Hashable, Sendable {
  /// Kind 0: nothing but padding follows (RFC 9293 §3.2).
  case endOfList
  /// Kind 1: one octet of padding (RFC 9293 §3.2).
  case noOperation
  /// Kind 2: the largest segment the sender takes, in octets without headers (RFC 9293 §3.7.1).
  case maximumSegmentSize(UInt16)
  /// Kind 3: by how many bits the sender's windows are shifted; above 14 counts as 14 (RFC 7323 §2.2).
  case windowScale(UInt8)
  /// Kind 4: the sender understands selective acknowledgments (RFC 2018 §2).
  case sackPermitted
  /// Kind 5: what arrived beyond a gap (RFC 2018 §3).
  case sack([SACKBlock])
  /// Kind 8: the sender's clock, and the last value it saw of ours (RFC 7323 §3.2).
  case timestamps(value: UInt32, echoReply: UInt32)
  /// Kind 34: TCP Fast Open; an empty cookie asks for one (RFC 7413 §4.1.1).
  case fastOpen(cookie: [UInt8])
  /// Kind 19: an MD5 signature (RFC 2385 §3.0).
  case md5([UInt8])
  /// Kind 30: Multipath TCP, subtype and all (RFC 8684 §3).
  case multipath([UInt8])
  /// Any other kind, or one of the above with a length that its RFC does not know.
  case other(kind: UInt8, payload: [UInt8])

  /// The kinds that this program knows by name (IANA, "TCP Option Kind Numbers").
  public enum Kind {
    /// End of option list.
    @inlinable public static var endOfList: UInt8 { 0 }
    /// No operation.
    @inlinable public static var noOperation: UInt8 { 1 }
    /// Maximum segment size.
    @inlinable public static var maximumSegmentSize: UInt8 { 2 }
    /// Window scale.
    @inlinable public static var windowScale: UInt8 { 3 }
    /// SACK permitted.
    @inlinable public static var sackPermitted: UInt8 { 4 }
    /// SACK.
    @inlinable public static var sack: UInt8 { 5 }
    /// Timestamps.
    @inlinable public static var timestamps: UInt8 { 8 }
    /// MD5 signature.
    @inlinable public static var md5: UInt8 { 19 }
    /// Multipath TCP.
    @inlinable public static var multipath: UInt8 { 30 }
    /// TCP Fast Open.
    @inlinable public static var fastOpen: UInt8 { 34 }
    /// Experiments, distinguished by the two octets that follow (RFC 6994 §3).
    @inlinable public static var experiment254: UInt8 { 254 }
  }

  /// What marks Fast Open within the experimental option 254 (RFC 7413 §4.1.1, RFC 6994).
  public static var fastOpenExperiment: UInt16 { 0xf989 }

  /// The number of an experiment in option 254, and what follows it; nil for any other option (RFC 6994 §3).
  public var experiment: (number: UInt16, payload: ArraySlice<UInt8>)? {
    guard case .other(Kind.experiment254, let payload) = self, payload.count >= 2 else { return nil }
    return (UInt16(payload[0]) << 8 | UInt16(payload[1]), payload[2...])
  }

  /// The option of this kind; `payload` is what follows kind and length.
  public init(kind: UInt8, payload: RawSpan) {
    switch (kind, payload.byteCount) {
    case (Kind.endOfList, 0): self = .endOfList
    case (Kind.noOperation, 0): self = .noOperation
    case (Kind.maximumSegmentSize, 2): self = .maximumSegmentSize(payload.load(bigEndian: 0))
    case (Kind.windowScale, 1): self = .windowScale(payload.octet(at: 0))
    case (Kind.sackPermitted, 0): self = .sackPermitted
    case (Kind.sack, let count) where count.isMultiple(of: 8): self = .sack(Self.blocks(in: payload))
    case (Kind.timestamps, 8):
      self = .timestamps(value: payload.load(bigEndian: 0), echoReply: payload.load(bigEndian: 4))
    case (Kind.fastOpen, _): self = .fastOpen(cookie: payload.octets)
    case (Kind.md5, _): self = .md5(payload.octets)
    case (Kind.multipath, _): self = .multipath(payload.octets)
    default: self = .other(kind: kind, payload: payload.octets)
    }
  }

  /// The kind as the header carries it.
  public var kind: UInt8 {
    switch self {
    case .endOfList: Kind.endOfList
    case .noOperation: Kind.noOperation
    case .maximumSegmentSize: Kind.maximumSegmentSize
    case .windowScale: Kind.windowScale
    case .sackPermitted: Kind.sackPermitted
    case .sack: Kind.sack
    case .timestamps: Kind.timestamps
    case .fastOpen: Kind.fastOpen
    case .md5: Kind.md5
    case .multipath: Kind.multipath
    case .other(let kind, _): kind
    }
  }

  /// The octets that the option occupies, kind and length among them.
  public var encodedLength: Int {
    switch self {
    case .endOfList, .noOperation: 1
    case .maximumSegmentSize: 4
    case .windowScale: 3
    case .sackPermitted: 2
    case .sack(let blocks): 2 + 8 * blocks.count
    case .timestamps: 10
    case .fastOpen(let octets), .md5(let octets), .multipath(let octets), .other(_, let octets): 2 + octets.count
    }
  }

  private static func blocks(in payload: RawSpan) -> [SACKBlock] {
    stride(from: 0, to: payload.byteCount, by: 8).map { offset in
      SACKBlock(
        left: SequenceNumber(payload.load(bigEndian: offset)),
        right: SequenceNumber(payload.load(bigEndian: offset + 4)))
    }
  }
}
