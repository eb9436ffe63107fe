import Handshake
import Judging
import Path
import Statistics
import Timebase

/// A path as one page (HTML): the picture, what is to be said of it, and every hop and path with its numbers.
public enum RoutePage {
  /// The page.
  public static func text(_ record: RouteRecord, program: String) -> String {
    HTMLPage.document("probe: path to \(record.target)") { body in
      let source = record.source.map { ", from \($0)" } ?? ""
      let started = record.table.started.isKnown ? ", at \(record.table.started.rfc3339)" : ""
      body.element("p", [], "\(record.target), \(record.remote)\(source)\(started), by \(program).")
      let words = RouteWords(record: record, style: Style())
      body.element("p", [], words.last)
      body.element("figure") { $0.markup(RoutePicture(record).svg) }
      body.element("h2", [], "Hops")
      write(record.table.hops, of: record, on: &body)
      if !record.table.changes.isEmpty {
        body.element("h2", [], "Changes on the way")
        for change in record.table.changes { body.element("p", [], words.change(change)) }
      }
      let paths = record.table.comparedPaths
      body.element("h2", [], "Paths")
      write(paths, of: record, on: &body)
      guard record.table.flows.count > 1 else { return }
      body.element("details") { details in
        details.element("summary", [], "The hops of each flow")
        for flow in record.table.flows.prefix(mostFlows) {
          let port = record.table.port(of: flow).map { ", source port \($0)" } ?? ""
          details.element("h3", [], "Flow \(flow)\(port)")
          write(record.table.hops(ofFlow: flow), of: record, on: &details)
        }
      }
    }
  }

  /// The most flows with a table of their own.
  private static let mostFlows = 64

  private static func write(_ hops: [RouteHop], of record: RouteRecord, on body: inout MarkupWriter) {
    let titles = [
      "hop", "host", "sent", "answers lost", "95 %", "lost here ≤", "95 %", "last, ms", "avg", "best", "worst", "p50",
      "p99",
      "stdev", "",
    ]
    body.table(titles) { table in
      for hop in hops {
        let times = hop.times
        let own = hop.answers.interval.map { range($0.lower, $0.upper) } ?? ""
        let bound = hop.lostHereAtMost.map { range($0.lower, $0.upper) } ?? ""
        let figures = [
          times.last, times.mean, times.min, times.max, times.value(at: .p50), times.value(at: .p99), times.deviation,
        ]
        let host = hop.hosts(record, true, isFull: true).together(by: ", ")
        table.row(
          [
            "\(hop.ttl)", hop.isSilent ? "*" : host, "\(hop.answers.sent)", hop.answers.ratio?.shortPercent ?? "", own,
            hop.lostHereAtMost?.ratio.shortPercent ?? "", bound,
          ] + figures.map { $0?.fixedMilliseconds ?? "" }
            + [hop.isRateLimited ? "limits its ICMP" : hop.isTarget ? "target" : ""])
      }
    }
  }

  private static func write(_ paths: [RoutePath], of record: RouteRecord, on body: inout MarkupWriter) {
    body.table(["path", "id", "flows", "sent", "lost", "95 %", "p50, ms", "p99, ms", "times the fastest", "hops"]) {
      table in
      for (number, path) in paths.enumerated() {
        let loss = path.reachesTarget ? path.loss : nil
        let slowness = path.slowness.map { ratio in
          "\(ratio.estimate.decimals(2, below: 1e9)) (\(ratio.lower.decimals(2, below: 1e9)) to "
            + "\(ratio.upper.decimals(2, below: 1e9)))"
        }
        table.row([
          "\(number + 1)", "\(path.id)", path.flows.map { "\($0)" }.together(by: ", "), "\(path.loss.sent)",
          loss?.ratio?.shortPercent ?? "", loss?.interval.map { range($0.lower, $0.upper) } ?? "",
          path.times.value(at: .p50)?.fixedMilliseconds ?? "",
          path.times.value(at: .p99)?.fixedMilliseconds ?? "", slowness ?? "",
          path.steps.map(\.words).together(by: " "),
        ])
      }
    }
  }

  private static func range(_ lower: Double, _ upper: Double) -> String {
    "\((lower * 100).decimals(1, below: 1e9))–\((upper * 100).decimals(1, below: 1e9))\u{a0}%"
  }
}
