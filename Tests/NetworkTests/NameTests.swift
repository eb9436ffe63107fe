import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// Names that are looked up beside a run: slow, dead, unknown ones, and what becomes of the others meanwhile.
  @Suite(.needs(.python)) struct NameTests {
    private static let resolver = "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n"
    /// By glibc alone, and as machines with multicast DNS have it, where getent is asked.
    static let services = ["files dns", "files mdns4_minimal [NOTFOUND=return] dns", "files myhostname dns"]
    static let ways: [[String]] = [[], ["--connect"]]

    private func files(_ services: String = "files dns", hosts: String = "127.0.0.1 known.test\n") throws -> NameFiles {
      try NameFiles(["resolv.conf": Self.resolver, "nsswitch.conf": "hosts: \(services)\n", "hosts": hosts])
    }

    /// Each kind of trouble in words of its own, whoever does the look-up.
    @Test(arguments: services) func kindsOfTrouble(_ services: String) throws {
      let namespace = try Namespace()
      let files = try files(services)
      defer { withExtendedLifetime(files) {} }
      func line(_ words: String...) throws -> String {
        let outcome = try Program.run(files.command([Probe.path] + words), in: namespace, seconds: 20)
        #expect(outcome.code == 2 && outcome.output == "" && outcome.errorLines.count == 1, "\(outcome.everything)")
        return outcome.errors
      }
      #expect(try line("name.test:80").contains("the name servers do not answer"), "nobody is there")
      let server = try NameServer(
        ["bad.test=servfail", "no.test=refused", "six.test=::1", "cut.test=truncated"], in: namespace)
      defer { server.stop() }
      #expect(try line("nosuch.test:80") == "probe: nosuch.test: no such host name\n")
      #expect(try line("bad.test:80").contains("the name servers do not answer"))
      #expect(try line("no.test:80").contains("the name servers do not answer"))
      #expect(try line("cut.test:80").contains("the name servers do not answer"))
      #expect(try line("-4", "six.test:80").contains("six.test: the name has no address of that family"))
    }

    /// Where no interface but loopback has a family, its addresses are addresses all the same.
    @Test(arguments: services) func familiesOfLoopback(_ services: String) throws {
      let namespace = try Namespace()
      let server = try NameServer(["four.test=127.0.0.1", "six.test=::1", "both.test=127.0.0.1,::1"], in: namespace)
      defer { server.stop() }
      for device in [false, true] {
        // An address of the other family alone, on an interface that is none of loopback's.
        if device { try namespace.command("ip", "address", "add", "fd00::7/128", "dev", "lo") }
        let files = try files(services)
        defer { withExtendedLifetime(files) {} }
        for (words, address) in [
          (["-4", "known.test:9"], "127.0.0.1"), (["four.test:9"], "127.0.0.1"), (["-4", "four.test:9"], "127.0.0.1"),
          (["-6", "six.test:9"], "::1"), (["-4", "both.test:9"], "127.0.0.1"), (["-6", "both.test:9"], "::1"),
        ] {
          let outcome = try Program.run(files.command([Probe.path] + words + ["--json"]), in: namespace)
          #expect(try outcome.connections.first?["address"]?.string == address, "\(words) \(outcome.everything)")
          #expect(try outcome.connections.first?.steps.first == "resolve")
        }
      }
    }

    /// One name that nobody knows is that target's result; the others are probed.
    @Test(arguments: ways) func oneOfSeveral(_ way: [String]) throws {
      let namespace = try Namespace()
      let server = try NameServer(["good.test=127.0.0.1"], in: namespace)
      defer { server.stop() }
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1", port: 8080)
      defer { listener.stop() }
      let files = try files()
      defer { withExtendedLifetime(files) {} }
      func run(_ words: String...) throws -> Outcome {
        try Program.run(files.command([Probe.path] + words + way), in: namespace)
      }
      let targets = ["nosuch.test:80,81", "127.0.0.1:8080", "good.test:8080"]
      let text = try run(targets[0], targets[1], targets[2])
      #expect(text.code == 2 && text.errors == "probe: nosuch.test: no such host name\n", "\(text.errors)")
      let lines = text.lines.map { $0.prefix { $0 != "=" } }.sorted()
      #expect(lines == ["open 127.0.0.1:8080: seq", "open good.test:8080 (127.0.0.1): seq"], "\(text.output)")

      let json = try run(targets[0], targets[1], targets[2], "-c", "2", "-i", "0.02", "--json")
      #expect(json.code == 2)
      let records = try json.connections
      #expect(records.filter { $0.verdict == "open syn-ack" }.count == 4)
      let unknown = records.filter { $0["reason"]?.string == "not-sent" }
      #expect(unknown.compactMap { $0["target"]?.string }.sorted() == ["nosuch.test:80", "nosuch.test:81"])
      #expect(unknown.allSatisfy { $0["address"]?.string == nil && $0["notes"]?.array?.first?.string == "unresolved" })
      #expect(try json.summaries.compactMap { $0["sent"]?.int } == [0, 0, 2, 2])

      let table = try run(targets[0], targets[1], "--csv")
      #expect(table.code == 2 && table.output.utf8.count { $0 == 10 } == 4, "\(table.output)")
      let fping = try run("nosuch.test:80", targets[1], "--fping", "-c", "2", "-i", "0.02")
      #expect(fping.code == 2 && fping.errorLines.count == 2, "\(fping.errors)")
      #expect(fping.errorLines.contains { $0.hasPrefix("127.0.0.1:8080 : ") })
      let state = try run("nosuch.test:80", targets[1], "--exit-state")
      #expect(state.code == 2)
      let expected = try run("nosuch.test:80", "--expect", "unreachable")
      #expect(expected.code == 2, "it was not found to be so")
      let plugin = try run("nosuch.test:80", targets[1], "--nagios")
      #expect(plugin.code == 2 && plugin.output.contains("nosuch.test:80 nosuch.test: no such host name"))
    }

    @Test func oneOfSeveralInOtherVerbs() throws {
      let namespace = try Namespace()
      let server = try NameServer(["good.test=127.0.0.1"], in: namespace)
      defer { server.stop() }
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1", port: 8080)
      defer { listener.stop() }
      let files = try files()
      defer { withExtendedLifetime(files) {} }
      let bench = try files.run(
        "bench", "nosuch.test:80", "good.test:8080", "--rate", "50", "--duration", "0.2", "--json", in: namespace)
      #expect(bench.code == 2 && bench.errors == "probe: nosuch.test: no such host name\n", "\(bench.errors)")
      #expect(try bench.summaries.map { $0["target"]?.string } == ["good.test:8080"])
      _ = try namespace.command("ip", "route", "add", "prohibit", "198.18.1.0/24")
      let routes = try Probe.run(
        ["bench", "198.18.1.1:80", "127.0.0.1:8080", "--rate", "50", "-c", "5", "--json"], in: namespace)
      #expect(
        routes.code == 2
          && routes.errors == "probe: 198.18.1.1:80: no route to it (route-prohibited): see `ip route get`\n",
        "\(routes.errors)")
      #expect(try routes.summaries.map { $0["started"]?.int } == [5])
      let check = try files.run(
        "check", "-", input: "nosuch.test:80 open\ngood.test:8080 open\n127.0.0.1:8080 open\n", in: namespace)
      #expect(check.code == 1 && check.lines.map { $0.prefix { $0 != " " } } == ["ERROR", "ok", "ok", "3"])
      let page = try files.run("http", "http://nosuch.test/", in: namespace)
      #expect(page.code == 2 && page.errors == "probe: nosuch.test: no such host name\n")
      let watch = try files.run("watch", "nosuch.test:80", "127.0.0.1:8080", "-c", "2", "-i", "0.05", in: namespace)
      #expect(watch.code == 2 && watch.lines.count { $0.hasPrefix("open 127.0.0.1:8080") } == 2, "\(watch.everything)")
      #expect(watch.output.contains("nosuch.test:80: unreachable (not-sent)"))
    }

    /// The deadline holds while names are looked up, and what is known is probed meanwhile.
    @Test(arguments: ways) func deadline(_ way: [String]) throws {
      let namespace = try Namespace()
      let server = try NameServer(["a.test=silent", "b.test=silent", "c.test=slow:0.3:127.0.0.1"], in: namespace)
      defer { server.stop() }
      let files = try NameFiles(["resolv.conf": "nameserver 127.0.0.1\n", "nsswitch.conf": "hosts: files dns\n"])
      defer { withExtendedLifetime(files) {} }
      let text = "127.0.0.1:9 closed\na.test:80 open\nb.test:80 open\nc.test:9 closed\n"
      let check = try Program.run(
        files.command([Probe.path, "check", "-", "-w", "1"] + way), in: namespace, input: text)
      #expect(check.seconds > 0.9 && check.seconds < 3, "\(check.seconds)")
      #expect(check.code == 1)
      #expect(check.lines.map { $0.prefix { $0 != " " } } == ["ok", "ERROR", "ERROR", "ok", "4"], "\(check.output)")
      #expect(check.output.contains("did not finish within -w 1s"), "\(check.output)")
      for words in [["a.test:80"], ["--nagios", "a.test:80"], ["watch", "a.test:80"], ["a.test:80", "--fping"]] {
        let outcome = try Program.run(files.command([Probe.path] + words + ["--deadline", "0.5"] + way), in: namespace)
        #expect(outcome.code == 2 && outcome.seconds > 0.4 && outcome.seconds < 2.5, "\(words): \(outcome.everything)")
      }
      if way.isEmpty {
        let page = try files.run("http", "http://a.test/", "-w", "0.5", in: namespace)
        #expect(page.code == 2 && page.seconds < 2.5 && page.errors.contains("within -w"), "\(page.everything)")
      }
    }

    /// Ctrl-C ends the wait for a name server at once.
    @Test(
      arguments: [
        ["a.test:80"], ["a.test:80", "--connect"], ["watch", "a.test:80"], ["bench", "a.test:80"],
        ["http", "http://a.test/"], ["a.test:80", "-g", "99"], ["--nagios", "a.test:80"],
      ], services)
    func interrupted(_ words: [String], _ services: String) throws {
      let namespace = try Namespace()
      let server = try NameServer(["a.test=silent"], in: namespace)
      defer { server.stop() }
      let files = try NameFiles(["resolv.conf": "nameserver 127.0.0.1\n", "nsswitch.conf": "hosts: \(services)\n"])
      defer { withExtendedLifetime(files) {} }
      let program = try Program(files.command([Probe.path] + words), in: namespace)
      #expect(waitUntil(seconds: 10) { server.asked.isEmpty ? nil : true } ?? false)
      let start = Date()
      program.send(SIGINT)
      let outcome = program.wait(seconds: 5)
      let isPlugin = words.contains("--nagios")
      #expect(outcome.code == (isPlugin ? 3 : 130), "\(outcome.everything)")
      #expect(Date().timeIntervalSince(start) < 1)
    }

    /// Many slow names take as long as one, and no good one waits for them.
    @Test func manyAtOnce() throws {
      let namespace = try Namespace()
      let names = (0..<40).map { "n\($0).test" }
      let server = try NameServer(names.map { "\($0)=slow:0.5:127.0.0.1" }, in: namespace)
      defer { server.stop() }
      let files = try files()
      defer { withExtendedLifetime(files) {} }
      let outcome = try Program.run(
        files.command([Probe.path, "--json"] + names.map { "\($0):9" }), in: namespace)
      #expect(outcome.seconds < 6, "40 times half a second: \(outcome.seconds)")
      #expect(try outcome.connections.count { $0.verdict == "closed rst" } == 40, "\(outcome.errors)")
    }

    /// What an address list says first need not be what can be reached.
    @Test(arguments: ways) func firstAddressIsUnusable(_ way: [String]) throws {
      let namespace = try Namespace()
      let files = try files(hosts: "224.0.0.1 group.test\n10.9.9.9 far.test\n127.0.0.1 group.test far.test\n")
      defer { withExtendedLifetime(files) {} }
      for name in ["group.test", "far.test"] {
        let outcome = try Program.run(files.command([Probe.path, "\(name):9", "--json"] + way), in: namespace)
        #expect(try outcome.connections.first?["address"]?.string == "127.0.0.1", "\(name): \(outcome.everything)")
      }
      let only = try NameFiles(["hosts": "224.0.0.1 group.test\n", "nsswitch.conf": "hosts: files\n"])
      defer { withExtendedLifetime(only) {} }
      let outcome = try Program.run(only.command([Probe.path, "group.test:9"] + way), in: namespace)
      #expect(outcome.code == 2 && outcome.errors == "probe: group.test: no usable address\n")
    }

    /// A name that is not there at the start is not given up, whatever `--resolve-every` says.
    @Test(arguments: [["--resolve-every", "0.2"], ["--resolve-every", "0.2", "--connect"]])
    func watchWaitsForAName(_ words: [String]) throws {
      let namespace = try Namespace()
      let folder = try TemporaryDirectory()
      try folder.write("hosts", "# nobody\n")
      let files = try NameFiles(["nsswitch.conf": "hosts: files\n"])
      defer { withExtendedLifetime(files) {} }
      let program = try Program(
        files.command(
          ["sh", "-c", "mount --bind \(folder.file("hosts")) /etc/hosts && exec \"$@\"", "sh", Probe.path]
            + ["watch", "late.test:9", "127.0.0.1:9", "-i", "0.05", "--json"] + words), in: namespace)
      func waits(_ text: String) -> Bool {
        waitUntil(seconds: 10) { program.outputSoFar.contains(text) ? true : nil } ?? false
      }
      #expect(waits("\"target\":\"late.test:9\",\"address\":null"), "\(program.errorsSoFar)")
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.file("hosts")))
      try file.write(contentsOf: Data("127.0.0.1 late.test\n".utf8))
      try file.close()
      #expect(waits("\"target\":\"late.test:9\",\"address\":\"127.0.0.1\""), "\(program.outputSoFar)")
      program.send(SIGINT)
      let outcome = program.wait(seconds: 5)
      #expect(outcome.code == 130 && outcome.errorLines.count == 1, "\(outcome.errors)")
      let changes = try JSON.lines(outcome.output).filter {
        $0["type"]?.string == "change" && $0["target"]?.string == "late.test:9"
      }
      #expect(changes.map { $0["state"]?.string } == ["unreachable", "closed"])
    }

    /// Too few descriptors are reported as that.
    @Test func noDescriptors() throws {
      let namespace = try Namespace()
      let outcome = try Program.run(
        ["bash", "-c", "ulimit -n 4; exec \"$0\" localhost:9", Probe.path], in: namespace)
      #expect(outcome.code == 2 && outcome.errors.contains("too few file descriptors"), "\(outcome.everything)")
      #expect(!outcome.errors.contains("no such host name"))
    }

    /// Nothing of a look-up is left when the run has ended.
    @Test func leavesNobodyBehind() throws {
      let namespace = try Namespace()
      let server = try NameServer(["a.test=silent"], in: namespace)
      defer { server.stop() }
      let files = try files("files myhostname dns")
      defer { withExtendedLifetime(files) {} }
      let outcome = try Program.run(
        files.command([
          "sh", "-c", "\(Probe.path) a.test:80 -w 0.3; sleep 0.2; cat /proc/[0-9]*/cmdline | tr '\\0' ' '",
        ]), in: namespace)
      #expect(
        outcome.output.contains("sleep") || outcome.output.contains("cat"), "the others are seen: \(outcome.errors)")
      #expect(outcome.errors.contains("did not finish within -w"))
      #expect(!outcome.output.contains("getent") && !outcome.output.contains("a.test:80 -w 0.3 "), "\(outcome.output)")
    }
  }
}
