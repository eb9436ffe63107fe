import Handshake
import Timebase
import Wire

/// What is beside the arrows: heading, lifelines, states, times, steps, and the words below.
extension LadderPicture {
  func drawHeader(on svg: inout SVGWriter, _ heading: String) {
    let columns = Int((LadderFrame.width - 20) / 8.5)
    let line = heading.columns > columns ? String(heading.prefix(columns - 1)) + "…" : heading
    svg.text(line, at: SVGPoint(10, 22), "heading")
    let words = [outcome.mode.words] + (outcome.knownStart.map { [$0.rfc3339] } ?? [])
    svg.text(words.together(by: ", "), at: SVGPoint(10, 40), "small faint")
    let (local, remote) = (outcome.flow.local.description, outcome.flow.remote.description)
    drawEndpoint(local, at: frame.ours, line: frame.isStacked && frame.outwards > 0 ? 1 : 0, on: &svg)
    drawEndpoint(remote, at: frame.theirs, line: frame.isStacked && frame.outwards < 0 ? 1 : 0, on: &svg)
  }

  /// An address in the middle above its lifeline, or as near to that as the edges allow.
  private func drawEndpoint(_ words: String, at x: Double, line: Int, on svg: inout SVGWriter) {
    let half = Double(words.columns) * LadderFrame.characterWidth / 2
    let place = min(max(x, 10 + half), LadderFrame.width - 10 - half)
    svg.text(words, at: SVGPoint(place, 64 + 16 * Double(line)), anchor: .middle, "name")
  }

  func drawLifelines(on svg: inout SVGWriter) {
    for x in [frame.ours, frame.theirs] {
      svg.line(from: SVGPoint(x, frame.top - 8), to: SVGPoint(x, geometry.bottom + 12), "lifeline")
    }
    let room = Int((frame.ours - frame.theirs).magnitude / LadderFrame.smallWidth) - 2
    for (index, arrow) in geometry.arrows.enumerated() {
      guard let pause = arrow.pause, index > 0 else { continue }
      let above = geometry.arrows[..<index].suffix(8).map { max($0.ours, $0.theirs) }.max() ?? frame.top
      let y = above + LadderGeometry.pauseHeight / 2 + 2
      for x in [frame.ours, frame.theirs] {
        svg.rectangle(x: x - 3, y: y - 8, width: 6, height: 16, "paper")
        svg.line(from: SVGPoint(x, y - 7), to: SVGPoint(x, y + 7), "pause")
      }
      svg.text(
        folds[index]?.words(within: room) ?? "\(pause.replyMilliseconds) ms",
        at: SVGPoint((frame.ours + frame.theirs) / 2, y + 4),
        anchor: .middle, "small faint")
    }
  }

  /// Times at our end, and both ends' states where they change.
  func drawMargins(on svg: inout SVGWriter) {
    var states = EndStates(outcome) { $0.rawValue }
    let ours = frame.beside(ours: true, 8)
    let theirs = frame.beside(ours: false, 8)
    svg.text(states.ours, at: SVGPoint(ours.x, frame.top + 4), anchor: ours.anchor, "state")
    svg.text(states.theirs, at: SVGPoint(theirs.x, frame.top + 4), anchor: theirs.anchor, "state")
    for (row, arrow) in zip(rows, geometry.arrows) {
      let state = states.take(row).ours
      if let state { svg.text(state, at: SVGPoint(ours.x, arrow.ours - 1), anchor: ours.anchor, "state") }
      let y = state == nil ? arrow.ours + 4 : arrow.ours + 11
      svg.text(row.time == "?" ? "?" : "\(row.time) ms", at: SVGPoint(ours.x, y), anchor: ours.anchor, "small faint")
    }
    for state in peerStates { svg.text(state.name, at: SVGPoint(theirs.x, state.y), anchor: theirs.anchor, "state") }
  }

  /// The peer's states with their heights.
  ///
  /// A packet of the peer's that met one of ours left before that came: what the two made of it is told below both.
  var peerStates: [(name: String, y: Double)] {
    var states = EndStates(outcome) { $0.rawValue }
    var places: [(name: String, y: Double)] = []
    for (row, arrow) in zip(rows, geometry.arrows) {
      guard let state = states.take(row).theirs else { continue }
      let lowest = (places.last?.y ?? frame.top + 4) + LadderFrame.lineHeight
      places.append((state, max(arrow.theirs + 4, lowest)))
    }
    return places
  }

  func drawBrackets(on svg: inout SVGWriter) {
    for bracket in brackets {
      let x = frame.lane(bracket.lane)
      let (top, bottom) = (geometry.arrows[bracket.begin].ours, geometry.arrows[bracket.end].ours)
      let tick = -3 * frame.outwards
      svg.polyline(
        [SVGPoint(x + tick, top), SVGPoint(x, top), SVGPoint(x, bottom), SVGPoint(x + tick, bottom)], "bracket")
    }
    for step in stepPlaces {
      svg.text(
        step.words, at: SVGPoint(frame.stepWords, step.y), anchor: frame.outwards < 0 ? .end : .start, "small step")
    }
  }

  /// The steps' words with their heights: beside the end of their brackets, or below those that stand there already.
  var stepPlaces: [(words: String, y: Double)] {
    var places: [(words: String, y: Double)] = []
    for bracket in brackets.sorted(by: { ($0.end, $1.lane) < ($1.end, $0.lane) }) {
      let lowest = (places.last?.y ?? 0) + LadderFrame.lineHeight
      places.append((bracket.words, max(geometry.arrows[bracket.end].ours + 4, lowest)))
    }
    return places
  }

  /// How the picture is to be read, and what is not in it.
  var notes: [String] {
    guard !rows.isEmpty else {
      return ["No packets: " + (outcome.mode == .connect ? "the kernel made the connection." : "none were sent.")]
    }
    let isCapture = outcome.mode == .capture
    var notes = [
      "Time increases downwards, not to scale; long gaps are shortened."
        + (isCapture ? "" : " Times are those of our end.")
    ]
    if isCapture {
      notes.append("Times are those of the capture point, which is drawn at the client's end.")
    }
    if let roundTrip = roundTrip {
      notes.append("Arrow slopes are schematic: half of the shortest round trip (\(roundTrip.replyMilliseconds) ms);")
      notes.append("when a packet was at \(isCapture ? "either" : "the far") end is not known.")
    } else {
      notes.append("One-way delays are not known.")
    }
    if let gap = outcome.log.gap {
      notes.append("\(outcome.log.omitted) more packets, after the first \(gap), are not shown.")
    }
    return notes
  }

  /// What a pointer over a packet shows: everything, and the numbers as they were on the wire.
  func title(_ index: Int) -> String {
    let entry = rows[index].entry
    var parts: [String] = []
    switch entry.content {
    case .segment(let segment):
      parts.append(segment.flags.description + " SEG.SEQ=\(segment.seq.value)")
      if let ack = segment.ack { parts.append("SEG.ACK=\(ack.value)") }
      parts.append("window \(segment.wnd), \(segment.textLength) bytes of payload")
      let options = OptionWords.withoutPadding(segment.options)
      if !options.isEmpty { parts.append("options " + options.together(by: ", ")) }
    case .icmp, .unreadable: parts.append(words.line(entry))
    }
    let clock: ClockSource = entry.stamp.kernel == nil ? .user : .kernel
    let time = entry.stamp.bestWall
    parts.append(time.isKnown ? "\(time.rfc3339) (\(outcome.mode.words(clock)))" : "no time")
    if let refusal = entry.refusal { parts.append("rejected: \(refusal.rawValue), \(refusal.explanation)") }
    if entry.isRetransmission { parts.append("retransmission") }
    if fates[index] == .unanswered { parts.append("no reply in time") }
    return parts.together(by: "; ")
  }
}

extension LadderPicture {
  private static let mono = "ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace"

  /// What everything looks like; a rim of paper keeps words readable where a line runs below them.
  static let rules: [SVGStyle.Rule] = [
    SVGStyle.Rule("text", fill: .ink, "font-family: \(mono); font-size: 12px; white-space: pre"),
    SVGStyle.Rule(".label", stroke: .paper, "paint-order: stroke; stroke-width: 4px; stroke-linejoin: round"),
    SVGStyle.Rule(".heading", "font-size: 14px; font-weight: bold"),
    SVGStyle.Rule(".name", "font-weight: bold"),
    SVGStyle.Rule(".state", "font-size: 11px; font-weight: bold"),
    SVGStyle.Rule(".small", "font-size: 11px"),
    SVGStyle.Rule(".faint", fill: .faint),
    SVGStyle.Rule(".bad", fill: .bad),
    SVGStyle.Rule(".doubtful", fill: .doubtful),
    SVGStyle.Rule(".step", fill: .good),
    SVGStyle.Rule(".lifeline", stroke: .ink, "stroke-width: 1.5"),
    SVGStyle.Rule(".pause", stroke: .faint, "stroke-width: 1.5; stroke-dasharray: 2 3"),
    SVGStyle.Rule(".bracket", stroke: .good, "fill: none; stroke-width: 1"),
    SVGStyle.Rule(".sent", stroke: .accent, "stroke-width: 1.5"),
    SVGStyle.Rule(".received", stroke: .second, "stroke-width: 1.5"),
    SVGStyle.Rule(".reset", stroke: .bad, "stroke-width: 1.5"),
    SVGStyle.Rule(".refused", stroke: .bad, "stroke-width: 1.5; stroke-dasharray: 2 3"),
    SVGStyle.Rule(".lost", stroke: .doubtful, "stroke-width: 1.5; stroke-dasharray: 6 4"),
    SVGStyle.Rule(".cross", stroke: .doubtful, "stroke-width: 2"),
    SVGStyle.Rule(".notice", stroke: .doubtful, "stroke-width: 1.5; stroke-dasharray: 2 3"),
    SVGStyle.Rule(".router", fill: .doubtful),
    SVGStyle.Rule(".sent-head", fill: .accent),
    SVGStyle.Rule(".received-head", fill: .second),
    SVGStyle.Rule(".bad-head", fill: .bad),
    SVGStyle.Rule(".notice-head", fill: .doubtful),
  ]

  /// The arrows' heads: each one's name and the class that paints it.
  static let heads: [(id: String, kind: String)] = [
    ("sent-head", "sent-head"), ("received-head", "received-head"), ("reset-head", "bad-head"),
    ("refused-head", "bad-head"), ("notice-head", "notice-head"),
  ]
}
