import Laboratory
import Testing

extension NetworkTests {
  /// `--nagios` and `--fping`: what monitoring reads.
  @Suite(.needs()) struct MonitorTests {
    @Test func plugin() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let target = "127.0.0.1:\(listener.port)"
      let good = try Probe.run(target, "--nagios", "--warn", "1s,20%", "--crit", "2s,50%", in: namespace)
      #expect((good.code, good.errors) == (0, ""))
      #expect(
        good.output.wholeMatch(
          of:
            /PROBE OK - 127\.0\.0\.1:\d+ open \(syn-ack\), rtt [0-9.]+ ms \| rtt=0\.\d{6}s;1\.000000;2\.000000;0 loss=0%;20;50;0;100 syn_loss=0%;;;0;100 syns=1;;;0 syns_lost=0;;;0\n/
        ) != nil, "\(good.output)")
      #expect(try Probe.run(target, "--nagios", "--warn", "1us", in: namespace).code == 1)
      #expect(try Probe.run(target, "--nagios", "--crit", "1us", in: namespace).code == 2)
      #expect(try Probe.run("127.0.0.1:9", "--nagios", in: namespace).code == 2)
      #expect(try Probe.run("127.0.0.1:9", "--nagios", "--expect", "closed", in: namespace).code == 0)
      #expect(try Probe.run("127.0.0.1:9", "--nagios", "--expect", "closed", "--connect", in: namespace).code == 0)
      let several = try Probe.run(target, "127.0.0.1:9", "--count", "3", "-i", "0.01", "--nagios", in: namespace)
      #expect(several.code == 2)
      #expect(several.lines.count == 1)
      #expect(several.output.contains("'127.0.0.1:9 loss'=100%;;;0;100"))
    }

    /// Monitoring reads standard output alone, whatever goes wrong.
    @Test(arguments: [
      (["--bogus", "--nagios"], 3, "unknown option --bogus"), (["--nagios"], 3, "no target"),
      (["--nagios", "nowhere.invalid:80"], 2, "nowhere.invalid"),
      (["--nagios", "127.0.0.1:9", "-S", "192.0.2.1"], 3, "-S"),
    ])
    func trouble(_ words: [String], _ code: Int32, _ line: String) throws {
      let outcome = try Probe.run(words, in: try Namespace())
      #expect((outcome.code, outcome.errors, outcome.lines.count) == (code, "", 1))
      #expect(outcome.output.hasPrefix(code == 3 ? "PROBE UNKNOWN - " : "PROBE CRITICAL - "))
      #expect(outcome.output.contains(line))
    }

    /// Read as SmokePing's FPing probe reads it: standard error, a name, a colon, and a time or a dash for each probe.
    @Test(.needs(.nft)) func fping() throws {
      let namespace = try Namespace()
      try namespace.filterInput("tcp dport 23 drop")
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let open = "127.0.0.1:\(listener.port)"
      let outcome = try Probe.run(
        open, "127.0.0.1:23", "-c", "5", "-i", "0.02", "-W", "0.1", "--retries", "0", "--fping", in: namespace)
      #expect((outcome.code, outcome.output) == (1, ""))
      #expect(outcome.errorLines.count == 2)
      var times: [String: [Substring]] = [:]
      for line in outcome.errorLines where line.contains(/^\S+\s+:\s+[-\d.]/) {
        let words = line.split { $0 == " " }
        #expect(words[1] == ":")
        times[String(words[0])] = Array(words.dropFirst(2))
      }
      #expect(times[open]?.count == 5)
      #expect(times[open]?.allSatisfy { Double($0).map { $0 > 0 && $0 < 1_000 } ?? false } ?? false)
      #expect(times["127.0.0.1:23"] == ["-", "-", "-", "-", "-"])
    }
  }
}
