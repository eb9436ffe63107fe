import Handshake

/// The state machine as a drawing: `Docs/StateMachine.svg`, made from `TransitionTable`.
///
/// The table says which arrows there are and what they are called; `+Layout` only where they run.
enum StateDiagram {
  private static let width = 800
  private static let height = 690

  /// The table's events by what they lead from and to, in the order of `TransitionEvent`; without those that stay.
  static func arrows() -> [Pair: [TransitionEvent]] {
    var arrows: [Pair: [TransitionEvent]] = [:]
    for state in State.allCases {
      for event in TransitionEvent.allCases {
        for next in TransitionTable.next(from: state, on: event) where next != state {
          arrows[Pair(from: state, to: next), default: []].append(event)
        }
      }
    }
    return arrows
  }

  /// The whole drawing, as the file has it.
  static func svg() -> String {
    let arrows = arrows()
    var svg = head
    for route in routes {
      guard let events = arrows[route.pair] else { continue }
      let path = route.points.map { "\($0.x),\($0.y)" }.joined(separator: " ")
      let kind = route.pair.to == .closed ? "end" : "way"
      svg += "<polyline class=\"\(kind)\" points=\"\(path)\" marker-end=\"url(#\(kind))\"/>\n"
      let lines = lines(of: events, columns: route.columns)
      for (index, line) in lines.enumerated() {
        let y = route.label.y - 16 * (lines.count - 1 - index)
        svg += "<text x=\"\(route.label.x)\" y=\"\(y)\" text-anchor=\"\(route.anchor)\">\(line)</text>\n"
      }
    }
    for state in State.allCases {
      let place = place(of: state)
      svg += "<rect class=\"state\" x=\"\(place.x - halfWidth)\" y=\"\(place.y - halfHeight)\" "
      svg += "width=\"\(2 * halfWidth)\" height=\"\(2 * halfHeight)\" rx=\"6\"/>\n"
      svg +=
        "<text class=\"name\" x=\"\(place.x)\" y=\"\(place.y + 5)\" text-anchor=\"middle\">\(state.rawValue)</text>\n"
    }
    let staying = State.allCases.map { state in
      TransitionEvent.allCases.count { TransitionTable.next(from: state, on: $0).contains(state) }
    }
    let all = State.allCases.count * TransitionEvent.allCases.count
    let loops = staying.reduce(0, +)
    let caption =
      "\(loops) of the \(all) pairs of state and event may leave the state as it is: these loops are not drawn."
    return svg + "<text x=\"\(width / 2)\" y=\"\(height - 14)\" text-anchor=\"middle\">\(caption)</text>\n</svg>\n"
  }

  /// A label in lines of no more columns than there is room for.
  private static func lines(of events: [TransitionEvent], columns: Int) -> [String] {
    var lines: [String] = []
    for event in events {
      if let last = lines.last, last.count + 3 + event.rawValue.count <= columns {
        lines[lines.count - 1] = last + " · " + event.rawValue
      } else {
        lines.append(event.rawValue)
      }
    }
    return lines
  }

  private static let head = """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" role="img">
    <title>The states of a connection and what leads from one to the next</title>
    <style>
    text { font: 14px sans-serif; fill: #1f2328 }
    .name { font-weight: bold }
    .paper { fill: #ffffff }
    .state { fill: #ddf4ff; stroke: #0969da; stroke-width: 1.5 }
    .way { fill: none; stroke: #1f2328; stroke-width: 1.5 }
    .end { fill: none; stroke: #8c959f; stroke-width: 1.5 }
    .wayhead { fill: #1f2328 }
    .endhead { fill: #8c959f }
    @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .paper { fill: #0d1117 }
    .state { fill: #12263f; stroke: #4493f8 }
    .way { stroke: #e6edf3 }
    .end { stroke: #7d8590 }
    .wayhead { fill: #e6edf3 }
    .endhead { fill: #7d8590 }
    }
    </style>
    <marker id="way" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="6" markerHeight="6" orient="auto">
    <path class="wayhead" d="M0,0 L8,4 L0,8 z"/></marker>
    <marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="6" markerHeight="6" orient="auto">
    <path class="endhead" d="M0,0 L8,4 L0,8 z"/></marker>
    <rect class="paper" width="\(width)" height="\(height)"/>

    """
}
