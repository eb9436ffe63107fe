import HTTP
import Testing

@Suite struct HTTPURLTests {
  struct Row: Sendable {
    var text: String
    var host: String
    var port: UInt16
    var target: String
    var authority: String
  }

  static let rows = [
    Row(text: "http://web.test", host: "web.test", port: 80, target: "/", authority: "web.test"),
    Row(text: "HTTP://web.test:80/", host: "web.test", port: 80, target: "/", authority: "web.test"),
    Row(text: "http://web.test:/a", host: "web.test", port: 80, target: "/a", authority: "web.test"),
    Row(
      text: "http://web.test:8080/a%20b/%C3%a4?q=1/2&x#part", host: "web.test", port: 8080,
      target: "/a%20b/%C3%a4?q=1/2&x", authority: "web.test:8080"),
    Row(text: "http://192.0.2.1?q", host: "192.0.2.1", port: 80, target: "/?q", authority: "192.0.2.1"),
    Row(text: "http://[2001:db8::1]:81/", host: "2001:db8::1", port: 81, target: "/", authority: "[2001:db8::1]:81"),
    Row(text: "http://[fe80::1%25eth0]/", host: "fe80::1%eth0", port: 80, target: "/", authority: "[fe80::1]"),
    Row(text: "http://[fe80::1%eth0]/", host: "fe80::1%eth0", port: 80, target: "/", authority: "[fe80::1]"),
    Row(
      text: "http://Münc\u{68}en.test:81/", host: "xn--mnchen-3ya.test", port: 81, target: "/",
      authority: "xn--mnchen-3ya.test:81"),
    Row(text: "https://web.test/", host: "web.test", port: 443, target: "/", authority: "web.test"),
    Row(text: "https://web.test:80", host: "web.test", port: 80, target: "/", authority: "web.test:80"),
    Row(text: "http://web.test/a@b:c", host: "web.test", port: 80, target: "/a@b:c", authority: "web.test"),
  ]

  @Test(arguments: rows) func reads(_ row: Row) throws {
    let url = try HTTPURL(parsing: row.text)
    #expect(url.host == row.host)
    #expect(url.port == row.port)
    #expect(url.target == row.target)
    #expect(url.authority == row.authority)
  }

  @Test(arguments: [
    ("web.test/", HTTPURLError.noScheme), ("web.test:80/", .noScheme), ("", .noScheme), ("://x", .otherScheme),
    ("ftp://web.test/", .otherScheme), ("http://", .noHost), ("http:///a", .noHost), ("http://:80/", .noHost),
    ("http://user@web.test/", .userinfo), ("http://user:word@web.test/", .userinfo), ("http://we%62/", .badHost),
    ("http://a,b/", .badHost), ("http://[::1/", .badHost), ("http://[web]/", .badHost), ("http://[::1]x/", .badHost),
    ("http://[fe80::1%]/", .badHost), ("http://web.test:0/", .badPort), ("http://web.test:65536/", .badPort),
    ("http://web.test:+80/", .badPort), ("http://web.test:000080/", .badPort), ("http://web.test:80x/", .badPort),
    ("http://web.test/a b", .badCharacter),
    ("http://web.test/\r\nX: y", .badCharacter), ("http://web.test/é", .badCharacter),
    ("http://☃.test/", .badHost), ("http://a..b/", .badHost), ("http://127.1/", .badHost),
    ("http://web.test/" + String(repeating: "a", count: 8_192), .tooLong),
  ]) func refuses(_ text: String, _ reason: HTTPURLError) {
    #expect(throws: reason) { try HTTPURL(parsing: text) }
  }
}

@Suite struct HTTPRequestTests {
  static func request(_ change: (inout HTTPRequest) throws -> Void = { _ in }) throws -> String {
    var request = HTTPRequest(try HTTPURL(parsing: "http://web.test:81/a?b"), agent: "probe/0")
    try change(&request)
    return String(decoding: request.octets, as: UTF8.self)
  }

  @Test func plain() throws {
    #expect(
      try Self.request() == "GET /a?b HTTP/1.1\r\nHost: web.test:81\r\nUser-Agent: probe/0\r\nAccept: */*\r\n\r\n")
  }

  @Test func oldVersionKept() throws {
    let text = try Self.request {
      $0.version = .v10
      $0.method = .head
      $0.keepsConnection = true
    }
    #expect(text.hasPrefix("HEAD /a?b HTTP/1.0\r\nHost: web.test:81\r\n"))
    #expect(text.hasSuffix("\r\nConnection: keep-alive\r\n\r\n"))
  }

  @Test func ownFieldsReplaceOurs() throws {
    let text = try Self.request {
      $0.fields = try ["user-agent:  mine \t", "X: 1", "host: other", "X: 2"].map { try HTTPField(parsing: $0) }
    }
    #expect(text == "GET /a?b HTTP/1.1\r\nhost: other\r\nAccept: */*\r\nuser-agent: mine\r\nX: 1\r\nX: 2\r\n\r\n")
  }

  @Test(arguments: [
    ("X", HTTPFieldError.noColon), (": x", .badName), ("X Y: z", .badName), ("X : z", .badName),
    ("X\r\nY: z", .badName),
    ("X: a\r\nY: z", .badValue), ("X: a\nY: z", .badValue), ("X: a\rb", .badValue), ("X: \0", .badValue),
    ("X: a\u{7f}", .badValue),
    ("Content-Length: 1", .framing), ("transfer-encoding: chunked", .framing),
    ("X: " + String(repeating: "a", count: 8_192), .tooLong),
  ]) func refuses(_ text: String, _ reason: HTTPFieldError) {
    #expect(throws: reason) { try HTTPField(parsing: text) }
  }

  @Test("all requests but the last ask HTTP/1.0 to keep the connection")
  func theLastRequestKeepsNothing() throws {
    var request = HTTPRequest(try HTTPURL(parsing: "http://web.test/"), agent: "probe/0")
    request.version = .v10
    for (count, expected) in [(1, [false]), (3, [true, true, false])] {
      var session = HTTPSession(request, count: count, isPipelined: true)
      var kept: [Bool] = []
      while let octets = session.nextRequest() {
        kept.append(String(decoding: octets, as: UTF8.self).contains("\r\nConnection: keep-alive\r\n"))
      }
      #expect(kept == expected)
    }
  }
}
