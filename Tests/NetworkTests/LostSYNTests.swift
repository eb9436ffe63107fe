import Laboratory
import Testing

extension NetworkTests {
  /// One SYN in ten is lost on its way: the times stay those of the path, and the loss is told beside them.
  @Suite(.needs(.nft, .tcpdump, .tshark)) struct LostSYNTests {
    @Test func lossIsNoLatency() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      try wire.server.filterInput("tcp flags & (syn | ack) == syn numgen random mod 10 == 0 drop")
      let (capture, outcome) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.run(
          [
            target(Wire.server4, listener.port), "--syn", "-c", "300", "-i", "0.004", "-W", "0.3", "--retries", "4",
            "--json",
          ], in: wire.client)
      }
      #expect(outcome.code == 0)
      let summary = try #require(try outcome.summaries.first)
      #expect(summary["sent"] == .integer(300) && summary["received"] == .integer(300), "\(outcome.errors)")
      // What left again is what the capture saw twice.
      let syns = try capture.segments().filter { $0.isSYN }
      let copies = syns.count - Set(syns.map(\.sequence)).count
      #expect(copies > 5, "the filter loses SYNs")
      #expect(summary["retransmitted"] == .integer(Int64(copies)))
      // Whoever counts the wait for a lost SYN has a p99 of 300 ms, and a tenth of all times is beyond 300 ms.
      let syn = try #require(summary["steps"]?["syn"])
      let (p90, p99) = (try #require(syn["p90_ns"]?.int), try #require(syn["p99_ns"]?.int))
      #expect(p99 < 100_000_000 && p90 < 50_000_000, "p90 \(p90) ns, p99 \(p99) ns")
      #expect(summary["loss"]?.double == 0)
      #expect(summary["syns_sent"]?.int == Int64(syns.count) && summary["syns_lost"]?.int == Int64(copies))
      #expect(summary["outages"]?["count"] == .integer(0))
    }

    @Test func anOutageIsTold() throws {
      let namespace = try Namespace()
      try namespace.filterInput("tcp dport 80 drop")
      let words = ["127.0.0.1:80", "--syn", "-c", "4", "-i", "0.02", "-W", "0.05", "--retries", "0"]
      let text = try Probe.run(words, in: namespace)
      #expect(text.output.contains("100% packet loss"))
      #expect(
        text.output.contains(
          "SYNs: 4 sent, 0 answered, 4 lost; loss 100% (51.0% to 100.0%, 95 % confidence)\n1 outage of 0.0"),
        "\(text.output)")
      #expect(text.output.hasSuffix(": 4 probes, ongoing\n"))
      let summary = try #require(try Probe.run(words + ["--json"], in: namespace).summaries.first)
      #expect(summary["outages"]?["count"] == .integer(1))
      #expect(summary["outages"]?["current"]?["probes"] == .integer(4))
      #expect(summary["outages"]?["current"]?["end"] == .null)
      #expect(summary["loss_high"]?.double == 1)
    }
  }
}
