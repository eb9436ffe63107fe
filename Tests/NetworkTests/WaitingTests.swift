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
}
