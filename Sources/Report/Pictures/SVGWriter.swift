/// Writes one self-contained picture (SVG 1.1) that is readable on light and on dark paper.
///
/// It holds its own style sheet, no script, and nothing from elsewhere.
public struct SVGWriter: Sendable {
  private var markup: MarkupWriter

  /// Begins a picture of so many units; the title is what a reader without eyes is told, and what a pointer shows.
  public init(width: Double, height: Double, title: String, description: String? = nil, style: SVGStyle) {
    markup = MarkupWriter()
    let size = "\(width.coordinate) \(height.coordinate)"
    let kind = style.scope.map { " class=\"\($0.escapedForMarkup)\"" } ?? ""
    markup.markup("<svg xmlns=\"http://www.w3.org/2000/svg\"\(kind) viewBox=\"0 0 \(size)\" role=\"img\">\n")
    markup.element("title", [], title)
    if let description { markup.element("desc", [], description) }
    markup.markup("<style>\n\(style.text)</style>\n")
    rectangle(x: 0, y: 0, width: width, height: height, "paper")
  }

  /// The whole picture; nothing can be drawn after it.
  public consuming func finish() -> String { markup.text + "</svg>\n" }

  /// Any element without content.
  public mutating func element(_ name: String, _ attributes: [MarkupWriter.Attribute]) {
    markup.element(name, attributes)
  }

  /// A straight line.
  public mutating func line(
    from: SVGPoint, to: SVGPoint, _ kind: String, _ more: [MarkupWriter.Attribute] = []
  ) {
    let ends = [
      ("x1", from.x.coordinate), ("y1", from.y.coordinate), ("x2", to.x.coordinate), ("y2", to.y.coordinate),
    ]
    markup.element("line", [("class", kind)] + ends + more)
  }

  /// A line through several points.
  public mutating func polyline(
    _ points: [SVGPoint], _ kind: String, _ more: [MarkupWriter.Attribute] = []
  ) {
    let list = points.map { "\($0.x.coordinate),\($0.y.coordinate)" }.together(by: " ")
    markup.element("polyline", [("class", kind), ("points", list)] + more)
  }

  /// A path in SVG's own letters.
  public mutating func path(_ data: String, _ kind: String, _ more: [MarkupWriter.Attribute] = []) {
    markup.element("path", [("class", kind), ("d", data)] + more)
  }

  /// A rectangle.
  public mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, _ kind: String, _ more: [MarkupWriter.Attribute] = []
  ) {
    let place = [
      ("x", x.coordinate), ("y", y.coordinate), ("width", width.coordinate), ("height", height.coordinate),
    ]
    markup.element("rect", [("class", kind)] + place + more)
  }

  /// Words whose base line begins, has its middle, or ends at a point.
  public mutating func text(
    _ words: String, at point: SVGPoint, anchor: SVGAnchor = .start, _ kind: String,
    _ more: [MarkupWriter.Attribute] = []
  ) {
    let place = [("x", point.x.coordinate), ("y", point.y.coordinate), ("text-anchor", anchor.rawValue)]
    markup.element("text", [("class", kind)] + place + more, words)
  }

  /// Elements that belong together; the title is what a pointer over any of them shows.
  public mutating func group(
    title: String? = nil, _ attributes: [MarkupWriter.Attribute] = [], _ content: (inout SVGWriter) -> Void
  ) {
    markup.markup("<g")
    for attribute in attributes { markup.markup(" \(attribute.name)=\"\(attribute.value.escapedForMarkup)\"") }
    markup.markup(">\n")
    if let title { markup.element("title", [], title) }
    content(&self)
    markup.markup("</g>\n")
  }

  /// An arrow's head that lines of a kind end in by `marker-end="url(#ID)"`.
  public mutating func arrowhead(id: String, _ kind: String) {
    markup.element(
      "marker",
      [
        ("id", id), ("viewBox", "0 0 8 8"), ("refX", "8"), ("refY", "4"), ("markerWidth", "6"),
        ("markerHeight", "6"), ("orient", "auto"),
      ]
    ) { $0.element("path", [("class", kind), ("d", "M0,0 L8,4 L0,8 z")]) }
  }
}

/// A place in a picture, in its own units; y grows downwards.
public struct SVGPoint: Hashable, Sendable {
  /// From the left edge.
  public var x: Double
  /// From the upper edge.
  public var y: Double

  /// A place by its two distances.
  public init(_ x: Double, _ y: Double) {
    self.x = x
    self.y = y
  }
}

/// Which point of a line of words lies at their place.
public enum SVGAnchor: String, Hashable, Sendable {
  /// Their beginning.
  case start
  /// Their middle.
  case middle
  /// Their end.
  case end
}

extension Double {
  /// With a tenth of a unit, and no digits that say nothing: `12`, `12.5`.
  var coordinate: String {
    guard magnitude < 1e9 else { return "0" }
    let tenths = Int((self * 10).rounded())
    let whole = tenths.magnitude / 10
    let rest = tenths.magnitude % 10
    return (tenths < 0 ? "-" : "") + (rest == 0 ? "\(whole)" : "\(whole).\(rest)")
  }
}
