// RFC 791 §3.1 "Options" and RFC 9293 §3.2: room for options, at most 40 octets after 20 of either header.

/// Up to 40 octets of options held in place, exactly as they are on the wire: no heap, and no opinion about them.
public struct OptionOctets: Sendable {
  /// The most that a four-bit header length leaves beside the fixed 20 octets.
  @inlinable public static var capacity: Int { 40 }

  /// Octets beyond `length` are always zero: they are the padding, and equality compares them too.
  @usableFromInline var storage = InlineArray<40, UInt8>(repeating: 0)
  @usableFromInline var length: UInt8 = 0

  /// No options.
  @inlinable public init() {}

  /// A copy of these octets, or nil when they are more than 40.
  @inlinable public init?(_ raw: RawSpan) {
    guard raw.byteCount <= Self.capacity else { return nil }
    storage.copy(raw, at: 0)
    length = UInt8(truncatingIfNeeded: raw.byteCount)
  }

  /// The octets held, without padding.
  @inlinable public var count: Int { Int(length) }

  /// The octets that a header holding them spends: rounded up to whole 32-bit words.
  @inlinable public var paddedCount: Int { (Int(length) &+ 3) & ~3 }

  /// Whether there are none.
  @inlinable public var isEmpty: Bool { length == 0 }

  /// The octets held, without padding.
  public var bytes: RawSpan {
    @inlinable @_lifetime(borrow self) get { storage.raw.extracting(first: Int(length)) }
  }

  /// The octets held, followed by zeros up to a whole 32-bit word.
  public var paddedBytes: RawSpan {
    @inlinable @_lifetime(borrow self) get { storage.raw.extracting(first: paddedCount) }
  }

  /// Adds a big-endian integer at the end; false, and nothing added, when there is no room.
  @inlinable public mutating func append<T: FixedWidthInteger & BitwiseCopyable>(_ value: T) -> Bool {
    let size = MemoryLayout<T>.size
    guard size <= Self.capacity &- count else { return false }
    storage.store(bigEndian: value, at: count)
    length &+= UInt8(truncatingIfNeeded: size)
    return true
  }

  /// Adds all of these octets at the end; false, and nothing added, when there is no room.
  @inlinable public mutating func append(contentsOf octets: RawSpan) -> Bool {
    guard octets.byteCount <= Self.capacity &- count else { return false }
    storage.copy(octets, at: count)
    length &+= UInt8(truncatingIfNeeded: octets.byteCount)
    return true
  }
}

extension OptionOctets: Hashable {
  /// Whether both hold the same octets.
  @inlinable public static func == (a: OptionOctets, b: OptionOctets) -> Bool {
    guard a.length == b.length else { return false }
    for word in 0..<5 where a.word(word) != b.word(word) { return false }
    return true
  }

  /// Feeds the octets and their number.
  @inlinable public func hash(into hasher: inout Hasher) {
    hasher.combine(length)
    for index in 0..<5 { hasher.combine(word(index)) }
  }

  /// Eight octets of the storage at once.
  @inlinable func word(_ index: Int) -> UInt64 { storage.raw.load(native: index &* 8) }
}

extension OptionOctets: CustomStringConvertible {
  /// The octets in hexadecimal, two digits each.
  public var description: String {
    bytes.octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
