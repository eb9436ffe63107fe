// RFC 791 §2.3: IPv4 addresses; the text form is the dotted quad of RFC 1123 §2.1.

/// An IPv4 address.
public struct IPv4Address: Hashable, Sendable, BitwiseCopyable {
  /// The address as a number, most significant octet first: 127.0.0.1 is 0x7f00_0001.
  public var rawValue: UInt32

  /// The address of this number.
  @inlinable public init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// The address of these four octets, as they are written.
  @inlinable public init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) {
    rawValue = UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d)
  }

  /// Whether this is 127.0.0.0/8 (RFC 1122 §3.2.1.3).
  @inlinable public var isLoopback: Bool { rawValue >> 24 == 127 }

  /// Whether this is 224.0.0.0/4 (RFC 5771).
  @inlinable public var isMulticast: Bool { rawValue >> 28 == 0xe }

  /// Whether this is 255.255.255.255 (RFC 919 §7).
  @inlinable public var isLimitedBroadcast: Bool { rawValue == 0xffff_ffff }

  /// Whether this is 0.0.0.0, "this host" (RFC 1122 §3.2.1.3).
  @inlinable public var isUnspecified: Bool { rawValue == 0 }

  /// Whether this is 169.254.0.0/16 (RFC 3927).
  @inlinable public var isLinkLocal: Bool { rawValue >> 16 == 0xa9fe }
}

extension IPv4Address: Comparable {
  /// The numeric order of addresses.
  @inlinable public static func < (a: IPv4Address, b: IPv4Address) -> Bool { a.rawValue < b.rawValue }
}

extension IPv4Address: CustomStringConvertible {
  /// Reads a strict dotted quad: four decimal numbers up to 255, no leading zeros, nothing before or after.
  ///
  /// `010.0.0.1`, `1.2.3` and `0x7f.1` mean different things to different programs, and are refused.
  public init?(parsing text: some StringProtocol) {
    var parser = AddressParser(text.utf8)
    guard let address = parser.dottedQuad(), parser.isAtEnd else { return nil }
    self.init(address)
  }

  /// The dotted quad.
  public var description: String {
    "\(rawValue >> 24).\(rawValue >> 16 & 0xff).\(rawValue >> 8 & 0xff).\(rawValue & 0xff)"
  }
}
