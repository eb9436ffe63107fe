import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// `probe script`: the examples of the documentation with real servers, and what is told where they are wrong.
  @Suite(.needs()) struct ScriptTests {
    /// The text of an example.
    private static func example(_ name: String) throws -> String {
      try String(contentsOfFile: "Docs/Scripts/\(name).script", encoding: .utf8)
    }

    private static let page = #"location / { return 200 "<p>hello</p>\n"; }"#

    @Test(
      "the examples hold with nginx, whatever the family",
      .needs(.nginx), arguments: ["page-view", "half-close", "challenge-ack"], [Wire.server4, Wire.server6])
    func examples(_ name: String, _ address: String) throws {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server, site: Self.page)
      defer { nginx.stop() }
      let end = target(address, nginx.port)
      let outcome = try Probe.run(["script", "Docs/Scripts/\(name).script", end], in: wire.client)
      #expect(outcome.code == 0, "\(outcome.everything)")
      #expect(outcome.lines.last?.hasPrefix("pass: ") == true)
      let json = try Probe.run(["script", "Docs/Scripts/\(name).script", end, "--json"], in: wire.client)
      let line = try #require(try JSON.lines(json.output).first)
      #expect(line["type"]?.string == "script" && line["verdict"]?.string == "pass" && line["line"] == .null)
      let sent = (line["packets"]?.array ?? []).filter { $0["direction"]?.string == "sent" }
      #expect(sent.count == ["page-view": 5, "half-close": 5, "challenge-ack": 7][name])
    }

    @Test(
      "one wrong expectation fails, at its line",
      .needs(.nginx),
      arguments: [
        ("page-view", "< . 1:1(0) ack 19", "< . 1:1(0) ack 20"),
        ("page-view", "< . $page+2(0) ack 20", "< R. $page+2(0) ack 20"),
        ("half-close", "until F. $page+1(0) ack 20 within 3", "until F. $page+2(0) ack 20 within 0.5"),
        ("challenge-ack", "< R 1:1(0)", "< . 1:1(0) ack 3"),
      ]) func wrong(_ name: String, _ right: String, _ wrong: String) throws
    {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server, site: Self.page)
      defer { nginx.stop() }
      let text = try Self.example(name)
      let line = try #require(text.components(separatedBy: "\n").firstIndex { $0 == right }) + 1
      let folder = try TemporaryDirectory()
      try folder.write("wrong.script", text.replacingOccurrences(of: right + "\n", with: wrong + "\n"))
      let file = folder.file("wrong.script")
      let report = folder.file("report.xml")
      let outcome = try Probe.run(
        ["script", file, target(Wire.server4, nginx.port), "--json", "--junit", report], in: wire.client)
      #expect(outcome.code == 1, "\(outcome.everything)")
      let json = try #require(try JSON.lines(outcome.output).first)
      #expect(json["verdict"]?.string == "fail" && json["line"]?.int == Int64(line), "\(outcome.output)")
      #expect(folder.text("report.xml").contains("<failure message=\"\(file):\(line): "))
    }

    @Test func aMistakeSendsNothing() throws {
      let wire = try Wire()
      let (capture, outcome) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.run(["script", "-", "\(Wire.server4):80"], in: wire.client, input: "> S 0:0(0)\n< SX\n")
      }
      #expect(outcome.code == 2 && outcome.errors.contains("(standard input):2: no flags: 'SX'"))
      #expect(try capture.segments().isEmpty)
    }

    @Test("a connection that a script leaves open is reset") func leavesNothing() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      let script = "> S 0:0(0) win 65535 <mss 1460>\n< S. 0:0(0) ack 1\n> . 1:1(0) ack 1\nsilence 0.1\n"
      let outcome = try Probe.run(
        ["script", "-", target(Wire.server4, listener.port)], in: wire.client, input: script)
      #expect(outcome.code == 0, "\(outcome.everything)")
      #expect(listener.ended(1).map(\.ending) == [.reset])
    }

    @Test("a capture has the line of each packet", .needs(.tshark)) func capture() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      let folder = try TemporaryDirectory()
      let script = "> S 0:0(0) win 65535 <mss 1460>\n< S. 0:0(0) ack 1\n"
      let outcome = try Probe.run(
        ["script", "-", target(Wire.server4, listener.port), "--pcap", folder.file("c.pcapng")], in: wire.client,
        input: script)
      #expect(outcome.code == 0, "\(outcome.everything)")
      let comments = try Program.run(
        ["tshark", "-r", folder.file("c.pcapng"), "-T", "fields", "-e", "frame.comment"], in: wire.client)
      #expect(
        comments.lines == [
          "(standard input), > S 0:0(0) win 65535 <mss 1460>", "(standard input), answer",
          "(standard input), end of the connection",
        ])
    }
  }
}
