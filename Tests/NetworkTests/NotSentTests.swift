import Glibc
import Laboratory
import Testing

extension NetworkTests {
  /// What a firewall of this host does not let out: the result of that target, and of no other.
  @Suite(.needs(.nft)) struct NotSentTests {
    private let shut = "127.0.0.2:80"
    private let words = "sendto: Operation not permitted (EPERM); a firewall rule of this host refused the packet"

    private func namespace() throws -> Namespace {
      let namespace = try Namespace()
      try namespace.firewall(
        """
        table inet laboratory {
          chain output { type filter hook output priority 0
            ip daddr 127.0.0.2 tcp dport 80 drop
          }
        }

        """)
      return namespace
    }

    @Test func oneCheckOfSeveral() throws {
      let namespace = try namespace()
      let text = "127.0.0.1:9 closed\n\(shut) open\n\(shut) unreachable\n127.0.0.1:10 closed\n"
      let plain = try Program.run([Probe.path, "check", "-"], in: namespace, input: text)
      #expect(plain.code == 1)
      #expect(
        plain.lines.map { $0.prefix { $0 != " " } } == ["ok", "ERROR", "ERROR", "ok", "4"], "\(plain.everything)")
      #expect(plain.lines[1].contains("\(shut)  \(words)"))
      let records = try JSON.lines(
        try Program.run([Probe.path, "check", "-", "--json"], in: namespace, input: text).output)
      #expect(records.map { $0["result"]?.string } == ["holds", "error", "error", "holds", nil])
      #expect(records[1]["failure"]?.string?.hasPrefix(words) ?? false)
      #expect(records[1]["state"]?.string == nil)
      let plugin = try Program.run([Probe.path, "check", "-", "--nagios"], in: namespace, input: text)
      #expect(plugin.code == 3, "nothing is known of it: \(plugin.output)")
    }

    @Test(arguments: [[], ["watch"]]) func oneTargetOfSeveral(_ verb: [String]) throws {
      let namespace = try namespace()
      let outcome = try Probe.run(
        verb + [shut, "127.0.0.1:9", "-c", "3", "-i", "0.02", "--json"], in: namespace)
      #expect(outcome.code == 2)
      #expect(
        try outcome.connections.filter { $0["port"]?.int == 9 }.map(\.verdict)
          == Array(repeating: "closed rst", count: 3))
      #expect(
        try outcome.connections.filter { $0["port"]?.int == 80 }.map(\.verdict)
          == Array(repeating: "unreachable not-sent", count: 3))
      #expect(outcome.errorLines.count == 1, "told once: \(outcome.errors)")
      #expect(outcome.errors.hasPrefix("probe: \(shut): \(words)"))
      let expected = try Probe.run(verb + [shut, "-c", "1", "--expect", "unreachable"], in: namespace)
      #expect(expected.code == 2, "it was not found to be so")
    }

    @Test(arguments: ["20", "6000"]) func bench(_ rate: String) throws {
      let outcome = try Probe.run(
        "bench", shut, "127.0.0.1:9", "--rate", rate, "--duration", "0.2", "--json", in: namespace())
      #expect(outcome.code == 1)
      let summaries = try outcome.summaries
      #expect(summaries.count == 2)
      #expect(summaries[0]["endings"]?["unreachable"]?.int == summaries[0]["started"]?.int)
      #expect(summaries[1]["endings"]?["refused"]?.int == summaries[1]["started"]?.int)
      #expect(outcome.errors.contains("probe: \(shut): "), "\(outcome.errors)")
      #expect(outcome.errors.contains("not sent: sendto: ") || outcome.errors.contains("not sent: sendmmsg: "))
    }

    /// A rule that goes away again is an outage, and told anew when it comes back.
    @Test func watchOutlivesARule() throws {
      let namespace = try namespace()
      let listener = try RecordingListener(in: namespace, address: "0.0.0.0", port: 80)
      defer { listener.stop() }
      let program = try Program([Probe.path, "watch", shut, "-i", "0.02", "-q"], in: namespace)
      func waits(for text: String) -> Bool {
        waitUntil(seconds: 10) { program.outputSoFar.contains(text) ? true : nil } ?? false
      }
      #expect(waits(for: ": unreachable (not-sent)"))
      try namespace.command("nft", "flush", "ruleset")
      #expect(waits(for: "unreachable -> open (syn-ack), was "), "\(program.outputSoFar)")
      program.send(SIGTERM)
      #expect(program.wait(seconds: 5).code == 143)
    }
  }
}
