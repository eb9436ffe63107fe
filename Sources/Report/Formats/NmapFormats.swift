import Handshake
import Scan
import Timebase
import Wire

/// What the files of a scan for readers of nmap's output begin with.
public struct ScanHead: Sendable {
  /// The program's version.
  public var version: String
  /// The command line.
  public var words: String
  /// When the scan began.
  public var started: WallTime
  /// The ports.
  public var ports: [UInt16]

  /// A head from its parts.
  public init(version: String, words: String, started: WallTime, ports: [UInt16]) {
    (self.version, self.words, self.started, self.ports) = (version, words, started, ports)
  }

  /// So much later, in whole seconds since the epoch.
  fileprivate func seconds(after elapsed: Interval = .zero) -> String {
    "\((started + elapsed).nanoseconds / 1_000_000_000)"
  }
}

/// nmap's XML (`-oX`), valid by its nmap.dtd, an element `host` for what is known of a host at a time.
///
/// States and reasons are nmap's, which has no `unreachable`: such a port is `filtered`, and its reason says why. Every port
/// has its own element, none is summed up in `extraports`.
public struct NmapXML: ResultWriter {
  private let head: ScanHead
  /// The prefixes that are marked: no host, hence told at the end.
  private var prefixes: [ScanMark] = []

  /// A document of a scan.
  public init(_ head: ScanHead) { self.head = head }

  /// Adds the beginning, a host, or the end.
  public mutating func write(_ event: Event, into sheet: inout Sheet) {
    switch event {
    case .scanBegin: sheet.results += beginning
    case .scanHost(let address, let results, let marks):
      var markup = MarkupWriter()
      NmapXML.add(address, results, marks, to: &markup)
      sheet.results += markup.text
    case .scanMark(let mark) where !mark.isAliased:
      // Its ports came before, each in an element of its own.
      var markup = MarkupWriter()
      NmapXML.add(IPAddress(number: mark.block.first, mark.block.family), [], [mark], to: &markup)
      sheet.results += markup.text
    case .scanMark(let mark): prefixes.append(mark)
    case .scanEnd(let summary, isFinal: true): sheet.results += end(summary)
    default: break
    }
  }

  private var beginning: String {
    var markup = MarkupWriter(after: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE nmaprun>\n")
    // Its end comes with the scan's. The document type has no other scanner.
    markup.markup(
      "<nmaprun scanner=\"nmap\" args=\"\(head.words.escapedForMarkup)\" start=\"\(head.seconds())\""
        + " startstr=\"\(head.started.rfc3339)\" version=\"probe \(head.version.escapedForMarkup)\""
        + " xmloutputversion=\"1.05\">\n")
    markup.element(
      "scaninfo",
      [
        ("type", "syn"), ("protocol", "tcp"), ("numservices", "\(head.ports.count)"),
        ("services", PortRanges.text(head.ports)),
      ])
    markup.element("verbose", [("level", "0")])
    markup.element("debugging", [("level", "0")])
    return markup.text
  }

  private static func add(
    _ address: IPAddress, _ results: [(result: ScanResult, service: String?)], _ marks: [ScanMark],
    to markup: inout MarkupWriter
  ) {
    let isMarked = !marks.isEmpty
    let answer = results.first { $0.result.isOfHost }?.result
    markup.element("host") { host in
      host.element(
        "status",
        [
          ("state", answer == nil && !isMarked ? "unknown" : "up"),
          ("reason", (answer?.reason ?? (isMarked ? .synAck : .noResponse)).nmapWord),
          ("reason_ttl", "\(answer?.hopLimit ?? 0)"),
        ])
      host.element("address", [("addr", "\(address)"), ("addrtype", address.family == .v4 ? "ipv4" : "ipv6")])
      host.element("hostnames") { _ in }
      host.element("ports") { ports in
        for (result, service) in results { add(result, service, to: &ports) }
      }
      guard isMarked else { return }
      host.element("hostscript") { scripts in
        for mark in marks { NmapXML.script(mark, to: &scripts) }
      }
    }
  }

  private static func add(_ result: ScanResult, _ service: String?, to ports: inout MarkupWriter) {
    ports.element("port", [("protocol", "tcp"), ("portid", "\(result.port)")]) { port in
      var state = [
        ("state", result.state.nmapWord), ("reason", result.reason.nmapWord),
        ("reason_ttl", "\(result.hopLimit ?? 0)"),
      ]
      if let router = result.router { state.append(("reason_ip", "\(router)")) }
      port.element("state", state)
      if let service { port.element("service", [("name", service), ("method", "table"), ("conf", "3")]) }
      NmapXML.scripts(of: result, to: &port)
    }
  }

  /// What was found out after the passes, as nmap's scripts say what they find.
  private static func scripts(of result: ScanResult, to port: inout MarkupWriter) {
    func script(_ id: String, _ output: String, _ facts: [(String, String)]) {
      port.element("script", [("id", id), ("output", output)]) { script in
        for (key, value) in facts { script.element("elem", [("key", key)], value) }
      }
    }
    if let confirmation = result.followUp?.confirmation {
      script(
        "probe-confirm", "\(confirmation.rawValue): \(confirmation.words)", [("confirmation", confirmation.rawValue)])
    }
    if let service = result.followUp?.service {
      script("probe-service", "\(service.rawValue): \(service.words)", [("state", service.rawValue)])
    }
    // The name and the form of nmap's own.
    if let banner = result.followUp?.banner, !banner.isEmpty { script("banner", banner.bannerText, []) }
    if let facts = result.synAck {
      let options = OptionWords.list(facts.options).together(by: ",")
      var list = [("window", "\(facts.window)"), ("options", options), ("df", facts.dontFragment ? "true" : "false")]
      list += [("ecn", facts.agreesToECN ? "true" : "false"), ("tos", "\(facts.trafficClass)")]
      if let identification = facts.identification { list.append(("ip_id", "\(identification)")) }
      script("probe-profile", "win \(facts.window) <\(options)>", list)
    }
  }

  private static func script(_ mark: ScanMark, to markup: inout MarkupWriter) {
    markup.element("script", [("id", "probe-\(mark.word)"), ("output", "\(mark.place): \(mark.words)")]) { script in
      script.element("elem", [("key", "why")], mark.reason.rawValue)
      script.element("elem", [("key", "asked")], "\(mark.asked)")
      script.element("elem", [("key", "open")], "\(mark.open)")
    }
  }

  private func end(_ summary: ScanSummary) -> String {
    var markup = MarkupWriter()
    if !prefixes.isEmpty {
      markup.element("postscript") { scripts in
        for mark in prefixes { NmapXML.script(mark, to: &scripts) }
      }
    }
    markup.element("runstats") { run in
      var finished = [
        ("time", head.seconds(after: summary.elapsed)),
        ("timestr", (head.started + summary.elapsed).rfc3339), ("elapsed", summary.elapsed.fixedSeconds),
        ("exit", summary.isInterrupted ? "error" : "success"),
      ]
      if summary.isInterrupted { finished.append(("errormsg", "interrupted")) }
      run.element("finished", finished)
      var hosts = [("total", "\(summary.addresses)")]
      if let up = summary.up {
        hosts += [("up", "\(up)"), ("down", "\(summary.addresses - min(up, summary.addresses))")]
      }
      run.element("hosts", hosts)
    }
    markup.markup("</nmaprun>\n")
    return markup.text
  }
}

/// nmap's grepable output (`-oG`): a line `Status` for a host that answered, and a line with its ports.
public struct NmapGrepable: ResultWriter {
  private let head: ScanHead

  /// The lines of a scan.
  public init(_ head: ScanHead) { self.head = head }

  /// Adds the first line, those of a host, or the last one.
  public mutating func write(_ event: Event, into sheet: inout Sheet) {
    switch event {
    case .scanBegin:
      sheet.results +=
        "# probe \(head.version.printable) scan initiated \(head.started.rfc3339) as: \(head.words.printable)\n"
    case .scanMark(let mark): sheet.results += "# \(mark.word) \(mark.place): \(mark.words)\n"
    case .scanHost(let address, let results, _):
      let host = "Host: \(address) ()\t"
      if results.contains(where: { $0.result.isOfHost }) { sheet.results += host + "Status: Up\n" }
      sheet.results += host + "Ports: " + results.map(NmapGrepable.words).together(by: ", ") + "\n"
    case .scanEnd(let summary, isFinal: true):
      let up = summary.up.map { " (\($0) \($0 == 1 ? "host" : "hosts") up)" } ?? ""
      sheet.results +=
        "# probe \(summary.isInterrupted ? "interrupted" : "done") at \((head.started + summary.elapsed).rfc3339) -- "
        + "\(summary.addresses) IP \(summary.addresses == 1 ? "address" : "addresses")\(up) scanned in "
        + "\(summary.elapsed.fixedSeconds) seconds\n"
    default: break
    }
  }

  /// `80/open/tcp//http///`: port, state, protocol, owner, service, RPC, version.
  private static func words(_ result: ScanResult, _ service: String?) -> String {
    let banner = result.followUp?.banner.map { plainBanner($0) } ?? ""
    return "\(result.port)/\(result.state.nmapWord)/tcp//\(service.map(plain) ?? "")//\(banner)/"
  }

  /// What a service said first, with nothing that ends a field, an entry or a line; the version's place.
  private static func plainBanner(_ banner: [UInt8]) -> String {
    var text = ""
    for scalar in Array(banner.prefix { $0 != 10 && $0 != 13 }).bannerText.unicodeScalars {
      text += scalar == "/" || scalar == "," || scalar == "\t" ? "|" : String(scalar)
    }
    return text
  }

  /// A name that ends no field, no entry and no line: what could is a vertical bar, as nmap has it for a slash.
  private static func plain(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars {
      let isPlain =
        scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-_.+*?".unicodeScalars.contains(scalar))
      text += isPlain ? String(scalar) : "|"
    }
    return text
  }
}

extension Verdict {
  /// nmap's word for it.
  fileprivate var nmapWord: String { self == .unreachable ? Verdict.filtered.rawValue : rawValue }
}

extension Reason {
  /// nmap's word for it, where nmap has one.
  fileprivate var nmapWord: String {
    switch self {
    case .rst: "reset"
    case .icmpHostUnreachable: "host-unreach"
    case .icmpNetUnreachable: "net-unreach"
    case .icmpPortUnreachable: "port-unreach"
    case .icmpProtoUnreachable: "proto-unreach"
    case .icmpAdminProhibited: "admin-prohibited"
    case .icmpTTLExceeded: "time-exceeded"
    case .synAck, .ack, .noResponse, .icmpFragNeeded, .noRoute, .notSent, .invalidReplies: rawValue
    }
  }
}
