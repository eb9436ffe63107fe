import HTTP
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

  /// Requests, the status of each answer, and whether the connection is over then.
  static let requests: [(request: String, statuses: [Int], isOver: Bool)] = [
    (get("Host: a"), [200], false), ("GET / HTTP/1.1\nHost: a\n\n", [200], false),
    (get("Host: a", "Connection: close"), [200], true), (get("Host: a", "connection: TE, Close"), [200], true),
    ("GET / HTTP/1.0\r\n\r\n", [200], true), ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", [200], false),
    (get("Host: a") + get("Host: a"), [200, 200], false),
    ("GET / HTTP/1.0\r\n\r\nGET /2 HTTP/1.0\r\n\r\n", [200], true),
    // The target's forms (RFC 9112 §3.2), and what comes before a request.
    ("GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n", [200], false),
    ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", [200], false), ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", [400], true),
    ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", [400], true), ("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", [400], true),
    ("\r\n\r\n" + get("Host: a"), [200], false),
    // Content is passed over, and what looks like a request in it is none.
    (post("Content-Length: 18", get: "GET / HTTP/1.1\r\n\r\n") + get("Host: a"), [200, 200], false),
    (
      post("Transfer-Encoding: Chunked", get: "5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n") + get("Host: a"), [200, 200], false
    ),
    (post("Expect: 100-continue", "Content-Length: 1", get: "x"), [100, 200], false),
    (post("Expect: 100-continue", get: ""), [200], false),
    ("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", [200], true),
    // One host, and in HTTP/1.1 no fewer (RFC 9112 §3.2).
    (get(), [400], true), (get("Host: a", "Host: a"), [400], true), (get("Host: a", "host: b"), [400], true),
    ("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", [400], true), (get("Host: a b"), [400], true),
    (get("Host:"), [200], false),
    (get("Host: u@a"), [400], true), (get("Host: [::1]:80"), [200], false), (get("Host: a:x"), [400], true),
    // The length of the content (RFC 9112 §6.3).
    (post("Content-Length: -1"), [400], true), (post("Content-Length: +5"), [400], true),
    (post("Content-Length: 5, 5"), [400], true),
    (post("Content-Length: 5", "Content-Length: 6"), [400], true),
    (post("Content-Length: 5", "Content-Length: 5"), [400], true),
    (post("Content-Length: 0x5"), [400], true), (post("Content-Length:"), [400], true),
    (post("Content-Length: 1 2"), [400], true),
    (post("Content-Length: 99999999999999999999"), [413], true),
    (post("Content-Length: 5", "Transfer-Encoding: chunked"), [400], true),
    (post("Transfer-Encoding: chunked, chunked"), [400], true), (post("Transfer-Encoding:"), [400], true),
    (post("Transfer-Encoding: gzip, chunked"), [501], true), (post("Transfer-Encoding: x"), [501], true),
    (post("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), [501], true),
    ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", [400], true),
    (post("Transfer-Encoding: chunked", get: "x\r\n"), [400], true),
    (post("Transfer-Encoding: chunked", get: "1\nx\n"), [400], true),
    (post("Transfer-Encoding: chunked", get: "1\r\nxy"), [400], true),
    (post("Transfer-Encoding: chunked", get: "0\r\nA : b\r\n\r\n"), [400], true),
    // Lines (RFC 9112 §2.2, §5.1, §5.2).
    (get("Host : a"), [400], true), (get("Host: a", "no colon"), [400], true), (get("Host: a", ": b"), [400], true),
    (get("Host: a", "A: b\0c"), [400], true), (get("Host: a", "A: b", " c"), [400], true),
    (get(" A: b", "Host: a"), [400], true),
    (get("Host: a", "A: b\rc"), [400], true), ("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", [400], true),
    ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", [400], true), ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", [400], true),
    ("GET / x HTTP/1.1\r\nHost: a\r\n\r\n", [400], true), ("GET /\u{e4} HTTP/1.1\r\nHost: a\r\n\r\n", [400], true),
    // Methods and versions (RFC 9110 §9.1, §2.5).
    ("get / HTTP/1.1\r\nHost: a\r\n\r\n", [501], true), ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", [501], true),
    ("G\u{1}T / HTTP/1.1\r\n", [400], true), ("GET /\r\n", [400], true), ("GET / HTTP/2.0\r\n", [505], true),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [505], true), ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", [200], false),
    ("GET / http/1.1\r\n", [400], true), ("GET / HTTP/1\r\n", [400], true), ("GET / HTTP/1.10\r\n", [400], true),
    ("\u{16}\u{3}\u{1}", [400], true), ("nonsense\r\n\r\n", [400], true),
    // Limits: of the target, the method, the fields.
    ("GET /" + String(repeating: "x", count: 100_000), [414], true),
    (String(repeating: "x", count: 100_000), [501], true),
    (get("Host: a", "A: " + String(repeating: "x", count: 20_000)), [431], true),
    (get("Host: a", String(repeating: "A: b\r\n", count: 3_000) + "C: d"), [431], true),
    ("GET /" + String(repeating: "x", count: 8_000) + " HTTP/1.1\r\nHost: a\r\n\r\n", [200], false),
    ("GET / HTTP/1.1\r\nHost:", [], false), ("", [], false),
  ]

  private static func get(_ fields: String...) -> String {
    "GET / HTTP/1.1\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
  }

  private static func post(_ fields: String..., get content: String = "") -> String {
    "POST / HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + content
  }

  @Test(arguments: requests)
  func httpAnswers(request: String, statuses: [Int], isOver: Bool) {
    // Whole, and octet by octet: where segments are cut makes no difference.
    var page = WebPage()
    let whole = page.answer(to: Array(request.utf8))
    var other = WebPage()
    var pieces: [UInt8] = []
    for octet in request.utf8 { pieces += other.answer(to: [octet]) }
    #expect(whole == pieces && page.isOver == other.isOver)
    let text = String(decoding: whole, as: UTF8.self)
    let answers = text.split(separator: "HTTP/1.1 ")
    #expect(answers.map { Int($0.prefix(3)) } == statuses)
    #expect(page.isOver == isOver)
    #expect(answers.last?.contains("Connection: close") ?? false == (isOver && !statuses.isEmpty))
  }

  /// A request is under way from its first octet to its last, content and all.
  @Test func withinARequest() {
    var page = WebPage()
    #expect(!page.isWithinRequest)
    let request = Self.post("Content-Length: 3", get: "abc")
    for octet in request.utf8.dropLast() {
      _ = page.answer(to: [octet])
      #expect(page.isWithinRequest && page.answered == 0)
    }
    _ = page.answer(to: Array("c".utf8))
    #expect(!page.isWithinRequest && page.answered == 1)
  }

  @Test func aHeadHasNoContent() {
    var page = WebPage()
    let answer = String(decoding: page.answer(to: Array("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)), as: UTF8.self)
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
