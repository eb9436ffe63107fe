import Kernel
import Runner
import Wire

/// A file of words of any length, read as a stream: nothing of it stays but what is made of the words.
///
/// Written as `ListFile` has it: words with blanks between them, and comments after a number sign.
enum ListStream {
  /// The longest line.
  private static let limit = 65_536

  /// Reads a file, or standard input if it is called `-`, and hands over each of its words.
  ///
  /// - Throws: where words are invalid, a line for each of the first of them, with the file and the number of the line.
  static func read(
    _ path: FilePath, _ take: (String) throws(UsageError) -> Void
  ) throws(UsageError) {
    let name = path.isStandardInput ? "(standard input)" : path.text
    var lines = LineReader(limit: limit)
    var faults: [String] = []
    do throws(Errno) {
      var pieces = try FilePieces(of: path)
      while faults.count <= ListFile.mostFaults, try pieces.next() {
        for line in lines.take(pieces.octets.span.raw) { read(line, of: name, &faults, take) }
      }
    } catch {
      throw UsageError(reading: "\(path)", error)
    }
    if let last = lines.finish() { read(last, of: name, &faults, take) }
    if !faults.isEmpty { throw UsageError(places: faults, of: name) }
  }

  private static func read(
    _ line: LineReader.Line, of name: String, _ faults: inout [String], _ take: (String) throws(UsageError) -> Void
  ) {
    guard faults.count <= ListFile.mostFaults else { return }
    guard !line.isTooLong else {
      faults.append("\(name):\(line.number): the line is longer than \(limit) bytes")
      return
    }
    for word in words(of: line) {
      do throws(UsageError) { try take(word) } catch { faults.append("\(name):\(line.number): \(error.first)") }
    }
  }

  private static func words(of line: LineReader.Line) -> [String] {
    // Most lines of long lists are one plain word.
    let isPlain = line.octets.allSatisfy { (0x21...0x7e).contains($0) } && line.octets.first != UInt8(ascii: "#")
    if isPlain { return line.octets.isEmpty ? [] : [String(decoding: line.octets, as: UTF8.self)] }
    var text = String(preserving: line.octets)
    if line.number == 1, text.unicodeScalars.first == "\u{feff}" { text.unicodeScalars.removeFirst() }
    return ListFile.Line(text, number: line.number).words.map(\.text)
  }
}
