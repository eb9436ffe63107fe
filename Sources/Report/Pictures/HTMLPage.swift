import HTTP
import Handshake
import Judging
import Statistics
import Timebase

/// A run as one page (HTML): results, times over all probes, and of some connections the ladder, the steps, the packets,
/// the options offered and agreed, and the requests.
///
/// It stands for itself: no script, nothing from elsewhere, which its own policy forbids as well. Whatever came from the
/// network or the command line is escaped. Memory is bounded: of many connections those are kept that are asked for
/// first, and the slowest.
public struct HTMLPage: Sendable {
  /// A connection that is drawn.
  struct Drawn {
    var record: Record
    var requests: [HTTPTransaction]
  }

  /// The most targets whose first connection is drawn.
  static let targetLimit = 16
  /// The most results that have a line of their own.
  static let lineLimit = 200

  private(set) var first: [Drawn] = []
  private(set) var slowest: Drawn?
  private(set) var last: Drawn?
  private(set) var lines: [Record] = []
  private(set) var count = 0

  /// Whether each packet, and what came of it, is explained (`--explain`).
  let isExplained: Bool

  /// A page of no result yet.
  public init(isExplained: Bool = false) { self.isExplained = isExplained }

  /// Takes one result, and the requests that its connection carried.
  public mutating func add(_ record: Record, requests: [HTTPTransaction] = []) {
    count += 1
    let drawn = Drawn(record: record, requests: requests)
    if lines.count < HTMLPage.lineLimit {
      var line = record
      line.outcome.log = PacketLog()
      lines.append(line)
    }
    if record.sequence == 1 {
      if first.count < HTMLPage.targetLimit { first.append(drawn) }
      return
    }
    last = drawn
    let time = record.outcome.measurement(of: .syn)?.interval
    if let time, time > slowest?.record.outcome.measurement(of: .syn)?.interval ?? .zero { slowest = drawn }
  }

  /// The ladder of the only connection, or of the first; nil without any.
  public var picture: String? { first.first.map { picture(of: $0.record) } }

  func picture(of record: Record) -> String {
    let outcome = record.outcome
    let heading = "\(record.target): \(outcome.verdict.rawValue), \(outcome.reason.rawValue)"
    return LadderPicture(outcome, heading: heading, isExplained: isExplained).svg
  }

  /// The page as a file has it.
  public func text(_ summaries: [TargetSummary]) -> String {
    HTMLPage.document("probe: " + titles) { body in
      for summary in summaries { HTMLPage.write(summary, on: &body) }
      HTMLPage.writeDistribution(summaries, on: &body)
      writeResults(on: &body)
      for drawn in drawnConnections { write(drawn.connection, named: drawn.name, on: &body) }
    }
  }

  /// A page with this title, and under it what the closure writes.
  static func document(_ title: String, _ content: (inout MarkupWriter) -> Void) -> String {
    var html = MarkupWriter(after: "<!DOCTYPE html>\n<html lang=\"en\">\n")
    html.element("head") { head in
      head.element("meta", [("charset", "utf-8")])
      head.element("meta", [("http-equiv", "Content-Security-Policy"), ("content", policy)])
      head.element("meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")])
      head.element("meta", [("name", "color-scheme"), ("content", "light dark")])
      head.element("title", [], title)
      head.markup("<style>\n\(style.text)</style>\n")
    }
    html.element("body") { body in
      body.element("h1", [], title)
      content(&body)
    }
    return html.text + "</html>\n"
  }

  private var titles: String {
    let names = first.prefix(3).map(\.record.target)
    return names.together(by: ", ") + (first.count > names.count ? ", …" : "")
  }

  private var drawnConnections: [(name: String, connection: Drawn)] {
    var list = first.map { (name: "\($0.record.target), first connection", connection: $0) }
    if count == 1 { list = first.map { (name: "The connection", connection: $0) } }
    if let slowest {
      list.append((name: "Slowest handshake, connection \(slowest.record.sequence)", connection: slowest))
    }
    let isSlowest = last?.record.sequence == slowest?.record.sequence && last?.record.target == slowest?.record.target
    if let last, !isSlowest {
      list.append((name: "Last connection, \(last.record.sequence)", connection: last))
    }
    return list
  }

  /// Nothing is loaded and nothing is run: only what stands in the page.
  static let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
}

// MARK: Over all connections

extension HTMLPage {
  /// The results; many of them only for who wants to see them.
  private func writeResults(on body: inout MarkupWriter) {
    body.element("h2", [], "Results")
    guard lines.count > 20 else { return writeLines(on: &body) }
    body.element("details") { details in
      details.element("summary", [], "\(lines.count) results, in the order of arrival")
      writeLines(on: &details)
    }
    if count > lines.count { body.element("p", [], "… and \(count - lines.count) more results.") }
  }

  private func writeLines(on body: inout MarkupWriter) {
    body.table(["target", "address", "probe", "state", "reason", "syn", "clock", "started"]) { table in
      for record in lines {
        let outcome = record.outcome
        let syn = outcome.measurement(of: .syn)
        let clock = syn.map { outcome.mode.words($0.clock) }
        table.row([
          record.target, outcome.flow.remote.description, "\(record.sequence)", outcome.verdict.rawValue,
          outcome.reason.rawValue, syn.map { "\($0.interval.replyMilliseconds) ms" } ?? "", clock ?? "",
          outcome.knownStart?.rfc3339 ?? "",
        ])
      }
    }
  }

  /// How long the handshakes of all targets took, where there is more than one to tell of.
  private static func writeDistribution(_ summaries: [TargetSummary], on body: inout MarkupWriter) {
    let curves = summaries.compactMap { summary in
      summary[.syn].map { DistributionSVG.Curve(name: summary.target, histogram: $0.histogram) }
    }
    guard curves.contains(where: { $0.histogram.count > 1 }) else { return }
    let picture = DistributionSVG(title: "SYN → SYN-ACK round-trip time", curves: curves).text
    body.element("h2", [], "Distribution")
    body.element("figure") { $0.markup(picture) }
  }

  private static func write(_ summary: TargetSummary, on body: inout MarkupWriter) {
    body.element("h2", [], "\(summary.target): \(summary.loss.sent) probes")
    let loss = summary.loss.percentage.map { "\($0) % lost" } ?? "none sent"
    body.element(
      "p", [],
      "\(summary.loss.received) answered, \(loss), \(summary.retransmitted) packets retransmitted, "
        + "\(summary.duplicates) duplicates, \(summary.invalid) packets rejected.")
    let text = TextReport(style: Style(isColoured: false, isUnicode: true, width: 200))
    let syns = text.syns(summary.syns, as: summary.isCrafted ? "segments" : "SYNs") + text.share(summary.share)
    for line in syns.split(separator: "\n") { body.element("p", [], String(line)) }
    body.table(["step", "count", "min", "mean", "mdev", "p50", "p90", "p99", "p99.9", "max"]) { table in
      for kind in StepKind.allCases {
        guard let series = summary[kind] else { continue }
        let moments = series.moments
        let quantiles = [Quantile.p50, .p90, .p99, .p999].map { series.value(at: $0) }
        let times = [moments.min, moments.mean, moments.mdev] + quantiles + [moments.max]
        table.row([kind.rawValue, "\(moments.count)"] + times.map { $0.map { "\($0.fixedMilliseconds) ms" } ?? "" })
      }
    }
  }
}

extension MarkupWriter {
  /// A table with a line of headings; it scrolls by itself where it is wider than the page.
  mutating func table(_ headings: [String], _ rows: (inout MarkupWriter) -> Void) {
    element("div", [("class", "scroll")]) { scroll in
      scroll.element("table") { table in
        table.element("tr") { row in for heading in headings { row.element("th", [], heading) } }
        rows(&table)
      }
    }
  }

  /// A row of a table.
  mutating func row(_ cells: [String]) {
    element("tr") { row in for cell in cells { row.element("td", [], cell) } }
  }
}
