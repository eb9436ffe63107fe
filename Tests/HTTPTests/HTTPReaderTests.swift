import HTTP
import Testing
import Timebase

/// Responses as the reader tells them: heads, the whole content of each, and how it ended.
struct Told: Equatable {
  var statuses: [UInt16] = []
  var interim: [UInt16] = []
  var contents: [[UInt8]] = []
  var ended = 0
  var fault: HTTPFault?
  /// Octets that were left when no response was awaited any more.
  var rest = 0

  /// Reads a stream that is cut at the given places; `closes` says that it ends there.
  init(
    _ stream: [UInt8], cuts: [Int] = [], methods: [HTTPMethod] = [.get], closes: Bool = true
  ) {
    var reader = HTTPResponseReader()
    var methods = methods[...]
    if let first = methods.popFirst() { reader.await(first) }
    let ends = cuts.filter { (0...stream.count).contains($0) }.sorted() + [stream.count]
    var start = 0
    do throws(HTTPFault) {
      for end in ends {
        let piece = Array(stream[start..<end])
        start = end
        var offset = 0
        while let event = try reader.next(piece.span, from: &offset) { take(event, piece, &reader, &methods) }
        rest += piece.count - offset
      }
      if closes, let event = try reader.finish() { take(event, [], &reader, &methods) }
    } catch {
      fault = error
    }
  }

  private mutating func take(
    _ event: HTTPResponseReader.Event, _ piece: [UInt8], _ reader: inout HTTPResponseReader,
    _ methods: inout ArraySlice<HTTPMethod>
  ) {
    switch event {
    case .interim(let head): interim.append(head.status)
    case .head(let head):
      statuses.append(head.status)
      contents.append([])
    case .content(let range): contents[contents.count - 1] += piece[range]
    case .end:
      ended += 1
      if let next = methods.popFirst() { reader.await(next) }
    }
  }

  var text: [String] { contents.map { String(decoding: $0, as: UTF8.self) } }
}

@Suite struct HTTPReaderTests {
  static func told(_ text: String, _ methods: [HTTPMethod] = [.get], closes: Bool = true) -> Told {
    Told(Array(text.utf8), methods: methods, closes: closes)
  }

  @Test func contentLength() {
    let told = Self.told("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", closes: false)
    #expect(told.statuses == [200])
    #expect(told.text == ["hello"])
    #expect(told.ended == 1)
    #expect(told.fault == nil)
  }

  @Test func untilClose() {
    let told = Self.told("HTTP/1.0 200\r\nServer: x\r\n\r\nall the rest")
    #expect(told.text == ["all the rest"])
    #expect(told.ended == 1)
  }

  @Test func chunks() {
    let told = Self.told(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
        + "5;name=\"value\"\r\nhello\r\n0A \t; x\r\n, chunks!!\r\n000\r\nTrailer: one\r\n\r\n", closes: false)
    #expect(told.text == ["hello, chunks!!"])
    #expect(told.ended == 1)
  }

  @Test(arguments: [204, 304]) func nothingFollows(_ status: Int) {
    let told = Self.told("HTTP/1.1 \(status) x\r\nContent-Length: 5\r\n\r\n", closes: false)
    #expect(told.ended == 1)
    #expect(told.text == [""])
  }

  @Test func head() {
    let told = Self.told("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", [.head], closes: false)
    #expect(told.ended == 1)
  }

  @Test func interimResponses() {
    let told = Self.told(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
        + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", closes: false)
    #expect(told.interim == [100, 103])
    #expect(told.statuses == [200])
    #expect(told.ended == 1)
  }

  @Test func pipelined() {
    let one = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
    let two = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
    let told = Self.told(one + two + one + "more", [.get, .get, .get], closes: false)
    #expect(told.statuses == [200, 404, 200])
    #expect(told.text == ["one", "two", "one"])
    #expect(told.ended == 3)
    #expect(told.rest == 4)
  }

  @Test func equalLengthsAreOne() {
    let told = Self.told("HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\nContent-Length: 02\r\n\r\nok", closes: false)
    #expect(told.text == ["ok"])
  }

  @Test func bareLineFeedsAreUnderstood() {
    #expect(Self.told("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", closes: false).text == ["ok"])
  }

  /// What follows the status line, and the fields that it makes: a folded line is as if a space stood there (RFC 9112
  /// §5.2), and before the first field it is passed over (§2.2).
  static let folded: [(lines: String, fields: [String])] = [
    ("A: b\r\n c\r\n", ["A: b c"]), ("A: b\r\n\tc \r\n   d\r\nE: f\r\n", ["A: b c d", "E: f"]),
    ("A:\r\n b\r\n", ["A: b"]), ("A: b\r\n \t \r\nC: d\r\n", ["A: b", "C: d"]), ("A: b\n c\n", ["A: b c"]),
    (" A: b\r\nC: d\r\n", ["C: d"]), ("\tno field\r\n  at all\r\n", []), ("A: b\r\n c: d\r\n", ["A: b c: d"]),
  ]

  @Test(arguments: folded) func foldedLines(_ lines: String, _ fields: [String]) throws {
    let text = Array("HTTP/1.1 200 OK\r\n\(lines)\r\n".utf8)
    for step in [1, text.count] {
      var reader = HTTPResponseReader()
      reader.await(.get)
      var head: HTTPHead?
      for start in stride(from: 0, to: text.count, by: step) {
        var offset = start
        let piece = Array(text[..<min(start + step, text.count)])
        while case .head(let found) = try reader.next(piece.span, from: &offset) { head = found }
      }
      #expect(head?.fields.map { "\($0.name): \($0.value)" } == fields)
    }
  }

  @Test func aFoldedLengthFramesTheContent() {
    let told = Self.told("HTTP/1.1 200 OK\r\nContent-Length:\r\n\t2\r\n\r\nok", closes: false)
    #expect(told.text == ["ok"] && told.ended == 1)
  }

  @Test func trailersMayBeFolded() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
    #expect(Self.told(chunked + "A: b\r\n c\r\n\r\n", closes: false).ended == 1)
    #expect(Self.told(chunked + " c\r\nA: b\r\n\r\n", closes: false).ended == 1)
  }

  /// A stream with a fault, and what of its head is known all the same: version, status, reason, names of fields.
  static let unfinished: [(stream: String, known: String?)] = [
    ("HTTP/1.1 200 OK\r\nA: b\r\nno colon\r\n", "1.1 200 OK A"),
    ("HTTP/1.0 404 Not Found\r\n: x\r\n", "1.0 404 Not Found"),
    ("HTTP/1.1 200 OK\r\nA: b\r\n c\0\r\n", "1.1 200 OK A"), ("HTTP/1.1 200 OK\r\nA: b\rc", "1.1 200 OK"),
    ("HTTP/1.1 200 OK\rX", "1.1 200 OK"), ("HTTP/1.1 200 a\u{1}b\r\n", "1.1 200"), ("HTTP/1.1\t200\tOK\r\n", "1.1 200"),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\nB: c\r\n\r\n", "1.1 200 OK Content-Length B"),
    (
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "1.1 200 OK Content-Length Transfer-Encoding"
    ),
    ("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "1.1 101 Switching Upgrade"),
    ("HTTP/1.1 103 Early\r\nA\r\n", "1.1 103 Early"),
    ("HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 500 Oh\r\nA\r\n", "1.1 500 Oh"),
    (String(repeating: "HTTP/1.1 102 Wait\r\n\r\n", count: 17), "1.1 102 Wait"),
    ("HTTP/1.1 200 OK\r\nA: " + String(repeating: "x", count: 65_536), "1.1 200 OK"),
    ("HTTP/1.1 200 " + String(repeating: "x", count: 65_536), "1.1 200 " + String(repeating: "x", count: 65_523)),
    ("HTTP/1.1 200 OK\r\nA: b\r\nC", "1.1 200 OK A"), ("HTTP/1.1 200 O", "1.1 200 O"), ("HTTP/1.1 200", nil),
    ("HTTP/1.1 2000\r\n", nil), ("HTTP/1.1 099 x\r\n", nil), ("HTTP/2 200 OK\r\n", nil), ("SSH-2.0-OpenSSH\r\n", nil),
    ("HTTP/1.1 100 Go on\r\n\r\nnonsense", nil), ("", nil),
  ]

  @Test(arguments: unfinished) func aFaultLeavesWhatCameBeforeIt(_ stream: String, _ known: String?) throws {
    for step in [1, max(stream.utf8.count, 1)] {
      var session = HTTPSession(HTTPRequest(try HTTPURL(parsing: "http://a/"), agent: "x"), count: 1)
      _ = session.nextRequest()
      let octets = Array(stream.utf8)
      for start in stride(from: 0, to: octets.count, by: step) {
        session.take(Array(octets[start..<min(start + step, octets.count)]), with: 1)
      }
      session.peerClosed(with: 1)
      let transaction = try #require(session.transactions.first)
      #expect(transaction.fault != nil && !transaction.isGood)
      let words = transaction.head.map { head in
        [head.version, "\(head.status)", head.reason].filter { !$0.isEmpty } + head.fields.map(\.name)
      }
      #expect(words?.joined(separator: " ") == known)
      if known != nil { #expect(transaction.head?.length ?? 0 > 0) }
    }
  }

  static let faults: [(String, HTTPFault)] = [
    ("SSH-2.0-OpenSSH\r\n", .notHTTP), ("\r\n", .notHTTP), ("HTTP/2.0 200 OK\r\n", .badVersion),
    ("HTTP/1.1 20 OK\r\n", .badStatusLine), ("HTTP/1.1 2000\r\n", .badStatusLine),
    ("HTTP/1.1 200\tOK\r\n", .badStatusLine), ("HTTP/1.1\r\n", .badStatusLine),
    ("HTTP/1.1 099 x\r\n", .badStatusLine), ("HTTP/1.1 200 a\u{1}b\r\n", .badStatusLine),
    ("HTTP/1.1 200 OK\r\nName : x\r\n", .badField), ("HTTP/1.1 200 OK\r\nno colon\r\n", .badField),
    ("HTTP/1.1 200 OK\r\n: x\r\n", .badField), ("HTTP/1.1 200 OK\r\nA: b\0c\r\n", .badField),
    ("HTTP/1.1 200 OK\r\nA: b\r\n c\0\r\n", .badField), ("HTTP/1.1 200 OK\r\nA: b\rc\r\n", .bareCR),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n 2\r\n\r\n", .badLength),
    ("HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", .switchedProtocols),
    ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .badLength),
    ("HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n", .badLength),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n", .badLength),
    ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", .badLength),
    ("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n", .badLength),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", .lengthAndEncoding),
    ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .badEncoding),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", .badEncoding),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\n", .badEncoding),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", .truncated), ("HTTP/1.1 200 O", .truncated),
    ("HTTP/1.1 100 Continue\r\n\r\n", .truncated), ("", .noResponse),
  ]

  @Test(arguments: faults) func fault(_ text: String, _ fault: HTTPFault) {
    #expect(Self.told(text).fault == fault)
  }

  @Test(arguments: [
    "x\r\n", "\r\n", "5\nhello\r\n", "5\r\nhelloX\r\n", "5\r\nhello\n", "5 x\r\n", "5;\u{1}\r\n", "-1\r\n", "0x5\r\n",
    "8000000000000000\r\n", "fffffffffffffffff\r\n",
  ]) func badChunk(_ chunk: String) {
    let told = Self.told("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
    #expect(told.fault == .badChunk)
  }

  @Test func limits() {
    let start = "HTTP/1.1 200 OK\r\n"
    #expect(Self.told(start + "A: " + String(repeating: "x", count: 65_536)).fault == .headTooLong)
    #expect(Self.told(start + String(repeating: "A: b\r\n", count: 128)).fault == .tooManyLines)
    #expect(Self.told(start + String(repeating: "A: b\r\n", count: 126) + "\r\n").fault == nil)
    let interim = String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 17)
    #expect(Self.told(interim).fault == .tooManyInterim)
    let chunked = start + "Transfer-Encoding: chunked\r\n\r\n"
    #expect(Self.told(chunked + "1;" + String(repeating: "x", count: 5_000)).fault == .badChunk)
    #expect(Self.told(chunked + "0\r\n" + String(repeating: "A: b\r\n", count: 129)).fault == .tooManyLines)
  }

  @Test(arguments: ["", "keep-alive", "Close", "x, close"]) func keepsConnection(_ options: String) throws {
    for version in ["1.0", "1.1"] {
      var reader = HTTPResponseReader()
      reader.await(.get)
      let text = Array("HTTP/\(version) 200 OK\r\nContent-Length: 0\r\nConnection: \(options)\r\n\r\n".utf8)
      var offset = 0
      guard case .head(let head) = try reader.next(text.span, from: &offset) else {
        Issue.record("no head")
        return
      }
      #expect(head.keepsConnection == (options == "keep-alive" || options.isEmpty && version == "1.1"))
      #expect(head.length == text.count)
    }
  }

  @Test(arguments: [(16, nil), (17, HTTPFault.tooManyInterim)] as [(Int, HTTPFault?)])
  func interimResponsesAreBounded(count: Int, fault: HTTPFault?) {
    let interim = String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: count)
    let told = Self.told(interim + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", closes: false)
    #expect(told.fault == fault && told.interim.count == 16)
    #expect(told.statuses == (fault == nil ? [200] : []))
  }

  @Test func aHeadMayBeAsLongAsTheLimit() {
    let (start, end) = ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: ", "\r\n\r\n")
    for (surplus, fault) in [(0, nil), (1, HTTPFault.headTooLong)] as [(Int, HTTPFault?)] {
      let filling = 65_536 - start.utf8.count - end.utf8.count + surplus
      #expect(Self.told(start + String(repeating: "x", count: filling) + end, closes: false).fault == fault)
    }
  }

  @Test func chunksOfEverySize() {
    let start = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for size in [1, 9, 10, 15, 16, 255] {
      for digits in [String(size, radix: 16), String(size, radix: 16, uppercase: true)] {
        let content = String(repeating: "x", count: size)
        let told = Self.told(start + "\(digits)\r\n\(content)\r\n0\r\n\r\n", closes: false)
        #expect(told.text == [content] && told.ended == 1, "\(digits)")
      }
    }
    #expect(Self.told(start + "5 \r\nhello\r\n").fault == .badChunk, "a blank before nothing")
  }

  @Test func interimResponsesAreCountedForEachRequest() {
    let one = String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 10) + "HTTP/1.1 204 None\r\n\r\n"
    let told = Self.told(one + one, [.get, .get], closes: false)
    #expect(told.fault == nil && told.statuses == [204, 204] && told.interim.count == 20)
  }
}

/// However a stream is cut, what is read of it is the same.
@Suite struct HTTPChunkingTests {
  static let streams: [String] =
    [
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 11\r\nServer: some\r\n\r\nhello world"
        + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nWiki\r\n6\r\npedia \r\n0\r\nA: b\r\n\r\n"
        + "HTTP/1.0 200 OK\r\n\r\nuntil the end",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWiki\rX", "HTTP/1.1 204 None\r\n\r\nleft over",
    ] + HTTPReaderTests.faults.map(\.0)

  @Test(arguments: streams) func everyCut(_ stream: String) {
    let octets = Array(stream.utf8)
    let methods = [HTTPMethod](repeating: .get, count: 3)
    let whole = Told(octets, methods: methods)
    #expect(Told(octets, cuts: Array(0..<octets.count), methods: methods) == whole, "octet by octet")
    for cut in 0..<octets.count { #expect(Told(octets, cuts: [cut], methods: methods) == whole, "cut at \(cut)") }
  }

  @Test(arguments: 0..<50) func randomCuts(_ seed: UInt64) {
    var generator = SplitMix(state: seed)
    for stream in Self.streams {
      var octets = Array(stream.utf8)
      // Half of the runs change some octets: faults too must not depend on the cuts.
      for _ in 0..<Int.random(in: 0...3, using: &generator) where seed.isMultiple(of: 2) && !octets.isEmpty {
        octets[Int.random(in: 0..<octets.count, using: &generator)] = .random(in: 0...255, using: &generator)
      }
      let cuts = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
        Int.random(in: 0...octets.count, using: &generator)
      }
      let methods = [HTTPMethod](repeating: .get, count: 3)
      #expect(
        Told(octets, cuts: cuts, methods: methods) == Told(octets, methods: methods), "seed \(seed), cuts \(cuts)")
    }
  }
}

/// A generator whose numbers are the same for the same seed (SplitMix64).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
