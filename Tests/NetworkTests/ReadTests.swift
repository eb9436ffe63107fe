import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// `probe read` and `probe diff` over captures of this laboratory's connections, judged by tshark and tcpdump.
  @Suite(.needs(.tcpdump, .tshark)) struct ReadTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()

    /// Captures that others took: in `PROBE_CAPTURES`, or beside the project.
    private static let others: String? = {
      let place =
        ProcessInfo.processInfo.environment["PROBE_CAPTURES"]
        ?? root.deletingLastPathComponent().appending(path: "shared/captures").path
      return FileManager.default.fileExists(atPath: place) ? place : nil
    }()

    /// A full connection, a half-open one, and a refused one, on loopback.
    private func three(_ address: String) throws -> (Namespace, Capture, [JSON]) {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: address)
      defer { listener.stop() }
      let (capture, connections) = try Capture.on("lo", of: namespace) {
        let place = target(address, listener.port)
        return [
          try Probe.connection(place, "--data", "hello", in: namespace).0,
          try Probe.connection(place, "--syn", in: namespace).0,
          try Probe.connection(target(address, 1), in: namespace).0,
        ]
      }
      return (namespace, capture, connections)
    }

    private func compare(_ place: String) throws -> Outcome {
      let script = ReadTests.root.appending(path: "Tests/Bench/captures").path
      return try Program.run([script, "--binary", Probe.path, place], seconds: 300)
    }

    @Test(arguments: ["127.0.0.1", "::1"]) func ownCapture(_ address: String) throws {
      let (namespace, capture, connections) = try three(address)
      let outcome = try Probe.run("read", "--json", capture.path, in: namespace)
      #expect(outcome.code == 0 && outcome.errors == "")
      let flows = try JSON.lines(outcome.output).filter { $0["type"]?.string == "flow" }
      #expect(flows.map { $0["end"]?.string } == ["fin", "rst", "refused"])
      #expect(flows.map { $0["isn"]?.int } == connections.map { $0["isn"]?.int })
      #expect(flows.map { $0["irs"]?.int }.prefix(2) == connections.map { $0["irs"]?.int }.prefix(2))
      #expect(flows.map { $0["client_port"]?.int } == connections.map { $0["source_port"]?.int })
      #expect(Array(flows[0].steps.prefix(4)) == ["syn", "ack", "handshake", "request"])
      // Loopback sums nothing: what probe sends is whole, what the kernel sends is not.
      #expect(flows[0]["server_sent"]?["bad_checksums"]?.int == 0)
      #expect(flows[0]["server_sent"]?["unfinished_checksums"]?.int ?? 0 > 0)
      let judged = try compare(capture.path)
      #expect(judged.code == 0, "\(judged.output)\(judged.errors)")
    }

    @Test(arguments: ["127.0.0.1", "::1"]) func linesOfTcpdump(_ address: String) throws {
      let (namespace, capture, _) = try three(address)
      let outcome = try Probe.run("read", "--tcpdump", capture.path, in: namespace)
      let lines = outcome.output.split(separator: "\n").map {
        $0.split(separator: " ", maxSplits: 1).last.map(String.init)
      }
      #expect(lines == (try capture.tcpdumpLines(absolute: true)))
    }

    @Test func liveAndAFlowAndAFilter() throws {
      let (namespace, capture, connections) = try three("127.0.0.1")
      let live = try Program.run(["sh", "-c", "exec \"$0\" read - <\"$1\"", Probe.path, capture.path], in: namespace)
      #expect(live.code == 0)
      #expect(live.output.contains("3 flows: 1 fin, 1 rst, 1 refused"))
      let one = try Probe.run("read", "--flow", "0", capture.path, in: namespace)
      #expect(one.code == 0 && one.output.contains("TIME-WAIT") && one.output.contains("SYN,ACK seq=0 ack=1"))
      #expect(try Probe.run("read", "--flow", "3", capture.path, in: namespace).code == 2)
      let port = connections[1]["source_port"]?.int ?? 0
      let filtered = try Probe.run("read", "--json", "--filter", "127.0.0.1:\(port)", capture.path, in: namespace)
      let flows = try JSON.lines(filtered.output).filter { $0["type"]?.string == "flow" }
      #expect(flows.map { $0["flow"]?.int } == [1])
    }

    @Test func whatIsNoWholeCapture() throws {
      let (namespace, capture, _) = try three("127.0.0.1")
      let directory = try TemporaryDirectory()
      let octets = try #require(FileManager.default.contents(atPath: capture.path))
      let cut = directory.file("cut.pcap")
      try octets.dropLast(20).write(to: URL(filePath: cut))
      let damaged = try Probe.run("read", cut, in: namespace)
      #expect(damaged.code == 1)
      #expect(damaged.errorLines.count == 1 && damaged.errors.contains("truncated"))
      #expect(damaged.output.contains("flow statistics"))
      let noise = directory.file("noise")
      try Data("no capture at all".utf8).write(to: URL(filePath: noise))
      for path in [noise, directory.file("missing"), directory.path] {
        let refused = try Probe.run("read", path, in: namespace)
        #expect(refused.code == 2 && refused.output == "")
        #expect(refused.errorLines.count == 1, "\(refused.errors)")
      }
    }

    /// Many flows that end at once are written as they are told, not collected: 64 MiB is what is documented, and what
    /// the checks of a debug build take comes on top.
    @Test(.needs(.python)) func memoryOfJSON() throws {
      let directory = try TemporaryDirectory()
      var octets: [UInt8] =
        [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0] + [UInt8](repeating: 0, count: 8) + [255, 255, 0, 0, 101, 0, 0, 0]
      for number in 0..<33_000 as Range<UInt32> {
        let port: [UInt8] = [UInt8(number >> 8 & 0xff), UInt8(number & 0xff)]
        octets += [0, 0xf1, 0x53, 0x65, 0, 0, 0, 0, 40, 0, 0, 0, 40, 0, 0, 0]
        octets += [0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 198, 51, 100, UInt8(number >> 16)]
        octets += port + [0, 80, 0, 0, 3, 0xe8, 0, 0, 0, 0, 0x50, 2, 0x20, 0, 0, 0, 0, 0]
      }
      let file = directory.file("many.pcap")
      try Data(octets).write(to: URL(filePath: file))
      let script = """
        import os, subprocess, sys
        process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
        status, usage = os.wait4(process.pid, 0)[1:]
        print(status, usage.ru_maxrss)
        """
      let outcome = try Program.run(["python3", "-c", script, Probe.path, "read", "--json", file], seconds: 60)
      let words = outcome.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
      try #require(words.count == 2 && words[0] == 0, "\(outcome.output)\(outcome.errors)")
      #expect(words[1] < 80 << 10, "\(words[1]) KiB")
    }

    /// One that cannot be read is named; those before and behind it are read, and the code says that not all was.
    @Test func oneOfSeveralIsBad() throws {
      let (namespace, capture, _) = try three("127.0.0.1")
      let directory = try TemporaryDirectory()
      let noise = directory.file("noise")
      try Data("no capture at all".utf8).write(to: URL(filePath: noise))
      for bad in [noise, directory.file("missing"), directory.path] {
        let outcome = try Probe.run("read", capture.path, bad, capture.path, in: namespace)
        #expect(outcome.code == 2 && outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(outcome.output.contains("6 flows: 2 fin, 2 rst, 2 refused") && !outcome.output.contains("==> \(bad)"))
      }
      let none = try Probe.run("read", noise, directory.path, in: namespace)
      #expect(none.code == 2 && none.output == "" && none.errorLines.count == 2)
      let both = try Probe.run("diff", noise, directory.path, in: namespace)
      #expect(both.code == 2 && both.output == "" && both.errorLines.count == 2, "\(both.errors)")
      // A damaged one is compared as far as it goes, and never the same.
      let octets = try #require(FileManager.default.contents(atPath: capture.path))
      let cut = directory.file("cut.pcap")
      try (octets + [1, 2, 3]).write(to: URL(filePath: cut))
      let damaged = try Probe.run("diff", cut, capture.path, in: namespace)
      #expect(damaged.code == 1 && damaged.errors.contains("truncated"))
      #expect(damaged.output.hasSuffix("incomplete: no difference in what was compared\n"), "\(damaged.output)")
    }

    @Test func differences() throws {
      let (namespace, capture, connections) = try three("127.0.0.1")
      let same = try Probe.run("diff", capture.path, capture.path, in: namespace)
      #expect(same.code == 0 && same.output.hasSuffix("same\n"))
      // What probe said of its connections is what the capture has of them.
      let directory = try TemporaryDirectory()
      let said = directory.file("said.jsonl")
      let told = try Probe.run("read", "--json", capture.path, in: namespace)
      try Data(told.output.utf8).write(to: URL(filePath: said))
      #expect(try Probe.run("diff", said, capture.path, in: namespace).code == 0)
      let (_, other, _) = try three("127.0.0.1")
      let another = try Probe.run("diff", "--json", "--ignore", "times", capture.path, other.path, in: namespace)
      let report = try #require(try JSON.lines(another.output).first)
      #expect(report["first_flows"]?.int == Int64(connections.count))
      #expect(report["only_first"]?.int == 0 || report["matched"]?["order"] != nil)
      try Data("{\"a\":\n".utf8).write(to: URL(filePath: said))
      let refused = try Probe.run("diff", said, capture.path, in: namespace)
      #expect(refused.code == 2 && refused.errors.contains("said.jsonl:1:6: not JSON"), "\(refused.errors)")
      try Data("neither".utf8).write(to: URL(filePath: said))
      let strange = try Probe.run("diff", said, capture.path, in: namespace)
      #expect(
        strange.code == 2 && strange.errors.contains("not a pcap, pcapng or JSON Lines file"), "\(strange.errors)")
    }

    @Test(.enabled(if: others != nil, "no captures of others: name a folder by PROBE_CAPTURES"))
    func capturesOfOthers() throws {
      let judged = try compare(try #require(ReadTests.others))
      #expect(judged.code == 0, "\(judged.output)\(judged.errors)")
    }
  }
}
