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
