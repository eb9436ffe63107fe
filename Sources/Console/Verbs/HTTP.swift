import Engines
import HTTP
import Runner
import Timebase
import Wire

extension Verb {
  /// `probe http URL`: requests inside the connection.
  static let http = Verb(
    "http", "URL", of: .text, "an HTTP request inside the connection",
    offers: [.packets, .machines, .sourcePort, .verbosity, .lines, .packetLines, .pictures, .capture],
    settings: HTTPSettings(agent: Version.agent),
    options: [.requests, .timing, .families, .network, .syn, .output, .files],
    about: """
      Makes the connection with HTTP requests inside it, every step timed. TLS is not
      supported: for an https URL only the TCP connection is tested.
      """,
    exitCode: """
      Exit code: 0 if every response is complete, valid and below 400, 1 otherwise,
      2 could not run.
      """,
    prepare: { (settings, operands) throws(UsageError) in try settings.take(operands) },
    run: { (settings) throws(RunError) in
      guard settings.isSecure else {
        let result = try Run.page(settings)
        return Ending(result.signal, isAsExpected: result.isGood)
      }
      complain("TLS is not supported; only the TCP connection is tested for https URLs")
      return try Ending(Run.probe(settings.run), settings.run)
    })
}

extension OptionGroup where Settings == HTTPSettings {
  fileprivate static var requests: OptionGroup {
    OptionGroup(
      title: "The requests",
      rows: [
        .value(
          nil, "requests", "N", .integer(1...10_000), "N requests on one connection (default 1)",
          "Sends N requests on the one connection, each after the response to the one before; at most 10,000. Default 1."
        ) { $0.requests = $1 },
        .flag(
          nil, "pipeline", "pipeline requests, up to 16 outstanding",
          "Sends requests without waiting for responses, up to 16 outstanding."
        ) { $0.isPipelined = true },
        .flag(
          nil, "compare", "first a connection for each request, then one for all",
          """
          First makes a connection for each of the requests, one after the other, then one for all of them, and shows
          side by side what both took: packets, round trips, bytes, time. A round trip is a wait for the acknowledgment
          of something sent; what overlaps counts once.
          """
        ) { $0.compares = true },
        .value(
          nil, "http-version", "VERSION", .word(HTTPVersion.self), "1.0 or 1.1 (default)",
          "HTTP `1.0` or `1.1` (the default)."
        ) { $0.request.version = $1 },
        .flag(nil, "head", "send HEAD instead of GET", "Sends HEAD instead of GET.") { $0.request.method = .head },
        .value(
          nil, "header", "FIELD", .text, "another header field, repeatable",
          """
          Another header field, as in `Accept: text/html`; up to 64 of them. One with the name of a field that is sent
          anyway replaces it.
          """
        ) { (settings, text) throws(UsageError) in
          guard settings.request.fields.count < HTTPRequest.fieldLimit else {
            throw UsageError("--header: at most \(HTTPRequest.fieldLimit) fields")
          }
          settings.request.fields.append(try HTTPWords.field(text))
        },
        .value(
          nil, "max-time", "SEC", .interval(.zero ... .seconds(86_400)),
          "time limit of each connection (default 60; 0: none)",
          """
          Limits each connection, from its SYN to the last byte of the last response; what is not complete by then is a
          `timeout`. At most a day; 0 sets no limit. Default 60.
          """
        ) { $0.lifetime = $1 == .zero ? nil : $1 },
        .value(
          nil, "body-to", "FILE", .file, "save the response body to FILE (atomically)",
          """
          Saves the response body to FILE, atomically; only with one request.
          """
        ) { $0.bodyPath = $1 },
        outputFile(nil),
      ])
  }
}

extension HTTPSettings {
  /// Takes the URL, and refuses values that contradict each other.
  fileprivate mutating func take(_ operands: [String]) throws(UsageError) {
    if operands.isEmpty, let name = run.interface {
      throw UsageError("no URL; -I took '\(name)' as an interface; use --head for a HEAD request")
    }
    var words = operands
    if words.count == 2, UInt16(portNumber: words[1]) != nil, !words[0].contains("/") {
      words = ["\(words[0].bracketedHost):\(words[1])"]
    }
    guard words.count == 1 else {
      throw UsageError(words.isEmpty ? "no URL; use probe http http://HOST/" : "one URL at a time")
    }
    let parsed = try HTTPWords.url(words[0])
    (url, isSecure) = (HTTPWords.whole(words[0]), parsed.scheme == .https)
    run.targets = [TargetSpec(host: parsed.host, port: parsed.port)]
    request.aim(at: parsed)
    if isSecure, bodyPath != nil { throw UsageError("--body-to: TLS is not supported; no https page can be fetched") }
    if bodyPath != nil, requests > 1 || compares {
      throw UsageError("--body-to saves a single response; leave --requests and --compare out")
    }
    if compares, run.presentation.svgPath != nil {
      throw UsageError("--svg draws a single connection, but --compare makes several; use --html FILE instead")
    }
    if isPipelined, request.version == .v10 {
      throw UsageError("--pipeline needs HTTP/1.1; leave --http-version 1.0 out")
    }
    if compares, requests < 2 { throw UsageError("--compare needs --requests N, with N of 2 or more") }
    // Each of the connections to be compared has a place of its own in memory and in the output.
    if compares, requests > 1_000 { throw UsageError("--compare: at most 1000 requests") }
  }
}

/// What is wrong with a URL or a field, for a person.
enum HTTPWords {
  /// Reads a header field.
  static func field(_ text: String) throws(UsageError) -> HTTPField {
    do throws(HTTPFieldError) { return try HTTPField(parsing: text) } catch {
      throw UsageError("--header: " + words(error))
    }
  }

  /// Reads a URL, which may lack its scheme: `example.test/path`, `HOST:PORT`.
  static func url(_ text: String) throws(UsageError) -> HTTPURL {
    do throws(HTTPURLError) { return try HTTPURL(parsing: whole(text)) } catch {
      throw UsageError("the URL: " + words(error))
    }
  }

  /// A URL with its scheme, which is http if none is given, as curl has it.
  static func whole(_ text: String) -> String {
    if text.contains("://") || text.isEmpty { return text }
    return "http://" + (IPv6Address(parsing: text.prefix { $0 != "%" }) != nil ? "[\(text)]/" : text)
  }

  private static func words(_ error: HTTPFieldError) -> String {
    switch error {
    case .noColon: "a field is NAME: VALUE"
    case .badName: "the name may have letters, digits and !#$%&'*+-.^_`|~ only, and no space before the colon"
    case .badValue: "no control characters in the value: they would start another field"
    case .framing: "the request has no content, so its length cannot be given"
    case .tooLong: "at most \(HTTPField.limit) bytes"
    }
  }

  private static func words(_ error: HTTPURLError) -> String {
    switch error {
    case .tooLong: "at most \(HTTPURL.limit) bytes"
    case .noScheme: "must start with http://, as in http://example.org/"
    case .otherScheme: "only http is supported"
    case .userinfo: "no user name in it: name and password would be sent in the clear"
    case .noHost: "no host, as in http://example.org/"
    case .badHost: "the host is neither a name nor an address (IPv6 addresses go in brackets)"
    case .badPort: "invalid port; must be 1 to 65535"
    case .badCharacter: "spaces, control characters and letters beyond ASCII must be percent-encoded, as in %20"
    }
  }
}
