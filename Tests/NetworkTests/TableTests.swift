import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// Comma-separated values, as another program's reader takes them.
  @Suite(.needs(.python)) struct TableTests {
    /// The rows of a table, each by the names of its columns, as Python's module `csv` reads them.
    private func rows(_ table: String) throws -> [JSON] {
      let reader = """
        import csv, io, json, sys
        for row in csv.DictReader(io.TextIOWrapper(sys.stdin.buffer, newline=""), strict=True):
            print(json.dumps(row))
        """
      let outcome = try Program.run(["python3", "-c", reader], input: table)
      try #require(outcome.code == 0, "\(outcome.errors)")
      return try JSON.lines(outcome.output)
    }

    @Test(arguments: [[], ["--connect"]]) func connections(_ words: [String]) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let open = target("127.0.0.1", listener.port)
      let outcome = try Probe.run(
        [open, "[::1]:9", "-c", "2", "-i", "0.02", "--expect", "open", "--csv"] + words, in: namespace)
      #expect((outcome.code, outcome.errors) == (1, ""), "one of them is closed")
      let rows = try rows(outcome.output)
      #expect(rows.count == 4, "no line but the header and one for each probe: \(outcome.output)")
      let (connection, _) = try Probe.connection(open, in: namespace)
      let steps = ["resolve", "syn", "confirm", "request", "response", "transfer", "fin", "peer_fin", "close"]
      let named = connection.names.union(steps.map { "\($0)_ns" }).union(["clock"])
      #expect(rows.allSatisfy { named.isSuperset(of: $0.names) })
      let good = try #require(rows.first { $0["seq"] == .text("2") && $0["target"] == .text(open) })
      #expect(good["port"] == .text("\(listener.port)"))
      #expect(good.verdict == "open syn-ack")
      #expect(good["started"]?.string?.hasSuffix("Z") == true)
      #expect(Int(good["syn_ns"]?.string ?? "") ?? 0 > 0)
      let clocks = good["clock"]?.string?.components(separatedBy: " ") ?? []
      let possible = words.isEmpty ? ["kernel", "user"] : ["tcp_info", "user"]
      #expect(Set(possible).isSuperset(of: clocks), "\(clocks)")
      let closed = try #require(rows.first { $0["target"] == .text("[::1]:9") })
      #expect(closed["address"] == .text("::1"))
      #expect(closed.verdict == "closed rst")
      #expect(closed["fin_ns"] == .text(""), "what is absent is empty")
    }

    /// A row is there as soon as its probe has ended, and a summary is nowhere in the table.
    @Test func streams() throws {
      let namespace = try Namespace()
      let program = try Program(
        [Probe.path, "127.0.0.1:9", "-c", "0", "-i", "0.05", "--csv"], in: namespace)
      #expect(waitUntil(seconds: 10) { program.outputSoFar.contains("closed,rst,3,") ? true : nil } == true)
      program.send(SIGQUIT)
      usleep(100_000)
      program.send(SIGINT)
      let outcome = program.wait(seconds: 5)
      #expect(outcome.code == 130)
      #expect(outcome.errors.contains("rtt min/avg/max/mdev"), "SIGQUIT's, beside the table")
      #expect(outcome.errors.components(separatedBy: "rtt min/avg/max/mdev").count == 2, "and no other")
      let rows = try rows(outcome.output)
      #expect(rows.compactMap { $0["seq"]?.string.flatMap { Int($0) } } == Array(1...rows.count))
    }

    @Test func checks() throws {
      let namespace = try Namespace()
      let text = """
        127.0.0.1:9 closed rtt<10s # a, "b"
        127.0.0.1:10 open
        nowhere.invalid:80 open

        """
      let outcome = try Program.run([Probe.path, "check", "-", "--csv"], in: namespace, input: text)
      #expect(outcome.code == 1)
      let rows = try rows(outcome.output)
      #expect(rows.map { $0["result"]?.string } == ["holds", "fails", "error"])
      #expect(rows.map { $0["line"]?.string } == ["1", "2", "3"])
      #expect(rows.first?["comment"] == .text("a, \"b\""))
      #expect(rows.first?["rtt_limit_ns"] == .text("10000000000"))
      #expect(rows.last?["state"] == .text(""))
    }
  }
}
