/// How the elements of a drawing look that a CSS selector picks, where the page is light and where it is dark.
struct SVGRule: Sendable {
  let selector: String
  /// What is the same in both.
  let always: String
  let light: String
  /// The same properties as in `light`.
  let dark: String

  init(_ selector: String, _ always: String = "", light: String = "", dark: String = "") {
    self.selector = selector
    self.always = always
    self.light = light
    self.dark = dark
  }
}

/// What every drawing has in common: paper, words, and lines that help the eye.
extension SVGRule {
  static let common = [
    SVGRule("text", "font: 13px sans-serif", light: "fill: #1f2328", dark: "fill: #e6edf3"),
    SVGRule(".paper", light: "fill: #ffffff", dark: "fill: #0d1117"),
    SVGRule(".faint", light: "fill: #59636e", dark: "fill: #9198a1"),
    SVGRule(".name", "font-weight: bold"),
    SVGRule(".grid", "fill: none; stroke-width: 1", light: "stroke: #d1d9e0", dark: "stroke: #30363d"),
    SVGRule(".axis", "fill: none; stroke-width: 1", light: "stroke: #818b98", dark: "stroke: #7d8590"),
  ]

  /// A class whose lines, and one whose areas, have a colour.
  static func colour(_ name: String, light: String, dark: String) -> [SVGRule] {
    [
      SVGRule(".\(name)", "fill: none", light: "stroke: \(light)", dark: "stroke: \(dark)"),
      SVGRule(".\(name)-area", light: "fill: \(light)", dark: "fill: \(dark)"),
    ]
  }
}

/// The value of an attribute: a text, or a number of the drawing's units.
struct SVGValue: Sendable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral {
  let text: String

  init(_ number: Double) { text = SVGWriter.number(number) }
  init(_ number: Int) { text = String(number) }
  init(_ text: String) { self.text = text }
  init(stringLiteral text: String) { self.text = text }
  init(integerLiteral number: Int) { self.init(number) }
  init(floatLiteral number: Double) { self.init(number) }
}

/// Writes one SVG drawing (SVG 1.1) that needs nothing beside itself, an element a line.
///
/// Both colour schemes are in it (`prefers-color-scheme`). Whatever is handed in as text comes out as text: markup is
/// escaped, and what XML has no character for is spelled out.
struct SVGWriter {
  typealias Attributes = KeyValuePairs<String, SVGValue>

  private var body: String

  /// Begins a drawing on paper of so many units; the title is what is read out instead of it.
  init(width: Int, height: Int, title: String, rules: [SVGRule]) {
    body = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" role="img">
      <title>\(SVGWriter.escaped(title))</title>
      <style>
      \(SVGWriter.style(rules))</style>

      """
    element("rect", ["class": "paper", "width": SVGValue(width), "height": SVGValue(height)])
  }

  /// The whole drawing, as a file has it.
  var text: String { body + "</svg>\n" }

  /// An element with nothing in it.
  mutating func element(_ name: String, _ attributes: Attributes) { body += open(name, attributes) + "/>\n" }

  /// An element with a text in it.
  mutating func element(_ name: String, _ attributes: Attributes, text: String) {
    body += open(name, attributes) + ">" + SVGWriter.escaped(text) + "</\(name)>\n"
  }

  /// An element with others in it.
  mutating func element(_ name: String, _ attributes: Attributes, _ content: (inout SVGWriter) -> Void) {
    body += open(name, attributes) + ">\n"
    content(&self)
    body += "</\(name)>\n"
  }

  /// Words that begin, end or have their middle (`start`, `end`, `middle`) at a place on their base line.
  mutating func words(
    _ text: String, x: Double, y: Double, anchor: String = "start", class kind: String? = nil
  ) {
    let kind = kind.map { " class=\"\(SVGWriter.escaped($0))\"" } ?? ""
    body += "<text\(kind) x=\"\(SVGWriter.number(x))\" y=\"\(SVGWriter.number(y))\""
    body += anchor == "start" ? ">" : " text-anchor=\"\(SVGWriter.escaped(anchor))\">"
    body += SVGWriter.escaped(text) + "</text>\n"
  }

  /// A line through points.
  mutating func line(through points: [(x: Double, y: Double)], _ attributes: Attributes) {
    let places = points.map { SVGWriter.number($0.x) + "," + SVGWriter.number($0.y) }.together(by: " ")
    body += open("polyline", attributes) + " points=\"\(places)\"/>\n"
  }

  private func open(_ name: String, _ attributes: Attributes) -> String {
    var text = "<" + name
    for (name, value) in attributes { text += " \(name)=\"\(SVGWriter.escaped(value.text))\"" }
    return text
  }

  private static func style(_ rules: [SVGRule]) -> String {
    var (text, dark) = ("", "")
    for rule in rules {
      let own = [rule.always, rule.light].filter { !$0.isEmpty }.together(by: "; ")
      text += "\(rule.selector) { \(own) }\n"
      if !rule.dark.isEmpty { dark += "\(rule.selector) { \(rule.dark) }\n" }
    }
    return dark.isEmpty ? text : text + "@media (prefers-color-scheme: dark) {\n" + dark + "}\n"
  }
}

extension SVGWriter {
  /// A number with two decimals at most, and no more than a picture has room for.
  static func number(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    let hundredths = Int((min(max(value, -1e9), 1e9) * 100).rounded())
    let (whole, rest) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return sign + "\(whole)" }
    return sign + "\(whole)." + (rest.isMultiple(of: 10) ? "\(rest / 10)" : padded(rest, 2))
  }

  /// A text as XML (XML 1.0 §2.2, §2.4) has it, within an element or an attribute.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.printable.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "\u{fffe}", "\u{ffff}": escaped += "\u{fffd}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
