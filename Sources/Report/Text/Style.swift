import Wire

/// How text is to look: a value that is handed to whatever draws.
public struct Style: Hashable, Sendable {
  /// Whether words may be coloured (by marks that become escape sequences in the output, see `ColourMark`).
  public var isColoured: Bool
  /// Whether lines and arrows may be other than ASCII.
  public var isUnicode: Bool
  /// How many columns there are; what cannot do with less takes more.
  public var width: Int

  /// A look from its parts.
  public init(isColoured: Bool = false, isUnicode: Bool = true, width: Int = 100) {
    self.isColoured = isColoured
    self.isUnicode = isUnicode
    self.width = width
  }

  /// Black and white, with lines and arrows, a hundred columns wide.
  public static let plain = Style()

  /// The few colours that there are, each with a meaning.
  enum Colour {
    case good, bad, doubtful, faint

    fileprivate var mark: ColourMark {
      switch self {
      case .good: .green
      case .bad: .red
      case .doubtful: .yellow
      case .faint: .faint
      }
    }
  }

  /// The text in a colour, where there are colours.
  func paint(_ text: String, _ colour: Colour?) -> String {
    guard isColoured, let colour, !text.isEmpty else { return text }
    return colour.mark.text + text + ColourMark.plain.text
  }
}

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
