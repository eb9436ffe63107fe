import Glibc
import Laboratory
import Testing

extension NetworkTests {
  /// `probe bench` against a listener that keeps an account, over a veth pair.
  @Suite(.needs()) struct BenchTests {
    private let wire: Wire

    init() throws { wire = try Wire() }

    private func summaries(_ words: String..., code: Int32 = 0) throws -> [JSON] {
      let outcome = try Probe.run(["bench"] + words + ["--json"], in: wire.client)
      #expect(outcome.code == code, "\(outcome.everything)")
      return try outcome.summaries
    }

    private func summary(_ words: String..., code: Int32 = 0) throws -> JSON {
      let outcome = try Probe.run(["bench"] + words + ["--json"], in: wire.client)
      #expect(outcome.code == code, "\(outcome.everything)")
      return try #require(try outcome.summaries.first, "\(outcome.everything)")
    }

    /// The sockets at the far end in a state, by its number in /proc/net/tcp.
    private func sockets(in states: String...) throws -> Int {
      try wire.server.command("cat", "/proc/net/tcp", "/proc/net/tcp6").split(separator: "\n").count {
        let fields = $0.split(separator: " ")
        return fields.count > 3 && states.contains(String(fields[3]))
      }
    }

    @Test(arguments: [Wire.server4, Wire.server6]) func theRateIsKeptAndNoneIsLost(_ address: String) throws {
      let listener = try RecordingListener(in: wire.server, address: address)
      defer { listener.stop() }
      let summary = try summary(target(address, listener.port), "--rate", "200", "-c", "100")
      #expect(summary["started"] == .integer(100))
      #expect(summary["endings"]?["completed"] == .integer(100))
      #expect(summary["loss"]?.double == 0)
      #expect(summary["path"] == .text("raw"))
      #expect(try #require(summary["achieved_rate"]?.double) > 190)
      #expect(summary["steps"]?["syn"]?["count"] == .integer(100))
      let visits = listener.ended(100)
      #expect(visits.count == 100)
      #expect(visits.allSatisfy { $0.ending == .orderly })
    }

    /// Beyond what leaves the time for a stamp of every packet they go straight to the interface.
    @Test(arguments: [Wire.server4, Wire.server6]) func inBatches(_ address: String) throws {
      let listener = try RecordingListener(in: wire.server, address: address)
      defer { listener.stop() }
      let outcome = try Probe.run(
        [
          "bench", target(address, listener.port), "--rate", "6000", "-c", "1000", "--i-own-the-target", "--json",
          "--close", "rst",
        ], in: wire.client)
      let summary = try #require(try outcome.summaries.first, "\(outcome.everything)")
      #expect(summary["path"] == .text("packet"))
      #expect(summary["clock"] == .text("user"))
      let completed = try #require(summary["endings"]?["completed"]?.int)
      #expect(summary["started"]?.int == completed)
      #expect(completed + (summary["not_started"]?.int ?? 0) == 1_000)
      let visits = listener.ended(Int(completed), seconds: 20)
      #expect(visits.count == Int(completed))
      #expect(visits.allSatisfy { $0.ending == .reset })
    }

    @Test func halfOpenLeavesNothingBehind() throws {
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      let summary = try summary(target(Wire.server4, listener.port), "--rate", "500", "-c", "200", "--mode", "syn")
      #expect(summary["endings"]?["completed"] == .integer(200))
      #expect(try sockets(in: "03", "01") == 0, "SYN-RECEIVED, ESTABLISHED")
      #expect(listener.visits.isEmpty)
    }

    @Test func severalTargetsTakeTurns() throws {
      let listeners = try (0..<2).map { _ in try RecordingListener(in: wire.server, address: Wire.server4) }
      defer { for listener in listeners { listener.stop() } }
      let summaries = try summaries(
        target(Wire.server4, listeners[0].port), target(Wire.server4, listeners[1].port), "--rate", "100", "-c", "50")
      #expect(summaries.map { $0["started"] } == [.integer(50), .integer(50)])
      for listener in listeners { #expect(listener.ended(50).count == 50) }
    }

    /// The tables and files of one run, each read by another program where there is one.
    @Test func files() throws {
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      let place = try TemporaryDirectory()
      let host = target(Wire.server4, listener.port)
      let outcome = try Probe.run(
        [
          "bench", host, "--rate", "200", "-c", "300", "--csv", "--histogram-log", place.file("log"), "--svg",
          place.file("svg"),
        ], in: wire.client)
      let rows = outcome.output.split(separator: "\r\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false)
      }
      #expect(rows.first?.prefix(3) == ["target", "step", "count"])
      #expect(rows.dropFirst().map { $0[1] } == ["syn", "fin", "peer-fin"])
      #expect(rows.allSatisfy { $0.count == rows[0].count })
      let counts = rows.dropFirst().compactMap { Int($0[2]) }
      #expect(counts.allSatisfy { $0 > 0 })
      let log = place.text("log").split(separator: "\n").map(String.init)
      #expect(log.first == "#[Histogram log format version 1.3]")
      let lines = log.filter { $0.hasPrefix("Tag=\(host)/syn,") }
      #expect(lines.count >= 2, "one and a half seconds, a line for each that began")
      #expect(lines.allSatisfy { $0.contains(",HISTFA") })
      #expect(place.text("svg").hasPrefix("<svg") || place.text("svg").hasPrefix("<?xml"))
      #expect(place.text("svg").contains("</svg>"))
      #expect(try place.names() == ["log", "svg"], "nothing else is left")
    }

    @Test func targetsAreCompared() throws {
      let listeners = try (0..<2).map { _ in try RecordingListener(in: wire.server, address: Wire.server4) }
      defer { for listener in listeners { listener.stop() } }
      let words = [
        "bench", target(Wire.server4, listeners[0].port), target(Wire.server4, listeners[1].port), "--rate", "100",
        "-c",
        "100",
      ]
      let outcome = try Probe.run(words + ["--json"], in: wire.client)
      let ratio = try #require(try JSON.lines(outcome.output).first { $0["type"]?.string == "ratio" })
      #expect(ratio["base"] == .text(target(Wire.server4, listeners[0].port)))
      let median = try #require(ratio["p50"])
      let (low, high) = (try #require(median["low"]?.double), try #require(median["high"]?.double))
      #expect(low <= high)
      #expect(low > 0.2 && high < 5, "the same host twice: \(outcome.output)")
      let text = try Probe.run(words, in: wire.client)
      #expect(text.output.contains(" against "))
      #expect(text.output.contains("answers"))
    }

    @Test(.needs(.nginx)) func requests() throws {
      let nginx = try Nginx(in: wire.server)
      defer { nginx.stop() }
      let summary = try summary("http://\(Wire.server4):\(nginx.port)/", "--rate", "100", "-c", "50")
      #expect(summary["mode"] == .text("http"))
      #expect(summary["endings"]?["completed"] == .integer(50))
      #expect(summary["statuses"]?["2xx"] == .integer(50))
      #expect(summary["steps"]?["response"]?["count"] == .integer(50))
      #expect(nginx.accesses(50).count == 50)
    }

    @Test func whatRefuses() throws {
      let summary = try summary(target(Wire.server4, 9), "--rate", "100", "-c", "5", code: 1)
      #expect(summary["endings"]?["refused"] == .integer(5))
      #expect(summary["received"] == .integer(5))
    }

    @Test(arguments: ["full", "syn"]) func interrupted(_ mode: String) throws {
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      let program = try Program(
        [Probe.path, "bench", target(Wire.server4, listener.port), "--rate", "300", "--json", "--mode", mode],
        in: wire.client)
      usleep(1_000_000)
      program.send(SIGINT)
      let outcome = program.wait(seconds: 5)
      #expect(outcome.code == 130)
      let summary = try #require(try outcome.summaries.first, "\(outcome.everything)")
      #expect(try #require(summary["started"]?.int) > 20)
      #expect(try sockets(in: "03") == 0, "nothing is left half-open")
      _ = waitUntil(seconds: 3) { (try? sockets(in: "01")) == 0 ? true : nil }
      #expect(try sockets(in: "01") == 0, "nothing is left open")
    }

    @Test func noTargetTwice() throws {
      let outcome = try Probe.run(
        ["bench", target(Wire.server4, 80), target(Wire.server4, 81), target(Wire.server4, 80)], in: wire.client)
      #expect(outcome.code == 2)
      #expect(outcome.errors.contains("twice"))
    }

    @Test func manyASecondNeedAWord() throws {
      let outcome = try Probe.run(["bench", target(Wire.server4, 80), "--rate", "1001"], in: wire.client)
      #expect(outcome.code == 2)
      #expect(outcome.errors.contains("--i-own-the-target"))
      #expect(outcome.output.isEmpty)
      let two = try Probe.run(
        ["bench", target(Wire.server4, 80), target(Wire.server4, 81), "--rate", "501"], in: wire.client)
      #expect(two.code == 2, "two ports of one host")
      let own = try Probe.run(["bench", "127.0.0.1:9", "--rate", "2000", "-c", "10"], in: wire.client)
      #expect(own.code == 1, "this host's own: \(own.everything)")
    }
  }
}
