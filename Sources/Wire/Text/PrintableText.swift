/// Text that others wrote, fit to be shown.
///
/// Names of files, comments of captures, header fields and the words of a command line may hold characters that a
/// terminal obeys instead of showing them. A writer puts such text into a line by `printable`; whatever reaches the door of
/// the output unescaped is escaped there (`escapedForOutput`).
extension String {
  /// Everything escaped that is not shown: `\u{1b}`, line ends and tabulators too, and `\xe9` for an octet that is not text.
  public var printable: String {
    guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
    return replacingScalars { scalar, _ in scalar.isUnprintable ? scalar.escape : nil }
  }

  /// Only octets that are not text escaped, as `\xe9`: for formats that have escapes of their own.
  public var showingOctets: String {
    guard unicodeScalars.contains(where: \.isOctetHalf) else { return self }
    return replacingScalars { _, _ in nil }
  }

  /// Escaped as `printable` is, but for line feeds, tabulators and CR LF; the marks of colours become what a terminal
  /// takes for them.
  ///
  /// The last thing that happens to any text before it is written.
  public var escapedForOutput: String {
    guard utf8.span.mayNeedEscapes else { return self }
    return replacingScalars { scalar, next in
      switch scalar {
      case "\n", "\t": nil
      case "\r" where next == "\n": nil
      default: scalar.isUnprintable ? ColourMark(scalar)?.sequence ?? scalar.escape : nil
      }
    }
  }

  /// Octets that are not text escaped, and of the others what is replaced, each by what comes behind it; nil leaves a scalar
  /// as it is.
  private func replacingScalars(
    _ replacement: (_ scalar: Unicode.Scalar, _ next: Unicode.Scalar?) -> String?
  ) -> String {
    var text = ""
    var rest = unicodeScalars[...]
    while let scalar = rest.popFirst() {
      if let octet = scalar.octet(before: rest.first) {
        text += octet.escape
        rest.removeFirst()
      } else if let replaced = replacement(scalar, rest.first) {
        text += replaced
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

/// A change of colour in a text that is yet to be written.
///
/// It is a noncharacter, and becomes an escape sequence only where the text is written: an escape character in someone
/// else's words can then never pass for one of ours.
public enum ColourMark: UInt32, CaseIterable, Hashable, Sendable {
  /// Back to the usual colours.
  case plain = 0x1ffff
  /// Green.
  case green = 0x2ffff
  /// Red.
  case red = 0x3ffff
  /// Yellow.
  case yellow = 0x4ffff
  /// Less bright.
  case faint = 0x5ffff

  init?(_ scalar: Unicode.Scalar) { self.init(rawValue: scalar.value) }

  /// The mark as it stands in a text.
  public var text: String { Unicode.Scalar(rawValue).map { String($0) } ?? "" }

  /// What a terminal takes for it, ECMA-48 §8.3.117.
  public var sequence: String {
    switch self {
    case .plain: "\u{1b}[0m"
    case .green: "\u{1b}[32m"
    case .red: "\u{1b}[31m"
    case .yellow: "\u{1b}[33m"
    case .faint: "\u{1b}[2m"
    }
  }
}

extension Unicode.Scalar {
  /// Whether it is a control character, a line or paragraph separator, one that turns the direction of writing, or a
  /// noncharacter.
  public var isUnprintable: Bool {
    switch value {
    case ..<0x20, 0x7f..<0xa0: true
    case 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
    case 0xfdd0...0xfdef: true
    default: value & 0xfffe == 0xfffe
    }
  }

  fileprivate var escape: String { "\\u{" + String(value, radix: 16) + "}" }
}

extension UInt8 {
  /// An octet that is not text, as C and Python write it.
  fileprivate var escape: String { (self < 16 ? "\\x0" : "\\x") + String(self, radix: 16) }
}

extension Span<UInt8> {
  /// Whether UTF-8 may hold something that is not shown: found by lead octets, so that it is now and then a false alarm.
  fileprivate var mayNeedEscapes: Bool {
    for index in indices {
      switch self[index] {
      case 0x20..<0x7f, 0x0a, 0x09: continue
      // A line of CSV ends with both.
      case 0x0d where index + 1 < count && self[index + 1] == 0x0a: continue
      case ..<0x20, 0x7f, 0xc2, 0xd8, 0xef...: return true
      // Lines and arrows of our own begin with E2 too.
      case 0xe2 where index + 1 < count && self[index + 1] < 0x82: return true
      default: continue
      }
    }
    return false
  }
}
