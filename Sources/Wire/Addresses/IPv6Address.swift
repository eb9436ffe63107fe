// RFC 4291 §2: IPv6 addresses; read by RFC 4291 §2.2, written by RFC 5952 §4.

/// An IPv6 address.
public struct IPv6Address: Hashable, Sendable, BitwiseCopyable {
  /// The address as a number, most significant octet first: ::1 is 1.
  public var rawValue: UInt128

  /// The address of this number.
  @inlinable public init(_ rawValue: UInt128) { self.rawValue = rawValue }

  /// Whether this is ::1 (RFC 4291 §2.5.3).
  @inlinable public var isLoopback: Bool { rawValue == 1 }

  /// Whether this is ff00::/8 (RFC 4291 §2.7).
  @inlinable public var isMulticast: Bool { rawValue >> 120 == 0xff }

  /// Whether this is fe80::/10 (RFC 4291 §2.5.6).
  @inlinable public var isLinkLocal: Bool { rawValue >> 118 == 0xfe80 >> 6 }

  /// Whether this is :: (RFC 4291 §2.5.2).
  @inlinable public var isUnspecified: Bool { rawValue == 0 }

  /// The IPv4 address within ::ffff:0:0/96, or nil for any other address (RFC 4291 §2.5.5.2).
  @inlinable public var mappedIPv4: IPv4Address? {
    rawValue >> 32 == 0xffff ? IPv4Address(UInt32(truncatingIfNeeded: rawValue)) : nil
  }

  /// The eight 16-bit groups that the text form writes, by their place from the left.
  func group(_ index: Int) -> UInt16 { UInt16(truncatingIfNeeded: rawValue >> UInt128(112 - 16 * index)) }
}

extension IPv6Address: Comparable {
  /// The numeric order of addresses.
  @inlinable public static func < (a: IPv6Address, b: IPv6Address) -> Bool { a.rawValue < b.rawValue }
}

extension IPv6Address: CustomStringConvertible {
  /// Reads the text forms of RFC 4291 §2.2: groups, one `::` for a group of zeros or more, a dotted quad at the end.
  ///
  /// No zone (`%eth0`), no brackets, no prefix length.
  public init?(parsing text: some StringProtocol) {
    var parser = AddressParser(text.utf8)
    var value: UInt128 = 0
    var groups = 0
    var gap: Int?  // how many groups stood before the "::"
    if parser.skip(":") {
      guard parser.skip(":") else { return nil }
      gap = 0
    }
    while groups < 8, !parser.isAtEnd {
      let start = parser
      guard let (group, _) = parser.number(radix: 16, digits: 4) else { return nil }
      if parser.skip(".") {  // not a group after all: the dotted quad at the end, two groups long
        parser = start
        guard let quad = parser.dottedQuad() else { return nil }
        value = value << 32 | UInt128(quad)
        groups += 2
        break
      }
      value = value << 16 | UInt128(group)
      groups += 1
      guard parser.skip(":") else { break }
      if parser.skip(":") {
        guard gap == nil else { return nil }
        gap = groups
      } else if parser.isAtEnd {
        return nil
      }
    }
    guard parser.isAtEnd else { return nil }
    guard let gap else {
      guard groups == 8 else { return nil }
      self.init(value)
      return
    }
    guard groups < 8 else { return nil }
    let tail = UInt128(16 * (groups - gap))
    let low = value & ((1 << tail) - 1)
    self.init(gap == 0 ? low : (value >> tail) << UInt128(128 - 16 * gap) | low)
  }

  /// The canonical form of RFC 5952: lower case, no leading zeros, the first longest run of zero groups as `::`, and the
  /// dotted quad for ::ffff:0:0/96.
  public var description: String {
    if let mapped = mappedIPv4 { return "::ffff:\(mapped)" }
    let gap = longestZeroRun
    var text = ""
    var index = 0
    while index < 8 {
      if index == gap.lowerBound, !gap.isEmpty {
        text += "::"
        index = gap.upperBound
        continue
      }
      if index != 0, index != gap.upperBound || gap.isEmpty { text += ":" }
      text += String(group(index), radix: 16)
      index += 1
    }
    return text
  }

  /// The first of the longest runs of two or more zero groups; empty when there is none (RFC 5952 §4.2).
  private var longestZeroRun: Range<Int> {
    var longest = 0..<0
    var start = 0
    for index in 0..<8 {
      guard group(index) == 0 else {
        start = index + 1
        continue
      }
      if index + 1 - start > max(longest.count, 1) { longest = start..<index + 1 }
    }
    return longest
  }
}
