import Kernel

/// A file of lines that a person has written: words with blanks between them, and comments after a number sign.
struct ListFile {
  /// What messages call the file.
  let name: String
  private let text: String

  /// The longest file that is read, in octets.
  static let limit = 4 << 20
  /// The most lines that are named as invalid; beyond them reading ends.
  static let mostFaults = 100

  /// The text of a file; a byte order mark is no part of the first line.
  init(_ text: String, name: String) {
    self.name = name
    self.text = text
  }

  /// Its lines, blank ones and comments too, each made when it is asked for.
  var lines: Lines {
    let scalars = text.unicodeScalars
    return Lines(rest: scalars.first == "\u{feff}" ? scalars.dropFirst() : scalars[...])
  }

  /// Lines one after the other.
  struct Lines: Sequence, IteratorProtocol {
    fileprivate var rest: Substring.UnicodeScalarView?
    private var number = 0

    fileprivate init(rest: Substring.UnicodeScalarView) { self.rest = rest }

    mutating func next() -> Line? {
      guard let text = rest else { return nil }
      let end = text.firstIndex(of: "\n")
      rest = end.map { text[text.index(after: $0)...] }
      number += 1
      return Line(String(text[..<(end ?? text.endIndex)]), number: number)
    }
  }

  /// Reads a file, or standard input if it is called `-`.
  init(reading path: FilePath) throws(UsageError) {
    do throws(Errno) {
      let octets =
        try path.isStandardInput
        ? File.readStandardInput(atMost: ListFile.limit) : File.read(path, atMost: ListFile.limit)
      self.init(String(preserving: octets), name: path.isStandardInput ? "(standard input)" : path.text)
    } catch {
      throw UsageError(reading: "\(path)", error)
    }
  }

  /// A line, from its number.
  struct Line {
    /// The number, from 1.
    let number: Int
    /// What stands before the comment.
    private(set) var words: [Word] = []
    /// What stands behind a number sign that begins a word.
    private(set) var comment: String?

    /// The words of a line.
    init(_ line: String, number: Int) {
      self.number = number
      var current: Word?
      let scalars = Array(line.unicodeScalars)
      for (index, scalar) in scalars.enumerated() {
        if scalar.properties.isWhitespace {
          if let word = current { words.append(word) }
          current = nil
        } else if scalar == "#", current == nil {
          var text = scalars[(index + 1)...]
          while text.first?.properties.isWhitespace ?? false { text.removeFirst() }
          while text.last?.properties.isWhitespace ?? false { text.removeLast() }
          comment = text.isEmpty ? nil : String(String.UnicodeScalarView(text))
          return
        } else {
          current = current ?? Word(text: "", column: index + 1)
          current?.text.unicodeScalars.append(scalar)
        }
      }
      if let word = current { words.append(word) }
    }
  }

  /// A word, and where it begins.
  struct Word: Hashable {
    /// The word.
    var text: String
    /// The character in the line, from 1.
    var column: Int
  }
}
