import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// `probe http` and a real nginx.
  @Suite(.needs(.nginx)) struct HTTPTests {
    static let site = """
      location / { return 200 "here\\n"; }
      location /missing { return 404; }
      location /moved { return 301 /; }
      location /file { default_type application/octet-stream; }
      """

    @Test(arguments: [Wire.server4, Wire.server6]) func page(_ address: String) throws {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server)
      defer { nginx.stop() }
      let url = "http://\(target(address, nginx.port))/a%20b?c=d"
      let (connection, outcome) = try Probe.connection("http", url, in: wire.client)
      #expect(outcome.code == 0)
      #expect(outcome.errors == "")
      #expect(connection.verdict == "open syn-ack")
      #expect(connection["target"]?.string == url)
      #expect(connection["closed_by"]?.string == "fin")
      #expect(connection.names == JSONTests.connectionNames.union(["requests", "requests_unsent", "cost"]))
      let request = try #require(connection["requests"]?.array?.first)
      #expect(
        request.names == [
          "request", "method", "path", "version", "status", "reason", "head_bytes", "body_bytes", "interim", "steps",
          "total_ns", "clock", "fault",
        ])
      #expect(request["status"]?.int == 200)
      #expect(request["body_bytes"]?.int == 5)
      #expect(request["version"]?.string == "1.1")
      #expect(request["fault"] == .null)
      #expect(request.steps == ["request", "response", "transfer"])
      #expect(try #require(request["total_ns"]?.int) > 0)
      #expect(nginx.accesses(1).map { $0.suffix(4).joined(separator: " ") } == ["200 GET /a%20b?c=d HTTP/1.1"])
      #expect(!nginx.log.contains(Nginx.reset))
    }

    @Test(.needs(.tcpdump, .tshark)) func pageOnTheWire() throws {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server)
      defer { nginx.stop() }
      let (capture, outcome) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.run("http", "http://\(Wire.server4):\(nginx.port)/", in: wire.client)
      }
      #expect(outcome.code == 0)
      for word in ["SYN", "FIN", "len=", "request", "response", "request 1: GET / 200 OK HTTP/1.1 body=5 bytes ttfb="] {
        #expect(outcome.output.contains(word), "\(word)")
      }
      let packets = try capture.segments()
      let port = packets.first { $0.isSYN }?.sourcePort.map { Int64($0) }
      try expectCleanConnection(packets, from: port)
    }

    /// One connection, a hundred requests, as the server's own log counts them.
    @Test func keptAlive() throws {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server)
      defer { nginx.stop() }
      let (connection, outcome) = try Probe.connection(
        "http", "http://\(Wire.server4):\(nginx.port)/", "--requests", "100", in: wire.client)
      #expect(outcome.code == 0)
      #expect(connection["requests"]?.array?.count == 100)
      #expect(connection["requests"]?.array?.allSatisfy { $0["status"]?.int == 200 } == true)
      #expect(connection["cost"]?["round_trips"]?.int == 102, "SYN, 100 requests, FIN")
      let accesses = nginx.accesses(100)
      #expect(Set(accesses.map { $0[0] }).count == 1, "one connection")
      #expect(accesses.map { Int($0[1]) } == (1...100).map { $0 })
      #expect(accesses.allSatisfy { $0[2] == "." }, "none was pipelined")
    }

    @Test func pipelined() throws {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server)
      defer { nginx.stop() }
      let (connection, outcome) = try Probe.connection(
        "http", "http://\(Wire.server4):\(nginx.port)/", "--requests", "10", "--pipeline", in: wire.client)
      #expect(outcome.code == 0)
      #expect(connection["requests"]?.array?.map { $0["status"]?.int } == Array(repeating: 200, count: 10))
      let accesses = nginx.accesses(10)
      #expect(Set(accesses.map { $0[0] }).count == 1, "one connection")
      #expect(accesses.filter { $0[2] == "p" }.count >= 8, "pipelined, as nginx saw it: \(accesses)")
    }

    @Test func head() throws {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server)
      defer { nginx.stop() }
      let (connection, outcome) = try Probe.connection(
        "http", "http://\(Wire.server4):\(nginx.port)/", "--head", "--requests", "2", in: wire.client)
      #expect(outcome.code == 0)
      #expect(connection["requests"]?.array?.map { $0["body_bytes"]?.int } == [0, 0])
      #expect(nginx.accesses(2).allSatisfy { $0[4] == "HEAD" })
    }

    @Test(arguments: [("/missing", 404, 1), ("/moved", 301, 0), ("/file/none", 404, 1)])
    func status(_ path: String, _ status: Int64, _ code: Int32) throws {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server, site: Self.site)
      defer { nginx.stop() }
      let (connection, outcome) = try Probe.connection(
        "http", "http://\(Wire.server4):\(nginx.port)\(path)", in: wire.client)
      #expect(outcome.code == code)
      #expect(connection["requests"]?.array?.first?["status"]?.int == status)
      #expect(connection["requests"]?.array?.first?["fault"] == .null)
    }

    @Test func oldVersion() throws {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server)
      defer { nginx.stop() }
      let url = "http://\(Wire.server4):\(nginx.port)/"
      let (once, _) = try Probe.connection("http", url, "--http-version", "1.0", in: wire.client)
      #expect(once["requests"]?.array?.map { $0["status"]?.int } == [200])
      // The server closes by itself; where our FIN, which the end of the content lets out, crosses its own, we are the
      // ones who wait.
      #expect(["CLOSED", "TIME_WAIT"].contains(once["client_state"]?.string))
      let (kept, outcome) = try Probe.connection(
        "http", url, "--http-version", "1.0", "--requests", "3", in: wire.client)
      #expect(outcome.code == 0)
      #expect(kept["requests"]?.array?.count == 3)
      #expect(nginx.accesses(4).map { $0[1] } == ["1", "1", "2", "3"])
    }

    @Test func fields() throws {
      let wire = try Wire()
      let site = #"location / { return 200 "$host $http_user_agent $http_x_test"; }"#
      let nginx = try Nginx(in: wire.server, site: site)
      defer { nginx.stop() }
      let directory = try TemporaryDirectory()
      let outcome = try Probe.run(
        "http", "http://\(Wire.server4):\(nginx.port)/", "--header", "Host: other.test", "--header", "X-Test: 1, 2",
        "--header", "User-Agent: me", "--body-to", directory.file("body"), "-q", in: wire.client)
      #expect(outcome.code == 0)
      #expect(outcome.everything == "")
      #expect(directory.text("body") == "other.test me 1, 2")
    }

    @Test func compared() throws {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server)
      defer { nginx.stop() }
      let url = "http://\(Wire.server4):\(nginx.port)/"
      let outcome = try Probe.run("http", url, "--requests", "10", "--compare", "--json", in: wire.client)
      #expect(outcome.code == 0)
      #expect(try outcome.connections.count == 11)
      let comparison = try #require(try JSON.lines(outcome.output).last)
      #expect(comparison["type"]?.string == "comparison")
      let (each, kept) = (try #require(comparison["each"]), try #require(comparison["kept"]))
      #expect(each["connections"]?.int == 10)
      #expect(kept["connections"]?.int == 1)
      #expect(each["round_trips"]?.int == 30)
      #expect(kept["round_trips"]?.int == 12)
      for name in ["packets_sent", "packets_received", "bytes_sent", "bytes_received"] {
        let (more, fewer) = (try #require(each[name]?.int), try #require(kept[name]?.int))
        #expect(more > fewer, "\(name)")
      }
      let text = try Probe.run("http", url, "--requests", "3", "--compare", in: wire.client)
      #expect(text.output.contains(/3 requests on +3 connections +1 connection\n/))
    }

    /// Ten mebibytes, octet by octet as they lie on the server's disk, without a retransmission.
    @Test func largeContent() throws {
      let wire = try Wire()
      var state: UInt64 = 1
      let octets = (0..<(10 << 20)).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
      }
      let nginx = try Nginx(in: wire.server, site: Self.site, files: ["file": octets])
      defer { nginx.stop() }
      let directory = try TemporaryDirectory()
      let before = try wire.server.retransmissions()
      let (connection, outcome) = try Probe.connection(
        "http", "http://\(Wire.server4):\(nginx.port)/file", "--body-to", directory.file("body"), in: wire.client)
      #expect(outcome.code == 0)
      #expect(outcome.errors == "")
      #expect(connection["requests"]?.array?.first?["body_bytes"]?.int == 10 << 20)
      #expect(FileManager.default.contents(atPath: directory.file("body")) == Data(octets))
      #expect(try wire.server.retransmissions() == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["body"])
    }
  }
}

extension Namespace {
  /// How many segments its TCP has sent again because it took them for lost.
  ///
  /// Probes of a tail (RFC 8985 §7) are left out: they only ask whether the other end is still there, and on a busy
  /// machine that may take a while.
  func retransmissions() throws -> Int {
    try run {
      func count(_ table: String, _ prefix: String, _ name: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/thread-self/net/\(table)", encoding: .utf8)
        let rows = text.split(separator: "\n").filter { $0.hasPrefix(prefix) }.map { $0.split(separator: " ") }
        guard rows.count == 2, let column = rows[0].firstIndex(of: name[...]) else { return 0 }
        return Int(rows[1][column]) ?? 0
      }
      return try max(0, count("snmp", "Tcp:", "RetransSegs") - count("netstat", "TcpExt:", "TCPLossProbes"))
    }
  }
}
