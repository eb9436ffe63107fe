import Engines
import Handshake
import Runner
import Timebase

/// `probe http URL`: requests inside the connection.
enum HTTPVerb {
  /// Reads the words, runs, and returns the exit code.
  static func run(_ words: [String]) throws(UsageError) -> Int32 {
    var request = PageRequest()
    let operands = try OptionTable<PageRequest>.http.read(words, into: &request)
    switch request.probe.wants {
    case .help: return show(help)
    case .version: return show(Version.line)
    case nil: break
    }
    guard operands.count == 1 else {
      throw UsageError(operands.isEmpty ? "no URL; say probe http http://HOST/" : "one URL at a time")
    }
    let url = try HTTPWords.url(operands[0])
    request.probe.run.targets = [TargetSpec(host: url.host, ports: [url.port], text: target(url))]
    if url.scheme == .https { return try connectOnly(request) }
    try check(request)
    do throws(RunError) {
      let result = try Run.page(settings(request, url, operands[0]))
      if let signal = result.signal { return 128 + signal.number }
      return result.isGood ? ExitCode.asExpected : ExitCode.notAsExpected
    } catch {
      complain(error.message)
      return ExitCode.of(error)
    }
  }

  /// The TCP part of an `https` URL: a connection, and a word about what is missing.
  private static func connectOnly(_ request: PageRequest) throws(UsageError) -> Int32 {
    if request.bodyPath != nil { throw UsageError("--body-to: TLS is not spoken, so that no https page can be had") }
    complain("TLS is not spoken: an https URL gets the TCP part only")
    do throws(RunError) {
      return try ExitCode.of(Run.probe(request.probe.run), request.probe)
    } catch {
      complain(error.message)
      return ExitCode.of(error)
    }
  }

  private static func target(_ url: HTTPURL) -> String {
    url.host.contains(":") ? "[\(url.host)]:\(url.port)" : "\(url.host):\(url.port)"
  }

  private static func settings(_ request: PageRequest, _ url: HTTPURL, _ text: String) -> PageSettings {
    var page = HTTPRequest(url, agent: "probe/\(Version.number)")
    page.version = request.version
    page.method = request.method
    page.fields = request.fields
    var settings = PageSettings(url: text, request: page)
    settings.run = request.probe.run
    settings.requests = request.requests
    settings.isPipelined = request.isPipelined
    settings.compares = request.compares
    settings.bodyPath = request.bodyPath
    return settings
  }

  /// Refuses what contradicts itself, before anything is sent.
  private static func check(_ request: PageRequest) throws(UsageError) {
    if request.bodyPath != nil, request.requests > 1 || request.compares {
      throw UsageError("--body-to takes the content of one request; leave --requests and --compare out")
    }
    if request.compares, request.probe.run.presentation.svgPath != nil {
      throw UsageError("--svg draws one connection, and --compare makes several; leave one of them out, or take --html")
    }
    if request.isPipelined, request.version == .v10 {
      throw UsageError("--pipeline needs HTTP/1.1; leave --version 1.0 out")
    }
    // Each of the connections to be compared has a place of its own in memory and in the output.
    if request.compares, request.requests > 1_000 { throw UsageError("--compare: at most 1000 requests") }
  }

  /// The text of `-h`.
  static var help: String {
    """
    probe http URL [OPTIONS]: the connection with HTTP requests inside it, every step timed.

    Exit code: 0 if every response is whole, valid and below 400, 1 otherwise, 2 could not run. Of an https URL only
    the TCP part is done: TLS is not spoken.
    \(OptionTable<PageRequest>.http.help)
    """
  }
}
