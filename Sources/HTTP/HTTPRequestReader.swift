// RFC 9112 as a server reads it: requests one after the other in the stream of a connection.

/// A request that a server of one page has to know of: what decides over its answer, and nothing else.
struct HTTPRequestSummary: Hashable, Sendable {
  /// Whether only the head of the answer is asked for.
  var isHead: Bool
  /// Whether the client means to keep the connection (RFC 9112 §9.3).
  var keepsConnection: Bool
}

/// Why a request is refused: the status that says so (RFC 9110 §15.5 and §15.6).
enum HTTPRequestFault: UInt16, Error, Hashable, Sendable, CaseIterable {
  /// It does not parse, its framing is doubtful, or it names no host or several.
  case badRequest = 400
  /// Its content is longer than can be counted.
  case contentTooLarge = 413
  /// Its target is longer than `HTTPRequestReader.lineLimit`.
  case targetTooLong = 414
  /// Its fields are too many or too long.
  case headTooLarge = 431
  /// A method, or a transfer coding, that is not known here.
  case notImplemented = 501
  /// Another major version than 1.
  case badVersion = 505

  /// The reason phrase.
  var reason: String {
    switch self {
    case .badRequest: "Bad Request"
    case .contentTooLarge: "Content Too Large"
    case .targetTooLong: "URI Too Long"
    case .headTooLarge: "Request Header Fields Too Large"
    case .notImplemented: "Not Implemented"
    case .badVersion: "HTTP Version Not Supported"
    }
  }
}

/// Reads requests octet by octet, in bounded memory: one line, and what of the fields matters.
///
/// It is as strict as RFC 9112 has a server: whatever leaves open where a request ends is refused, and nothing is read
/// after that.
struct HTTPRequestReader: Sendable {
  /// What an octet completed.
  enum Event: Hashable, Sendable {
    /// A head whose sender waits for a word before it sends the content (RFC 9110 §10.1.1).
    case expectation
    /// A request, content and all.
    case request(HTTPRequestSummary)
  }

  /// The longest request line, in octets; RFC 9112 §3 asks for 8,000 at least.
  static let lineLimit = 8_192
  /// The most octets of the fields, and of the trailers after chunks.
  static let fieldsLimit = 16_384
  private enum Stage: Hashable, Sendable {
    case requestLine
    /// Lines: of the fields, of trailers, or of chunks.
    case lines
    case content(left: UInt64)
    case chunk(left: UInt64)
  }

  private var stage = Stage.requestLine
  private var lines = HTTPLines()
  /// Whether the request line has its first space.
  private var hasMethod = false
  private var request = Request()

  /// Whether a request has begun to come and is not whole yet.
  var isWithinRequest: Bool { stage != .requestLine || !lines.line.isEmpty }

  /// Takes one octet.
  mutating func take(_ octet: UInt8) throws(HTTPRequestFault) -> Event? {
    switch stage {
    case .content(let left):
      stage = .content(left: left - 1)
      return left == 1 ? end() : nil
    case .chunk(let left):
      if left == 1 { begin(.chunkEnd) } else { stage = .chunk(left: left - 1) }
      return nil
    case .requestLine, .lines: return try takeInLine(octet)
    }
  }

  private mutating func takeInLine(_ octet: UInt8) throws(HTTPRequestFault) -> Event? {
    let isWhole: Bool
    do throws(HTTPLines.Fault) { try lines.pass(octet) } catch { throw .badRequest }
    try checkLength()
    try checkBeginning(octet)
    do throws(HTTPLines.Fault) { isWhole = try lines.take(octet) } catch { throw .badRequest }
    guard isWhole else { return nil }
    defer { lines.clear() }
    return try takeLine()
  }

  private func checkLength() throws(HTTPRequestFault) {
    if stage == .requestLine {
      // A method longer than any that is known (RFC 9112 §3), or a target.
      if lines.octets > HTTPRequestReader.lineLimit { throw hasMethod ? .targetTooLong : .notImplemented }
    } else if !lines.section.isOfChunks, lines.octets > HTTPRequestReader.fieldsLimit {
      throw .headTooLarge
    }
  }

  /// Refuses what can be no request any more at its first wrong octet: its line may never end.
  private mutating func checkBeginning(_ octet: UInt8) throws(HTTPRequestFault) {
    guard stage == .requestLine, !hasMethod, octet != HTTPGrammar.lf else { return }
    if octet == HTTPGrammar.space, !lines.line.isEmpty {
      hasMethod = true
    } else {
      guard HTTPGrammar.isOfToken(octet) || (octet == HTTPGrammar.cr && lines.line.isEmpty) else { throw .badRequest }
    }
  }

  private mutating func takeLine() throws(HTTPRequestFault) -> Event? {
    let line = lines.line
    guard stage != .requestLine else {
      // Empty lines before a request are passed over (RFC 9112 §2.2).
      guard !line.isEmpty else { return nil }
      request = try Request(line: line)
      begin(.head)
      return nil
    }
    switch lines.section {
    case .head:
      if line.isEmpty { return try headEnded() }
      try request.take(HTTPRequestReader.field(line))
    case .chunkSize, .chunkEnd:
      let next: HTTPLines.Next
      do throws(HTTPLines.Fault) { next = try lines.chunkLine() } catch { throw .badRequest }
      switch next {
      case .content(let size): stage = .chunk(left: size)
      case .section(let section): begin(section)
      }
    case .trailers:
      if line.isEmpty { return end() }
      _ = try HTTPRequestReader.field(line)
    }
    return nil
  }

  /// A field; folding is refused, as RFC 9112 §5.2 lets a server do.
  private static func field(_ line: [UInt8]) throws(HTTPRequestFault) -> HTTPField {
    do throws(HTTPFault) { return try HTTPField(line: line) } catch { throw .badRequest }
  }

  private mutating func headEnded() throws(HTTPRequestFault) -> Event? {
    switch try request.framing() {
    case .none, .untilClose, .length(0): return end()
    case .length(let length): stage = .content(left: length)
    case .chunked: begin(.chunkSize)
    }
    return request.wantsContinue ? .expectation : nil
  }

  private mutating func end() -> Event {
    defer { request = Request() }
    begin(.head)
    stage = .requestLine
    return .request(request.summary)
  }

  private mutating func begin(_ section: HTTPLines.Section) {
    stage = .lines
    lines.begin(section)
    hasMethod = false
  }
}

extension HTTPRequestReader {
  /// The head of a request, as far as it matters.
  private struct Request: Hashable, Sendable {
    private var method = ""
    private var minorVersion: UInt8 = 1
    private var hosts = 0
    private var lengths: [String] = []
    private var codings: [String]?
    private var options: Set<String> = []
    private var expectsContinue = false

    /// The methods that are known here, whose names are case-sensitive (RFC 9110 §9.1).
    ///
    /// Those of §9.3, without CONNECT, whose success would begin a tunnel; and PATCH (RFC 5789).
    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"]

    init() {}

    /// `GET /path HTTP/1.1` (RFC 9112 §3): single spaces, and nothing else that is white.
    init(line: [UInt8]) throws(HTTPRequestFault) {
      let words = line.split(separator: HTTPGrammar.space, omittingEmptySubsequences: false)
      guard words.count == 3, HTTPGrammar.isToken(words[0]) else { throw .badRequest }
      let version = Array(words[2])
      guard version.count == 8, version.starts(with: "HTTP/".utf8), HTTPGrammar.isDigit(version[5]),
        version[6] == UInt8(ascii: "."), HTTPGrammar.isDigit(version[7])
      else { throw .badRequest }
      guard version[5] == UInt8(ascii: "1") else { throw .badVersion }
      minorVersion = version[7] - 0x30
      method = String(decoding: words[0], as: UTF8.self)
      guard Request.methods.contains(method) else { throw .notImplemented }
      let target = words[1]
      guard !target.isEmpty, target.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") }) else {
        throw .badRequest
      }
      // Origin form, absolute form, or the asterisk of OPTIONS (RFC 9112 §3.2).
      let text = String(decoding: target, as: UTF8.self)
      let isAbsolute = (try? HTTPURL(parsing: text)) != nil
      guard text.hasPrefix("/") || isAbsolute || (text == "*" && method == "OPTIONS") else { throw .badRequest }
    }

    mutating func take(_ field: HTTPField) throws(HTTPRequestFault) {
      switch field.name.lowercased() {
      case "host":
        hosts += 1
        guard HTTPGrammar.isHost(field.value.utf8) else { throw .badRequest }
      case "content-length": lengths.append(field.value)
      case "transfer-encoding": codings = (codings ?? []) + field.elements
      case "connection": options.formUnion(field.elements)
      case "expect": expectsContinue = expectsContinue || field.elements.contains("100-continue")
      default: break
      }
    }

    /// How long the content is (RFC 9112 §6.3), where the head is in order.
    func framing() throws(HTTPRequestFault) -> HTTPFraming {
      // One host, and in HTTP/1.1 no fewer (RFC 9112 §3.2).
      guard hosts == 1 || (hosts == 0 && minorVersion == 0) else { throw .badRequest }
      if let codings {
        // HTTP/1.0 knows no codings, and a length beside one is a sign of smuggling (RFC 9112 §6.1 and §6.3).
        guard minorVersion > 0, lengths.isEmpty, !codings.isEmpty else { throw .badRequest }
        guard codings.allSatisfy({ $0 == "chunked" }) else { throw .notImplemented }
        guard codings.count == 1 else { throw .badRequest }
        return .chunked
      }
      guard let length = lengths.first else { return .none }
      // Said once, in digits: that one number repeated may be taken (RFC 9110 §8.6) is for those who pass it on.
      guard lengths.count == 1, !length.isEmpty, length.utf8.allSatisfy(HTTPGrammar.isDigit) else { throw .badRequest }
      guard let count = UInt64(length), count <= UInt64(Int64.max) else { throw .contentTooLarge }
      return .length(count)
    }

    /// Whether its sender waits for a word before the content; HTTP/1.0 knows no such thing (RFC 9110 §10.1.1).
    var wantsContinue: Bool { expectsContinue && minorVersion > 0 }

    var summary: HTTPRequestSummary {
      let keeps = options.contains("close") ? false : minorVersion > 0 || options.contains("keep-alive")
      return HTTPRequestSummary(isHead: method == "HEAD", keepsConnection: keeps)
    }
  }
}
