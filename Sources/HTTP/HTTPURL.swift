import Wire

/// An `http` or `https` URL (RFC 3986 §3, RFC 9110 §4.2), cut into what a connection and a request need of it.
public struct HTTPURL: Hashable, Sendable {
  /// How the server is spoken to.
  public enum Scheme: String, Hashable, Sendable, CaseIterable {
    /// Over TCP alone.
    case http
    /// Over TLS, which is not spoken here.
    case https

    /// The port where the URL names none (RFC 9110 §4.2.1 and §4.2.2).
    public var port: UInt16 { self == .http ? 80 : 443 }
  }

  /// How the server is spoken to.
  public let scheme: Scheme
  /// A name, in ASCII, or an address; an IPv6 address without its brackets, with its zone as in `fe80::1%eth0`.
  public let host: String
  /// The port, the scheme's own where the URL names none.
  public let port: UInt16
  /// Path and query as they were written, percent signs and all: the request's target in origin form (RFC 9112 §3.2.1).
  public let target: String

  /// The longest URL that is read, in octets; RFC 9110 §4.1 asks for 8,000 at least.
  public static let limit = 8_192

  /// The value of `Host` (RFC 9110 §7.2): the port only where it is not the scheme's own, and never a zone, which means
  /// nothing to the other end (RFC 6874 §4).
  public var authority: String {
    let name = host.prefix { $0 != "%" }.bracketedHost
    return port == scheme.port ? name : "\(name):\(port)"
  }
}

/// Why a URL cannot be used.
public enum HTTPURLError: String, Error, Hashable, Sendable, CaseIterable {
  /// Longer than `HTTPURL.limit`.
  case tooLong = "too-long"
  /// It does not begin with `http://`.
  case noScheme = "no-scheme"
  /// It begins with a scheme that is none of HTTP's.
  case otherScheme = "other-scheme"
  /// A user's name in it: it would have to be sent in the clear (RFC 9110 §4.2.4).
  case userinfo
  /// Nothing between the slashes.
  case noHost = "no-host"
  /// The host is neither a name nor an address.
  case badHost = "bad-host"
  /// The port is not one of 1 to 65535.
  case badPort = "bad-port"
  /// A space, a control character, or outside the host one beyond ASCII: it must be percent-encoded (RFC 3986 §2.1).
  case badCharacter = "bad-character"
}

extension HTTPURL {
  /// Reads a URL; its fragment is left out, since no server is ever told of it (RFC 9110 §7.1).
  public init(parsing text: String) throws(HTTPURLError) {
    guard text.utf8.count <= HTTPURL.limit else { throw .tooLong }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw .badCharacter }
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text[colon...].hasPrefix("://") else {
      throw .noScheme
    }
    guard let scheme = Scheme(rawValue: text[..<colon].lowercased()) else { throw .otherScheme }
    let rest = text[text.index(colon, offsetBy: 3)...].prefix { $0 != "#" }
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard !authority.contains("@") else { throw .userinfo }
    let target = rest[authority.endIndex...]
    guard target.utf8.allSatisfy({ $0 < 0x80 }) else { throw .badCharacter }
    let (host, port) = try HTTPURL.split(authority)
    self.init(
      scheme: scheme, host: host, port: port ?? scheme.port,
      target: target.hasPrefix("/") ? String(target) : "/" + target)
  }

  /// Host and port (RFC 3986 §3.2.2 and §3.2.3); an empty port is none.
  private static func split(_ authority: Substring) throws(HTTPURLError) -> (host: String, port: UInt16?) {
    guard !authority.isEmpty else { throw .noHost }
    let host: String
    let rest: Substring
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { throw .badHost }
      host = try literal(authority[authority.index(after: authority.startIndex)..<end])
      rest = authority[authority.index(after: end)...]
    } else {
      let name = authority.prefix { $0 != ":" }
      guard !name.isEmpty else { throw .noHost }
      // A name in another script is sent in ASCII, also as `Host` (RFC 3987 §3.1).
      guard let ascii = try? HostName.ascii(String(name)), ascii.utf8.allSatisfy(isOfName) else { throw .badHost }
      host = ascii
      rest = authority[name.endIndex...]
    }
    guard let colon = rest.first else { return (host, nil) }
    guard colon == ":" else { throw .badHost }
    let digits = rest.dropFirst()
    if digits.isEmpty { return (host, nil) }
    guard digits.utf8.count <= 5, let port = UInt16(portNumber: digits), port > 0 else { throw .badPort }
    return (host, port)
  }

  /// An IPv6 address between its brackets; its zone follows `%25` (RFC 6874 §2), or `%` as people type it.
  private static func literal(_ text: Substring) throws(HTTPURLError) -> String {
    let address = text.prefix { $0 != "%" }
    guard IPv6Address(parsing: address) != nil else { throw .badHost }
    let rest = text[address.endIndex...]
    guard !rest.isEmpty else { return String(address) }
    let zone = rest.dropFirst(rest.hasPrefix("%25") ? 3 : 1)
    guard !zone.isEmpty, zone.utf8.allSatisfy(isOfName) else { throw .badHost }
    return "\(address)%\(zone)"
  }

  private static func isOfName(_ octet: UInt8) -> Bool {
    switch octet {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
    default: false
    }
  }
}
