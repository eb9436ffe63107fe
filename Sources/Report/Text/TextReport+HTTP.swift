import HTTP
import Handshake
import Timebase

/// HTTP for people.
extension TextReport {
  /// More packets than this are drawn only where every detail is asked for.
  private static let ladderLimit = 48

  /// One connection in full, its requests after it.
  public func page(_ page: HTTPRecord) -> String {
    let packets = page.record.outcome.log.entries.count
    var text = ""
    if packets > TextReport.ladderLimit, !isVerbose {
      text += connection(page.record)
      text += "\(page.cost.packetsSent) packets sent, \(page.cost.packetsReceived) received; -v draws them\n"
    } else {
      text += single(page.record)
    }
    for request in page.requests { text += line(request) }
    if page.unsent > 0 {
      let words = counted(page.unsent, "request") + (page.unsent == 1 ? " was" : " were")
      text += "\(words) not sent: the connection ended first\n"
    }
    return text
  }

  /// `GET / 200 OK HTTP/1.1 body=612 bytes ttfb=0.311 ms total=0.402 ms`, and with `-v` the header fields.
  private func line(_ request: HTTPTransaction) -> String {
    var words = ["request \(request.number):", request.method.rawValue, request.target.printable]
    if let head = request.head {
      words.append(style.paint("\(head.status)", head.status < 400 ? .good : .bad))
      if !head.reason.isEmpty { words.append(head.reason.printable.shortened(to: 60)) }
      words.append("HTTP/\(head.version)")
      words.append("body=\(request.contentLength) bytes")
    }
    if request.interim > 0 { words.append("interim=\(request.interim)") }
    if let fault = request.fault { words.append(style.paint(fault.rawValue, .bad)) }
    if request.isAmbiguous {
      words.append("ttfb=ambiguous")
    } else {
      words += time("ttfb", request.response) + time("total", request.total)
    }
    var text = words.joined(separator: " ") + "\n"
    guard isVerbose else { return text }
    for field in request.head?.fields ?? [] { text += "  \(field.name.printable): \(field.value.printable)\n" }
    return text
  }

  private func time(_ name: String, _ measurement: Measurement?) -> [String] {
    guard let measurement else { return [] }
    let time = "\(name)=\(measurement.interval.replyMilliseconds) ms"
    return measurement.clock == .kernel ? [time] : [time, "clock=\(measurement.clock.rawValue)"]
  }

  /// The same requests on a connection each and on one that is kept, side by side.
  public func comparison(_ each: Traffic, _ kept: Traffic) -> String {
    func rows(_ cost: Traffic) -> [String] {
      [
        words(cost.connections, "connection"), "\(cost.packetsSent)", "\(cost.packetsReceived)", "\(cost.roundTrips)",
        "\(cost.octetsSent)", "\(cost.octetsReceived)", cost.elapsed.map { "\($0.fixedMilliseconds) ms" } ?? "?",
      ]
    }
    let names = [
      words(each.requests, "request") + " on", "packets sent", "packets received", "round trips", "bytes sent",
      "bytes received", "time",
    ]
    let (left, right) = (rows(each), rows(kept))
    let widths = [names, left, right].map { column in column.map(\.count).max() ?? 0 }
    var text = "\n"
    for index in names.indices {
      text += names[index].leading(widths[0]) + "  " + left[index].trailing(widths[1]) + "  "
      text += right[index].trailing(widths[2]) + "\n"
    }
    return text
  }

  private func words(_ count: Int, _ name: String) -> String { "\(count) \(name)" + (count == 1 ? "" : "s") }
}
