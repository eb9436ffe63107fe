import Wire

/// Several addresses in one word: `192.0.2.0/28`, `2001:db8::/126`, `192.0.2.1-9`, `192.0.2.1-192.0.2.9`, `10.0.0-3.1`.
struct AddressRange: Hashable {
  /// The addresses, in their order.
  let addresses: [IPAddress]

  /// The most addresses of one word.
  static let limit = 1_024

  /// Reads a word; nil if it is a single host, whatever that is.
  ///
  /// A prefix stands for all of its addresses, the first and the last included, as nmap has it.
  init?(_ text: String) throws(UsageError) {
    let lists: [IPAddress]?
    if text.contains("/") {
      lists = try AddressRange.prefix(text)
    } else if text.contains("-"), text.utf8.allSatisfy({ AddressRange.isOfRange($0) }) {
      let span = try AddressRange.span(text)
      lists = if let span { span } else { try AddressRange.octets(text) }
    } else {
      lists = nil
    }
    guard let lists else { return nil }
    addresses = lists
  }

  /// Whether it can be a part of a list or range of numbers or addresses.
  static func isOfRange(_ octet: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= octet || octet == UInt8(ascii: ".") || octet == UInt8(ascii: "-")
      || octet == UInt8(ascii: ",")
  }

  private static func tooMany(_ text: String) -> UsageError {
    UsageError("'\(text)': more than \(limit) addresses; use smaller ranges, one after the other")
  }

  /// `ADDRESS/LENGTH`.
  private static func prefix(_ text: String) throws(UsageError) -> [IPAddress]? {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(parsing: parts[0]) else { return nil }
    let width = address.family == .v4 ? 32 : 128
    guard let length = UInt16(portNumber: parts[1]), length <= width else {
      throw UsageError("'\(text)': '\(parts[1])' is not a prefix length; use 0 to \(width)")
    }
    let spare = width - Int(length)
    guard spare <= 10 else { throw tooMany(text) }
    let mask = (UInt128(1) << spare) - 1
    return (0...Int(mask)).map { offset in
      switch address {
      case .v4(let v4): .v4(IPv4Address(v4.rawValue & ~UInt32(mask) | UInt32(offset)))
      case .v6(let v6): .v6(IPv6Address(v6.rawValue & ~mask | UInt128(offset)))
      }
    }
  }

  /// `FIRST-LAST`, both whole addresses; nil if they are not.
  private static func span(_ text: String) throws(UsageError) -> [IPAddress]? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { IPv4Address(parsing: $0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1] else { return nil }
    guard first <= last else { throw UsageError("'\(text)': the range runs backwards") }
    guard last.rawValue - first.rawValue < limit else { throw tooMany(text) }
    return (first.rawValue...last.rawValue).map { .v4(IPv4Address($0)) }
  }

  /// Four octets, some of them lists or ranges; nil if there are not four.
  private static func octets(_ text: String) throws(UsageError) -> [IPAddress]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var addresses: [UInt32] = [0]
    for part in parts {
      let octets = try octets(part, of: text)
      guard addresses.count * octets.count <= limit else { throw tooMany(text) }
      addresses = addresses.flatMap { address in octets.map { address << 8 | $0 } }
    }
    return addresses.map { .v4(IPv4Address($0)) }
  }

  private static func octets(_ part: Substring, of text: String) throws(UsageError) -> [UInt32] {
    var octets: [UInt32] = []
    for piece in part.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = piece.split(separator: "-", omittingEmptySubsequences: false).map { UInt16(portNumber: $0) }
      guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], last <= 255 else {
        throw UsageError("'\(text)': '\(piece)' is not an octet or a range of them, as in 192.0.2.1-9")
      }
      guard first <= last else { throw UsageError("'\(text)': the range \(piece) runs backwards") }
      octets += (first...last).map(UInt32.init)
    }
    return octets
  }
}
