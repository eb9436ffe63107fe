/// What comes in lines: heads, trailers and the sizes of chunks.
extension HTTPResponseReader {
  /// Takes octets up to the end of a line or of the piece, and reads the line where it is whole.
  mutating func takeLine(_ piece: Span<UInt8>, _ offset: inout Int) throws(HTTPFault) -> Event? {
    while offset < piece.count {
      let octet = piece[offset]
      offset += 1
      try count(octet)
      if octet == HTTPGrammar.lf {
        try checkLineEnd()
        defer { line.removeAll(keepingCapacity: true) }
        return try lineEnded()
      }
      // RFC 9112 §2.2: a CR anywhere but before an LF makes the message invalid.
      if line.last == HTTPGrammar.cr { throw .bareCR }
      line.append(octet)
      try checkBeginning()
    }
    return nil
  }

  /// Counts an octet of a section against its limits.
  private mutating func count(_ octet: UInt8) throws(HTTPFault) {
    sectionOctets += 1
    switch stage {
    case .chunkSize, .chunkEnd: if sectionOctets > HTTPResponseReader.chunkLineLimit { throw .badChunk }
    default:
      if sectionOctets > HTTPResponseReader.headLimit { throw .headTooLong }
      if octet == HTTPGrammar.lf {
        sectionLines += 1
        if sectionLines > HTTPResponseReader.lineLimit { throw .tooManyLines }
      }
    }
  }

  /// Refuses what is not HTTP at its first wrong octet: its first line may never end.
  private func checkBeginning() throws(HTTPFault) {
    switch stage {
    case .head where head == nil && line.count <= 5:
      if !"HTTP/".utf8.starts(with: line) { throw .notHTTP }
    case .chunkEnd: if line.last != HTTPGrammar.cr { throw .badChunk }
    default: break
    }
  }

  /// A line ends by CR LF; in heads and trailers LF alone is understood too (RFC 9112 §2.2), among chunks it is not:
  /// there a doubtful end is where smuggling begins.
  private mutating func checkLineEnd() throws(HTTPFault) {
    if line.last == HTTPGrammar.cr {
      line.removeLast()
    } else if stage == .chunkSize || stage == .chunkEnd {
      throw .badChunk
    }
  }

  private mutating func lineEnded() throws(HTTPFault) -> Event? {
    switch stage {
    case .head:
      if line.isEmpty, head != nil { return try headEnded() }
      try takeHeadLine()
    case .trailers:
      if line.isEmpty { stage = .ended } else if !isFolded { _ = try HTTPField(line: line) }
    case .chunkSize:
      guard let size = HTTPGrammar.chunkSize(line) else { throw .badChunk }
      if size > 0 { stage = .chunk(left: size) } else { beginSection(.trailers) }
    case .chunkEnd:
      beginSection(.chunkSize)
    default: break
    }
    return nil
  }

  /// Whether the line goes on with what the one before began: an obsolete folding (RFC 9112 §5.2).
  private var isFolded: Bool { line.first.map(HTTPGrammar.isBlank) ?? false }

  private mutating func takeHeadLine() throws(HTTPFault) {
    guard head != nil else {
      let status = HTTPStatusLine(line)
      // What of it could be read stays, whatever is wrong with the rest.
      head = status.head
      if let fault = status.fault { throw fault }
      return
    }
    guard isFolded else {
      head?.fields.append(try HTTPField(line: line))
      return
    }
    // Blank in front of the first field: such lines are passed over (RFC 9112 §2.2).
    guard let index = head?.fields.indices.last, let folded = try head?.fields[index].folded(line) else { return }
    head?.fields[index] = folded
  }

  /// The empty line after a head: what it is the head of, and how the content is framed.
  private mutating func headEnded() throws(HTTPFault) -> Event? {
    guard var head else { return nil }
    head.length = sectionOctets
    if head.status == 101 { throw .switchedProtocols }
    if head.status < 200 {
      interim += 1
      if interim > HTTPResponseReader.interimLimit { throw .tooManyInterim }
      self.head = nil
      beginSection(.head)
      return .interim(head)
    }
    let framing = try HTTPFraming(of: head, answering: method)
    self.head = nil
    switch framing {
    case .none, .length(0): stage = .ended
    case .length(let length): stage = .content(left: length)
    case .chunked: beginSection(.chunkSize)
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
