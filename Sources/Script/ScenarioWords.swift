import Timebase

/// The words of one line of a scenario; TCP options between angle brackets are one word.
struct ScenarioWords {
  /// What is wrong with a line; who reads the file adds where.
  struct Mistake: Error {
    var text: String
    init(_ text: String) { self.text = text }
  }

  private var words: [String] = []

  init(_ line: String) {
    var isInside = false
    for word in line.split(separator: " ") {
      // "<" alone is the peer's sign.
      let opens = word.hasPrefix("<") && word.count > 1
      if isInside { words[words.count - 1] += " \(word)" } else { words.append(String(word)) }
      isInside = (isInside || opens) && !word.hasSuffix(">")
    }
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

  static func octet(_ word: some StringProtocol) throws(Mistake) -> UInt8 {
    UInt8(truncatingIfNeeded: try number(word, in: 0...255))
  }

  /// Seconds, up to ten of them.
  static func time(_ word: String) throws(Mistake) -> Interval {
    guard let value = Double(word), value >= 0, value <= 10 else { throw Mistake("no time: '\(word)'") }
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
