import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// What `probe route` writes: the table, mtr's columns, files, the screen, names, and the comparison of two.
  @Suite(.needs(.ip, .nft, .python)) struct RouteOutputTests {
    private static let target = "10.0.6.2:80"

    @Test("the table and its sentences, and mtr's columns") func text() throws {
      let chain = try RouteChain("--limit", "1", "--mss", "3")
      defer { chain.stop() }
      let words = ["route", Self.target, "-n", "-c", "15", "-i", "0.05", "--no-ecn"]
      let outcome = try Probe.run(words, in: chain.client, seconds: 60)
      #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.everything)")
      let lines = outcome.output.split(separator: "\n").map(String.init)
      #expect(lines[0] == "ROUTE 10.0.6.2:80 (10.0.6.2) from 10.0.1.1: SYNs with TTL 1 to 30, 15 rounds")
      #expect(lines[1].hasPrefix("hop  host"))
      let rows = lines[2...7].map { $0.split(separator: " ").map(String.init) }
      #expect(rows.map { $0[1] } == RouteChain.addresses4 && rows.map { $0[2] } == Array(repeating: "15", count: 6))
      #expect(rows[0][3].hasSuffix("~") && rows.map { $0[4] } == Array(repeating: "0%", count: 6), "\(rows)")
      #expect(lines[8].hasPrefix("hop 1: limits its ICMP errors: ") && lines[8].hasSuffix("this is not loss"))
      #expect(lines[9] == "hop 3: MSS 1460 -> 1100 (that hop or the one before)")
      let last = try #require(lines.last)
      #expect(last.hasPrefix("path to 10.0.6.2:80: 15 probes, 0.0 % lost (0.0 to 20.4 %), rtt p50/p99 = "), "\(last)")
      let report = try Probe.run(words + ["--report"], in: chain.client, seconds: 60)
      let heads = report.output.split(separator: "\n").prefix(3)
      #expect(heads[0].hasPrefix("Start: 20"))
      #expect(heads[1].contains(/HOST: 10\.0\.1\.1 +Loss% +Snt +Last +Avg +Best +Wrst +StDev +Here<=% +P50 +P99$/))
      #expect(heads[2].contains(/^  1\.\|-- 10\.0\.1\.2 +\d+\.\d% +15 +0\.\d+/), "\(heads[2])")
    }

    @Test("names the hop that drops, and not those behind it, whose answers are missing too") func drops() throws {
      let chain = try RouteChain("--drop", "4:30")
      defer { chain.stop() }
      let outcome = try Probe.run(
        ["route", Self.target, "-n", "-c", "60", "-i", "0.02", "--no-ecn"], in: chain.client, seconds: 60)
      #expect(outcome.output.contains("\nloss begins at hop 4 or on the link to it: "), "\(outcome.output)")
      #expect(!outcome.output.contains("limits its ICMP"))
    }

    @Test("tables, pictures, pages and metrics are whole", .needs(.xmllint, .promtool)) func files() throws {
      let chain = try RouteChain("--branches", "3")
      defer { chain.stop() }
      let directory = try TemporaryDirectory()
      let files = ["svg", "html", "prom"].map { directory.file("a.\($0)") }
      func traced() throws -> Outcome {
        try Probe.run(
          [
            "route", Self.target, "-n", "-c", "3", "-i", "0.05", "--flows", "32", "--confidence", "99", "--csv",
            "--svg",
            files[0], "--html", files[1], "--prometheus", files[2],
          ], in: chain.client, seconds: 60)
      }
      var outcome = try traced()
      // One trace in 128 may miss a branch, which 99 % allow.
      for _ in 0..<3 where !outcome.output.contains("per-flow") { outcome = try traced() }
      #expect(outcome.code == 0, "\(outcome.everything)")
      let rows = outcome.output.split(separator: "\r\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false)
      }
      #expect(rows[0].prefix(4) == ["destination", "port", "flow", "ttl"])
      // All flows together, and then each of them.
      #expect(rows[1...6].map { $0[3] } == ["1", "2", "3", "4", "5", "6"] && rows[1...6].allSatisfy { $0[2] == "" })
      #expect(rows.count > 1 + 6 * 7 && (rows.count - 1).isMultiple(of: 6))
      let svg = directory.text("a.svg")
      #expect(svg.contains("10.0.3.2") && svg.contains("10.1.3.2") && directory.text("a.html").contains(svg))
      for file in files.prefix(2) {
        let lint = try Program.run(["xmllint", "--noout"] + (file == files[1] ? ["--html"] : []) + [file], seconds: 20)
        #expect(lint.code == 0 || file == files[1], "\(lint.everything)")
      }
      let check = try Program.run(["promtool", "check", "metrics"], input: directory.text("a.prom"), seconds: 20)
      #expect(check.code == 0, "\(check.everything)")
      #expect(directory.text("a.prom").contains("\nprobe_route_paths{target=\"10.0.6.2:80\"} 2\n"))
    }

    @Test("two routes of one path are the same, and of a path with a box in it are not") func diff() throws {
      let directory = try TemporaryDirectory()
      func trace(_ file: String, _ options: String...) throws {
        let chain = try options.isEmpty ? RouteChain() : RouteChain(options[0], options[1])
        defer { chain.stop() }
        _ = try Probe.run(
          ["route", Self.target, "-n", "-c", "5", "-i", "0.05", "--json", "-o", directory.file(file)],
          in: chain.client, seconds: 60)
      }
      try trace("a.json")
      try trace("b.json")
      try trace("c.json", "--dscp", "4")
      let namespace = try Namespace()
      func diff(_ a: String, _ b: String) throws -> Outcome {
        try Probe.run("diff", "--ignore", "times", directory.file(a), directory.file(b), in: namespace)
      }
      let same = try diff("a.json", "b.json")
      #expect(same.code == 0 && same.output.hasSuffix("\nsame\n"), "\(same.everything)")
      #expect(!same.output.contains("\nhop "))
      let other = try diff("a.json", "c.json")
      #expect(other.code == 1 && other.output.contains("\nhop 4: dscp 0 -> 46 only in "), "\(other.everything)")
      try directory.write("d.json", "{\"schema\":1,\"type\":\"version\",\"version\":\"1\"}\n")
      let none = try diff("a.json", "d.json")
      #expect(none.code == 2 && none.errors.contains("no line of type flow, connection or hop"), "\(none.everything)")
    }

    // MARK: Names

    @Test("names are found beside the run, and a server that is silent is not waited for") func names() throws {
      let chain = try RouteChain()
      defer { chain.stop() }
      let files = try NameFiles([
        "resolv.conf": "nameserver 127.0.0.1\noptions timeout:5 attempts:2\n", "nsswitch.conf": "hosts: files dns\n",
        "hosts": "127.0.0.1 localhost\n10.0.2.2 second.test\n",
      ])
      let rules = [
        "2.1.0.10.in-addr.arpa=ptr:first.test", "2.3.0.10.in-addr.arpa=silent",
        "2.4.0.10.in-addr.arpa=ptr:10.9.9.9",
      ]
      let server = try NameServer(rules, in: chain.client)
      defer { server.stop() }
      let began = Date()
      let outcome = try files.run("route", Self.target, "-c", "5", "-i", "0.1", "--json", in: chain.client)
      #expect(Date().timeIntervalSince(began) < 5, "nobody waits for 10 s")
      let hops = try JSON.lines(outcome.output).filter { $0["type"]?.string == "hop" && $0["final"]?.bool == true }
      let found = hops.map { $0["name"]?.string }
      #expect(found == ["first.test", "second.test", nil, nil, nil, nil], "\(outcome.output)")
      #expect(server.asked.contains("2.3.0.10.in-addr.arpa 12"))
      let asked = server.asked.count
      let numeric = try files.run("route", Self.target, "-n", "-c", "2", "-i", "0.1", "--json", in: chain.client)
      #expect(numeric.code == 0 && server.asked.count == asked, "with -n nobody is asked")
    }

    // MARK: The screen

    @Test("keys on the live screen, and the report behind it", arguments: [(24, 80), (20, 50)])
    func screen(rows: Int, columns: Int) throws {
      let chain = try RouteChain("--mss", "3")
      defer { chain.stop() }
      func run(_ script: String) throws -> Outcome {
        try Program.run(
          ["python3", "-c", WatchScreenTests.terminal, "resize \(rows) \(columns);" + script, Probe.path]
            + ["route", Self.target, "-n", "--until-stopped", "-i", "0.05"], in: chain.client, seconds: 40)
      }
      let outcome = try run(
        "wait 1;key ?;until closes;key x;wait 0.4;key p;until paused;key p;wait 0.5;key r;wait 0.5;key q")
      #expect(outcome.errors.contains("code=0 echo=same"), "\(outcome.errors)")
      let pieces = outcome.output.split(separator: WatchScreenTests.leave, omittingEmptySubsequences: false)
      #expect(outcome.output.contains(WatchScreenTests.enter) && pieces.count == 2, "given back once")
      for lines in WatchScreenTests.frames(String(pieces[0])) {
        #expect(lines.count <= rows && lines.allSatisfy { $0.unicodeScalars.count <= columns }, "\(lines)")
      }
      #expect(pieces[0].contains("send no probes") && pieces[0].contains("hop 3: MSS 1460"))
      let report = try #require(pieces.last).replacing(/\x{1b}\[[0-9;?]*[a-zA-Z]/, with: "")
      #expect(report.contains("hop 3: MSS 1460 → 1100"))
      #expect(report.contains("path to 10.0.6.2:80: "))
    }

    @Test("while it is paused no probe leaves", .needs(.tcpdump, .tshark)) func paused() throws {
      let chain = try RouteChain()
      defer { chain.stop() }
      let outcome = try Program.run(
        [
          "python3", "-c", WatchScreenTests.terminal, "wait 1;key p;until paused;wait 3;key q", Probe.path,
          "route", Self.target, "-n", "--until-stopped", "-i", "0.05", "--no-ecn",
        ], in: chain.client, seconds: 40)
      // 60 rounds would be due in three seconds.
      let told = outcome.output.matches(of: /path to 10\.0\.6\.2:80: (\d+) probes/).last
      let sent = try #require(told.flatMap { Int($0.1) })
      #expect(sent < 40, "\(sent)")
    }
  }
}
