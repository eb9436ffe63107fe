import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// A scan that is stopped in many ways, and goes on.
  @Suite(.needs(.ip, .nft, .python)) struct ScanResumeTests {
    private typealias Field = ScanTests.Field

    private func results(_ text: String) throws -> [JSON] {
      try JSON.lines(text).filter { $0["type"]?.string == "result" }
    }

    /// Each result as a line, in order: two of one address are a failure.
    private func verdicts(_ text: String) throws -> [String] {
      try results(text).map { "\($0["address"]?.string ?? "?") \($0.verdict)" }.sorted()
    }

    private var truth: [String] { Field.truth.map { "\($0.key) \($0.value)" }.sorted() }

    @Test("killed ten times at random moments, the union is one run's") func killed() throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let (state, lines) = (folder.file("state"), folder.file("lines"))
      let first = ["scan", Field.network, "-p", "80", "--rate", "90", "--json-file", lines, "--resume", state, "-q"]
      var random = SystemRandomNumberGenerator()
      for round in 0..<10 {
        let program = try Program(
          [Probe.path] + (round == 0 ? first : ["scan", "--resume", state]), in: field.wire.client)
        // The first one must have begun to keep it.
        if round == 0 { try #require(waitUntil(seconds: 10) { folder.text("state").isEmpty ? nil : true } != nil) }
        Thread.sleep(forTimeInterval: Double.random(in: 0...1.4, using: &random))
        program.send(SIGKILL)
        _ = program.wait(seconds: 5)
      }
      let last = try Probe.run(["scan", "--resume", state, "--rate", "2000"], in: field.wire.client)
      #expect(last.code == 0, "\(last.everything)")
      #expect(try verdicts(folder.text("lines")) == truth)
      let all = try JSON.lines(folder.text("lines"))
      #expect(all.count { $0["type"]?.string == "scan-begin" } == 1 && all.count { $0["type"]?.string == "scan" } == 1)
      #expect(all.first?["type"]?.string == "scan-begin" && all.last?["open"]?.int == 52)
      #expect(!last.output.contains("checked"), "a part of the hosts would be")
      // The tenth may have come to its end before it was killed.
      let isOver = last.errors.contains("this scan is complete")
      let words = "256 ports: 52 open, 51 closed, 102 filtered, 51 unreachable"
      #expect(isOver || last.output.contains(words), "\(last.everything)")

      let asked = try field.counted("asked")
      let again = try Probe.run("scan", "--resume", state, in: field.wire.client)
      #expect(again.code == 0 && again.output == "" && again.errors.contains("this scan is complete; nothing was sent"))
      #expect(try field.counted("asked") == asked)
    }

    @Test("an interrupt leaves a state to go on from", arguments: [SIGINT, SIGTERM, SIGHUP]) func interrupted(
      by signal: Int32
    ) throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let (state, lines) = (folder.file("state"), folder.file("lines"))
      let words = ["scan", Field.network, "-p", "80", "--json-file", lines, "--resume", state]
      let program = try Program([Probe.path] + words + ["--rate", "100", "--json"], in: field.wire.client)
      defer { program.stop() }
      try #require(waitUntil(seconds: 10) { program.outputSoFar.components(of: "\n") >= 30 ? true : nil } != nil)
      program.send(signal)
      let outcome = program.wait(seconds: 5)
      #expect(outcome.code == 128 + signal)
      let found = try results(folder.text("lines"))
      #expect(found.count >= 29 && found.count < 256 && found.allSatisfy { $0["reason"]?.string != "no-response" })
      #expect(try JSON.lines(folder.text("lines")).last?["interrupted"]?.bool == true)
      let before = try field.counted("asked")
      // The same command line goes on, too.
      let last = try Probe.run(words + ["--rate", "2000"], in: field.wire.client)
      #expect(last.code == 0, "\(last.everything)")
      #expect(try verdicts(folder.text("lines")) == truth)
      // What had an answer, or was waited for, was not asked again in its pass.
      #expect(try field.counted("asked") < before + 256 - found.count + 2 * 51 + 60)
      #expect(try folder.names() == ["lines", "state"])
    }

    @Test("what does not fit is refused, and names what") func refusals() throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let state = folder.file("state")
      let words = ["scan", Field.network, "-p", "80", "--rate", "2000", "--seed", "5", "--resume", state]
      let none = try Probe.run("scan", "--resume", state, in: field.wire.client)
      #expect(none.code == 2 && none.errors.contains("does not exist yet"), "\(none.errors)")
      #expect(try Probe.run(words, in: field.wire.client).code == 0)
      let asked = try field.counted("asked")
      for (line, message) in [
        (["scan", "10.9.0.0/25", "-p", "80", "--resume", state], "other targets"),
        (["scan", Field.network, "-p", "81", "--resume", state], "other ports"),
        (["scan", Field.network, "-p", "80", "--seed", "6", "--resume", state], "another --seed"),
        (["scan", Field.network, "-p", "80", "--shard", "1/2", "--resume", state], "2 shards instead of 1"),
        (["scan", Field.network, "-p", "80", "--retries", "1", "--resume", state], "1 --retries instead of 2"),
        (["scan", Field.network, "-p", "80", "--ttl", "3", "--resume", state], "ttl 3"),
        (["scan", Field.network, "-p", "80", "--json-file", folder.file("x"), "--resume", state], "no --json-file"),
        (words + ["-oX", folder.file("x")], "probe merge FILE --xml"),
        (words + ["-o", folder.file("x")], "--json-file"),
        (words + ["--list"], "--list"),
        (["scan", "--resume", state, "-p", "81"], "leave -p out"),
      ] {
        let outcome = try Probe.run(line, in: field.wire.client)
        #expect(outcome.code == 2 && outcome.errors.contains(message), "\(line): \(outcome.errors)")
      }
      try Data("something else".utf8).write(to: URL(fileURLWithPath: folder.file("other")))
      let other = try Probe.run("scan", "--resume", folder.file("other"), in: field.wire.client)
      #expect(other.code == 2 && other.errors.contains("not a file of probe scan --resume"), "\(other.errors)")
      var damaged = try Data(contentsOf: URL(fileURLWithPath: state))
      damaged[damaged.count - 20] ^= 1
      try damaged.write(to: URL(fileURLWithPath: folder.file("damaged")))
      let broken = try Probe.run("scan", "--resume", folder.file("damaged"), in: field.wire.client)
      #expect(broken.code == 2 && broken.errors.contains("damaged"), "\(broken.errors)")
      #expect(try field.counted("asked") == asked, "nothing was sent")
    }

    @Test("two runs do not write one file") func locked() throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let (state, lines) = (folder.file("state"), folder.file("lines"))
      let words = ["scan", Field.network, "-p", "80", "--rate", "200", "--resume", state, "--json-file", lines]
      let first = try Program([Probe.path] + words, in: field.wire.client)
      defer { first.stop() }
      try #require(waitUntil(seconds: 10) { FileManager.default.fileExists(atPath: state) ? true : nil } != nil)
      let second = try Probe.run("scan", "--resume", state, in: field.wire.client)
      #expect(second.code == 2 && second.errors.contains("is being written by another process"), "\(second)")
      #expect(first.wait(seconds: 20).code == 0)
      #expect(try results(folder.text("lines")).count == 256)
    }

    @Test("a full disk ends it, and leaves the last good state") func fullDisk() throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      let disk = folder.file("disk")
      try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
      try Program.must(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk])
      defer { _ = try? Program.run(["umount", "-l", disk]) }
      let state = "\(disk)/state"
      let program = try Program(
        [
          Probe.path, "scan", Field.network, "-p", "80", "--rate", "60", "--json-file", "\(disk)/lines", "--resume",
          state,
        ],
        in: field.wire.client)
      defer { program.stop() }
      try #require(waitUntil(seconds: 10) { FileManager.default.fileExists(atPath: state) ? true : nil } != nil)
      try Data(repeating: 7, count: 220_000).write(to: URL(fileURLWithPath: "\(disk)/filler"))
      let outcome = program.wait(seconds: 20)
      #expect(outcome.code == 2 && outcome.errors.contains("No space left on device"), "\(outcome.errors)")
      #expect(try String(contentsOfFile: "\(disk)/lines", encoding: .utf8).hasSuffix("\n"), "a part of a line is left")
      try FileManager.default.removeItem(atPath: "\(disk)/filler")
      let last = try Probe.run("scan", "--resume", state, "--rate", "2000", in: field.wire.client)
      #expect(last.code == 0, "\(last.everything)")
      #expect(try verdicts(String(contentsOfFile: "\(disk)/lines", encoding: .utf8)) == truth)
    }

    @Test("a link that is down pauses the scan, and loses nothing of a pass", arguments: [false, true])
    func link(farEnd: Bool) throws {
      let field = try Field()
      defer { field.stop() }
      let (wire, end) = (field.wire, farEnd ? field.wire.server : field.wire.client)
      let device = try #require(
        end.command("ip", "-o", "link", "show", "type", "veth").split(separator: ":").dropFirst().first
          .map { $0.trimmingCharacters(in: .whitespaces).split(separator: "@")[0] }.map(String.init))
      let program = try Program(
        [Probe.path, "scan", Field.network, "-p", "80", "--rate", "100", "--retries", "0", "--json"], in: wire.client)
      defer { program.stop() }
      try #require(waitUntil(seconds: 10) { program.outputSoFar.components(of: "\n") >= 40 ? true : nil } != nil)
      try end.command("ip", "link", "set", device, "down")
      try #require(
        waitUntil(seconds: 5) { program.errorsSoFar.contains("is down: the scan is paused") ? true : nil } != nil)
      let count = program.outputSoFar.components(of: "\n")
      Thread.sleep(forTimeInterval: 1)
      #expect(program.outputSoFar.components(of: "\n") <= count + 1 && program.isRunning)
      try end.command("ip", "link", "set", device, "up")
      if farEnd {
        _ = try? end.command("ip", "route", "add", "local", Field.network, "dev", "lo")
      } else {
        try end.command("ip", "route", "add", Field.network, "via", Wire.server4)
      }
      let outcome = program.wait(seconds: 20)
      #expect(outcome.code == 0 && outcome.errors.contains("is up again: going on"), "\(outcome.everything)")
      #expect(try verdicts(outcome.output) == truth)
    }
  }

  /// What plans of scans take that are as large as they come.
  @Suite(.needs(.ip, .python)) struct ScanMemoryTests {
    /// The most memory that a command had, in KiB, and what it printed.
    private func run(_ words: [String], in namespace: Namespace) throws -> (kilobytes: Int, outcome: Outcome) {
      let script = """
        import resource, subprocess, sys
        code = subprocess.run(sys.argv[1:]).returncode
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
        sys.exit(code)
        """
      let outcome = try Program.run(["python3", "-c", script, Probe.path] + words, in: namespace, seconds: 60)
      return (try #require(outcome.errorLines.last.flatMap { Int($0) }, "\(outcome.everything)"), outcome)
    }

    @Test("a plan of 2^32 probes takes 32 MiB at most") func plan() throws {
      let namespace = try Namespace()
      let (kilobytes, outcome) = try run(
        ["scan", "0.0.0.0/0", "--allow-reserved", "-p", "80", "--list", "--count", "--json"], in: namespace)
      let record = try #require(JSON.lines(outcome.output).first)
      #expect(record["type"]?.string == "scan-list" && record["probes"]?.int == 4_294_967_296)
      #expect(kilobytes <= 32 * 1_024, "\(kilobytes) KiB")
    }

    @Test("a long list takes the memory of its blocks, and one way") func list() throws {
      let wire = try Wire()
      let folder = try TemporaryDirectory()
      // No two of them are neighbours.
      let lines = (0..<200_000).map { "10.\($0 >> 15 & 255).\($0 >> 7 & 255).\(($0 & 127) * 2)" }
      try Data(lines.joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: folder.file("list")))
      let (kilobytes, outcome) = try run(
        ["scan", "-iL", folder.file("list"), "-p", "80", "--list", "--count"], in: wire.client)
      #expect(outcome.output.contains("200000 addresses × 1 port"), "\(outcome.everything)")
      #expect(kilobytes <= 40 * 1_024, "\(kilobytes) KiB")
      try wire.client.command("ip", "route", "add", "10.0.0.0/8", "via", Wire.server4)
      let program = try Program(
        [Probe.path, "scan", "-iL", folder.file("list"), "-p", "80", "--rate", "10", "--i-own-the-target"],
        in: wire.client)
      defer { program.stop() }
      // It asks the kernel for one way, and not for 200,000.
      try #require(waitUntil(seconds: 30) { program.outputSoFar.contains("SCAN 200000 addresses") ? true : nil } != nil)
      program.send(SIGINT)
      let scan = program.wait(seconds: 10)
      #expect(scan.code == 130 && scan.output.contains("200000 ports: "), "\(scan.everything)")
    }
  }

  /// Shards of a scan, and what brings them together.
  @Suite(.needs(.ip, .nft, .python)) struct ScanMergeTests {
    private typealias Field = ScanTests.Field

    private func verdicts(_ text: String) throws -> [String] {
      try JSON.lines(text).filter { $0["type"]?.string == "result" }
        .map { "\($0["address"]?.string ?? "?") \($0["port"]?.int ?? 0) \($0.verdict)" }.sorted()
    }

    @Test("three shards merged are one run, in every format", .needs(.xmllint, .nmap)) func merged() throws {
      let field = try Field()
      defer { field.stop() }
      let folder = try TemporaryDirectory()
      func scan(_ words: String...) throws -> Outcome {
        try Probe.run(
          ["scan", "10.9.0.0/25", "-p", "80,81", "--rate", "2000", "--json"] + words, in: field.wire.client)
      }
      let one = try scan("-oA", folder.file("one"))
      var files: [String] = []
      for number in 1...3 {
        files.append(folder.file("s\(number)"))
        _ = try scan("--shard", "\(number)/3", "--json-file", files[number - 1])
      }
      let merged = try Probe.run(["merge"] + files + ["--json", "-oA", folder.file("all")], in: field.wire.client)
      #expect(merged.code == 0 && merged.errors == "", "\(merged.errors)")
      #expect(try verdicts(merged.output) == verdicts(one.output) && verdicts(merged.output).count == 256)
      let (sum, whole) = (try #require(JSON.lines(merged.output).last), try #require(JSON.lines(one.output).last))
      for name in ["probes", "sent", "open", "closed", "filtered", "unreachable", "unanswered", "passes"] {
        #expect(sum[name]?.int == whole[name]?.int, "\(name)")
      }
      #expect(try folder.names().filter { $0.hasPrefix("all") } == ["all.gnmap", "all.jsonl", "all.nmap", "all.xml"])
      try Program.must(["xmllint", "--noout", "--dtdvalid", "/usr/share/nmap/nmap.dtd", folder.file("all.xml")])
      func sorted(_ name: String, _ prefix: String) -> [String] {
        folder.text(name).split(separator: "\n").map(String.init).filter { $0.hasPrefix(prefix) }.sorted()
      }
      #expect(sorted("all.gnmap", "Host: ") == sorted("one.gnmap", "Host: ") && !sorted("all.gnmap", "Host: ").isEmpty)
      let csv = try Probe.run(["merge", "--csv"] + files, in: field.wire.client)
      #expect(csv.output.components(separatedBy: "\r\n").count == 258)
      let text = try Probe.run(["merge"] + files, in: field.wire.client)
      #expect(text.output.contains("256 ports: "), "\(text.output)")

      let part = try Probe.run("merge", files[0], files[2], in: field.wire.client)
      #expect(part.code == 1 && part.errors.contains("no file of shard 2 of 3"), "\(part.everything)")
      let other = try Probe.run("merge", files[0], folder.file("one.jsonl"), in: field.wire.client)
      #expect(other.code == 2 && other.errors.contains("of another scan"), "\(other.errors)")
      let none = try Probe.run("merge", folder.file("all.xml"), in: field.wire.client)
      #expect(none.code == 2 && none.errors.contains("all.xml:1: not JSON"), "\(none.errors)")
      // Killed in the middle of a line.
      let half = folder.text("s2")
      try Data(half.utf8.prefix(half.utf8.count / 2)).write(to: URL(fileURLWithPath: files[1]))
      let cut = try Probe.run(["merge"] + files, in: field.wire.client)
      #expect(cut.code == 1 && cut.errors.contains("has no summary: that scan was killed"), "\(cut.everything)")
    }
  }
}
