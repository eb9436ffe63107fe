/// The signs that a ladder is drawn with.
struct Glyphs: Sendable {
  var line: String
  var fromLeft: String
  var fromRight: String
  var dash: String
  var dot: String
  var toRight: String
  var toLeft: String
  var cross: String
  var again: String
  var ellipsis: String

  /// Lines, arrows and boxes.
  static let unicode = Glyphs(
    line: "│", fromLeft: "├", fromRight: "┤", dash: "─", dot: "┄", toRight: "▶", toLeft: "◀", cross: "✗", again: "↻",
    ellipsis: "…")
  /// Nothing but ASCII.
  static let ascii = Glyphs(
    line: "|", fromLeft: "|", fromRight: "|", dash: "-", dot: ".", toRight: ">", toLeft: "<", cross: "x", again: "~",
    ellipsis: "...")

  /// Both lifelines and nothing between them.
  func empty(_ width: Int) -> String { line + String(" ", times: width) + line }

  /// Both lifelines and an arrow between them that carries a label: dotted where it joins the two ends not at all.
  func arrow(_ label: String, width: Int, sent: Bool, isDotted: Bool) -> String {
    let stroke = isDotted ? dot : dash
    let rest = max(0, width - label.columns - 2)
    if sent {
      let shaft = String(stroke, times: max(1, rest - 3))
      return fromLeft + stroke + stroke + " " + label + " " + shaft + toRight + line
    }
    let shaft = String(stroke, times: max(1, rest - 2))
    return line + toLeft + stroke + " " + label + " " + shaft + (isDotted ? line : fromRight)
  }
}
