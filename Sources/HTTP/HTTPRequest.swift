/// A version of HTTP that is spoken here.
public enum HTTPVersion: String, Hashable, Sendable, CaseIterable {
  /// HTTP/1.0: a connection serves one request unless both ends say otherwise.
  case v10 = "1.0"
  /// HTTP/1.1: a connection is kept unless one end says otherwise.
  case v11 = "1.1"
}

/// What is asked of a server.
public enum HTTPMethod: String, Hashable, Sendable {
  /// The resource.
  case get = "GET"
  /// Only what would be said before the resource.
  case head = "HEAD"
}

/// A request without content (RFC 9112 §3).
public struct HTTPRequest: Hashable, Sendable {
  /// What is asked.
  public var method = HTTPMethod.get
  /// Path and query.
  public var target: String
  /// The value of `Host`.
  public var authority: String
  /// The version that it is asked in.
  public var version = HTTPVersion.v11
  /// The value of `User-Agent`.
  public var agent: String
  /// Further fields; one that has the name of a field of ours takes its place.
  public var fields: [HTTPField] = []
  /// Whether the connection is to serve more than this one: HTTP/1.0 must be told so (RFC 9112 appendix C.2.2).
  public var keepsConnection = false

  /// The most further fields that a request may have.
  public static let fieldLimit = 64

  /// A request for what a URL names.
  public init(_ url: HTTPURL, agent: String) {
    self.init(agent: agent)
    aim(at: url)
  }

  /// A request for the root of a server that `aim(at:)` has yet to name.
  public init(agent: String) {
    target = "/"
    authority = ""
    self.agent = agent
  }

  /// Asks for what a URL names.
  public mutating func aim(at url: HTTPURL) {
    target = url.target
    authority = url.authority
  }

  /// The octets that are sent: request line, fields, an empty line.
  public var octets: [UInt8] {
    var text = "\(method.rawValue) \(target) HTTP/\(version.rawValue)\r\n"
    func add(_ name: String, _ value: String) {
      if !fields.contains(where: { $0.isNamed(name) }) { text += "\(name): \(value)\r\n" }
    }
    // Host first (RFC 9110 §7.2); where it was given by hand it stays first.
    add("Host", authority)
    for field in fields where field.isNamed("Host") { text += "\(field.name): \(field.value)\r\n" }
    add("User-Agent", agent)
    add("Accept", "*/*")
    if version == .v10, keepsConnection { add("Connection", "keep-alive") }
    for field in fields where !field.isNamed("Host") { text += "\(field.name): \(field.value)\r\n" }
    return (text + "\r\n").octets
  }
}
