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
      if line.isEmpty { stage = .ended } else { _ = try field() }
    case .chunkSize:
      let size = try chunkSize()
      if size > 0 { stage = .chunk(left: size) } else { beginSection(.trailers) }
    case .chunkEnd:
      beginSection(.chunkSize)
    default: break
    }
    return nil
  }

  private mutating func takeHeadLine() throws(HTTPFault) {
    guard head != nil else {
      head = try statusLine()
      return
    }
    let field = try field()
    head?.fields.append(field)
  }

  /// The empty line after a head: what it is the head of, and how the content is framed.
  private mutating func headEnded() throws(HTTPFault) -> Event? {
    guard var head else { return nil }
    head.length = sectionOctets
    self.head = nil
    if head.status == 101 { throw .switchedProtocols }
    if head.status < 200 {
      interim += 1
      if interim > HTTPResponseReader.interimLimit { throw .tooManyInterim }
      beginSection(.head)
      return .interim(head)
    }
    switch try HTTPFraming(of: head, answering: method) {
    case .none, .length(0): stage = .ended
    case .length(let length): stage = .content(left: length)
    case .chunked: beginSection(.chunkSize)
    case .untilClose: stage = .untilClose
    }
    return .head(head)
  }

  /// `HTTP/1.1 200 OK` (RFC 9112 §4); the space before a missing reason may be missing too, as many servers have it.
  private func statusLine() throws(HTTPFault) -> HTTPHead {
    guard line.count >= 8, line.starts(with: "HTTP/".utf8) else { throw line.count < 5 ? .notHTTP : .badStatusLine }
    guard HTTPGrammar.isDigit(line[5]), line[6] == UInt8(ascii: "."), HTTPGrammar.isDigit(line[7]) else {
      throw .badStatusLine
    }
    guard line[5] == UInt8(ascii: "1") else { throw .badVersion }
    guard line.count >= 12, line[8] == HTTPGrammar.space, line[9..<12].allSatisfy(HTTPGrammar.isDigit),
      line.count == 12 || line[12] == HTTPGrammar.space, line.allSatisfy(HTTPGrammar.isOfValue)
    else { throw .badStatusLine }
    let status = line[9..<12].reduce(UInt16(0)) { $0 * 10 + UInt16($1 - 0x30) }
    guard status >= 100 else { throw .badStatusLine }
    return HTTPHead(
      minorVersion: line[7] - 0x30, status: status, reason: String(decoding: line.dropFirst(13), as: UTF8.self))
  }

  /// `Name: value` (RFC 9112 §5): no white space before the colon, none before the name.
  private func field() throws(HTTPFault) -> HTTPField {
    if let first = line.first, HTTPGrammar.isBlank(first) { throw .obsoleteFolding }
    guard let colon = line.firstIndex(of: HTTPGrammar.colon), HTTPGrammar.isToken(line[..<colon]) else {
      throw .badField
    }
    let value = HTTPGrammar.trimmed(line[(colon + 1)...])
    guard value.allSatisfy(HTTPGrammar.isOfValue) else { throw .badField }
    return HTTPField(unchecked: String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
  }

  /// A chunk's size in hexadecimal, its extensions passed over (RFC 9112 §7.1 and §7.1.1).
  private func chunkSize() throws(HTTPFault) -> UInt64 {
    var size: UInt64 = 0
    var digits = line[...]
    while let octet = digits.first, let digit = HTTPGrammar.hexadecimal(octet) {
      guard size <= UInt64(Int64.max) >> 4 else { throw .badChunk }
      size = size << 4 | digit
      digits.removeFirst()
    }
    guard digits.count < line.count else { throw .badChunk }
    let extensions = digits.drop(while: HTTPGrammar.isBlank)
    guard extensions.isEmpty && digits.isEmpty || extensions.first == UInt8(ascii: ";"),
      extensions.allSatisfy(HTTPGrammar.isOfValue)
    else { throw .badChunk }
    return size
  }
}
