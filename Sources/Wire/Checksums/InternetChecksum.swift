// RFC 1071: the Internet checksum, and RFC 1624: its incremental update.

/// The ones' complement sum over any number of spans (RFC 1071 §1).
///
/// Spans may have odd lengths: the next one continues at the odd octet, as if all had been one. Sums are kept in this
/// machine's byte order and swapped once at the end (RFC 1071 §2(B)).
public struct InternetChecksum: Sendable {
  @usableFromInline var sum: UInt64 = 0
  @usableFromInline var isOdd = false

  /// The sum over nothing.
  @inlinable public init() {}

  /// Adds octets after those already added.
  @inlinable public mutating func add(_ bytes: RawSpan) {
    let partial = Self.fold(Self.nativeSum(of: bytes))
    // An odd start puts every octet into the other half of its word: swap the sum, not the data.
    sum &+= UInt64(isOdd ? partial.byteSwapped : partial)
    if bytes.byteCount & 1 != 0 { isOdd.toggle() }
  }

  /// Adds one 16-bit word in host order.
  @inlinable public mutating func add(word: UInt16) {
    sum &+= UInt64(isOdd ? word.bigEndian.byteSwapped : word.bigEndian)
  }

  /// Adds a transport's pseudo-header.
  @inlinable public mutating func add(_ pseudoHeader: PseudoHeader) { add(word: pseudoHeader.folded) }

  /// The sum folded to 16 bits, in host order and not complemented.
  @inlinable public var folded: UInt16 { UInt16(bigEndian: Self.fold(sum)) }

  /// The checksum as the header carries it, in host order.
  @inlinable public var value: UInt16 { ~folded }

  /// Whether the octets added, their checksum among them, sum to "all ones" as they should (RFC 1071 §1).
  @inlinable public var isConsistent: Bool { folded == 0xffff }

  /// The checksum of one span.
  @inlinable public static func value(of bytes: RawSpan) -> UInt16 {
    var sum = InternetChecksum()
    sum.add(bytes)
    return sum.value
  }

  /// The sum of the span's 16-bit words in native order, not folded; the last odd octet is padded with zero.
  @inlinable static func nativeSum(of bytes: RawSpan) -> UInt64 {
    let count = bytes.byteCount
    // Two sums: of the words, modulo 2^64, and of their upper halves, which is exact. What the lower halves come to is
    // the difference, exact too since it is less than 2^64; so a word costs two additions and a shift.
    var words: UInt64 = 0
    var upper: UInt64 = 0
    var i = 0
    while i &+ 8 <= count {
      let word: UInt64 = bytes.load(native: i)
      words &+= word
      upper &+= word &>> 32
      i &+= 8
    }
    let lower = words &- (upper &<< 32)
    var sum = lower &+ upper  // each less than 2^63 for a span below 2^34 octets: no overflow
    if i &+ 4 <= count {
      sum &+= UInt64(bytes.load(native: i, as: UInt32.self))
      i &+= 4
    }
    if i &+ 2 <= count {
      sum &+= UInt64(bytes.load(native: i, as: UInt16.self))
      i &+= 2
    }
    if i < count { sum &+= UInt64((UInt16(bytes.octet(at: i)) &<< 8).bigEndian) }
    return sum
  }

  /// Folds the carries back in until none is left.
  @inlinable static func fold(_ sum: UInt64) -> UInt16 {
    var sum = sum
    while sum > 0xffff { sum = (sum & 0xffff) &+ (sum &>> 16) }
    return UInt16(truncatingIfNeeded: sum)
  }
}

extension InternetChecksum {
  /// The checksum after one 16-bit word of what it covers changed (RFC 1624 §3, equation 3).
  ///
  /// Equal to a full recomputation, but for data that is all zeros, where this answers 0 and that 0xffff: no header is.
  @inlinable public static func updated(_ checksum: UInt16, replacing old: UInt16, with new: UInt16) -> UInt16 {
    let sum = UInt32(~checksum) &+ UInt32(~old) &+ UInt32(new)
    let once = (sum & 0xffff) &+ (sum &>> 16)
    return ~UInt16(truncatingIfNeeded: once &+ (once &>> 16))
  }

  /// The checksum after a 32-bit field of what it covers changed, the field lying at an even offset (RFC 1624 §3).
  @inlinable public static func updated(_ checksum: UInt16, replacing old: UInt32, with new: UInt32) -> UInt16 {
    let high = updated(
      checksum, replacing: UInt16(truncatingIfNeeded: old &>> 16), with: UInt16(truncatingIfNeeded: new &>> 16))
    return updated(high, replacing: UInt16(truncatingIfNeeded: old), with: UInt16(truncatingIfNeeded: new))
  }
}
