import Handshake
import Judging
import Report
import Runner
import Timebase

/// A file of checks: `HOST:PORT open|closed|filtered|unreachable [rtt<50ms] [# comment]`, a line each.
struct CheckFile {
  /// Something that cannot be read, and where it is.
  struct Fault: Hashable {
    /// The line, from 1.
    var line: Int
    /// The character in it, from 1.
    var column: Int
    /// What was meant.
    var message: String
  }

  /// What messages call the file.
  let name: String
  /// One a port, in the order of the lines.
  private(set) var items: [CheckItem] = []
  /// Everything that is wrong, not only the first.
  private(set) var faults: [Fault] = []

  /// Reads all lines; empty ones and comments mean nothing.
  init(_ file: ListFile) {
    name = file.name
    for line in file.lines where !line.words.isEmpty {
      do throws(Misread) {
        try add(line)
      } catch {
        faults.append(Fault(line: line.number, column: error.column, message: error.message))
      }
      if items.count > TargetParser.portLimit {
        let words = "\(items.count) checks are too many; at most \(TargetParser.portLimit) at once"
        faults = [Fault(line: line.number, column: 1, message: words)]
      }
      if items.count > TargetParser.portLimit || faults.count > ListFile.mostFaults { break }
    }
    if items.isEmpty, faults.isEmpty {
      faults = [
        Fault(line: 1, column: 1, message: "no checks found; each line is HOST:PORT STATE, e.g. web.test:443 open")
      ]
    }
  }

  /// A part of a line that cannot be read.
  private struct Misread: Error {
    var column: Int
    var message: String
  }

  private mutating func add(_ line: ListFile.Line) throws(Misread) {
    let words = line.words
    let spec = try CheckFile.reading(words[0]) { (text) throws(UsageError) in try TargetParser.targets([text]) }
    guard words.count > 1 else {
      let end = words[0].column + words[0].text.unicodeScalars.count
      throw Misread(column: end, message: "the state is missing; use \(CheckFile.states)")
    }
    guard let expected = ExpectedState(rawValue: words[1].text) else {
      throw Misread(
        column: words[1].column, message: "'\(words[1].text)' is not a valid state; use \(CheckFile.states)")
    }
    let limit = try CheckFile.limit(words.dropFirst(2), expected)
    if words.count > 3 {
      throw Misread(column: words[3].column, message: "unexpected text '\(words[3].text)'; comments start with #")
    }
    for target in spec.flatMap(\.single) {
      var check = Check(target: target.text, expected: expected, limit: limit)
      (check.file, check.line, check.comment) = (name, line.number, line.comment)
      items.append(CheckItem(check: check, target: target))
    }
  }

  private static let states = "open, closed, filtered, unreachable or any"

  /// Reads `rtt<50ms`, where there is a third word.
  private static func limit(_ rest: ArraySlice<ListFile.Word>, _ expected: ExpectedState) throws(Misread) -> Interval? {
    guard let word = rest.first else { return nil }
    guard word.text.hasPrefix("rtt<") else {
      let message = "'\(word.text)' is not a condition; use rtt<50ms, or # before a comment"
      throw Misread(column: word.column, message: message)
    }
    guard expected != .filtered, expected != .unreachable else {
      let message = "a port that is \(expected.rawValue) gives no answer to be timed; leave \(word.text) out"
      throw Misread(column: word.column, message: message)
    }
    let time = ListFile.Word(text: String(word.text.dropFirst(4)), column: word.column + 4)
    return try reading(time) { (text) throws(UsageError) in try Values.limit(text, for: "rtt<") }
  }

  /// Reads a word; what is wrong with it is wrong in its column.
  private static func reading<Value>(
    _ word: ListFile.Word, _ read: (String) throws(UsageError) -> Value
  ) throws(Misread) -> Value {
    do throws(UsageError) { return try read(word.text) } catch {
      throw Misread(column: word.column, message: error.message)
    }
  }
}
