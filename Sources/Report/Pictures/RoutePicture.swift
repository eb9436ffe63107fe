import Handshake
import Judging
import Path
import Statistics
import Timebase
import Wire

/// The paths to a target as a picture (SVG): this host above, each hop a row, branches side by side.
///
/// Each node has its address, its times, what was lost there at most, and what its quotes show to be changed; sentences
/// stand below. Links are as thick as many flows take them. It is readable on light and on dark paper.
public struct RoutePicture {
  private let record: RouteRecord
  private let rows: [Row]
  private let boxWidth: Double
  private let width: Double

  /// A row as it is drawn: where it begins, how high its boxes are, and what is in them.
  private struct Row {
    var ttl: Int
    var last: Int?
    var y: Double
    var height: Double
    var boxes: [Box]
    var links: [RouteGraph.Link]
  }

  private struct Box {
    var node: RouteGraph.Node?
    var lines: [Line]
    var kind: String
    var x = 0.0
  }

  private struct Line {
    var text: String
    var kind: String
  }

  /// The most nodes of a row that are drawn.
  static let mostNodes = 20
  private static let (lineHeight, gap, margin) = (15.0, 14.0, 14.0)
  /// Between two rows of one node each, and where links branch.
  private static let (straight, branching) = (20.0, 36.0)
  private static let (left, top) = (58.0, 44.0)
  private static let (characterWidth, boldWidth, titleWidth) = (6.7, 7.6, 9.5)
  /// The most letters of a line in a box: of few branches, and of many.
  private static let (wide, narrow) = (46, 24)

  /// The picture of what is known.
  public init(_ record: RouteRecord) {
    self.record = record
    let graph = RouteGraph(record.table)
    let most = graph.rows.map { min($0.nodes.count, RoutePicture.mostNodes) }.max() ?? 1
    let limit = most > 2 ? RoutePicture.narrow : RoutePicture.wide
    let begins = record.table.lossBegins?.ttl
    var rows = [Row(ttl: 0, y: RoutePicture.top, height: 0, boxes: [RoutePicture.source(record)], links: [])]
    for row in graph.rows {
      var boxes = row.nodes.map { RoutePicture.box($0, record, limit: limit, begins: begins) }
      if boxes.count > RoutePicture.mostNodes {
        let more = boxes.count - RoutePicture.mostNodes + 1
        boxes =
          boxes.prefix(RoutePicture.mostNodes - 1)
          + [Box(lines: [Line(text: "and \(more) more", kind: "faint")], kind: "silent")]
      }
      rows.append(
        Row(ttl: row.ttl, last: row.nodes.first?.last, y: 0, height: 0, boxes: boxes, links: row.links))
    }
    // Names are bold.
    let longest = rows.flatMap(\.boxes).flatMap(\.lines).map { line in
      Double(line.text.columns) * (line.kind == "name" ? RoutePicture.boldWidth : RoutePicture.characterWidth)
    }
    boxWidth = max((longest.max() ?? 0) + 18, 110)
    let step = boxWidth + RoutePicture.gap
    // Sentences need some width, too.
    let titleWidth = Double(RoutePicture.title(record).columns) * RoutePicture.titleWidth + 2 * RoutePicture.margin
    width = max(RoutePicture.left + Double(most) * step + RoutePicture.margin, titleWidth, 640)
    let middle = (RoutePicture.left + width - RoutePicture.margin) / 2
    var y = RoutePicture.top
    for place in rows.indices {
      let isStraight = rows[place].boxes.count == 1 && (place == 0 || rows[place - 1].boxes.count == 1)
      if place > 0 { y += isStraight ? RoutePicture.straight : RoutePicture.branching }
      rows[place].y = y
      rows[place].height = Double(rows[place].boxes.map(\.lines.count).max() ?? 1) * RoutePicture.lineHeight + 10
      let count = Double(rows[place].boxes.count)
      for box in rows[place].boxes.indices {
        rows[place].boxes[box].x = middle + (Double(box) - (count - 1) / 2) * step
      }
      y += rows[place].height
    }
    self.rows = rows
  }

  /// The picture as a file has it.
  public var svg: String {
    let words = RouteWords(record: record, style: Style())
    let columns = max(Int((width - 2 * RoutePicture.margin) / RoutePicture.characterWidth), 40)
    let notes =
      words.remarks.flatMap { note in note.text.wrapped(columns).map { ($0, note.colour) } }
      + words.last.wrapped(columns).map { ($0, nil) }
    let bottom = (rows.last.map { $0.y + $0.height } ?? RoutePicture.top) + 26
    let title = RoutePicture.title(record)
    var svg = SVGWriter(
      width: width, height: bottom + Double(notes.count) * 17 + 6, title: title,
      description: notes.map(\.0).together(by: " "), style: SVGStyle(scope: "route", RoutePicture.rules))
    svg.text(title, at: SVGPoint(RoutePicture.margin, 24), "title")
    for place in rows.indices.dropFirst() { drawLinks(to: place, on: &svg) }
    for row in rows { draw(row, on: &svg) }
    for (index, note) in notes.enumerated() {
      let kind = note.1 == .bad ? "note bad" : note.1 == .doubtful ? "note doubtful" : "note"
      svg.text(note.0, at: SVGPoint(RoutePicture.margin, bottom + Double(index) * 17), kind)
    }
    return svg.finish()
  }

  private static func title(_ record: RouteRecord) -> String {
    let isAddress = record.target == "\(record.remote)"
    return "probe route \(record.target.printable)" + (isAddress ? "" : " (\(record.remote.address))")
  }

  // MARK: What is in a box

  private static func source(_ record: RouteRecord) -> Box {
    let address = record.source.map { [Line(text: "\($0)", kind: "faint")] } ?? []
    return Box(lines: [Line(text: "this host", kind: "name")] + address, kind: "own")
  }

  private static func box(_ node: RouteGraph.Node, _ record: RouteRecord, limit: Int, begins: Int?) -> Box {
    let hop = node.hop
    guard let address = node.address else {
      return Box(node: node, lines: [Line(text: "no answer", kind: "faint")], kind: "silent")
    }
    var lines: [Line] = []
    let name = record.names[address]?.printable
    if let name { lines.append(Line(text: name.withoutMiddle(limit), kind: "name")) }
    lines.append(Line(text: "\(address)".withoutMiddle(limit), kind: name == nil ? "name" : "faint"))
    var figures = hop.times.value(at: .p50).map { "\($0.replyMilliseconds) ms" } ?? "no time"
    if node.isShared { figures += " (of all)" }
    lines.append(Line(text: figures, kind: "small"))
    if let bound = hop.lostHereAtMost, bound.ratio > 0 {
      lines.append(
        Line(text: "lost here ≤ \(bound.ratio.shortPercent)", kind: hop.ttl == begins ? "small bad" : "small doubtful"))
    }
    if hop.isRateLimited { lines.append(Line(text: "limits its ICMP", kind: "small faint")) }
    if let reason = hop.reason {
      lines.append(Line(text: reason.rawValue.withoutMiddle(limit), kind: "small bad"))
    }
    let words = RouteWords(record: record, style: Style())
    for change in hop.changes.prefix(4) {
      lines.append(Line(text: words.short(change).withoutMiddle(limit), kind: "small change"))
    }
    if hop.changes.count > 4 { lines.append(Line(text: "\(hop.changes.count - 4) more changes", kind: "small change")) }
    for item in hop.extensions.prefix(2) {
      lines.append(Line(text: item.description.printable.withoutMiddle(limit), kind: "small faint"))
    }
    let isLossy = hop.ttl == begins && (hop.lostHereAtMost?.ratio ?? 0) > 0
    return Box(node: node, lines: lines, kind: hop.isTarget ? "target" : isLossy ? "lossy" : "hop")
  }

  // MARK: Drawing

  private func draw(_ row: Row, on svg: inout SVGWriter) {
    if row.ttl > 0 {
      let number = row.last.map { "\(row.ttl)–\($0)" } ?? "\(row.ttl)"
      svg.text(number, at: SVGPoint(RoutePicture.left - 14, row.y + row.height / 2 + 4), anchor: .end, "number")
    }
    for box in row.boxes {
      svg.group(title: pointer(box)) { group in
        let height = Double(box.lines.count) * RoutePicture.lineHeight + 10
        group.rectangle(
          x: box.x - boxWidth / 2, y: row.y, width: boxWidth, height: height, "box \(box.kind)", [("rx", "5")])
        for (index, line) in box.lines.enumerated() {
          let y = row.y + 17 + Double(index) * RoutePicture.lineHeight
          group.text(line.text, at: SVGPoint(box.x, y), anchor: .middle, line.kind)
        }
      }
    }
  }

  /// What a pointer over a node shows.
  private func pointer(_ box: Box) -> String? {
    guard let node = box.node, let address = node.address else { return nil }
    let hop = node.hop
    var text = "hop \(hop.ttl): \(record.host(address)), \(hop.answers.received) of \(hop.answers.sent) probes answered"
    let times = [hop.times.min, hop.times.mean, hop.times.value(at: .p99), hop.times.max].compactMap(\.self)
    if times.count == 4 {
      text += ", rtt min/avg/p99/max = \(times.map(\.fixedMilliseconds).together(by: "/")) ms"
    }
    return text + ", " + counted(node.flows.count, "flow")
  }

  private func drawLinks(to place: Int, on svg: inout SVGWriter) {
    let (above, row) = (rows[place - 1], rows[place])
    for link in row.links {
      let from = above.boxes[min(link.from ?? 0, above.boxes.count - 1)]
      let to = row.boxes[min(link.to, row.boxes.count - 1)]
      let start = above.y + Double(from.lines.count) * RoutePicture.lineHeight + 10
      let bend = (row.y - start) / 2
      let thickness = min(1 + Double(link.flows - 1) * 0.5, 5)
      let kind = to.kind == "silent" ? "link unseen" : to.kind == "lossy" ? "link losing" : "link"
      svg.path(
        "M\(from.x.coordinate),\(start.coordinate) C\(from.x.coordinate),\((start + bend).coordinate) "
          + "\(to.x.coordinate),\((row.y - bend).coordinate) \(to.x.coordinate),\(row.y.coordinate)",
        kind, [("stroke-width", thickness.coordinate)])
    }
  }

  private static let rules: [SVGStyle.Rule] = [
    SVGStyle.Rule(
      "text", fill: .ink,
      "font-family: ui-sans-serif, system-ui, Helvetica, Arial, DejaVu Sans, sans-serif; font-size: 12px"),
    SVGStyle.Rule(".title", fill: .ink, "font-size: 15px; font-weight: 600"),
    SVGStyle.Rule(".name", fill: .ink, "font-weight: 600"),
    SVGStyle.Rule(".small", fill: .ink, "font-size: 11px"),
    SVGStyle.Rule(".number", fill: .faint, "font-size: 13px"),
    SVGStyle.Rule(".faint", fill: .faint),
    SVGStyle.Rule(".bad", fill: .bad),
    SVGStyle.Rule(".doubtful", fill: .doubtful),
    SVGStyle.Rule(".change", fill: .second),
    SVGStyle.Rule(".box", fill: .paper, stroke: .rule, "stroke-width: 1.2"),
    SVGStyle.Rule(".own", fill: .surface, stroke: .accent),
    SVGStyle.Rule(".target", fill: .paper, stroke: .good, "stroke-width: 2"),
    SVGStyle.Rule(".lossy", fill: .paper, stroke: .bad, "stroke-width: 2"),
    SVGStyle.Rule(".silent", fill: .paper, stroke: .rule, "stroke-dasharray: 4 3"),
    SVGStyle.Rule(".link", stroke: .faint, "fill: none"),
    SVGStyle.Rule(".unseen", stroke: .rule, "stroke-dasharray: 4 3"),
    SVGStyle.Rule(".losing", stroke: .bad),
  ]
}
