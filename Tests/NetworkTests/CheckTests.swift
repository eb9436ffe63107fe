import Foundation
import Glibc
import Laboratory
import Testing

extension NetworkTests {
  /// `probe check`: many ports at once, judged together.
  @Suite(.needs()) struct CheckTests {
    /// Runs the checks of a text.
    private func check(
      _ text: String, _ words: String..., in namespace: Namespace, seconds: Double = 20
    ) throws -> Outcome {
      let outcome = try Program.run([Probe.path, "check", "-"] + words, in: namespace, input: text, seconds: seconds)
      try #require(!outcome.timedOut, "\(outcome.output)")
      return outcome
    }

    @Test(arguments: [[], ["--connect"]]) func allStates(_ words: [String]) throws {
      let wire = try Wire()
      try wire.server.filterInput("tcp dport 23 drop")
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      let folder = try TemporaryDirectory()
      try folder.write(
        "ports.txt",
        """
        # every state there is
        \(Wire.server4):\(listener.port)  open rtt<1s   # the service
        \(Wire.server4):9                 closed
        \(Wire.server4):23                filtered
        10.99.0.1:80                      unreachable   # no route
        """)
      let outcome = try Probe.run(
        ["check", folder.file("ports.txt"), "-W", "0.2", "--retries", "0"] + words, in: wire.client)
      #expect(outcome.code == 0, "\(outcome.everything)")
      #expect(outcome.lines.count == 5)
      #expect(outcome.lines.prefix(4).allSatisfy { $0.hasPrefix("ok ") })
      #expect(outcome.lines.last?.hasPrefix("4 checks: 4 passed in ") ?? false)
      #expect(listener.ended(1).map(\.ending) == [.orderly])
    }

    @Test func whatFailsAndWhy() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let text = """
        127.0.0.1:\(listener.port) open rtt<1us
        127.0.0.1:9,10 open
        nowhere.invalid:80 closed # no such name
        127.0.0.1:11 closed

        """
      let plain = try check(text, in: namespace)
      #expect(plain.code == 1)
      #expect(plain.lines.map { $0.prefix { $0 != " " } } == ["FAIL", "FAIL", "FAIL", "ERROR", "ok", "5"])
      #expect(plain.lines[0].contains("not below 1us  (standard input):1"))
      #expect(plain.lines[1].contains("closed (rst), not open"))
      let quiet = try check(text, "-q", in: namespace)
      #expect(quiet.lines.count == 5, "only what does not hold, and the sum")
      let loud = try check(text, "-v", in: namespace)
      #expect(loud.output.contains("SYN-SENT"), "the ladders")
      let records = try JSON.lines(try check(text, "--json", in: namespace).output)
      #expect(records.map { $0["type"]?.string } == Array(repeating: "check", count: 5) + ["summary"])
      #expect(records.map { $0["result"]?.string } == ["fails", "fails", "fails", "error", "holds", nil])
      #expect(records.map { $0["line"]?.int } == [1, 2, 2, 3, 4, nil])
      #expect(records.last?["fail"]?.int == 3)
      #expect(records.last?["error"]?.int == 1)
    }

    /// A thousand lines do not take a thousand times as long as one: silence is waited for side by side.
    @Test(.needs(.nft), arguments: [[], ["--connect"]]) func sideBySide(_ words: [String]) throws {
      let namespace = try Namespace()
      try namespace.filterInput("tcp dport 20000-20199 drop")
      let text = (0..<1_000).map { "127.0.0.1:\($0 < 200 ? 20_000 + $0 : $0) \($0 < 200 ? "filtered" : "closed")\n" }
      let outcome = try Program.run(
        [Probe.path, "check", "-", "-q", "-W", "1", "--retries", "0"] + words, in: namespace,
        input: text.dropFirst(201).joined() + text.prefix(200).joined(), seconds: 30)
      #expect(outcome.code == 0, "\(outcome.output.prefix(2_000)) \(outcome.errors)")
      #expect(outcome.output == "")
      #expect(outcome.seconds < 10, "one after the other would take 200")
    }

    @Test func rate() throws {
      let namespace = try Namespace()
      let text = "127.0.0.1:1-5 closed\n"
      let slow = try check(text, "--rate", "10", "-q", in: namespace)
      #expect(slow.code == 0 && slow.seconds >= 0.4, "the fifth is due after four gaps: \(slow.seconds)")
      let refused = try check(text, "--rate", "1001", in: namespace)
      #expect(refused.code == 2 && refused.output == "")
      #expect(refused.errors.contains("--rate: '1001' is not a valid rate; use probes per second, from 0.001 to 1000"))
    }

    @Test func badLines() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let folder = try TemporaryDirectory()
      try folder.write("ports.txt", "127.0.0.1:\(listener.port) open\n127.0.0.1 open\n127.0.0.1:80 shut\n")
      let path = folder.file("ports.txt")
      let outcome = try Probe.run("check", path, in: namespace)
      #expect(outcome.code == 2)
      #expect(outcome.output == "")
      #expect(
        outcome.errorLines == [
          "\(path):2:1: '127.0.0.1' has no port; use 127.0.0.1:PORT, as in 127.0.0.1:443",
          "\(path):3:14: 'shut' is not a valid state; use open, closed, filtered, unreachable or any",
        ])
      usleep(100_000)
      #expect(listener.visits.isEmpty, "nothing is sent")
      #expect(try Probe.run("check", path + ".none", in: namespace).code == 2)
    }

    /// A consumer of TAP, and a judge of XML.
    @Test(.needs(.prove, .xmllint)) func reports() throws {
      let namespace = try Namespace()
      let folder = try TemporaryDirectory()
      try folder.write("good.txt", "127.0.0.1:9 closed # a # b\n127.0.0.1:10 closed rtt<10s\n")
      try folder.write("bad.txt", "127.0.0.1:9 closed\n127.0.0.1:10 open # <&> \"quoted\"\n")
      let prove = ["prove", "--merge", "-e", "\(Probe.path) check --tap"]
      let good = try Program.run(prove + [folder.file("good.txt")], in: namespace)
      #expect(good.code == 0, "\(good.everything)")
      #expect(good.output.contains("Tests=2"))
      let bad = try Program.run(prove + [folder.file("bad.txt")], in: namespace)
      #expect(bad.code != 0)
      #expect(bad.output.contains(/Failed test:\s+2/), "\(bad.output)")
      #expect(!bad.output.contains("Parse errors"))
      let xml = folder.file("report.xml")
      #expect(try Probe.run("check", folder.file("bad.txt"), "--junit", xml, in: namespace).code == 1)
      let failures = try Program.must(["xmllint", "--xpath", "string(//testsuite/@failures)", xml])
      #expect(failures.trimmingCharacters(in: .whitespacesAndNewlines) == "1")
      let text = try Program.must(["xmllint", "--xpath", "string(//failure)", xml])
      #expect(text.contains("<&> \"quoted\""))
    }

    @Test func junitIsWholeOrNotThere() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let folder = try TemporaryDirectory()
      let outcome = try check(
        "127.0.0.1:\(listener.port) open\n", "--junit", folder.file("none/report.xml"), in: namespace)
      #expect(outcome.code == 2)
      #expect(outcome.errors.contains("cannot write"))
      usleep(50_000)
      #expect(listener.visits.isEmpty, "nothing is probed whose report has no place")
    }

    @Test(.needs(.nft)) func interrupted() throws {
      let namespace = try Namespace()
      try namespace.filterInput("tcp dport 80 drop")
      let folder = try TemporaryDirectory()
      try folder.write("ports.txt", "127.0.0.1:9 closed\n127.0.0.1:80 filtered\n127.0.0.1:10 closed\n")
      try folder.write("report.xml", "the old one")
      let program = try Program(
        [Probe.path, "check", folder.file("ports.txt"), "--tap", "-W", "20", "--junit", folder.file("report.xml")],
        in: namespace)
      _ = waitUntil(seconds: 10) { program.outputSoFar.contains("ok 1") ? true : nil }
      usleep(100_000)
      program.send(SIGINT)
      let outcome = program.wait(seconds: 5)
      #expect(outcome.code == 130)
      #expect(outcome.output.hasSuffix("Bail out! interrupted\n"))
      #expect(folder.text("report.xml") == "the old one")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2, "no draft is left")
    }

    /// The worst of all, by a monitoring plugin's rules.
    @Test func plugin() throws {
      let namespace = try Namespace()
      let good = try check("127.0.0.1:9 closed\n[::1]:9 closed\n", "--nagios", in: namespace)
      #expect(good.code == 0)
      #expect(good.lines.count == 1)
      #expect(good.output.hasPrefix("PROBE OK - all 2 as expected | '127.0.0.1:9 rtt'=0."))
      #expect(try check("127.0.0.1:9 open\n[::1]:9 closed\n", "--nagios", in: namespace).code == 2)
      let unread = try check("127.0.0.1:9 opened\n", "--nagios", in: namespace)
      #expect((unread.code, unread.errors) == (3, ""))
      #expect(unread.output.hasPrefix("PROBE UNKNOWN - (standard input):1:13: "))
    }
  }
}
