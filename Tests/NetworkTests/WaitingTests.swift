import Glibc
import Laboratory
import Testing

extension NetworkTests {
  /// `--until`: what wait-for-it does, with every state.
  @Suite(.needs()) struct WaitingTests {
    /// The port opens while it is waited for.
    @Test(arguments: [[], ["--connect"]]) func opens(_ form: [String]) throws {
      let namespace = try Namespace()
      let program = try Program(
        [Probe.path, "127.0.0.1:8123", "--until", "open", "-i", "0.05", "-w", "20"] + form, in: namespace)
      usleep(300_000)
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1", port: 8123)
      defer { listener.stop() }
      let outcome = program.wait(seconds: 10)
      #expect(outcome.code == 0)
      #expect(outcome.errors == "")
      let lines = outcome.output.split(separator: "\n")
      #expect(lines.count == 1, "\(outcome.output)")
      #expect(lines.first?.hasPrefix("open 127.0.0.1:8123: seq=") == true)
    }

    @Test func inVain() throws {
      let namespace = try Namespace()
      let outcome = try Probe.run("127.0.0.1:9", "--until", "open", "-i", "0.05", "-w", "0.3", in: namespace)
      #expect(outcome.code == 1)
      #expect(outcome.output == "")
      #expect(outcome.errors == "probe: 127.0.0.1:9 is not open: closed (rst)\n")
      let closed = try Probe.run("127.0.0.1:9", "--until", "closed", "-q", in: namespace)
      #expect((closed.code, closed.everything) == (0, ""))
    }

    /// All targets have to be seen, and each is told once.
    @Test func several() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1", port: 8124)
      defer { listener.stop() }
      let outcome = try Probe.run(
        "127.0.0.1", "8124", "9", "--until", "open", "-i", "0.05", "-w", "0.4", in: namespace)
      #expect(outcome.code == 1)
      #expect(outcome.output.split(separator: "\n").count == 1)
      #expect(outcome.errors == "probe: 127.0.0.1:9 is not open: closed (rst)\n")
    }

    /// A name that has no address yet is waited for as well.
    @Test(arguments: [[], ["--connect"]]) func names(_ form: [String]) throws {
      let namespace = try Namespace()
      let files = try NameFiles(["hosts": "127.0.0.1 localhost\n", "nsswitch.conf": "hosts: files\n"])
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1", port: 8125)
      defer { listener.stop() }
      let outcome = try Program.run(
        files.command([Probe.path, "late.test:8125", "--until", "open", "-i", "0.05", "-w", "0.6"] + form),
        in: namespace)
      #expect(outcome.code == 1)
      #expect(outcome.errors.hasPrefix("probe: late.test:8125 is not open: late.test: "))
      #expect(outcome.seconds >= 0.5, "it waits as long as it may")
    }

    @Test func interrupted() throws {
      let namespace = try Namespace()
      let program = try Program([Probe.path, "127.0.0.1:9", "--until", "open", "-i", "0.05"], in: namespace)
      usleep(300_000)
      program.send(2)
      let outcome = program.wait(seconds: 5)
      #expect((outcome.code, outcome.everything) == (130, ""))
    }
  }

  /// `-o FILE`: results in a file, and nothing on standard output.
  @Suite(.needs()) struct OutputFileTests {
    @Test(arguments: [[], ["--json"], ["--csv"], ["-c", "2", "-i", "0.01"], ["--connect"]])
    func results(_ form: [String]) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let directory = try TemporaryDirectory()
      try directory.write("out", "old")
      let words = ["127.0.0.1:\(listener.port)"] + form
      let outcome = try Probe.run(words + ["-o", directory.file("out")], in: namespace)
      #expect((outcome.code, outcome.everything) == (0, ""))
      let text = directory.text("out")
      #expect(text.contains("open"))
      let shown = try Probe.run(words, in: namespace).output
      #expect(text.split(separator: "\n").count == shown.split(separator: "\n").count)
      #expect(try directory.names() == ["out"])
    }

    /// A run that could not be carried out leaves the file as it was.
    @Test func refused() throws {
      let namespace = try Namespace()
      let directory = try TemporaryDirectory()
      try directory.write("out", "old")
      let outcome = try Probe.run("127.0.0.1:80", "-I", "nosuch0", "-o", directory.file("out"), in: namespace)
      #expect(outcome.code == 2)
      #expect(directory.text("out") == "old")
      let same = try Probe.run(
        "127.0.0.1:80", "-o", directory.file("out"), "--pcap", directory.file("out"), in: namespace)
      #expect(same.code == 2)
      #expect(same.errors.contains("are the same file"))
      #expect(directory.text("out") == "old")
    }

    /// One flow is the one that is meant.
    @Test func onlyFlow() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let directory = try TemporaryDirectory()
      let target = "127.0.0.1:\(listener.port)"
      for count in [1, 2] {
        _ = try Probe.run(
          target, "-c", "\(count)", "-i", "0.01", "-q", "--pcap", directory.file("\(count).pcapng"), in: namespace)
      }
      let one = try Probe.run(
        "read", directory.file("1.pcapng"), "--svg", directory.file("1.svg"), in: namespace)
      #expect((one.code, one.errors) == (0, ""))
      #expect(directory.text("1.svg").hasPrefix("<"))
      let two = try Probe.run(
        "read", directory.file("2.pcapng"), "--svg", directory.file("2.svg"), in: namespace)
      #expect(two.code == 2)
      #expect(two.errors.hasSuffix(": --svg and --html draw one flow of its 2; choose it with --flow N\n"))
      #expect(try !directory.names().contains("2.svg"))
    }

    /// Body and results in one stream, as the shell was asked for it.
    @Test(.needs(.nginx)) func bodyInAPipe() throws {
      let namespace = try Namespace()
      let server = try Nginx(in: namespace)
      let line = "'\(Probe.path)' http 127.0.0.1:\(server.port) --body-to - 2>&1 | cat"
      let outcome = try Program.run(["sh", "-c", line], in: namespace)
      #expect(outcome.output.contains("PROBE http://127.0.0.1:"))
      #expect(outcome.output.contains("\nrequest 1: GET / 200 "))
    }

    /// An interrupt keeps what there is.
    @Test func interrupted() throws {
      let namespace = try Namespace()
      let directory = try TemporaryDirectory()
      let program = try Program(
        [Probe.path, "127.0.0.1:9", "-c", "0", "-i", "0.05", "-o", directory.file("out")], in: namespace)
      usleep(400_000)
      program.send(2)
      #expect(program.wait(seconds: 5).code == 130)
      #expect(directory.text("out").contains("probe statistics"))
    }
  }

  /// What result lines call a target.
  @Suite(.needs(.nft)) struct NamedLineTests {
    private static let hosts = "127.0.0.1 localhost one.test three.test\n127.0.0.2 three.test\n127.0.0.3 three.test\n"

    private func files() throws -> NameFiles {
      try NameFiles(["hosts": NamedLineTests.hosts, "nsswitch.conf": "hosts: files\n"])
    }

    @Test func names() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1", port: 8000)
      defer { listener.stop() }
      let files = try files()
      let single = try files.run("one.test:8000", in: namespace)
      #expect(single.output.hasPrefix("PROBE one.test:8000 (127.0.0.1) from 127.0.0.1: "))
      #expect(single.output.contains("\nopen one.test:8000 (127.0.0.1): reason=syn-ack "))
      let several = try files.run("one.test", "8000", "9", "three.test:8000", in: namespace)
      let lines = several.output.split(separator: "\n").map { String($0.prefix { $0 != "=" }) }.sorted()
      #expect(
        lines == [
          "closed one.test:9 (127.0.0.1): seq", "open one.test:8000 (127.0.0.1): seq",
          "open three.test:8000 (127.0.0.1, 1 of 3 addresses): seq",
        ])
      let run = try files.run("three.test:8000", "-c", "2", "-i", "0.01", in: namespace)
      #expect(run.output.hasPrefix("PROBE three.test:8000 (127.0.0.1, 1 of 3 addresses) from 127.0.0.1: "))
      #expect(run.output.contains("\nopen three.test:8000 (127.0.0.1): seq=2 "))
    }

    @Test(arguments: [[], ["--connect"]]) func allAddresses(_ form: [String]) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.2", port: 8000)
      defer { listener.stop() }
      let files = try files()
      let outcome = try Program.run(
        files.command([Probe.path, "three.test:8000", "--all-addresses", "--json"] + form), in: namespace)
      #expect(outcome.code == 1)
      let found = try outcome.connections.map { "\($0["address"]?.string ?? "?") \($0["state"]?.string ?? "?")" }
      #expect(found.sorted() == ["127.0.0.1 closed", "127.0.0.2 open", "127.0.0.3 closed"])
      #expect(try outcome.connections.allSatisfy { $0["target"]?.string == "three.test:8000" })
      let missing = try files.run("no.test:80", "three.test:9", "--all-addresses", "--json", in: namespace)
      #expect(try missing.connections.count == 4)
      #expect(missing.errors == "probe: no.test: no such host name\n")
    }

    @Test func zone() throws {
      let namespace = try Namespace()
      let outcome = try Probe.run("[::1%lo]:9", "[::1%1]:10", in: namespace)
      let lines = outcome.output.split(separator: "\n").map { String($0.prefix { $0 != "=" }) }.sorted()
      #expect(lines == ["closed [::1%1]:10: seq", "closed [::1%lo]:9: seq"])
    }

    /// A firewall that resets for the host, from another distance.
    @Test func anotherDistance() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4, port: 8000)
      defer { listener.stop() }
      try wire.server.firewall(
        """
        table ip distance {
          chain output {
            type filter hook output priority 0
            tcp flags & rst == rst tcp sport 9 ip ttl set 33
          }
        }

        """)
      let outcome = try Probe.run("\(Wire.server4):8000,9,10", "--json", "-i", "0.2", in: wire.client)
      let notes = try outcome.connections.map { connection in
        "\(connection["port"]?.int ?? 0) \(connection["ttl"]?.int ?? 0) "
          + (connection["notes"]?.array?.compactMap(\.string) ?? []).joined()
      }
      #expect(notes.sorted() == ["10 64 ", "8000 64 ", "9 33 ttl-mismatch"])
    }

    /// The router that refuses is named.
    @Test func sender() throws {
      let wire = try Wire()
      try wire.server.filterInput("tcp dport 80 reject with icmp type host-unreachable")
      let outcome = try Probe.run("\(Wire.server4):80", "-W", "0.1", in: wire.client)
      #expect(
        outcome.output.contains("unreachable \(Wire.server4):80: reason=icmp-host-unreachable from=\(Wire.server4) "))
    }
  }
}
