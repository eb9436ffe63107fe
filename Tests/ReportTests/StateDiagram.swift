import Handshake

@testable import Report

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
      width: Double(width), height: Double(height),
      title: "The states of a connection and what leads from one to the next", style: style)
    for kind in ["way", "end"] { svg.arrowhead(id: kind, kind + "head") }
    let arrows = arrows()
    for route in routes {
      if let events = arrows[route.pair] { draw(route, events, on: &svg) }
    }
    for state in State.allCases { draw(state, on: &svg) }
    svg.text(caption, at: SVGPoint(Double(width / 2), Double(height - 14)), anchor: .middle, "label")
    return svg.finish()
  }

  private static func draw(_ route: Route, _ events: [TransitionEvent], on svg: inout SVGWriter) {
    let kind = route.pair.to == .closed ? "end" : "way"
    svg.polyline(route.points, kind, [("marker-end", "url(#\(kind))")])
    let lines = lines(of: events, columns: route.columns)
    for (index, line) in lines.enumerated() {
      let y = route.label.y - 16 * Double(lines.count - 1 - index)
      svg.text(line, at: SVGPoint(route.label.x, y), anchor: route.anchor, "label")
    }
  }

  private static func draw(_ state: State, on svg: inout SVGWriter) {
    let place = place(of: state)
    svg.rectangle(
      x: place.x - halfWidth, y: place.y - halfHeight, width: 2 * halfWidth, height: 2 * halfHeight, "state",
      [("rx", "6")])
    svg.text(state.rawValue, at: SVGPoint(place.x, place.y + 5), anchor: .middle, "label name")
  }

  private static var caption: String {
    let staying = State.allCases.map { state in
      TransitionEvent.allCases.count { TransitionTable.next(from: state, on: $0).contains(state) }
    }
    let all = State.allCases.count * TransitionEvent.allCases.count
    let loops = staying.reduce(0, +)
    return "\(loops) of the \(all) pairs of state and event may leave the state as it is: these loops are not drawn."
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

  private static let style = SVGStyle(
    scope: "states",
    [
      SVGStyle.Rule(".label", fill: .ink, "font: 14px sans-serif"),
      SVGStyle.Rule(".name", "font-weight: bold"),
      SVGStyle.Rule(".state", fill: .surface, stroke: .accent, "stroke-width: 1.5"),
      SVGStyle.Rule(".way", stroke: .ink, "fill: none; stroke-width: 1.5"),
      SVGStyle.Rule(".end", stroke: .faint, "fill: none; stroke-width: 1.5"),
      SVGStyle.Rule(".wayhead", fill: .ink),
      SVGStyle.Rule(".endhead", fill: .faint),
    ])
}
