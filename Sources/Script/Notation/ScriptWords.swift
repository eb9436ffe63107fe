import Timebase

/// The words of one line of a script; TCP options between angle brackets are one word, and so is quoted text.
struct ScriptWords {
  /// What is wrong with a line; who reads the file adds where.
  struct Mistake: Error {
    var text: String
    init(_ text: String) { self.text = text }
  }

  private var words: [String] = []

  init(_ line: String) {
    // Options end with ">", text with a quote that no stroke stands before; "<" alone is the peer's sign.
    var end: Character?
    var word = ""
    var last: Character?
    for character in line {
      if end == nil, character == " " || character == "\t" {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        if character == end, end == ">" || last != "\\" {
          end = nil
        } else if end == nil, word.isEmpty, character == "\"" {
          end = "\""
        } else if end == nil, word == "<", character != " " {
          end = character == ">" ? nil : ">"
        }
        word.append(character)
      }
      last = last == "\\" ? nil : character
    }
    if !word.isEmpty { words.append(word) }
  }

  var peek: String? { words.first }

  mutating func next(_ what: String) throws(Mistake) -> String {
    guard !words.isEmpty else { throw Mistake("\(what) is missing") }
    return words.removeFirst()
  }

  /// Takes the next word where it is this one.
  mutating func take(_ word: String) -> Bool {
    guard words.first == word else { return false }
    words.removeFirst()
    return true
  }

  func end() throws(Mistake) {
    if let word = words.first { throw Mistake("what is '\(word)'?") }
  }

  /// A decimal number of 32 bits; negative ones count back round the circle.
  static func number(_ word: some StringProtocol, in range: ClosedRange<Int> = -0x8000_0000...0xffff_ffff)
    throws(Mistake) -> UInt32
  {
    guard let value = Int(word), range.contains(value) else { throw Mistake("no number in \(range): '\(word)'") }
    return UInt32(truncatingIfNeeded: value)
  }

  /// The octets of quoted text: `"GET /\r\n"`, with `\r`, `\n`, `\t`, `\\`, `\"` and `\xHH`.
  static func text(_ word: String) throws(Mistake) -> [UInt8] {
    guard word.utf8.count >= 2, word.hasPrefix("\""), word.hasSuffix("\"") else {
      throw Mistake("no end of text: \(word)")
    }
    var octets: [UInt8] = []
    var rest = Array(word.utf8.dropFirst().dropLast())[...]
    while let octet = rest.popFirst() {
      guard octet == UInt8(ascii: "\\") else {
        octets.append(octet)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "r"): octets.append(13)
      case UInt8(ascii: "n"): octets.append(10)
      case UInt8(ascii: "t"): octets.append(9)
      case UInt8(ascii: "\\"): octets.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "\""): octets.append(UInt8(ascii: "\""))
      case UInt8(ascii: "x"):
        guard let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16), rest.count >= 2 else {
          throw Mistake("\\x needs two hexadecimal digits")
        }
        octets.append(value)
        rest = rest.dropFirst(2)
      default: throw Mistake("text has \\r, \\n, \\t, \\\\, \\\" and \\xHH: \(word)")
      }
    }
    return octets
  }

  /// Text in quotes, as `text` reads it.
  static func quoted(_ octets: [UInt8]) -> String {
    var text = "\""
    for octet in octets {
      switch octet {
      case 13: text += "\\r"
      case 10: text += "\\n"
      case 9: text += "\\t"
      case UInt8(ascii: "\\"), UInt8(ascii: "\""): text += "\\" + String(UnicodeScalar(octet))
      case 0x20..<0x7f: text += String(UnicodeScalar(octet))
      default: text += "\\x" + (octet < 16 ? "0" : "") + String(octet, radix: 16)
      }
    }
    return text + "\""
  }

  static func octet(_ word: some StringProtocol) throws(Mistake) -> UInt8 {
    UInt8(truncatingIfNeeded: try number(word, in: 0...255))
  }

  /// Seconds, up to `limit` of them.
  static func time(_ word: String, upTo limit: Double = 10) throws(Mistake) -> Interval {
    guard let value = Double(word), value >= 0, value <= limit else { throw Mistake("no time: '\(word)'") }
    return .nanoseconds(Int64((value * 1e9).rounded()))
  }

  static func pair(_ word: String) throws(Mistake) -> (key: String, value: String) {
    guard let sign = word.firstIndex(of: "=") else { throw Mistake("what is '\(word)'?") }
    return (String(word[..<sign]), String(word[word.index(after: sign)...]))
  }
}

extension StringProtocol {
  /// Without blanks at both ends.
  var trimmed: String {
    let end = reversed().drop { $0 == " " || $0 == "\t" }
    return String(String(end.reversed()).drop { $0 == " " || $0 == "\t" })
  }
}

extension String {
  /// With a value in the place of a variable; nil where that makes it longer than so many octets.
  func replacing(_ name: String, with value: String, limit: Int) -> String? {
    let (all, piece) = (Array(utf8), Array(name.utf8))
    var octets: [UInt8] = []
    var place = 0
    while place < all.count {
      if all[place...].starts(with: piece) {
        octets += Array(value.utf8)
        place += piece.count
      } else {
        octets.append(all[place])
        place += 1
      }
      guard octets.count <= limit else { return nil }
    }
    return String(decoding: octets, as: UTF8.self)
  }
}

extension StringProtocol {
  /// Whether a word is somewhere in it.
  func mentions(_ word: String) -> Bool {
    let (all, piece) = (Array(utf8), Array(word.utf8))
    return all.indices.contains { all[$0...].starts(with: piece) }
  }
}

/// Text that is written with escapes.
public enum ScriptText {
  /// The octets of text with `\r`, `\n`, `\t`, `\\`, `\"` and `\xHH`; nil where an escape is none of these.
  public static func octets(_ text: String) -> [UInt8]? { try? ScriptWords.text("\"\(text)\"") }
}
