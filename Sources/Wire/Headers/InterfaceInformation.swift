// RFC 5837 §4: the object that tells of an interface. Its type is a set of bits that say what its payload holds:
//
//    0       1       2       3       4       5       6       7
//  +-------+-------+-------+-------+-------+-------+-------+-------+
//  | Interface Role| Rsvd1 | Rsvd2 |ifIndex| IPAddr|  name |  MTU  |
//  +-------+-------+-------+-------+-------+-------+-------+-------+
//
// in this order: ifIndex (4 octets); address family (2, as IANA numbers them), reserved (2) and the address; the length of
// the name with its own octet (1, a multiple of four up to 64) and the name, padded with zeros; MTU (4).

/// What a router tells of one of its interfaces.
public struct InterfaceInformation: Hashable, Sendable {
  /// What the interface has to do with the quoted packet (RFC 5837 §4.1).
  public enum Role: UInt8, Hashable, Sendable, CaseIterable {
    /// The packet arrived by it.
    case incoming = 0
    /// The packet arrived by this part of it.
    case subIP = 1
    /// The packet would have been sent by it.
    case outgoing = 2
    /// The packet would have been sent to it: the next hop's.
    case nextHop = 3
  }

  /// What the interface has to do with the packet.
  public var role: Role
  /// The number that the router has for it; nil where the router does not say.
  public var index: UInt32?
  /// Its address; nil where the router does not say.
  public var address: IPAddress?
  /// Its name as the router wrote it, which may be anything; nil where the router does not say.
  public var name: String?
  /// Its MTU in octets; nil where the router does not say.
  public var mtu: UInt32?

  /// An interface of these values.
  public init(
    role: Role, index: UInt32? = nil, address: IPAddress? = nil, name: String? = nil, mtu: UInt32? = nil
  ) {
    self.role = role
    self.index = index
    self.address = address
    self.name = name
    self.mtu = mtu
  }

  /// Reads the payload of an object of this type; nil where it does not hold what the type says.
  init?(type: UInt8, parsing payload: RawSpan) {
    guard let role = Role(rawValue: type >> 6) else { return nil }
    self.init(role: role)
    var reader = Reader(payload)
    if type & 0x08 != 0 {
      guard let index = reader.word() else { return nil }
      self.index = index
    }
    if type & 0x04 != 0 {
      guard let address = reader.address() else { return nil }
      self.address = address
    }
    if type & 0x02 != 0 {
      guard let name = reader.name() else { return nil }
      self.name = name
    }
    if type & 0x01 != 0 {
      guard let mtu = reader.word() else { return nil }
      self.mtu = mtu
    }
  }
}

extension InterfaceInformation {
  /// Takes the parts from the front of a payload; nil where one is not there.
  private struct Reader: ~Escapable {
    private var rest: RawSpan

    @_lifetime(copy payload)
    init(_ payload: RawSpan) { rest = payload }

    mutating func word() -> UInt32? {
      guard rest.byteCount >= 4 else { return nil }
      let word: UInt32 = rest.load(bigEndian: 0)
      rest = rest.extracting(4...)
      return word
    }

    mutating func address() -> IPAddress? {
      guard rest.byteCount >= 8 else { return nil }
      let family: UInt16 = rest.load(bigEndian: 0)
      switch family {
      case 1:
        let address = IPv4Address(rest.load(bigEndian: 4))
        rest = rest.extracting(8...)
        return .v4(address)
      case 2 where rest.byteCount >= 20:
        let address = IPv6Address(rest.load(bigEndian: 4))
        rest = rest.extracting(20...)
        return .v6(address)
      default: return nil
      }
    }

    /// Lengths that are not a multiple of four are taken at their word, as other readers do.
    mutating func name() -> String? {
      guard rest.byteCount >= 1 else { return nil }
      let length = Int(rest.octet(at: 0))
      guard length >= 1, length <= 64, length <= rest.byteCount else { return nil }
      let octets = rest.extracting(1..<length).octets.prefix { $0 != 0 }
      rest = rest.extracting(length...)
      return String(decoding: octets, as: UTF8.self)
    }
  }
}

extension InterfaceInformation: CustomStringConvertible {
  /// The interface in one phrase: `incoming interface 2 "eth0" 192.0.2.1 mtu 1500`, without what the router does not say.
  public var description: String {
    var text =
      switch role {
      case .incoming: "incoming interface"
      case .subIP: "incoming sub-IP interface"
      case .outgoing: "outgoing interface"
      case .nextHop: "next hop"
      }
    if let index { text += " \(index)" }
    if let name { text += " \"\(name.printable)\"" }
    if let address { text += " \(address)" }
    if let mtu { text += " mtu \(mtu)" }
    return text
  }
}
