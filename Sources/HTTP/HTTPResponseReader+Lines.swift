/// What comes in lines: heads, trailers and the sizes of chunks.
extension HTTPResponseReader {
  /// Takes octets up to the end of a line or of the piece, and reads the line where it is whole.
  mutating func takeLine(_ piece: Span<UInt8>, _ offset: inout Int) throws(HTTPFault) -> Event? {
    while offset < piece.count {
      let octet = piece[offset]
      offset += 1
      if try take(octet) {
        defer { lines.clear() }
        return try lineEnded()
      }
      // What is not HTTP is refused at its first wrong octet: its first line may never end.
      if lines.section == .head, head == nil, lines.line.count <= 5, !"HTTP/".utf8.starts(with: lines.line) {
        throw .notHTTP
      }
    }
    return nil
  }

  /// Takes an octet within the limits of its section; true where it ends a line.
  private mutating func take(_ octet: UInt8) throws(HTTPFault) -> Bool {
    do throws(HTTPLines.Fault) {
      try lines.pass(octet)
    } catch {
      throw .badChunk
    }
    if !lines.section.isOfChunks {
      if lines.octets > HTTPResponseReader.headLimit { throw .headTooLong }
      if lines.count > HTTPResponseReader.lineLimit { throw .tooManyLines }
    }
    do throws(HTTPLines.Fault) { return try lines.take(octet) } catch { throw error == .bareCR ? .bareCR : .badChunk }
  }

  private mutating func lineEnded() throws(HTTPFault) -> Event? {
    switch lines.section {
    case .head:
      if lines.line.isEmpty, head != nil { return try headEnded() }
      try takeHeadLine()
    case .trailers:
      if lines.line.isEmpty { stage = .ended } else if !isFolded { _ = try HTTPField(line: lines.line) }
    case .chunkSize, .chunkEnd:
      let next: HTTPLines.Next
      do throws(HTTPLines.Fault) { next = try lines.chunkLine() } catch { throw .badChunk }
      switch next {
      case .content(let size): stage = .chunk(left: size)
      case .section(let section): begin(section)
      }
    }
    return nil
  }

  /// Whether the line goes on with what the one before began: an obsolete folding (RFC 9112 §5.2).
  private var isFolded: Bool { lines.line.first.map(HTTPGrammar.isBlank) ?? false }

  private mutating func takeHeadLine() throws(HTTPFault) {
    guard head != nil else {
      let status = HTTPStatusLine(lines.line)
      // What of it could be read stays, whatever is wrong with the rest.
      head = status.head
      if let fault = status.fault { throw fault }
      return
    }
    guard isFolded else {
      head?.fields.append(try HTTPField(line: lines.line))
      return
    }
    // Blank in front of the first field: such lines are passed over (RFC 9112 §2.2).
    guard let index = head?.fields.indices.last, let folded = try head?.fields[index].folded(lines.line) else { return }
    head?.fields[index] = folded
  }

  /// The empty line after a head: what it is the head of, and how the content is framed.
  private mutating func headEnded() throws(HTTPFault) -> Event? {
    guard var head else { return nil }
    head.length = lines.octets
    if head.status == 101 { throw .switchedProtocols }
    if head.status < 200 {
      interim += 1
      if interim > HTTPResponseReader.interimLimit { throw .tooManyInterim }
      self.head = nil
      begin(.head)
      return .interim(head)
    }
    let framing = try HTTPFraming(of: head, answering: method)
    self.head = nil
    switch framing {
    case .none, .length(0): stage = .ended
    case .length(let length): stage = .content(left: length)
    case .chunked: begin(.chunkSize)
    case .untilClose: stage = .untilClose
    }
    return .head(head)
  }
}

/// A status line (RFC 9112 §4), or as much of it as can be read.
struct HTTPStatusLine {
  /// Version and status, and the reason where that is in order; nil where not even a status came.
  private(set) var head: HTTPHead?
  /// What is wrong with it.
  private(set) var fault: HTTPFault?

  /// Reads `HTTP/1.1 200 OK`, without the line's end; the space before a missing reason may be missing too, as many
  /// servers have it.
  init(_ line: [UInt8]) {
    fault = .badStatusLine
    guard line.starts(with: "HTTP/".utf8) else {
      fault = .notHTTP
      return
    }
    guard line.count >= 8, HTTPGrammar.isDigit(line[5]), line[6] == UInt8(ascii: "."), HTTPGrammar.isDigit(line[7])
    else { return }
    guard line[5] == UInt8(ascii: "1") else {
      fault = .badVersion
      return
    }
    guard line.count >= 12, HTTPGrammar.isBlank(line[8]), line[9..<12].allSatisfy(HTTPGrammar.isDigit) else { return }
    guard line.count == 12 || !HTTPGrammar.isDigit(line[12]) else { return }
    let status = line[9..<12].reduce(UInt16(0)) { $0 * 10 + UInt16($1 - 0x30) }
    guard status >= 100 else { return }
    head = HTTPHead(minorVersion: line[7] - 0x30, status: status, reason: "")
    guard line[8] == HTTPGrammar.space, line.count == 12 || line[12] == HTTPGrammar.space,
      line.allSatisfy(HTTPGrammar.isOfValue)
    else { return }
    fault = nil
    head?.reason = String(preserving: line.dropFirst(13))
  }
}
