import Handshake
import Testing
import Timebase
import Wire

@testable import Engines

/// What a listener's connections are for.
@Suite struct ServiceTests {
  @Test func echoSendsBackWhatComes() throws {
    var world = ListenWorld(.echo)
    let iss = try world.open()
    let text = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let isSame = world.exchange(text, iss: iss) == text
    #expect(isSame)
  }

  @Test func acceptSaysNothing() throws {
    var world = ListenWorld()
    let iss = try world.open()
    #expect(world.exchange(Array("hello".utf8), iss: iss).isEmpty)
  }

  /// Each request, how many answers it gets, whether the connection is over then.
  static let requests: [(request: String, answers: Int, isOver: Bool)] = [
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 1, false), ("GET / HTTP/1.1\n\n", 1, false),
    ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 1, true),
    ("GET / HTTP/1.1\r\nconnection: TE, Close\r\n\r\n", 1, true),
    ("GET / HTTP/1.0\r\n\r\n", 1, true), ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 1, false),
    ("GET / HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", 2, false),
    ("GET / HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n\r\n", 1, true),
    ("POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\nGET / HTTP/1.1\r\n\r\nxxGET / HTTP/1.1\r\n\r\n", 2, false),
    ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 1, true),
    ("GET / HTTP/1.1\r\nHost:", 0, false), ("nonsense\r\n\r\n", 1, true), ("\r\n\r\n", 1, true),
    ("GET / HTTP/2.0\r\n\r\n", 1, true), (String(repeating: "x", count: 100_000), 1, true),
    ("POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 1, false),
    ("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 1, false),
  ]

  @Test(arguments: requests)
  func httpAnswers(request: String, answers: Int, isOver: Bool) {
    // Whole, and octet by octet: where segments are cut makes no difference.
    var page = WebPage()
    let whole = page.answer(to: Array(request.utf8))
    var other = WebPage()
    var pieces: [UInt8] = []
    for octet in request.utf8 { pieces += other.answer(to: [octet]) }
    #expect(whole == pieces && page.isOver == other.isOver)
    let text = String(decoding: whole, as: UTF8.self)
    #expect(text.components(of: "HTTP/1.1 ") == answers)
    #expect(page.isOver == isOver)
    #expect(text.contains("Connection: close") == (isOver && answers > 0))
  }

  @Test func aHeadHasNoContent() {
    var page = WebPage()
    let answer = String(decoding: page.answer(to: Array("HEAD / HTTP/1.1\r\n\r\n".utf8)), as: UTF8.self)
    #expect(answer.hasSuffix("\r\n\r\n") && answer.contains("Content-Length: \(WebPage.text.utf8.count)"))
  }

  @Test func httpClosesWhereItSaysSo() throws {
    var world = ListenWorld(.http)
    let iss = try world.open()
    let request = Array("GET / HTTP/1.0\r\n\r\n".utf8)
    let answer = String(decoding: world.exchange(request, iss: iss), as: UTF8.self)
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\n" + WebPage.text))
    #expect(world.sent.contains { $0.segment.flags.contains(.fin) })
  }
}

extension String {
  /// How often another text occurs in it.
  fileprivate func components(of other: String) -> Int {
    var (count, rest) = (0, self[...])
    while let found = rest.firstRange(of: other) {
      count += 1
      rest = rest[found.upperBound...]
    }
    return count
  }
}
