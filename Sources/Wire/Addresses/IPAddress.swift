// RFC 791 §2.3 and RFC 4291 §2: an address of either Internet Protocol.

/// An address of either family.
public enum IPAddress: Hashable, Sendable, BitwiseCopyable {
  /// An IPv4 address.
  case v4(IPv4Address)
  /// An IPv6 address.
  case v6(IPv6Address)

  /// Which protocol the address belongs to.
  @inlinable public var family: AddressFamily {
    switch self {
    case .v4: .v4
    case .v6: .v6
    }
  }

  /// Whether packets to it stay on this host.
  @inlinable public var isLoopback: Bool {
    switch self {
    case .v4(let address): address.isLoopback
    case .v6(let address): address.isLoopback
    }
  }

  /// Whether it names a group of hosts.
  @inlinable public var isMulticast: Bool {
    switch self {
    case .v4(let address): address.isMulticast
    case .v6(let address): address.isMulticast
    }
  }

  /// Whether it names no host yet: 0.0.0.0 or ::.
  @inlinable public var isUnspecified: Bool {
    switch self {
    case .v4(let address): address.isUnspecified
    case .v6(let address): address.isUnspecified
    }
  }

  /// The IPv4 address that an IPv4-mapped IPv6 address stands for, and every other address as it is.
  ///
  /// On the wire there is no packet to ::ffff:192.0.2.1: a socket that is given it speaks IPv4 (RFC 4291 §2.5.5.2).
  @inlinable public var unmapped: IPAddress {
    guard case .v6(let address) = self, let mapped = address.mappedIPv4 else { return self }
    return .v4(mapped)
  }

  /// Whether it is valid on one link alone, so that an interface must be named with it.
  @inlinable public var isLinkLocal: Bool {
    switch self {
    case .v4(let address): address.isLinkLocal
    case .v6(let address): address.isLinkLocal
    }
  }
}

extension IPAddress {
  /// The address in network order: 4 or 16 octets.
  public var octets: [UInt8] {
    switch self {
    case .v4(let address):
      stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: address.rawValue >> UInt32($0)) }
    case .v6(let address):
      stride(from: 120, through: 0, by: -8).map { UInt8(truncatingIfNeeded: address.rawValue >> UInt128($0)) }
    }
  }
}

extension IPAddress: Comparable {
  /// Numeric order, IPv4 before IPv6.
  @inlinable public static func < (a: IPAddress, b: IPAddress) -> Bool {
    switch (a, b) {
    case (.v4(let a), .v4(let b)): a < b
    case (.v6(let a), .v6(let b)): a < b
    case (.v4, .v6): true
    case (.v6, .v4): false
    }
  }
}

extension IPAddress: CustomStringConvertible {
  /// Reads an address of either family, without brackets, zone or prefix length.
  public init?(parsing text: some StringProtocol) {
    if let address = IPv4Address(parsing: text) {
      self = .v4(address)
    } else if let address = IPv6Address(parsing: text) {
      self = .v6(address)
    } else {
      return nil
    }
  }

  /// The canonical text form.
  public var description: String {
    switch self {
    case .v4(let address): address.description
    case .v6(let address): address.description
    }
  }
}

extension StringProtocol {
  /// A host as it stands before a colon and a port: an IPv6 address in brackets (RFC 3986 §3.2.2).
  @inlinable public var bracketedHost: String {
    utf8.contains(UInt8(ascii: ":")) ? "[\(self)]" : String(self)
  }
}

extension UInt16 {
  /// Reads a port number: decimal digits, and nothing else.
  @inlinable public init?(portNumber text: some StringProtocol) {
    var number = 0
    for octet in text.utf8 {
      let digit = octet &- UInt8(ascii: "0")
      number = number * 10 + Int(digit)
      guard digit < 10, number <= Int(UInt16.max) else { return nil }
    }
    guard !text.isEmpty else { return nil }
    self = UInt16(number)
  }
}

// RFC 791 and RFC 8200: the two Internet Protocols.

/// Which Internet Protocol an address belongs to.
public enum AddressFamily: Hashable, Sendable, CaseIterable, CustomStringConvertible {
  /// IPv4 (RFC 791).
  case v4
  /// IPv6 (RFC 8200).
  case v6

  /// The protocol's name: `IPv4` or `IPv6`.
  public var description: String { self == .v4 ? "IPv4" : "IPv6" }
}

// RFC 4007 §11: an address with the zone that it is valid in, `fe80::1%eth0`.

/// An address as people type it, with or without a zone.
public struct ZonedAddress: Hashable, Sendable {
  /// The address; an IPv4-mapped one is the IPv4 address that it stands for.
  public var address: IPAddress
  /// The name or the number of an interface; nil where none was given.
  public var zone: String?

  /// An address without a zone, or with one.
  public init(_ address: IPAddress, zone: String? = nil) { (self.address, self.zone) = (address.unmapped, zone) }

  /// Reads `ADDRESS` or `ADDRESS%ZONE`, without brackets; a zone that is announced must be there.
  public init?(parsing text: some StringProtocol) {
    let head = text.prefix { $0 != "%" }
    guard let address = IPAddress(parsing: head) else { return nil }
    self.address = address.unmapped
    guard head.endIndex != text.endIndex else { return }
    let zone = text[text.index(after: head.endIndex)...]
    guard !zone.isEmpty else { return nil }
    self.zone = String(zone)
  }
}

// RFC 1123 §2.1 and RFC 4291 §2.2: the pieces that the texts of addresses are made of.

/// Reads the pieces that address texts are made of, from the front.
struct AddressParser<Text: Collection<UInt8>> {
  private var rest: Text.SubSequence

  init(_ text: Text) { rest = text[...] }

  var isAtEnd: Bool { rest.isEmpty }

  /// Steps over one character if it is the next.
  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard let next = rest.first, UInt32(next) == character.value else { return false }
    rest = rest.dropFirst()
    return true
  }

  /// A number of one to `digits` digits, and how many it had.
  mutating func number(radix: UInt32, digits: Int) -> (value: UInt32, digits: Int)? {
    var value: UInt32 = 0
    var count = 0
    while count < digits, let first = rest.first, let digit = Self.digit(first), digit < radix {
      value = value * radix + digit
      count += 1
      rest = rest.dropFirst()
    }
    return count == 0 ? nil : (value, count)
  }

  /// Four decimal numbers up to 255, without leading zeros.
  mutating func dottedQuad() -> UInt32? {
    var address: UInt32 = 0
    for part in 0..<4 {
      if part > 0, !skip(".") { return nil }
      let leadingZero = rest.first == 0x30
      guard let (value, digits) = number(radix: 10, digits: 3), value <= 255, !leadingZero || digits == 1 else {
        return nil
      }
      address = address << 8 | value
    }
    return address
  }

  /// The value of a hexadecimal digit in ASCII, or nil.
  private static func digit(_ character: UInt8) -> UInt32? {
    switch character {
    case 0x30...0x39: return UInt32(character) - 0x30
    case 0x41...0x46: return UInt32(character) - 0x41 + 10
    case 0x61...0x66: return UInt32(character) - 0x61 + 10
    default: return nil
    }
  }
}
