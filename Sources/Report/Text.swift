/// A number that is not negative, with zeros in front up to a width.
func padded(_ number: some BinaryInteger, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

extension String {
  /// Filled with spaces behind up to a width.
  func leading(_ width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }

  /// Filled with spaces in front up to a width.
  func trailing(_ width: Int) -> String { String(repeating: " ", count: Swift.max(0, width - count)) + self }

  /// Without spaces at the end.
  var withoutTrailingSpaces: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  /// Fit for a terminal: what would move the cursor or switch modes is shown as `\u{1b}` instead.
  var printable: String {
    guard unicodeScalars.contains(where: \.isControl) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.isControl {
        text += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  /// Whether it is a control character, a line or paragraph separator, or one that turns the direction of writing.
  var isControl: Bool {
    switch value {
    case ..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069, 0x200e, 0x200f, 0x061c: true
    default: false
    }
  }
}
