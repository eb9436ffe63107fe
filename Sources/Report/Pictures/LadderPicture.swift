import Handshake
import Timebase
import Wire

/// The packets of one connection as a picture (SVG): two lifelines, states in the margins, arrows with their words, and
/// a bracket for every step that has a time.
///
/// It shows what `Ladder` tells, from the same rows. Numbers are relative as Wireshark shows them; a pointer over a
/// packet shows the absolute ones. It is readable from 600 pixels of width on, on light and on dark paper.
public struct LadderPicture {
  let outcome: Outcome
  /// The packets that are drawn.
  let rows: [Ladder.Row]
  /// Runs of packets that are one line each, by the place of the packet behind them among those that are drawn.
  let folds: [Int: LadderFold]
  let fates: [PacketFate]
  let words: PacketWords
  let frame: LadderFrame
  let geometry: LadderGeometry
  let brackets: [StepBracket]
  let roundTrip: Interval?
  /// What explains each packet; nothing where that was not asked for.
  let lessons: [[Meaning]]
  private let heading: String

  /// The picture of an outcome's packets; without a heading of the caller's it says what came of the connection.
  public init(_ outcome: Outcome, heading: String? = nil, isExplained: Bool = false) {
    self.outcome = outcome
    self.heading =
      (heading ?? "\(outcome.flow.remote): \(outcome.verdict.rawValue), \(outcome.reason.rawValue)").printable
    let (allRows, allFates) = (Ladder.Row.rows(of: outcome), PacketFate.fates(of: outcome))
    let steps = StepBracket.brackets(of: outcome)
    let runs = LadderFold.folds(in: outcome, allRows, allFates, steps)
    let folded = Set(runs.flatMap(\.range))
    var folds: [Int: LadderFold] = [:]
    var hidden = 0
    for run in runs {
      folds[run.range.lowerBound - hidden] = run
      hidden += run.range.count
    }
    self.folds = folds
    let drawn = allRows.indices.filter { !folded.contains($0) }
    rows = drawn.map { allRows[$0] }
    fates = drawn.map { allFates[$0] }
    words = PacketWords(outcome)
    let lessons = isExplained ? PacketLessons(outcome).meanings : []
    self.lessons = drawn.map { $0 < lessons.count ? lessons[$0] : [] }
    // A step's packets are never in a fold.
    brackets = steps.map { bracket in
      var bracket = bracket
      bracket.begin -= folded.count { $0 < bracket.begin }
      bracket.end -= folded.count { $0 < bracket.end }
      return bracket
    }
    frame = LadderFrame(outcome, brackets: brackets)
    let first = rows.first { $0.entry.stamp.bestWall.isKnown }?.entry
    var latest = Interval.zero
    let (rows, words, fates, columns) = (rows, words, fates, frame.columns)
    let explained = self.lessons
    let packets = rows.indices.map { index in
      let row = rows[index]
      func height(isHalved: Bool) -> Double {
        let lines = LadderPicture.lines(
          row, fates[index], words, explained[index], columns: columns, isHalved: isHalved)
        return LadderFrame.lineHeight * Double(lines.count) + 6
      }
      // What has no time takes none.
      latest = first.flatMap { row.entry.elapsed(since: $0) } ?? latest
      return LadderGeometry.Packet(
        isSent: row.entry.direction == .sent, time: latest,
        height: height(isHalved: false), halvedHeight: height(isHalved: true), isBehindFold: folds[index] != nil
      )
    }
    roundTrip = LadderPicture.shortestRoundTrip(outcome)
    geometry = LadderGeometry(packets, roundTrip: roundTrip, below: frame.top + 12)
  }

  /// The picture as a file has it; without packets it says that there are none to draw.
  public var svg: String {
    let notes = notes
    let bottom = max(geometry.bottom + 12, stepPlaces.last?.y ?? 0, peerStates.last?.y ?? 0)
    var svg = SVGWriter(
      width: LadderFrame.width, height: bottom + 16 + 15 * Double(notes.count), title: heading,
      description: notes.together(by: " "), style: SVGStyle(scope: "ladder", LadderPicture.rules))
    for (kind, head) in LadderPicture.heads { svg.arrowhead(id: kind, head) }
    drawHeader(on: &svg, heading)
    drawLifelines(on: &svg)
    drawBrackets(on: &svg)
    drawMargins(on: &svg)
    for index in rows.indices { draw(index, on: &svg) }
    for (index, note) in notes.enumerated() {
      svg.text(note, at: SVGPoint(10, bottom + 22 + 15 * Double(index)), "small faint")
    }
    return svg.finish()
  }

  /// The shortest round trip that any step, or any acknowledgment of a segment that was sent once, tells of.
  private static func shortestRoundTrip(_ outcome: Outcome) -> Interval? {
    var shortest: Interval?
    func take(_ interval: Interval?) {
      guard let interval, interval > .zero else { return }
      shortest = min(shortest ?? interval, interval)
    }
    for step in outcome.steps {
      switch step.kind {
      case .syn, .confirm, .request, .fin: take(step.measurement?.interval)
      default: break
      }
    }
    let entries = outcome.log.entries
    for (index, entry) in entries.enumerated() {
      guard let ack = entry.believedSegment?.ack else { continue }
      let sent = entries[..<index].filter { $0.sentSegment.map { $0.len > 0 && $0.end == ack } ?? false }
      if sent.count == 1, let only = sent.first { take(entry.elapsed(since: only)) }
    }
    return shortest
  }
}

// MARK: One packet

extension LadderPicture {
  /// A line of words at an arrow, and what kind of words they are.
  struct Line: Hashable {
    var text: String
    var kind: String
  }

  /// What is written along an arrow, from above.
  static func lines(
    _ row: Ladder.Row, _ fate: PacketFate, _ words: PacketWords, _ lessons: [Meaning], columns: Int, isHalved: Bool
  ) -> [Line] {
    let room = isHalved ? columns / 2 - 1 : columns
    var texts = words.lines(row.entry, width: row.entry.isRetransmission ? room - 2 : room)
    if row.entry.isRetransmission { texts[texts.count - 1] += " ↻" }
    var lines = texts.map { Line(text: $0, kind: "label") }
    let small = Int(Double(room) * LadderFrame.characterWidth / LadderFrame.smallWidth)
    lines += PacketWords.details(row.entry, width: small + 1).map { Line(text: $0, kind: "label small faint") }
    switch fate {
    case .refused(let refusal): lines.append(Line(text: "✗ \(refusal.rawValue)", kind: "label small bad"))
    case .unanswered: lines.append(Line(text: "✗ no reply in time", kind: "label small doubtful"))
    case .arrived, .turnedBack, .error: break
    }
    for lesson in lessons {
      lines += lesson.lines(small).map { Line(text: $0, kind: "label small faint") }
    }
    return lines
  }

  private func draw(_ index: Int, on svg: inout SVGWriter) {
    let (row, fate, arrow) = (rows[index], fates[index], geometry.arrows[index])
    let isSent = row.entry.direction == .sent
    let (start, end) = ends(arrow, fate, isSent: isSent)
    let kind = kind(row.entry, fate)
    svg.group(title: title(index)) { svg in
      svg.line(from: start, to: end, kind, fate == .unanswered ? [] : [("marker-end", "url(#\(head(kind)))")])
      switch fate {
      case .unanswered: drawCross(at: end, on: &svg)
      case .error:
        svg.element(
          "circle", [("class", "router"), ("cx", start.x.coordinate), ("cy", start.y.coordinate), ("r", "4")])
      case .arrived, .turnedBack, .refused: break
      }
      let lines = LadderPicture.lines(
        row, fate, words, lessons[index], columns: frame.columns, isHalved: arrow.isCrossing)
      drawWords(lines, along: start, end, on: &svg)
    }
  }

  /// From where to where an arrow runs: all the way, or as far as the packet is known to have come.
  private func ends(_ arrow: LadderGeometry.Arrow, _ fate: PacketFate, isSent: Bool) -> (SVGPoint, SVGPoint) {
    let ours = SVGPoint(frame.ours, arrow.ours)
    let theirs = SVGPoint(frame.theirs, arrow.theirs)
    func onTheWay(_ share: Double) -> SVGPoint {
      SVGPoint(ours.x + share * (theirs.x - ours.x), ours.y + share * (theirs.y - ours.y))
    }
    switch fate {
    case .arrived, .refused: return isSent ? (ours, theirs) : (theirs, ours)
    case .unanswered: return (ours, onTheWay(0.72))
    case .turnedBack: return (ours, onTheWay(0.78))
    case .error: return isSent ? (onTheWay(0.22), theirs) : (onTheWay(0.78), ours)
    }
  }

  private func kind(_ entry: PacketLog.Entry, _ fate: PacketFate) -> String {
    switch fate {
    case .refused: return "refused"
    case .unanswered: return "lost"
    case .error: return "notice"
    case .arrived, .turnedBack: break
    }
    if case .segment(let segment) = entry.content, segment.flags.contains(.rst) { return "reset" }
    return entry.direction == .sent ? "sent" : "received"
  }

  private func head(_ kind: String) -> String { kind + "-head" }

  private func drawCross(at point: SVGPoint, on svg: inout SVGWriter) {
    let size = 5.0
    svg.line(from: SVGPoint(point.x - size, point.y - size), to: SVGPoint(point.x + size, point.y + size), "cross")
    svg.line(from: SVGPoint(point.x - size, point.y + size), to: SVGPoint(point.x + size, point.y - size), "cross")
  }

  /// Words lie along their arrow and begin where it begins: those of two that cross have a half each.
  private func drawWords(_ lines: [Line], along start: SVGPoint, _ end: SVGPoint, on svg: inout SVGWriter) {
    let runsRight = end.x > start.x
    let (left, right) = runsRight ? (start, end) : (end, start)
    let (width, drop) = (right.x - left.x, right.y - left.y)
    let length = (width * width + drop * drop).squareRoot()
    let (cosine, sine) = (width / length, drop / length)
    let turn = [cosine, sine, -sine, cosine].map(\.fraction).together(by: " ")
    let place = "\(start.x.coordinate) \(start.y.coordinate)"
    svg.group([("transform", "matrix(\(turn) \(place))")]) { svg in
      for (index, line) in lines.enumerated() {
        let y = -5 - LadderFrame.lineHeight * Double(lines.count - 1 - index)
        let x = runsRight ? 10.0 : -10
        svg.text(line.text, at: SVGPoint(x, y), anchor: runsRight ? .start : .end, line.kind)
      }
    }
  }
}

extension Double {
  /// With four decimals: a cosine.
  fileprivate var fraction: String {
    let parts = Int((self * 10_000).rounded())
    return (parts < 0 ? "-" : "") + "\(parts.magnitude / 10_000)." + padded(parts.magnitude % 10_000, 4)
  }
}
