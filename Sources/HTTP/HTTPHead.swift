/// The head of a response: status line and header fields (RFC 9112 §4 and §5).
public struct HTTPHead: Hashable, Sendable {
  /// The version's second number: the first is always 1.
  public internal(set) var minorVersion: UInt8
  /// The status code (RFC 9110 §15), from 100 to 999.
  public internal(set) var status: UInt16
  /// The reason phrase; empty where there was none.
  public internal(set) var reason: String
  /// The fields in their order.
  public internal(set) var fields: [HTTPField] = []
  /// How many octets it took, the empty line included.
  public internal(set) var length = 0

  /// `1.1`.
  public var version: String { "1.\(minorVersion)" }

  /// The elements of a list that one or several fields of a name make up (RFC 9110 §5.6.1), in lower case.
  func list(_ name: String) -> [String] {
    fields.filter { $0.isNamed(name) }.flatMap(\.elements)
  }

  /// Whether the server means to keep the connection after this response (RFC 9112 §9.3).
  public var keepsConnection: Bool {
    let options = list("Connection")
    if options.contains("close") { return false }
    return minorVersion > 0 || options.contains("keep-alive")
  }
}

/// Why octets are no HTTP response, or why none came: named as the output names it.
public enum HTTPFault: String, Error, Hashable, Sendable, CaseIterable {
  /// They do not begin with `HTTP/`.
  case notHTTP = "not-http"
  /// Another version than HTTP/1.x.
  case badVersion = "bad-version"
  /// The status line does not parse (RFC 9112 §4).
  case badStatusLine = "bad-status-line"
  /// A field does not parse (RFC 9112 §5).
  case badField = "bad-field"
  /// A CR that no LF follows (RFC 9112 §2.2).
  case bareCR = "bare-cr"
  /// More octets of head, or of trailers, than `HTTPResponseReader.headLimit`.
  case headTooLong = "head-too-long"
  /// More lines of head, or of trailers, than `HTTPResponseReader.lineLimit`.
  case tooManyLines = "too-many-lines"
  /// More interim responses than `HTTPResponseReader.interimLimit`.
  case tooManyInterim = "too-many-interim"
  /// The protocol was switched (101), and no other is spoken here.
  case switchedProtocols = "switched-protocols"
  /// Content-Length is no number, too large a one, or several different ones (RFC 9112 §6.3).
  case badLength = "bad-length"
  /// Both Content-Length and Transfer-Encoding: someone may be smuggling (RFC 9112 §6.3).
  case lengthAndEncoding = "length-and-encoding"
  /// A Transfer-Encoding that cannot frame a message (RFC 9112 §6.1).
  case badEncoding = "bad-encoding"
  /// A chunk does not parse (RFC 9112 §7.1).
  case badChunk = "bad-chunk"
  /// The connection ended in the midst of a response.
  case truncated
  /// The connection ended before the response began.
  case noResponse = "no-response"
  /// Nothing came for as long as was waited, or the response was not whole in the time that a connection has.
  case timeout
  /// Octets came that no request asked for.
  case unasked
}

/// How the length of a response's content is told (RFC 9112 §6.3).
enum HTTPFraming: Hashable, Sendable {
  case none
  case length(UInt64)
  case chunked
  case untilClose

  /// Reads it from the head of the final response to a request.
  init(of head: HTTPHead, answering method: HTTPMethod) throws(HTTPFault) {
    if method == .head || head.status == 204 || head.status == 304 {
      self = .none
      return
    }
    let codings = head.list("Transfer-Encoding")
    let hasEncoding = head.fields.contains { $0.isNamed("Transfer-Encoding") }
    let length = try HTTPFraming.contentLength(head)
    guard hasEncoding else {
      self = length.map { .length($0) } ?? .untilClose
      return
    }
    guard length == nil else { throw .lengthAndEncoding }
    // HTTP/1.0 knows no encodings: whoever sends one there passes something on that it does not understand.
    guard head.minorVersion > 0, let last = codings.last, !codings.dropLast().contains("chunked") else {
      throw .badEncoding
    }
    self = last == "chunked" ? .chunked : .untilClose
  }

  /// One number, be it said several times (RFC 9112 §6.3, fifth case); nil where there is none.
  private static func contentLength(_ head: HTTPHead) throws(HTTPFault) -> UInt64? {
    var length: UInt64?
    for field in head.fields where field.isNamed("Content-Length") {
      for element in field.value.split(separator: ",", omittingEmptySubsequences: false) {
        let digits = HTTPGrammar.trimmed(element.utf8)
        guard !digits.isEmpty, digits.allSatisfy(HTTPGrammar.isDigit), let number = UInt64(Substring(digits)),
          number <= UInt64(Int64.max), length == nil || length == number
        else { throw .badLength }
        length = number
      }
    }
    return length
  }
}
