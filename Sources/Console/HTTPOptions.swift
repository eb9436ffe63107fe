import Engines
import Runner

/// The command line of `probe http`, read.
struct PageRequest: Sendable {
  /// What means the same as for the default verb.
  var probe = ProbeRequest()
  /// How often the URL is asked for.
  var requests = 1
  /// Whether requests are written without waiting.
  var isPipelined = false
  /// Whether a connection each is compared with one for all.
  var compares = false
  /// The version that is spoken.
  var version = HTTPVersion.v11
  /// What is asked.
  var method = HTTPMethod.get
  /// Further header fields.
  var fields: [HTTPField] = []
  /// Where the content goes.
  var bodyPath: String?
}

extension OptionTable where Settings == PageRequest {
  /// The options of `probe http`: its own, and those of the default verb that mean the same here.
  static var http: OptionTable {
    let path = \PageRequest.probe
    return OptionTable(groups: [
      .page, OptionGroup.timing.lifted(to: path, without: ["-c", "-i"]), OptionGroup.network.lifted(to: path),
      OptionGroup.crafting.lifted(to: path, without: ["--flags"]),
      OptionGroup.output.lifted(to: path, without: ["--csv"]),
      OptionGroup<Presentation>.files.lifted(to: \PageRequest.probe.run.presentation), .pageHelp,
    ])
  }
}

extension OptionGroup where Settings == PageRequest {
  fileprivate static let page = OptionGroup(
    title: "The requests",
    options: [
      Option(nil, "requests", "N", "N requests on one connection (default 1)") { request, text throws(UsageError) in
        request.requests = try Values.integer(text, for: "--requests", in: 1...10_000)
      },
      Option(nil, "pipeline", "write requests without waiting for responses, at most 16 ahead") { request, _ in
        request.isPipelined = true
      },
      Option(nil, "compare", "first a connection for each request, then one for all, side by side") { request, _ in
        request.compares = true
      },
      Option(nil, "version", "VERSION", "1.0 or 1.1 (default)") { request, text throws(UsageError) in
        request.version = try Values.word(text, for: "--version")
      },
      Option(nil, "head", "ask only for the head") { request, _ in request.method = .head },
      Option(nil, "header", "FIELD", "a further header field, as in 'Accept: text/html'; repeatable") {
        request, text throws(UsageError) in
        guard request.fields.count < HTTPRequest.fieldLimit else {
          throw UsageError("--header: at most \(HTTPRequest.fieldLimit) fields")
        }
        request.fields.append(try HTTPWords.field(text))
      },
      Option(nil, "body-to", "FILE", "write the content to FILE, whole or not at all") { request, text in
        request.bodyPath = text
      },
    ])

  fileprivate static let pageHelp = OptionGroup(
    title: "For scripts",
    options: [
      Option("h", "help", "this help") { request, _ in request.probe.wants = .help },
      Option("V", nil, "the version of probe") { request, _ in request.probe.wants = .version },
    ])
}

/// What is wrong with a URL or a field, for a person.
enum HTTPWords {
  /// Reads a header field.
  static func field(_ text: String) throws(UsageError) -> HTTPField {
    do throws(HTTPFieldError) { return try HTTPField(parsing: text) } catch {
      throw UsageError("--header: " + words(error))
    }
  }

  /// Reads a URL.
  static func url(_ text: String) throws(UsageError) -> HTTPURL {
    do throws(HTTPURLError) { return try HTTPURL(parsing: text) } catch { throw UsageError("the URL: " + words(error)) }
  }

  private static func words(_ error: HTTPFieldError) -> String {
    switch error {
    case .noColon: "a field is NAME: VALUE"
    case .badName: "the name may have letters, digits and !#$%&'*+-.^_`|~ only, and no space before the colon"
    case .badValue: "no control characters in the value: they would begin another field"
    case .framing: "the request has no content, so that nothing may say how long it is"
    case .tooLong: "at most \(HTTPField.limit) octets"
    }
  }

  private static func words(_ error: HTTPURLError) -> String {
    switch error {
    case .tooLong: "at most \(HTTPURL.limit) octets"
    case .noScheme: "it begins with http://, as in http://example.org/"
    case .otherScheme: "only http is spoken"
    case .userinfo: "no user in it: name and password would be sent in the clear"
    case .noHost: "it has no host, as in http://example.org/"
    case .badHost: "its host is neither a name nor an address (an IPv6 address stands in brackets)"
    case .badPort: "ports go from 1 to 65535"
    case .badCharacter: "spaces, control characters and letters beyond ASCII must be percent-encoded, as in %20"
    }
  }
}
