/// Words in a colour.
struct Cell {
  var text: String
  var colour: Style.Colour?

  init(_ text: String, _ colour: Style.Colour? = nil) { (self.text, self.colour) = (text, colour) }

  /// Filled with spaces in front up to a width.
  func trailing(_ width: Int) -> Cell { Cell(text.trailing(width), colour) }
}

extension Style {
  /// Words side by side, two spaces apart; cut where the width ends, unless it has none.
  func line(_ cells: some Sequence<Cell>, isCut: Bool = true) -> String {
    var text = ""
    var used = 0
    for (index, cell) in cells.enumerated() where !isCut || used < width {
      let room = isCut ? width - used : Int.max
      let gap = index == 0 ? "" : String(" ", times: min(2, room))
      let words = isCut ? cell.text.cut(to: room - gap.columns) : cell.text
      used += gap.columns + words.columns
      text += gap + paint(words, cell.colour)
    }
    return text.withoutTrailingSpaces
  }

  /// As many of the words as fit: what has no room is left out, rather than told by half.
  func fitting(_ cells: [Cell]) -> String {
    var used = -2
    return line(
      cells.prefix { cell in
        used += 2 + cell.text.columns
        return used <= width
      })
  }
}

extension String {
  /// The first columns.
  func cut(to width: Int) -> String { String(String.UnicodeScalarView(unicodeScalars.prefix(max(width, 0)))) }

  /// Beginning and end where it is longer than a width: the end of a name tells as much as its beginning, the middle goes.
  func withoutMiddle(_ width: Int) -> String {
    guard columns > width else { return self }
    let scalars = Array(unicodeScalars)
    let tail = max((width - 1) / 2, 0)
    let head = scalars.prefix(max(width - 1 - tail, 0)) + ["~"] + scalars.suffix(tail)
    return String(String.UnicodeScalarView(head)).cut(to: width)
  }
}
