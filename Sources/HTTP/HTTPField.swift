import Wire

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

  /// The elements of its value where that is a list (RFC 9110 §5.6.1), in lower case; empty ones count for nothing.
  var elements: [String] {
    value.split(separator: ",").map { String(HTTPGrammar.trimmed($0.utf8))?.lowercased() ?? "" }.filter { !$0.isEmpty }
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

extension HTTPField {
  /// Reads a line `Name: value` of a head that came (RFC 9112 §5), without its end: no white space before the colon, none
  /// before the name.
  init(line: some BidirectionalCollection<UInt8>) throws(HTTPFault) {
    guard let colon = line.firstIndex(of: HTTPGrammar.colon), HTTPGrammar.isToken(line[..<colon]) else {
      throw .badField
    }
    let value = HTTPGrammar.trimmed(line[line.index(after: colon)...])
    guard value.allSatisfy(HTTPGrammar.isOfValue) else { throw .badField }
    self.init(unchecked: String(decoding: line[..<colon], as: UTF8.self), String(preserving: value))
  }

  /// The same field with what a folded line adds to its value: white space and line end count as one space (RFC 9112
  /// §5.2).
  func folded(_ line: some BidirectionalCollection<UInt8>) throws(HTTPFault) -> HTTPField {
    let more = HTTPGrammar.trimmed(line)
    guard more.allSatisfy(HTTPGrammar.isOfValue) else { throw .badField }
    if more.isEmpty { return self }
    let text = String(preserving: more)
    return HTTPField(unchecked: name, value.isEmpty ? text : "\(value) \(text)")
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

  /// Whether octets are the value of `Host` (RFC 9110 §7.2): a host and perhaps a port, or nothing.
  static func isHost(_ octets: some BidirectionalCollection<UInt8>) -> Bool {
    if octets.isEmpty { return true }
    var rest = octets[...]
    if rest.first == UInt8(ascii: "[") {
      guard let end = rest.firstIndex(of: UInt8(ascii: "]")), end != rest.index(after: rest.startIndex) else {
        return false
      }
      guard rest[..<end].dropFirst().allSatisfy({ $0 == colon || isOfName($0) }) else { return false }
      rest = rest[rest.index(after: end)...]
    } else {
      let name = rest.prefix(while: isOfName)
      if name.isEmpty { return false }
      rest = rest[name.endIndex...]
    }
    return rest.isEmpty || rest.first == colon && rest.dropFirst().allSatisfy(isDigit)
  }

  /// Whether an octet may stand in a registered name (RFC 3986 §3.2.2): unreserved, a percent sign, or a sub-delimiter.
  private static func isOfName(_ octet: UInt8) -> Bool {
    switch octet {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"): true
    case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("): true
    case UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"): true
    case UInt8(ascii: "="): true
    default: false
    }
  }

  /// A chunk's size in hexadecimal, its extensions passed over (RFC 9112 §7.1 and §7.1.1); nil where the line is none.
  static func chunkSize(_ line: [UInt8]) -> UInt64? {
    var size: UInt64 = 0
    var digits = line[...]
    while let octet = digits.first, let digit = hexadecimal(octet) {
      guard size <= UInt64(Int64.max) >> 4 else { return nil }
      size = size << 4 | digit
      digits.removeFirst()
    }
    guard digits.count < line.count else { return nil }
    let extensions = digits.drop(while: isBlank)
    guard extensions.isEmpty && digits.isEmpty || extensions.first == UInt8(ascii: ";"),
      extensions.allSatisfy(isOfValue)
    else { return nil }
    return size
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
