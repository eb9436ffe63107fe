import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// `--svg` and `--html`: files beside the results, whole or not at all.
  @Suite(.needs()) struct PictureTests {
    private func files(_ directory: TemporaryDirectory) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    }

    @Test(arguments: ["127.0.0.1", "::1"]) func ofOneConnection(_ address: String) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: address)
      defer { listener.stop() }
      let directory = try TemporaryDirectory()
      let (connection, outcome) = try Probe.connection(
        target(address, listener.port), "--svg", directory.file("a.svg"), "--html", directory.file("a.html"),
        in: namespace)
      #expect(outcome.code == 0 && outcome.errors == "")
      #expect(try files(directory) == ["a.html", "a.svg"])
      let svg = directory.text("a.svg")
      #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
      let isn = try #require(connection["isn"]?.int)
      #expect(svg.contains("<title>SYN SEG.SEQ=\(isn); "))
      let html = directory.text("a.html")
      #expect(html.contains(svg) && html.hasSuffix("</html>\n"))
      let rtt = try #require(connection.step("syn")?["rtt_ns"]?.int)
      let micros = (rtt + 500) / 1_000
      #expect(html.contains("<td>\(micros / 1_000).\(String(format: "%03d", micros % 1_000)) ms</td>"))
    }

    @Test func ofMany() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let directory = try TemporaryDirectory()
      let words = ["127.0.0.1:\(listener.port),9", "-c", "3", "-i", "0.02", "-q"]
      let refused = try Probe.run(words + ["--svg", directory.file("a.svg")], in: namespace)
      #expect(refused.code == 2 && refused.errors.contains("--html"))
      _ = try Probe.run(words + ["--html", directory.file("a.html")], in: namespace)
      #expect(try files(directory) == ["a.html"])
      let headings = directory.text("a.html").matches(of: /<h2>(.*)<\/h2>/).map { String($0.1) }
      // The slowest may be the last.
      #expect(7...8 ~= headings.count, "\(headings)")
      #expect(headings.contains("Distribution"))
    }

    @Test func ofAPage() throws {
      let namespace = try Namespace()
      let answer = "HTTP/1.1 200 <b>&amp; '\r\nContent-Length: 2\r\nX: <script>\r\n\r\nhi"
      let server = try PageServer(in: namespace, [[answer], [answer]])
      defer { server.stop() }
      let directory = try TemporaryDirectory()
      let outcome = try Probe.run(
        "http", "http://127.0.0.1:\(server.port)/", "--requests", "2", "--svg", directory.file("a.svg"), "--html",
        directory.file("a.html"), in: namespace)
      #expect(outcome.code == 0, "\(outcome.everything)")
      #expect(try files(directory) == ["a.html", "a.svg"])
      let html = directory.text("a.html")
      #expect(html.contains("<h3>Requests</h3>"))
      #expect(html.contains("200 &lt;b&gt;&amp;amp; &#39;") && html.contains("&lt;script&gt;"))
      #expect(!html.contains("<script"))
    }

    /// What cannot be written is told before anything is sent.
    @Test(arguments: ["--svg", "--html"]) func nowhere(_ option: String) throws {
      let namespace = try Namespace()
      let (capture, outcome) = try Capture.on("lo", of: namespace) {
        try Probe.run(["127.0.0.1:9", option, "/no/such/folder/file"], in: namespace)
      }
      #expect(outcome.code == 2)
      #expect(outcome.errorLines.count == 1 && outcome.errors.contains("/no/such/folder/file"))
      #expect(try capture.packets().isEmpty)
    }

    /// `sudo probe --svg` in a home: root gives up the privilege by which it may change names there.
    @Test(.enabled(if: geteuid() == 0, "only root gives files away")) func inAFolderOfSomebodyElses() throws {
      let namespace = try Namespace()
      let directory = try TemporaryDirectory()
      try FileManager.default.setAttributes([.ownerAccountID: 12_345], ofItemAtPath: directory.path)
      let outcome = try Probe.run("127.0.0.1:9", "--svg", directory.file("a.svg"), "-q", in: namespace)
      #expect(outcome.code == 1 && outcome.errors == "", "\(outcome.everything)")
      #expect(directory.text("a.svg").hasSuffix("</svg>\n"))
      // What is there already is replaced whole, however long it was.
      try directory.write("a.svg", String(repeating: "x", count: 100_000))
      _ = try Probe.run("127.0.0.1:9", "--svg", directory.file("a.svg"), "-q", in: namespace)
      #expect(directory.text("a.svg").hasSuffix("</svg>\n") && !directory.text("a.svg").contains("xx"))
      #expect(try files(directory) == ["a.svg"])
    }
  }
}
