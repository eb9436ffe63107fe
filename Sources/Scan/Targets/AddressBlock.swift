import Wire

/// Addresses of one family, from a first one to a last one, both included.
public struct AddressBlock: Hashable, Sendable, CustomStringConvertible {
  /// The family.
  public let family: AddressFamily
  /// The first address as a number.
  public let first: UInt128
  /// The last one, not below the first.
  public let last: UInt128

  /// A block; of two ends in the wrong order nil.
  public init?(_ family: AddressFamily, _ first: UInt128, _ last: UInt128) {
    guard first <= last, family == .v6 || last <= UInt128(UInt32.max) else { return nil }
    (self.family, self.first, self.last) = (family, first, last)
  }

  /// One address.
  public init(_ address: IPAddress) {
    family = address.family
    first = address.number
    last = first
  }

  /// All addresses that begin with the same bits as one, so many of them; of a length that the family has not, nil.
  public init?(_ address: IPAddress, prefixLength: Int) {
    let width = address.family == .v4 ? 32 : 128
    guard 0...width ~= prefixLength else { return nil }
    let spare = width - prefixLength
    let mask: UInt128 = spare == 128 ? .max : (1 << UInt128(spare)) - 1
    self.init(unchecked: address.family, address.number & ~mask, address.number | mask)
  }

  /// A block whose ends were checked before.
  init(unchecked family: AddressFamily, _ first: UInt128, _ last: UInt128) {
    (self.family, self.first, self.last) = (family, first, last)
  }

  /// What is wrong with the text of a block.
  public enum Mistake: Error, Hashable, Sendable {
    /// A prefix length that is no number, or above 32 or 128.
    case prefixLength
    /// The last address lies before the first.
    case backwards
  }

  /// Reads `192.0.2.1`, `192.0.2.0/24`, `192.0.2.1-9`, `192.0.2.1-192.0.3.7`, `2001:db8::/120`, `2001:db8::1-2001:db8::9`;
  /// nil for what is none of these, such as a name.
  ///
  /// A prefix stands for all of its addresses, the first and the last included.
  public init?(parsing text: some StringProtocol) throws(Mistake) {
    if let slash = text.firstIndex(of: "/") {
      guard let address = IPAddress(parsing: text[..<slash]) else { return nil }
      let digits = text[text.index(after: slash)...]
      guard let length = UInt16(portNumber: digits), let block = AddressBlock(address, prefixLength: Int(length)) else {
        throw .prefixLength
      }
      self = block
      return
    }
    guard let dash = text.firstIndex(of: "-") else {
      guard let address = IPAddress(parsing: text) else { return nil }
      self.init(address)
      return
    }
    let end = text[text.index(after: dash)...]
    guard let address = IPAddress(parsing: text[..<dash]) else { return nil }
    let last: UInt128
    if let other = IPAddress(parsing: end), other.family == address.family {
      last = other.number
    } else if address.family == .v4, let octet = UInt16(portNumber: end), octet < 256 {
      last = address.number & ~0xff | UInt128(octet)
    } else {
      return nil
    }
    guard let block = AddressBlock(address.family, address.number, last) else { throw .backwards }
    self = block
  }

  /// The address behind the last one; nil where the family has no more.
  public var next: UInt128? {
    let most: UInt128 = family == .v4 ? UInt128(UInt32.max) : .max
    return last < most ? last + 1 : nil
  }

  /// How many addresses there are; the largest number there is for all of IPv6.
  public var count: UInt128 { last - first == .max ? .max : last - first + 1 }

  /// `192.0.2.1-192.0.2.9`, or one address.
  public var description: String {
    let (low, high) = (IPAddress(number: first, family), IPAddress(number: last, family))
    return first == last ? "\(low)" : "\(low)-\(high)"
  }
}

extension IPAddress {
  /// The address as a number.
  public var number: UInt128 {
    switch self {
    case .v4(let address): UInt128(address.rawValue)
    case .v6(let address): address.rawValue
    }
  }

  /// The address of a number; of one that is too great for IPv4 its last 32 bits.
  public init(number: UInt128, _ family: AddressFamily) {
    switch family {
    case .v4: self = .v4(IPv4Address(UInt32(truncatingIfNeeded: number)))
    case .v6: self = .v6(IPv6Address(number))
    }
  }
}
