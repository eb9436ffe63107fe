/// Finds the lines in octets that come in pieces, in bounded memory.
struct LineReader {
  /// A line, without its line feed.
  struct Line {
    var octets: [UInt8]
    /// From 1.
    var number: Int
    /// Whether it is longer than the limit; then only its start is there.
    var isTooLong: Bool
  }

  private let limit: Int
  private var started: [UInt8] = []
  private var number = 1

  /// A reader for lines of so many octets at most.
  init(limit: Int) { self.limit = limit }

  /// The lines that end in this piece, or that are too long by then.
  mutating func take(_ piece: ArraySlice<UInt8>) -> [Line] {
    var lines: [Line] = []
    var rest = piece
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      started += rest[..<end].prefix(limit + 1 - min(started.count, limit + 1))
      lines.append(finished())
      rest = rest[(end + 1)...]
    }
    started += rest.prefix(limit + 1 - min(started.count, limit + 1))
    if started.count > limit { lines.append(finished()) }
    return lines
  }

  /// The last line, where no line feed ends it.
  mutating func finish() -> Line? { started.isEmpty ? nil : finished() }

  private mutating func finished() -> Line {
    let line = Line(octets: started, number: number, isTooLong: started.count > limit)
    started = []
    number += 1
    return line
  }
}
