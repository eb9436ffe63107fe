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
