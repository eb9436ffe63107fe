// RFC 5890 to RFC 5892 and RFC 3492: host names in any script, mapped before they are encoded as UTS #46 does.

// NFC is in Swift's library, where Foundation finds it: as system programming interface, not as API.
@_spi(_Unicode) import Swift

/// Why a text is not a host name.
public enum HostNameError: Error, Hashable, Sendable {
  /// Nothing, or nothing between two dots.
  case emptyLabel
  /// More than 253 octets in ASCII (RFC 1035 §2.3.4).
  case tooLong
  /// A label of more than 63 octets in ASCII (RFC 1035 §2.3.4).
  case labelTooLong
  /// A character that no name has, or that not every program maps alike.
  case character(Unicode.Scalar)
  /// A label that begins with a combining mark, begins or ends with a hyphen, or looks encoded and is not.
  case label
  /// Numbers and dots that are not an address in four decimal parts: programs differ in what they mean by it.
  case numeric
}

/// Host names as DNS and hosts files have them: in ASCII.
public enum HostName {
  /// The name in ASCII: labels in another script become A-labels (`münchen.test` is `xn--mnchen-3ya.test`).
  ///
  /// A name in ASCII stays as it is, case and trailing dot included. Mapping is nontransitional: `ß` and `ς` are letters of
  /// their own. What UTS #46 maps by tables that Swift's library does not have is refused, never encoded as it stands.
  public static func ascii(_ name: String) throws(HostNameError) -> String {
    guard !name.isEmpty else { throw .emptyLabel }
    // An A-label is never shorter than a quarter of its label's UTF-8: what is longer need not be encoded to be refused.
    guard name.utf8.count <= 4 * limit else { throw .tooLong }
    var ascii = name
    if !name.utf8.allSatisfy({ $0 < 0x80 }) {
      let mapped = try mapped(name)
      var labels: [String] = []
      for label in mapped.split(separator: ".", omittingEmptySubsequences: false) {
        labels.append(try encoded(Array(label)))
      }
      ascii = labels.joined(separator: ".")
    }
    try check(ascii)
    return ascii
  }

  /// The longest name and the longest label, in octets.
  private static let (limit, labelLimit) = (253, 63)

  private static func check(_ ascii: String) throws(HostNameError) {
    for scalar in ascii.unicodeScalars where scalar.value <= 0x20 || scalar.value == 0x7f { throw .character(scalar) }
    var labels = ascii.split(separator: ".", omittingEmptySubsequences: false)
    // The dot of the root.
    if labels.last?.isEmpty ?? false, labels.count > 1 { labels.removeLast() }
    guard labels.allSatisfy({ !$0.isEmpty }) else { throw .emptyLabel }
    guard labels.allSatisfy({ $0.utf8.count <= labelLimit }) else { throw .labelTooLong }
    guard labels.reduce(labels.count - 1, { $0 + $1.utf8.count }) <= limit else { throw .tooLong }
    if labels.count <= 4, labels.allSatisfy(isNumber), IPv4Address(parsing: ascii) == nil { throw .numeric }
  }

  /// A number as C programs write one: decimal, octal or hexadecimal.
  private static func isNumber(_ label: Substring) -> Bool {
    let isHexadecimal = label.hasPrefix("0x") || label.hasPrefix("0X")
    return (isHexadecimal ? label.dropFirst(2) : label).utf8.allSatisfy {
      switch $0 {
      case 0x30...0x39: true
      case 0x41...0x46, 0x61...0x66: isHexadecimal
      default: false
      }
    }
  }
}

// MARK: Mapping

extension HostName {
  /// What UTS #46 calls ignored: it joins nothing and shows nothing.
  private static func isIgnored(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0xad, 0x34f, 0x180b...0x180d, 0x180f, 0x200b, 0x2060, 0x2064, 0xfe00...0xfe0f, 0xfeff, 0xe0100...0xe01ef: true
    default: false
    }
  }

  /// U+FF66 to U+FF9D, as the keyboards' half-width letters.
  private static let katakana = Array(
    "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン".unicodeScalars)

  /// Compatibility characters that keyboards and fonts put into Latin text.
  private static let latin: [(Unicode.Scalar, String)] = [
    ("\u{aa}", "a"), ("\u{ba}", "o"), ("\u{b2}", "2"), ("\u{b3}", "3"), ("\u{b9}", "1"), ("\u{b5}", "\u{3bc}"),
    ("\u{17f}", "s"), ("\u{fb00}", "ff"), ("\u{fb01}", "fi"), ("\u{fb02}", "fl"), ("\u{fb03}", "ffi"),
    ("\u{fb04}", "ffl"), ("\u{fb05}", "st"), ("\u{fb06}", "st"), ("\u{133}", "ij"), ("\u{140}", "l\u{b7}"),
    ("\u{1c6}", "d\u{17e}"), ("\u{1c9}", "lj"), ("\u{1cc}", "nj"), ("\u{1f3}", "dz"),
  ]

  /// Dots are dots, letters small, and what can be written in two ways is written in one (NFC).
  private static func mapped(_ name: String) throws(HostNameError) -> [Unicode.Scalar] {
    var scalars = String.UnicodeScalarView()
    for scalar in name._nfc where !isIgnored(scalar) {
      switch scalar.value {
      case 0x3002, 0xff0e, 0xff61: scalars.append(".")
      case 0xff01...0xff5e:
        let narrow = Unicode.Scalar(UInt8(scalar.value - 0xfee0))
        scalars.append(contentsOf: narrow.properties.lowercaseMapping.unicodeScalars)
      case 0xff66...0xff9d: scalars.append(katakana[Int(scalar.value - 0xff66)])
      case 0xff9e: scalars.append("\u{3099}")
      case 0xff9f: scalars.append("\u{309a}")
      default:
        for small in scalar.properties.lowercaseMapping.unicodeScalars {
          scalars.append(contentsOf: (latin.first { $0.0 == small }?.1 ?? String(small)).unicodeScalars)
        }
      }
    }
    let mapped = Array(String(scalars)._nfc)
    for (index, scalar) in mapped.enumerated() where !scalar.isASCII {
      guard isLetter(scalar, behind: index == 0 ? nil : mapped[index - 1]) else { throw .character(scalar) }
    }
    return mapped
  }

  /// Whether a character may stand in a U-label (RFC 5892 §3), as far as Swift's library knows the properties.
  private static func isLetter(_ scalar: Unicode.Scalar, behind previous: Unicode.Scalar?) -> Bool {
    switch scalar.value {
    case 0xdf, 0x3c2, 0x6fd, 0x6fe, 0xf0b, 0x3007, 0xb7, 0x375, 0x5f3, 0x5f4, 0x30fb: return true
    // Joiners, behind a virama alone (RFC 5892 appendix A).
    case 0x200c, 0x200d: return previous?.properties.canonicalCombiningClass == .virama
    case 0x640, 0x7fa, 0x302e, 0x302f, 0x3031...0x3035, 0x303b: return false
    // Hangul that is not composed.
    case 0x1100...0x11ff, 0xa960...0xa97c, 0xd7b0...0xd7fb: return false
    default: break
    }
    switch scalar.properties.generalCategory {
    case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber:
      return !scalar.properties.changesWhenNFKCCaseFolded
    default: return false
    }
  }
}

// MARK: Encoding

extension HostName {
  /// A label in ASCII; one that is in ASCII already stays as it is.
  private static func encoded(_ label: [Unicode.Scalar]) throws(HostNameError) -> String {
    guard let first = label.first, label.contains(where: { !$0.isASCII }) else {
      return String(String.UnicodeScalarView(label))
    }
    let looksEncoded = label.count >= 4 && label[2] == "-" && label[3] == "-"
    guard first != "-", label.last != "-", !looksEncoded else { throw .label }
    switch first.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: throw .label
    default: break
    }
    guard label.count <= labelLimit else { throw .labelTooLong }
    return "xn--" + punycode(label)
  }

  /// RFC 3492 §6.3; so short a label overflows nothing.
  static func punycode(_ label: [Unicode.Scalar]) -> String {
    var output = String(String.UnicodeScalarView(label.filter(\.isASCII)))
    let basic = UInt32(output.utf8.count)
    var handled = basic
    if basic > 0 { output += "-" }
    var code: UInt32 = 0x80
    var delta: UInt32 = 0
    var bias: UInt32 = 72
    while handled < UInt32(label.count), let next = label.map(\.value).filter({ $0 >= code }).min() {
      delta += (next - code) * (handled + 1)
      code = next
      for scalar in label {
        if scalar.value < code { delta += 1 }
        guard scalar.value == code else { continue }
        write(delta, bias, to: &output)
        bias = adapted(delta, count: handled + 1, isFirst: handled == basic)
        delta = 0
        handled += 1
      }
      delta += 1
      code += 1
    }
    return output
  }

  /// A number of variable length, digits a to z and 0 to 9, the least significant first.
  private static func write(_ delta: UInt32, _ bias: UInt32, to output: inout String) {
    var rest = delta
    var place: UInt32 = 36
    while true {
      let threshold = place <= bias ? 1 : min(place - bias, 26)
      guard rest >= threshold else { break }
      output.unicodeScalars.append(digit(threshold + (rest - threshold) % (36 - threshold)))
      rest = (rest - threshold) / (36 - threshold)
      place += 36
    }
    output.unicodeScalars.append(digit(rest))
  }

  private static func digit(_ value: UInt32) -> Unicode.Scalar {
    Unicode.Scalar(UInt8(value < 26 ? value + 0x61 : value - 26 + 0x30))
  }

  /// RFC 3492 §6.1.
  private static func adapted(_ delta: UInt32, count: UInt32, isFirst: Bool) -> UInt32 {
    var delta = isFirst ? delta / 700 : delta / 2
    delta += delta / count
    var shift: UInt32 = 0
    while delta > 455 {
      delta /= 35
      shift += 36
    }
    return shift + 36 * delta / (delta + 38)
  }
}

extension HostNameError: CustomStringConvertible {
  /// What is wrong with it, in a few words.
  public var description: String {
    switch self {
    case .emptyLabel: "a label of the name is empty"
    case .tooLong: "host names have at most 253 bytes"
    case .labelTooLong: "each label of a host name has at most 63 bytes"
    case .character(let scalar):
      "host names cannot contain U+\(HostName.hexadecimal(scalar)); try the name's xn-- form if it has one"
    case .label: "not a valid internationalized name (RFC 5891)"
    case .numeric: "an IPv4 address has four decimal numbers, without leading zeros"
    }
  }
}

extension HostName {
  fileprivate static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  }
}
