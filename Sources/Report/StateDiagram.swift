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
    var svg = SVGWriter(
      width: width, height: height, title: "The states of a connection and what leads from one to the next",
      rules: rules)
    for kind in ["way", "end"] { head(of: kind, &svg) }
    let arrows = arrows()
    for route in routes {
      guard let events = arrows[route.pair] else { continue }
      arrow(route, events, &svg)
    }
    for state in State.allCases { box(state, &svg) }
    svg.words(caption, x: Double(width) / 2, y: Double(height) - 14, anchor: "middle")
    return svg.text
  }

  private static func head(of kind: String, _ svg: inout SVGWriter) {
    svg.element(
      "marker",
      [
        "id": SVGValue(kind), "viewBox": "0 0 8 8", "refX": 8, "refY": 4, "markerWidth": 6, "markerHeight": 6,
        "orient": "auto",
      ]
    ) { $0.element("path", ["class": "\(kind)head", "d": "M0,0 L8,4 L0,8 z"]) }
  }

  private static func arrow(_ route: Route, _ events: [TransitionEvent], _ svg: inout SVGWriter) {
    let kind = route.pair.to == .closed ? "end" : "way"
    svg.line(
      through: route.points.map { (Double($0.x), Double($0.y)) },
      ["class": SVGValue(kind), "marker-end": "url(#\(kind))"])
    let lines = lines(of: events, columns: route.columns)
    for (index, line) in lines.enumerated() {
      let y = route.label.y - 16 * (lines.count - 1 - index)
      svg.words(line, x: Double(route.label.x), y: Double(y), anchor: route.anchor)
    }
  }

  private static func box(_ state: State, _ svg: inout SVGWriter) {
    let place = place(of: state)
    svg.element(
      "rect",
      [
        "class": "state", "x": SVGValue(place.x - halfWidth), "y": SVGValue(place.y - halfHeight),
        "width": SVGValue(2 * halfWidth), "height": SVGValue(2 * halfHeight), "rx": 6,
      ])
    svg.words(state.rawValue, x: Double(place.x), y: Double(place.y + 5), anchor: "middle", class: "name")
  }

  private static var caption: String {
    let staying = State.allCases.map { state in
      TransitionEvent.allCases.count { TransitionTable.next(from: state, on: $0).contains(state) }
    }
    let all = State.allCases.count * TransitionEvent.allCases.count
    return "\(staying.reduce(0, +)) of the \(all) pairs of state and event may leave the state as it is: "
      + "these loops are not drawn."
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

  private static let rules =
    SVGRule.common + [
      SVGRule("text", "font-size: 14px"),
      SVGRule(
        ".state", "stroke-width: 1.5", light: "fill: #ddf4ff; stroke: #0969da", dark: "fill: #12263f; stroke: #4493f8"),
      SVGRule(".way", "fill: none; stroke-width: 1.5", light: "stroke: #1f2328", dark: "stroke: #e6edf3"),
      SVGRule(".end", "fill: none; stroke-width: 1.5", light: "stroke: #8c959f", dark: "stroke: #7d8590"),
      SVGRule(".wayhead", light: "fill: #1f2328", dark: "fill: #e6edf3"),
      SVGRule(".endhead", light: "fill: #8c959f", dark: "fill: #7d8590"),
    ]
}
