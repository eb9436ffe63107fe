// RFC 9293 §3.2: a header's options as they are on the wire, order, padding and mistakes included.

/// The options of one TCP header: the raw octets, held in place, because their order and padding tell who sent them.
public struct TCPOptionList: Hashable, Sendable {
  @usableFromInline var octets: OptionOctets

  /// No options.
  @inlinable public init() { octets = OptionOctets() }

  /// A copy of a header's option octets, classified by no one; more than 40 throw `noRoom`.
  @inlinable public init(raw: RawSpan) throws(WireError) {
    guard let octets = OptionOctets(raw) else {
      throw .noRoom(.tcpOptions, need: raw.byteCount, have: OptionOctets.capacity)
    }
    self.octets = octets
  }

  /// The octets held, without the zeros that fill the last 32-bit word.
  @inlinable public var count: Int { octets.count }

  /// The octets that the header spends on them, a multiple of four.
  @inlinable public var paddedCount: Int { octets.paddedCount }

  /// Whether there are none.
  @inlinable public var isEmpty: Bool { octets.isEmpty }

  /// The octets held, without the final padding.
  public var bytes: RawSpan {
    @inlinable @_lifetime(borrow self) get { octets.bytes }
  }

  /// The octets held, followed by zeros up to a whole 32-bit word.
  public var paddedBytes: RawSpan {
    @inlinable @_lifetime(borrow self) get { octets.paddedBytes }
  }
}

// MARK: Reading

extension TCPOptionList {
  /// The options that parse, in order; the walk ends at the first that does not.
  public var options: [TCPOption] {
    var options: [TCPOption] = []
    let bytes = bytes
    var cursor = TCPOptionCursor(bytes)
    while let (kind, payload) = try? cursor.next() {
      options.append(TCPOption(kind: kind, payload: bytes.extracting(payload)))
    }
    return options
  }

  /// Whether a length lies: below two, or beyond the list.
  public var isMalformed: Bool {
    var cursor = TCPOptionCursor(bytes)
    do throws(WireError) {
      while try cursor.next() != nil {}
      return false
    } catch {
      return true
    }
  }

  /// The value of the first maximum segment size option of proper length, in octets (RFC 9293 §3.7.1).
  @inlinable public var maximumSegmentSize: UInt16? {
    guard let payload = first(TCPOption.Kind.maximumSegmentSize, length: 2) else { return nil }
    return bytes.load(bigEndian: payload)
  }

  /// The shift of the first window scale option of proper length, as sent: above 14 counts as 14 (RFC 7323 §2.2).
  @inlinable public var windowScale: UInt8? {
    guard let payload = first(TCPOption.Kind.windowScale, length: 1) else { return nil }
    return bytes.octet(at: payload)
  }

  /// Whether a SACK permitted option is there (RFC 2018 §2).
  @inlinable public var isSACKPermitted: Bool { first(TCPOption.Kind.sackPermitted, length: 0) != nil }

  /// The first block of the first SACK option of proper length; a duplicate's report comes first (RFC 2883 §4).
  @inlinable public var firstSACKBlock: SACKBlock? {
    var cursor = TCPOptionCursor(bytes)
    while let option = try? cursor.next() {
      let size = option.payload.count
      guard option.kind == TCPOption.Kind.sack, size >= 8, size % 8 == 0 else { continue }
      let at = option.payload.lowerBound
      return SACKBlock(
        left: SequenceNumber(bytes.load(bigEndian: at)), right: SequenceNumber(bytes.load(bigEndian: at &+ 4)))
    }
    return nil
  }

  /// The two values of the first timestamps option of proper length (RFC 7323 §3.2).
  @inlinable public var timestamps: (value: UInt32, echoReply: UInt32)? {
    guard let payload = first(TCPOption.Kind.timestamps, length: 8) else { return nil }
    return (bytes.load(bigEndian: payload), bytes.load(bigEndian: payload &+ 4))
  }

  /// The cookie of the first Fast Open option, empty where one is asked for; the experimental option counts too (RFC 7413
  /// §4.1.1).
  public var fastOpenCookie: OptionOctets? {
    let bytes = bytes
    var cursor = TCPOptionCursor(bytes)
    while let option = try? cursor.next() {
      let payload = bytes.extracting(option.payload)
      if option.kind == TCPOption.Kind.fastOpen { return OptionOctets(payload) }
      guard option.kind == TCPOption.Kind.experiment254, payload.byteCount >= 2,
        payload.load(bigEndian: 0, as: UInt16.self) == TCPOption.fastOpenExperiment
      else { continue }
      return OptionOctets(payload.extracting(droppingFirst: 2))
    }
    return nil
  }

  /// What the first MP_CAPABLE option says (RFC 8684 §3.1); nil without one.
  public var multipathCapability: MultipathCapability? {
    let bytes = bytes
    var cursor = TCPOptionCursor(bytes)
    while let option = try? cursor.next() {
      let payload = bytes.extracting(option.payload)
      guard option.kind == TCPOption.Kind.multipath, payload.byteCount >= 2, payload.octet(at: 0) >> 4 == 0 else {
        continue
      }
      let key: UInt64? = payload.byteCount >= 10 ? payload.load(bigEndian: 2) : nil
      return MultipathCapability(version: payload.octet(at: 0) & 0xf, key: key)
    }
    return nil
  }

  /// The offset of the payload of the first option of this kind and payload length, before anything malformed.
  @inlinable func first(_ kind: UInt8, length: Int) -> Int? {
    var cursor = TCPOptionCursor(bytes)
    while let option = try? cursor.next() {
      if option.kind == kind, option.payload.count == length { return option.payload.lowerBound }
    }
    return nil
  }
}

// MARK: Writing

extension TCPOptionList {
  /// Adds an option at the end, unpadded; false, and nothing added, when there is no room.
  @discardableResult
  public mutating func append(_ option: TCPOption) -> Bool {
    switch option {
    case .endOfList: return octets.append(TCPOption.Kind.endOfList)
    case .noOperation: return appendNoOperation()
    case .maximumSegmentSize(let octets): return appendMaximumSegmentSize(octets)
    case .windowScale(let shift): return appendWindowScale(shift)
    case .sackPermitted: return appendSACKPermitted()
    case .timestamps(let value, let echoReply): return appendTimestamps(value: value, echoReply: echoReply)
    case .fastOpen(let payload), .md5(let payload), .multipath(let payload), .other(_, let payload):
      return append(kind: option.kind, payload: payload.span.raw)
    case .sack(let blocks):
      guard hasRoom(for: option.encodedLength) else { return false }
      var isDone = octets.append(UInt16(TCPOption.Kind.sack) << 8 | UInt16(option.encodedLength))
      for block in blocks {
        isDone = octets.append(block.left.value) && octets.append(block.right.value) && isDone
      }
      return isDone
    }
  }

  /// Adds an option of any kind with a true length; false, and nothing added, when there is no room.
  @discardableResult
  @inlinable public mutating func append(kind: UInt8, payload: RawSpan) -> Bool {
    let length = payload.byteCount &+ 2
    guard hasRoom(for: length) else { return false }
    return octets.append(UInt16(kind) << 8 | UInt16(truncatingIfNeeded: length)) && octets.append(contentsOf: payload)
  }

  /// Adds octets as they are, however wrong; false, and nothing added, when there is no room.
  @discardableResult
  @inlinable public mutating func append(raw: RawSpan) -> Bool { octets.append(contentsOf: raw) }

  /// Adds a maximum segment size in octets (4 octets); false when there is no room.
  @discardableResult
  @inlinable public mutating func appendMaximumSegmentSize(_ size: UInt16) -> Bool {
    octets.append(UInt32(TCPOption.Kind.maximumSegmentSize) << 24 | 4 << 16 | UInt32(size))
  }

  /// Adds a window scale (3 octets); false when there is no room.
  @discardableResult
  @inlinable public mutating func appendWindowScale(_ shift: UInt8) -> Bool {
    guard hasRoom(for: 3) else { return false }
    return octets.append(UInt16(TCPOption.Kind.windowScale) << 8 | 3) && octets.append(shift)
  }

  /// Adds SACK permitted (2 octets); false when there is no room.
  @discardableResult
  @inlinable public mutating func appendSACKPermitted() -> Bool {
    octets.append(UInt16(TCPOption.Kind.sackPermitted) << 8 | 2)
  }

  /// Adds timestamps (10 octets); false when there is no room.
  @discardableResult
  @inlinable public mutating func appendTimestamps(value: UInt32, echoReply: UInt32) -> Bool {
    guard hasRoom(for: 10) else { return false }
    return octets.append(UInt16(TCPOption.Kind.timestamps) << 8 | 10)
      && octets.append(UInt64(value) << 32 | UInt64(echoReply))
  }

  /// Adds one octet of padding; false when there is no room.
  @discardableResult
  @inlinable public mutating func appendNoOperation() -> Bool { octets.append(TCPOption.Kind.noOperation) }

  /// Adds a SACK option of one block, from `first` up to, but without, `last` (10 octets); false when there is no room.
  @discardableResult
  @inlinable public mutating func appendSACK(first: SequenceNumber, last: SequenceNumber) -> Bool {
    guard hasRoom(for: 10) else { return false }
    return octets.append(UInt16(TCPOption.Kind.sack) << 8 | 10)
      && octets.append(UInt64(first.value) << 32 | UInt64(last.value))
  }

  @inlinable func hasRoom(for length: Int) -> Bool { length <= OptionOctets.capacity &- octets.count }
}

// RFC 9293 §3.2: the walk over an option list.

/// Walks an option list without allocating; every step consumes an octet or more, so the walk ends.
public struct TCPOptionCursor: ~Escapable {
  @usableFromInline let options: RawSpan
  @usableFromInline var offset = 0

  /// A walk from the first octet of a header's options, padding included.
  @inlinable @_lifetime(copy options)
  public init(_ options: RawSpan) { self.options = options }

  /// How many octets the walk has passed: after the end, what lies beyond this offset is padding.
  @inlinable public var position: Int { offset }

  /// The next option: its kind, and where in the list its payload lies; nil at the end.
  ///
  /// Kind 0 is given once, then the list has ended. Unknown kinds are given like any other. A length below two, or beyond
  /// the list, throws `malformed(.tcpOptions, at:)` with the option's offset; the walk cannot go on after it.
  @inlinable public mutating func next() throws(WireError) -> (kind: UInt8, payload: Range<Int>)? {
    let end = options.byteCount
    guard offset < end, !isFinished else { return nil }
    let start = offset
    let kind = options.octet(at: start)
    if kind == TCPOption.Kind.endOfList || kind == TCPOption.Kind.noOperation {
      isFinished = kind == TCPOption.Kind.endOfList
      offset = start &+ 1
      return (kind, offset..<offset)
    }
    guard start &+ 1 < end else { throw refuse(at: start) }
    let length = Int(options.octet(at: start &+ 1))
    guard length >= 2, length <= end &- start else { throw refuse(at: start) }
    offset = start &+ length
    return (kind, start &+ 2..<offset)
  }

  @usableFromInline var isFinished = false

  @inlinable mutating func refuse(at start: Int) -> WireError {
    isFinished = true
    return .malformed(.tcpOptions, at: start)
  }
}
