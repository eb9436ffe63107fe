/// A number that is not negative, with zeros in front up to a width.
func padded(_ number: some BinaryInteger, _ width: Int) -> String {
  let digits = String(number)
  return String("0", times: width - digits.utf8.count) + digits
}

/// A number and what it counts, in the plural unless it is one.
func counted(_ number: some BinaryInteger, _ noun: String) -> String { "\(number) \(noun)" + (number == 1 ? "" : "s") }

extension String {
  /// A piece so many times over; by doubling it, where the standard library appends one by one.
  init(_ piece: String, times: Int) {
    self = ""
    var unit = piece
    var rest = times
    while rest > 0 {
      if rest & 1 == 1 { self += unit }
      rest >>= 1
      if rest > 0 { unit += unit }
    }
  }

  /// How many columns it takes: a scalar each, since none of our words has combining characters.
  var columns: Int { unicodeScalars.count }

  /// Filled with spaces behind up to a width.
  func leading(_ width: Int) -> String { self + String(" ", times: width - columns) }

  /// Filled with spaces in front up to a width.
  func trailing(_ width: Int) -> String { String(" ", times: width - columns) + self }

  /// In lines of so many columns, broken between words; a word that is longer has a line to itself.
  func wrapped(_ width: Int) -> [String] {
    var lines: [String] = []
    for word in split(separator: " ") {
      if let last = lines.last, last.columns + 1 + word.unicodeScalars.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  /// Without spaces at the end.
  var withoutTrailingSpaces: String {
    let end = utf8.lastIndex { $0 != UInt8(ascii: " ") }
    return end.map { String(self[..<utf8.index(after: $0)]) } ?? ""
  }
}

extension [String] {
  /// One after the other with something in between: not the standard library's way, whose first use sets up generic
  /// types for longer than a ladder takes to draw.
  func together(by separator: String) -> String {
    var text = ""
    for (index, piece) in enumerated() {
      if index > 0 { text += separator }
      text += piece
    }
    return text
  }
}

extension Double {
  /// With so many decimals, rounded; `?` where it is no number from 0 to below the limit, as which nothing would be told.
  func decimals(_ places: Int, below limit: Double) -> String {
    guard isFinite, self >= 0, self < limit else { return "?" }
    let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
    let whole = Int((self * Double(scale)).rounded())
    return "\(whole / scale)." + padded(whole % scale, places)
  }
}

extension String {
  /// The text, or its beginning where it is longer than so many characters.
  func shortened(to limit: Int) -> String { count > limit ? prefix(limit - 1) + "…" : self }
}
