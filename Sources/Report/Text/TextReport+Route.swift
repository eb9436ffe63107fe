import Handshake
import Judging
import Path
import Timebase
import Wire

/// Paths for people.
extension TextReport {
  /// `ROUTE web.test:80 (10.0.6.2) from 10.0.0.1: SYNs with TTL 1 to 30, 10 rounds`.
  public func routeHeader(target: String, remote: Endpoint, source: IPAddress?, does words: String) -> String {
    let from = source.map { " from \($0)" } ?? ""
    return "ROUTE \(target.printable) (\(remote.address))\(from): \(words)\n"
  }

  /// One probe in a line, for `-v`: `round 1 hop 3: 10.0.3.1 ttl-exceeded 0.213 ms`.
  public func pathProbe(_ probe: PathProbe) -> String {
    var text = timeFormat.map { $0.words(probe.sent) + " " } ?? ""
    text += "round \(probe.round + 1) hop \(probe.ttl)"
    if probe.flow > 0 { text += " flow \(probe.flow)" }
    if probe.form != .syn { text += " \(probe.form.rawValue)" }
    if probe.isExtra { text += " tos 0x" + String(probe.trafficClass, radix: 16) }
    guard let answer = probe.answer else { return text + ": no answer\n" }
    text += ": \(answer.address) \(answer.kind.rawValue)"
    if answer.kind == .unreachable, let reason = answer.reason { text += " (\(reason.rawValue))" }
    if let rtt = answer.rtt { text += " time=\(rtt.interval.replyMilliseconds) ms" }
    text += " ttl=\(answer.hopLimit)"
    for change in answer.changes {
      text += ", \(change.field.rawValue) \(change.from) \(style.isUnicode ? "→" : "->") \(change.to)".printable
    }
    for item in answer.extensions { text += ", \(item.description.printable)" }
    return text + "\n"
  }

  /// A path: the table of its hops, what is to be said of them, and what the path itself lost.
  public func route(_ record: RouteRecord) -> String {
    let words = RouteWords(record: record, style: style)
    let table = record.isReport ? report(record) : hops(record)
    let remarks = words.remarks.map { style.paint($0.text, $0.colour) + "\n" }.together(by: "")
    return table + remarks + words.last + "\n"
  }

  private func hops(_ record: RouteRecord) -> String {
    let runs = HopRun.runs(record.table.hops)
    let columns = RouteColumns(report: record, runs, style)
    let lines = [columns.titles] + runs.flatMap { columns.lines($0) }
    return lines.map { style.line($0, isCut: false) + "\n" }.together(by: "")
  }

  /// mtr's columns, and ours behind them: the most that was lost here, and two quantiles.
  private func report(_ record: RouteRecord) -> String {
    let hops = record.table.hops
    func name(_ address: IPAddress) -> String { record.host(address, isFull: false) }
    let width = max(24, hops.flatMap { $0.addresses.map { name($0.address).columns } }.max() ?? 0)
    let started = record.table.started.isKnown ? record.table.started.second : "?"
    var text = "Start: \(started)\n"
    text += "HOST: \(record.source.map { "\($0)" } ?? "?")".leading(width + 8)
    for title in ["Loss%", "Snt", "Last", "Avg", "Best", "Wrst", "StDev", "Here<=%", "P50", "P99"] {
      text += " " + title.trailing(8)
    }
    text += "\n"
    for hop in hops {
      let host = hop.address.map(name) ?? "???"
      text += "\(hop.ttl)".trailing(3) + ".|-- " + host.leading(width)
      let times = hop.times
      let figures = [
        ((hop.answers.ratio ?? 0) * 100).decimals(1, below: 101) + "%", "\(hop.answers.sent)",
        milliseconds(times.last), milliseconds(times.mean), milliseconds(times.min), milliseconds(times.max),
        milliseconds(times.deviation), ((hop.lostHereAtMost?.ratio ?? 0) * 100).decimals(1, below: 101) + "%",
        milliseconds(times.value(at: .p50)), milliseconds(times.value(at: .p99)),
      ]
      for figure in figures { text += " " + figure.trailing(8) }
      text += hop.isRateLimited ? " ~\n" : "\n"
      for address in hop.addresses.dropFirst() { text += "    |  `|-- \(name(address.address))\n" }
    }
    return text
  }

  /// As mtr has it, no time is none.
  private func milliseconds(_ interval: Interval?) -> String { (interval ?? .zero).fixedMilliseconds }
}

/// A hop, or several that never answered, which are one line.
struct HopRun {
  var hop: RouteHop
  /// The last of them; nil where it is one.
  var last: Int?

  /// `7`, or `7-30`.
  var number: String { last.map { "\(hop.ttl)-\($0)" } ?? "\(hop.ttl)" }

  /// The lines of a table: where no hop answers up to the end, three or more are one.
  static func runs(_ hops: [RouteHop]) -> [HopRun] {
    let end = hops.lastIndex { !$0.isSilent }.map { $0 + 1 } ?? 0
    let silent = hops[end...]
    guard silent.count > 2, let first = silent.first, let last = silent.last else {
      return hops.map { HopRun(hop: $0) }
    }
    return hops[..<end].map { HopRun(hop: $0) } + [HopRun(hop: first, last: last.ttl)]
  }
}
