import Wire

/// Finds the lines in octets that come in pieces, in bounded memory.
public struct LineReader: Sendable {
  /// A line, without its line feed.
  public struct Line: Sendable {
    /// What it holds.
    public var octets: [UInt8]
    /// From 1.
    public var number: Int
    /// Whether it is longer than the limit; then only its start is there.
    public var isTooLong: Bool
  }

  private let limit: Int
  private var started: [UInt8] = []
  private var number = 1

  /// A reader for lines of so many octets at most.
  public init(limit: Int) { self.limit = limit }

  /// The lines that end in this piece, or that are too long by then.
  public mutating func take(_ piece: RawSpan) -> [Line] {
    var lines: [Line] = []
    var start = 0
    for offset in piece.byteOffsets where piece.octet(at: offset) == UInt8(ascii: "\n") {
      hold(piece.extracting(start..<offset))
      lines.append(finished())
      start = offset + 1
    }
    hold(piece.extracting(droppingFirst: start))
    if started.count > limit { lines.append(finished()) }
    return lines
  }

  /// The last line, where no line feed ends it.
  public mutating func finish() -> Line? { started.isEmpty ? nil : finished() }

  private mutating func hold(_ octets: RawSpan) {
    started.append(copying: octets.extracting(first: limit + 1 - min(started.count, limit + 1)))
  }

  private mutating func finished() -> Line {
    let line = Line(octets: started, number: number, isTooLong: started.count > limit)
    started = []
    number += 1
    return line
  }
}
