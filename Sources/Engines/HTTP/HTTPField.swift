/// A header field (RFC 9110 §5).
public struct HTTPField: Hashable, Sendable {
  /// Its name as it was written; compared without regard to case.
  public let name: String
  /// Its value, without the white space around it.
  public let value: String

  /// A field whose name and value have been checked, or need no check.
  init(unchecked name: String, _ value: String) {
    self.name = name
    self.value = value
  }

  /// Whether it has a name, without regard to case (RFC 9110 §5.1).
  public func isNamed(_ other: String) -> Bool { name.count == other.count && name.lowercased() == other.lowercased() }
}

/// Why a field cannot be sent.
public enum HTTPFieldError: String, Error, Hashable, Sendable, CaseIterable {
  /// No colon between name and value.
  case noColon = "no-colon"
  /// The name is no token (RFC 9110 §5.6.2).
  case badName = "bad-name"
  /// A control character in the value: CR and LF would begin another field or another request (RFC 9110 §5.5).
  case badValue = "bad-value"
  /// It says how long a content is, and a request of ours has none.
  case framing
  /// Longer than `HTTPField.limit`.
  case tooLong = "too-long"
}

extension HTTPField {
  /// The longest field that is sent, in octets.
  public static let limit = 8_192

  /// Reads `Name: value` for sending.
  public init(parsing text: String) throws(HTTPFieldError) {
    guard text.utf8.count <= HTTPField.limit else { throw .tooLong }
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { throw .noColon }
    let name = text[..<colon]
    guard HTTPGrammar.isToken(name.utf8) else { throw .badName }
    let value = text.utf8[text.utf8.index(after: colon)...]
    guard value.allSatisfy(HTTPGrammar.isOfValue) else { throw .badValue }
    self.init(unchecked: String(name), String(HTTPGrammar.trimmed(value)) ?? "")
    guard !isNamed("Content-Length"), !isNamed("Transfer-Encoding") else { throw .framing }
  }
}

/// The octets that HTTP's grammar is made of.
enum HTTPGrammar {
  static let space = UInt8(ascii: " ")
  static let tab = UInt8(ascii: "\t")
  static let cr = UInt8(ascii: "\r")
  static let lf = UInt8(ascii: "\n")
  static let colon = UInt8(ascii: ":")

  /// Whether octets are a token: one or more of tchar (RFC 9110 §5.6.2).
  static func isToken(_ octets: some Collection<UInt8>) -> Bool { !octets.isEmpty && octets.allSatisfy(isOfToken) }

  static func isOfToken(_ octet: UInt8) -> Bool {
    switch octet {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"): true
    case UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    case UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"): true
    default: false
    }
  }

  /// Whether an octet may stand in a value or a reason: visible, beyond ASCII, space or tab (RFC 9110 §5.5).
  static func isOfValue(_ octet: UInt8) -> Bool { octet >= 0x20 && octet != 0x7f || octet == tab }

  static func isBlank(_ octet: UInt8) -> Bool { octet == space || octet == tab }

  static func isDigit(_ octet: UInt8) -> Bool { (0x30...0x39).contains(octet) }

  /// Without the white space at both ends (OWS, RFC 9110 §5.6.3).
  static func trimmed<Octets: BidirectionalCollection<UInt8>>(_ octets: Octets) -> Octets.SubSequence {
    var rest = octets.drop(while: isBlank)
    while let last = rest.last, isBlank(last) { rest.removeLast() }
    return rest
  }

  /// A hexadecimal digit's value.
  static func hexadecimal(_ octet: UInt8) -> UInt64? {
    switch octet {
    case 0x30...0x39: UInt64(octet - 0x30)
    case 0x41...0x46: UInt64(octet - 0x41 + 10)
    case 0x61...0x66: UInt64(octet - 0x61 + 10)
    default: nil
    }
  }
}
