import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// `probe http` and servers that answer oddly, wrongly or not at all.
  @Suite(.needs(.python)) struct HTTPFaultTests {
    static let head = "HTTP/1.1 200 OK\r\n"

    /// One request to a server that answers by these pieces.
    static func ask(
      _ pieces: [String], then: PageServer.Then = .waits, _ words: String...
    ) throws -> (JSON, Outcome) {
      let namespace = try Namespace()
      let server = try PageServer(in: namespace, [pieces], then: then)
      defer { server.stop() }
      let outcome = try Probe.run(["http", "http://127.0.0.1:\(server.port)/", "--json"] + words, in: namespace)
      return (try #require(try outcome.connections.first?["requests"]?.array?.first, "\(outcome.everything)"), outcome)
    }

    @Test func chunks() throws {
      let directory = try TemporaryDirectory()
      let (request, outcome) = try Self.ask(
        [
          Self.head + "Transfer-Encoding: chu", "nked\r\n\r\n5;x=", "y\r\nhel", "lo\r", "\n6\r\n, wide\r\n",
          "0\r\nTrailer: x\r\n\r", "\n",
        ], then: .waits, "--body-to", directory.file("body"))
      #expect(outcome.code == 0)
      #expect(request["body_bytes"]?.int == 11)
      #expect(directory.text("body") == "hello, wide")
    }

    @Test func interim() throws {
      let (request, outcome) = try Self.ask([
        "HTTP/1.1 103 Early Hints\r\n\r\n", Self.head + "Content-Length: 0\r\n\r\n",
      ])
      #expect(outcome.code == 0)
      #expect(request["interim"]?.int == 1)
      #expect(request["status"]?.int == 200)
    }

    @Test func untilClose() throws {
      let (request, outcome) = try Self.ask([Self.head + "\r\n", "some", " more"], then: .closes)
      #expect(outcome.code == 0)
      #expect(request["body_bytes"]?.int == 9)
    }

    static let faults: [(String, PageServer.Then, String)] = [
      ("SSH-2.0-OpenSSH_9.2\r\n", .waits, "not-http"), (head + "A: b\r\n c\0\r\n\r\n", .waits, "bad-field"),
      (head + "Content-Length: 1, 2\r\n\r\n", .waits, "bad-length"),
      (head + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", .waits, "length-and-encoding"),
      (head + "Content-Length: 10\r\n\r\nfive!", .closes, "truncated"), (head + "\r\nsome", .resets, "truncated"),
      (head + "Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n", .waits, "unasked"), ("", .closes, "no-response"),
      (head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", .waits, "bad-chunk"),
    ]

    @Test(arguments: faults) func fault(_ answer: String, _ then: PageServer.Then, _ name: String) throws {
      let directory = try TemporaryDirectory()
      let (request, outcome) = try Self.ask([answer], then: then, "--body-to", directory.file("body"))
      #expect(outcome.code == 1)
      #expect(request["fault"]?.string == name)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty, "not at all")
    }

    /// A line that is folded is read (RFC 9112 §5.2), and what is wrong further on leaves the status that came.
    @Test func foldedLines() throws {
      let (request, outcome) = try Self.ask([Self.head + "A: b\r\n", "\tc\r\nContent-Length:\r\n 5\r\n\r\nhello"])
      #expect(outcome.code == 0 && request["fault"] == .null && request["body_bytes"]?.int == 5)

    }

    @Test(arguments: [head + "A\r\n", head + "Content-Length: -1\r\n\r\n", head + "A: b\rc\r\n", head + "A: b"])
    func theStatusThatCameStays(_ answer: String) throws {
      let (request, outcome) = try Self.ask([answer], then: .closes)
      #expect(outcome.code == 1 && request["fault"]?.string != nil)
      #expect(request["status"]?.int == 200 && request["version"]?.string == "1.1" && request["reason"]?.string == "OK")
    }

    /// A server that sends an octet now and then, before, within or after the head: the connection has its time.
    @Test(arguments: ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
    func drip(_ start: String) throws {
      let octets = (0..<200).map { _ in "x" }
      let (request, outcome) = try Self.ask([start] + octets, "--max-time", "0.3", "-W", "0.2")
      #expect(outcome.code == 1 && outcome.seconds < 2)
      #expect(request["fault"]?.string == "timeout" && request["status"]?.int == 200)
    }

    /// The server takes the request and says nothing.
    @Test func silence() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let url = "http://127.0.0.1:\(listener.port)/"
      let (connection, outcome) = try Probe.connection("http", url, "-w", "0.5", in: namespace)
      #expect(outcome.code == 1)
      #expect(outcome.seconds < 3)
      #expect(connection["requests"]?.array?.first?["fault"]?.string == "no-response")
      #expect(connection["requests"]?.array?.first?["status"] == .null)
    }

    @Test func nobodyListens() throws {
      let namespace = try Namespace()
      let (connection, outcome) = try Probe.connection("http", "http://127.0.0.1:9/", in: namespace)
      #expect(outcome.code == 1)
      #expect(connection.verdict == "closed rst")
      #expect(connection["requests"]?.array?.isEmpty == true)
      #expect(connection["requests_unsent"]?.int == 1)
    }

    @Test func tlsIsNotSpoken() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let outcome = try Probe.run("http", "https://127.0.0.1:\(listener.port)/", in: namespace)
      #expect(outcome.code == 0)
      #expect(outcome.errors.contains("TLS is not supported"))
      #expect(outcome.output.contains("open 127.0.0.1:\(listener.port): reason=syn-ack"))
      #expect(listener.ended(1).map(\.bytes) == [[]], "nothing was said")
    }

    static let misuses: [(words: [String], says: String)] = [
      ([], "no URL"), (["http://a/", "http://b/"], "one URL"), (["http://127.0.0.1/", "--compare"], "--requests N"),
      (["127.0.0.1:80:80"], "invalid port"),
      (["ftp://127.0.0.1/"], "only http"), (["http://me@127.0.0.1/"], "no user"),
      (["http://127.0.0.1/", "--header", "A: b\r\nC: d"], "--header"),
      (["http://127.0.0.1/", "--header", "A"], "NAME: VALUE"),
      (["http://127.0.0.1/", "--requests", "0"], "--requests"),
      (["http://127.0.0.1/", "--http-version", "2"], "1.0, 1.1"),
      (["http://127.0.0.1/", "--pipeline", "--http-version", "1.0"], "HTTP/1.1"),
      (["http://127.0.0.1/", "--body-to", "x", "--requests", "2"], "single response"),
      (["http://127.0.0.1/", "--body-to", "/nowhere/x"], "/nowhere/x"), (["http://127.0.0.1/", "--syn"], "--syn"),
      (["https://127.0.0.1/", "--body-to", "x"], "TLS is not supported"),
    ]

    @Test(arguments: misuses) func misuse(_ words: [String], _ says: String) throws {
      let outcome = try Probe.run(["http"] + words, in: try Namespace())
      #expect(outcome.code == 2)
      #expect(outcome.output == "")
      #expect(outcome.errorLines.count == 1)
      #expect(outcome.errors.contains(says), "\(outcome.errors)")
    }
  }
}
