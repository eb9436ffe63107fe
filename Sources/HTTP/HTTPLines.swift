/// The line of a message that is being read, octet by octet: of its head, its trailers, or between its chunks.
///
/// A line ends by CR LF. In heads and trailers LF alone is understood too (RFC 9112 §2.2); among chunks it is not: there a
/// doubtful end is where smuggling begins.
struct HTTPLines: Hashable, Sendable {
  /// Why a line is none.
  enum Fault: Error, Hashable, Sendable {
    /// A CR that no LF follows makes the message invalid (RFC 9112 §2.2).
    case bareCR
    /// An LF without its CR, or anything but a line's end behind a chunk.
    case badChunk
  }

  /// Where lines are.
  enum Section: Hashable, Sendable {
    /// The head, its first line included.
    case head
    case chunkSize
    case chunkEnd
    case trailers

    /// Whether its lines frame content.
    var isOfChunks: Bool { self == .chunkSize || self == .chunkEnd }
  }

  /// What a chunk's line leads to.
  enum Next: Hashable, Sendable {
    case content(UInt64)
    case section(Section)
  }

  /// The longest line that says a chunk's size, extensions and all.
  static let chunkLimit = 4_096

  private(set) var section = Section.head
  /// The octets of the line so far, without its end once that has come.
  private(set) var line: [UInt8] = []
  /// How many octets of the section have come, and how many line ends.
  private(set) var octets = 0
  private(set) var count = 0

  /// Begins another section.
  mutating func begin(_ section: Section) {
    self.section = section
    octets = 0
    count = 0
    line.removeAll(keepingCapacity: true)
  }

  /// Counts an octet, whatever it is.
  mutating func pass(_ octet: UInt8) throws(Fault) {
    octets += 1
    if octet == HTTPGrammar.lf { count += 1 }
    if section.isOfChunks, octets > HTTPLines.chunkLimit { throw .badChunk }
  }

  /// Takes an octet that was counted; true where it ends the line.
  mutating func take(_ octet: UInt8) throws(Fault) -> Bool {
    guard octet == HTTPGrammar.lf else {
      if line.last == HTTPGrammar.cr { throw .bareCR }
      if section == .chunkEnd, octet != HTTPGrammar.cr { throw .badChunk }
      line.append(octet)
      return false
    }
    if line.last == HTTPGrammar.cr {
      line.removeLast()
    } else if section.isOfChunks {
      throw .badChunk
    }
    return true
  }

  /// Makes room for the next line.
  mutating func clear() { line.removeAll(keepingCapacity: true) }

  /// Reads the whole line of a chunk: a size leads to its octets or to the trailers, an end to the next size.
  func chunkLine() throws(Fault) -> Next {
    guard section == .chunkSize else { return .section(.chunkSize) }
    guard let size = HTTPGrammar.chunkSize(line) else { throw .badChunk }
    return size > 0 ? .content(size) : .section(.trailers)
  }
}
