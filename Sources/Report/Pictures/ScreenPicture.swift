import Wire

/// Lines of a terminal as a picture: the same columns in every font, the same colours on light and on dark paper.
public struct ScreenPicture: Sendable {
  /// The lines, with the marks of their colours.
  public let lines: [String]
  /// What stands above them, as in a window's title bar.
  public let title: String

  /// A picture of lines.
  public init(_ lines: some Sequence<String>, title: String) {
    (self.lines, self.title) = (Array(lines), title)
  }

  /// What a column and a line take, in units of the picture.
  private static let (column, row) = (7.8, 17.0)
  private static let (margin, bar) = (14.0, 26.0)

  /// The picture, SVG.
  public var svg: String {
    let lines = lines.map(Self.runs)
    let columns = max(lines.map { $0.map(\.text.columns).reduce(0, +) }.max() ?? 0, title.columns, 20)
    let width = Double(columns) * Self.column + 2 * Self.margin
    let height = Self.bar + Double(lines.count) * Self.row + Self.margin
    var writer = SVGWriter(width: width, height: height, title: title.printable, style: Self.style)
    writer.rectangle(x: 0.5, y: 0.5, width: width - 1, height: height - 1, "frame", [("rx", "6")])
    writer.text(title.printable, at: SVGPoint(Self.margin, 18), "bar")
    for (index, line) in lines.enumerated() {
      let y = Self.bar + Double(index + 1) * Self.row - 4
      var start = 0
      for run in line {
        // Word by word: a viewer may fold spaces.
        for word in run.text.split(separator: " ", omittingEmptySubsequences: false) {
          let word = String(word).printable
          let columns = word.columns
          if columns > 0 {
            let x = Self.margin + Double(start) * Self.column
            let length = Double(columns) * Self.column
            writer.text(
              word, at: SVGPoint(x, y), run.kind,
              [("textLength", length.coordinate), ("lengthAdjust", "spacingAndGlyphs")])
          }
          start += columns + 1
        }
        start -= 1
      }
    }
    return writer.finish()
  }

  /// A piece of a line in one colour.
  private struct Run {
    var text: String
    var kind: String
  }

  /// The pieces of a line.
  private static func runs(_ line: String) -> [Run] {
    var runs = [Run(text: "", kind: "plain")]
    for character in line {
      let scalars = character.unicodeScalars
      let mark = scalars.count == 1 ? scalars.first.flatMap { ColourMark(rawValue: $0.value) } : nil
      if let mark {
        runs.append(Run(text: "", kind: kind(mark)))
      } else {
        runs[runs.count - 1].text.append(character)
      }
    }
    return runs.filter { !$0.text.isEmpty }
  }

  private static func kind(_ mark: ColourMark) -> String {
    switch mark {
    case .plain: "plain"
    case .green: "good"
    case .red: "bad"
    case .yellow: "doubtful"
    case .faint: "faint"
    }
  }

  private static let style = SVGStyle(
    scope: "screen",
    [
      SVGStyle.Rule(
        "text", fill: .ink,
        "font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace; font-size: 13px; "
          + "white-space: pre"),
      SVGStyle.Rule(".bar", fill: .faint, "font-size: 12px"),
      SVGStyle.Rule(".good", fill: .good),
      SVGStyle.Rule(".bad", fill: .bad),
      SVGStyle.Rule(".doubtful", fill: .doubtful),
      SVGStyle.Rule(".faint", fill: .faint),
      SVGStyle.Rule(".frame", stroke: .rule, "fill: none"),
    ])
}
