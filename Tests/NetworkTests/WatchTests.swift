import Foundation
import Glibc
import Laboratory
import Testing

extension NetworkTests {
  /// `probe watch`: without an end, on a terminal and elsewhere.
  @Suite(.needs()) struct WatchTests {
    /// Waits until a program has written something.
    private func waits(_ program: Program, for text: String, seconds: Double = 10) -> Bool {
      waitUntil(seconds: seconds) { program.outputSoFar.contains(text) ? true : nil } ?? false
    }

    /// A service that goes and comes back: when, and for how long.
    @Test func changesOfState() throws {
      let namespace = try Namespace()
      let first = try RecordingListener(in: namespace, address: "127.0.0.1")
      let program = try Program(
        [Probe.path, "watch", "127.0.0.1:\(first.port)", "-i", "0.05", "-q", "--expect", "open"], in: namespace)
      #expect(waits(program, for: ": open (syn-ack)"))
      first.stop()
      #expect(waits(program, for: "open -> closed (rst), was open for "))
      let second = try RecordingListener(in: namespace, address: "127.0.0.1", port: first.port)
      defer { second.stop() }
      #expect(waits(program, for: "closed -> open (syn-ack), was closed for "))
      program.send(SIGINT)
      let outcome = program.wait(seconds: 5)
      #expect(outcome.code == 130)
      #expect(outcome.lines.prefix(3).allSatisfy { $0.contains(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ 127/) })
      #expect(outcome.output.contains("rtt min/avg/max/mdev = "))
      #expect(!outcome.output.contains("\u{1b}"), "no terminal, no screen")
    }

    /// SIGHUP reads the list again: what is new is probed, what is gone is not, and the others' figures go on.
    @Test(arguments: [[], ["--connect"]]) func reload(_ words: [String]) throws {
      let namespace = try Namespace()
      let directory = try TemporaryDirectory()
      let list = directory.file("targets")
      func write(_ lines: String...) throws {
        try lines.joined(separator: "\n").write(toFile: list, atomically: true, encoding: .utf8)
      }
      try write("127.0.0.1:9", "127.0.0.2:9")
      let program = try Program(
        [Probe.path, "watch", "-f", list, "-i", "0.05", "--prometheus", directory.file("m.prom")] + words, in: namespace
      )
      #expect(waits(program, for: "127.0.0.2:9: closed (rst)"))
      try write("127.0.0.1:9", "[::1]:9 # new", "127.0.0.3:9")
      program.send(SIGHUP)
      #expect(waits(program, for: "[::1]:9: closed (rst)") && waits(program, for: "127.0.0.3:9: closed (rst)"))
      try write("127.0.0.1:9 nonsense nonsense")
      program.send(SIGHUP)
      #expect(
        waitUntil(seconds: 5) { program.errorsSoFar.contains("targets not reloaded: \(list):1: ") ? true : nil }
          ?? false)
      try write("127.0.0.1:9", "127.0.0.3:9")
      program.send(SIGHUP)
      #expect(waitUntil(seconds: 5) { program.errorsSoFar.contains("0 added, 1 removed") ? true : nil } ?? false)
      program.send(SIGINT)
      let outcome = program.wait(seconds: 5)
      #expect(outcome.code == 130)
      #expect(outcome.errorLines.first == "probe: targets reloaded: 2 added, 1 removed", "\(outcome.errors)")
      let summaries = outcome.lines.filter { $0.hasSuffix(" probe statistics ---") }
      #expect(summaries == ["--- 127.0.0.1:9 probe statistics ---", "--- 127.0.0.3:9 probe statistics ---"])
      let metrics = try String(contentsOfFile: directory.file("m.prom"), encoding: .utf8)
      #expect(metrics.contains("probe_success{target=\"127.0.0.3:9\"}") && !metrics.contains("127.0.0.2:9"))
    }

    /// With no list there is nothing to read again: SIGHUP ends it, as everywhere.
    @Test func hangUpWithoutAList() throws {
      let program = try Program([Probe.path, "watch", "127.0.0.1:9", "-i", "0.05"], in: try Namespace())
      #expect(waits(program, for: "closed (rst)"))
      program.send(SIGHUP)
      #expect(program.wait(seconds: 5).code != 0)
    }

    /// While ARP asks in vain, which takes three seconds, silence says nothing of the target: the state never flaps.
    @Test func theNextHopIsBeingAskedFor() throws {
      let wire = try Wire()
      let words = ["watch", "10.77.0.99:80", "-W", "0.1", "--retries", "0", "-i", "0.25", "-w", "5", "-q"]
      let outcome = try Probe.run(words, in: wire.client, seconds: 30)
      let states = outcome.lines.filter { $0.contains("10.77.0.99:80: ") }
      #expect(states.count == 1 && states[0].hasSuffix(": unreachable (icmp-host-unreachable)"), "\(outcome.output)")
    }

    @Test(arguments: [[], ["--connect"]]) func lines(_ words: [String]) throws {
      let namespace = try Namespace()
      let outcome = try Probe.run(
        ["watch", "127.0.0.1:9", "[::1]:9", "127.0.0.1:9", "-c", "3", "-i", "0.02"] + words, in: namespace)
      #expect(outcome.code == 1, "closed is not open")
      #expect(outcome.lines.count { $0.hasPrefix("closed ") } == 6, "a line each, and no target twice")
      let records = try JSON.lines(
        try Probe.run(["watch", "127.0.0.1:9", "-c", "3", "-i", "0.02", "--json"] + words, in: namespace).output)
      #expect(
        records.map { $0["type"]?.string } == ["connection", "change", "connection", "connection", "summary"])
    }

    /// Judged by Prometheus' own tool, and never seen by half.
    @Test(.needs(.promtool)) func metrics() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let folder = try TemporaryDirectory()
      let target = "127.0.0.1:\(listener.port)"
      let program = try Program(
        [Probe.path, "watch", target, "127.0.0.1:9", "-i", "0.01", "-q", "--prometheus", folder.file("probe.prom")],
        in: namespace)
      var versions: Set<String> = []
      _ = waitUntil(seconds: 10) {
        let text = folder.text("probe.prom")
        if text.contains("probe_success{") {
          #expect(text.hasSuffix("\n") && text.contains("le=\"+Inf\""), "whole whenever it is read")
          versions.insert(text)
        }
        return versions.count >= 3 ? true : nil
      }
      #expect(versions.count >= 3, "it is written again and again")
      program.send(SIGTERM)
      #expect(program.wait(seconds: 5).code == 143)
      let text = folder.text("probe.prom")
      #expect(text.contains("\nprobe_success{target=\"\(target)\"} 1\n"))
      #expect(text.contains("\nprobe_success{target=\"127.0.0.1:9\"} 0\n"))
      #expect(text.contains("\nprobe_state{target=\"127.0.0.1:9\",state=\"closed\"} 1\n"))
      let judged = try Program.run(["promtool", "check", "metrics"], input: text)
      #expect((judged.code, judged.everything) == (0, ""))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).contains { $0.contains("tmp") } == false)
    }

    /// The screen as a picture, also where there is no terminal.
    @Test(arguments: [[], ["--connect"]]) func pictureOfTheScreen(_ words: [String]) throws {
      let namespace = try Namespace()
      let folder = try TemporaryDirectory()
      let outcome = try Probe.run(
        ["watch", "127.0.0.1:9", "-q", "-c", "2", "-i", "0.05", "--svg", folder.file("w.svg")] + words, in: namespace)
      #expect(outcome.code == 1, "\(outcome.errors)")
      let svg = folder.text("w.svg")
      #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
      for word in ["probe", "127.0.0.1:9", "closed"] { #expect(svg.contains(">\(word)</text>"), "\(svg)") }
      #expect(!svg.contains(">quit,</text>"))
    }

    @Test func metricsWithoutAPlace() throws {
      let namespace = try Namespace()
      let outcome = try Probe.run("watch", "127.0.0.1:9", "--prometheus", "/nowhere/probe.prom", in: namespace)
      #expect(outcome.code == 2)
      #expect(outcome.errors.contains("cannot write /nowhere/probe.prom"))
      #expect(outcome.output == "", "nothing is probed")
    }

    /// Who writes without privileges needs a folder that allows it, and is told so.
    @Test func metricsInAFolderOfOthers() throws {
      let namespace = try Namespace()
      let folder = try TemporaryDirectory()
      func allow(_ mode: Int) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder.path)
      }
      try allow(0o555)
      defer { try? allow(0o755) }
      let outcome = try Probe.run("watch", "127.0.0.1:9", "--prometheus", folder.file("probe.prom"), in: namespace)
      #expect(outcome.code == 2)
      #expect(outcome.errorLines.count == 1 && outcome.errors.contains("(EACCES)"), "\(outcome.errors)")
      #expect(outcome.errors.contains("privileges are dropped before the first packet"))
      #expect(outcome.output == "", "nothing is probed")
    }

    /// An interface that goes down and comes back is an outage, not the end.
    @Test func outlivesAnInterface() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      let program = try Program(
        [Probe.path, "watch", "\(Wire.server4):\(listener.port)", "-i", "0.05", "-q", "-W", "0.2", "--retries", "0"],
        in: wire.client)
      #expect(waits(program, for: ": open (syn-ack)"))
      try wire.client.command("ip", "link", "set", Wire.device, "down")
      #expect(waits(program, for: "open -> unreachable (no-route)"))
      try wire.client.command("ip", "link", "set", Wire.device, "up")
      #expect(waits(program, for: "-> open (syn-ack), was "), "\(program.outputSoFar) \(program.errorsSoFar)")
      program.send(SIGINT)
      #expect(program.wait(seconds: 5).code == 130)
    }

    /// Names as a hosts file of the test's own has them, and no probe that waits for a look-up.
    @Test(arguments: [[], ["--connect"]]) func aNameMoves(_ words: [String]) throws {
      let namespace = try Namespace()
      let listeners = try ["127.0.0.2", "127.0.0.3"].map {
        try RecordingListener(in: namespace, address: $0, port: 8000)
      }
      defer { for listener in listeners { listener.stop() } }
      let folder = try TemporaryDirectory()
      try folder.write("hosts", "127.0.0.2 web.test\n")
      let command =
        [Probe.path, "watch", "web.test:8000", "-4", "-i", "0.02", "--json", "--resolve-every", "0.1"] + words
      let program = try Program(
        ["unshare", "--mount", "sh", "-c", "mount --bind $0 /etc/hosts && exec \"$@\"", folder.file("hosts")] + command,
        in: namespace)
      #expect(waits(program, for: "\"state\":\"open\""), "\(program.errorsSoFar)")
      // Written into the same file: it is mounted by that.
      func says(_ text: String) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.file("hosts")))
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
      }
      try says("# nobody is here \n")
      #expect(waitUntil(seconds: 10) { program.errorsSoFar.contains("web.test: ") ? true : nil } ?? false)
      try says("127.0.0.3 web.test\n")
      #expect(waits(program, for: "\"type\":\"address\""), "\(program.errorsSoFar)")
      #expect(waitUntil(seconds: 10) { listeners[1].visits.count > 2 ? true : nil } ?? false)
      program.send(SIGINT)
      let outcome = program.wait(seconds: 5)
      #expect(outcome.errorLines.count == 1, "told once: \(outcome.errors)")
      #expect(outcome.errors.contains("still probing the old address"))
      let move = try #require(try JSON.lines(outcome.output).first { $0["type"]?.string == "address" })
      #expect((move["from"]?.string, move["address"]?.string) == ("127.0.0.2", "127.0.0.3"))
      let numbers = try outcome.connections.compactMap { $0["seq"]?.int }
      #expect(Set(numbers).count == numbers.count && numbers.count == Int(numbers.max() ?? 0), "one course of probes")
      #expect(try outcome.connections.allSatisfy { $0["state"]?.string == "open" })
      let summary = try #require(try outcome.summaries.first)
      #expect(summary["address"]?.string == "127.0.0.3")
      #expect(summary["received"]?.int == Int64(numbers.count), "and one count")
    }

    /// More silence than there are places: what is due is put off, which is counted and told once.
    @Test(.needs(.nft), arguments: [[], ["--connect"]]) func moreThanThereArePlaces(_ words: [String]) throws {
      let namespace = try Namespace()
      try namespace.filterInput("tcp dport 80 drop")
      let outcome = try Probe.run(
        ["watch", "127.0.0.1:80", "-i", "0.001", "-W", "0.6", "--retries", "0", "-w", "1.5", "--json"] + words,
        in: namespace)
      #expect(outcome.code == 1)
      let summary = try #require(try outcome.summaries.first)
      let (sent, notStarted) = (summary["sent"]?.int ?? 0, summary["not_started"]?.int ?? 0)
      #expect(sent > 256 && sent <= 3 * 256, "256 at once, and 0.6 s each: \(sent)")
      #expect(notStarted >= 300, "\(notStarted)")
      #expect(sent + notStarted <= 1_510, "what was due was begun or counted, and nothing twice")
      #expect(try outcome.connections.map { $0["seq"]?.int }.compactMap(\.self).sorted() == Array(1...sent))
      #expect(
        outcome.errorLines.count == 1
          && outcome.errors.contains(" had no probe sent: all slots were busy"))
    }

    /// A target that never stops sending: told as such, over when `-W` says, and no other target misses a probe.
    @Test(.needs(.python), arguments: [[], ["--connect"]]) func aTargetThatKeepsSending(_ words: [String]) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let talker = try Program(["python3", "-c", WatchTests.talker], in: namespace)
      defer { talker.stop() }
      try namespace.waitForListener(on: 8111)
      let outcome = try Probe.run(
        [
          "watch", "127.0.0.1:8111", "127.0.0.1:\(listener.port)", "-i", "0.01", "-W", "3", "--retries", "0", "-w", "5",
          "--json",
        ] + words, in: namespace)
      let summaries = try outcome.summaries
      let (first, other) = (try #require(summaries.first), try #require(summaries.last))
      #expect(summaries.count == 2 && first["not_started"]?.int ?? 0 > 100, "\(first)")
      #expect((450...502).contains(other["sent"]?.int ?? 0), "\(other)")
      let talks = try outcome.connections.filter { $0["port"]?.int == 8111 && $0["closed_by"]?.string != "rst" }
      #expect(talks.count > 100)
      #expect(talks.allSatisfy { $0["closed_by"]?.string == "timeout" })
      #expect(talks.allSatisfy { $0["notes"]?.array?.contains { $0.string == "kept-sending" } ?? false })
      #expect(outcome.errors.contains("127.0.0.1:8111: not probed while too many"))
      #expect(outcome.seconds < 8)
    }

    private static let talker = """
      import socket, threading, time
      def talk(connection):
        try:
          while True:
            connection.sendall(b"x")
            time.sleep(0.05)
        except OSError: pass
      listener = socket.create_server(("127.0.0.1", 8111), backlog=500)
      while True: threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()
      """

    /// Where it may not be started it says so, and there is no screen to give back.
    @Test func noPriorRoute() throws {
      let namespace = try Namespace()
      let outcome = try Probe.run("watch", "10.99.0.1:80", "-c", "2", "-i", "0.02", in: namespace)
      #expect(outcome.code == 1)
      #expect(outcome.output.contains("unreachable (no-route)"))
    }
  }
}
