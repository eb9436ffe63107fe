import Laboratory
import Testing

extension NetworkTests {
  /// Machine output: the contract's names, types and nulls.
  @Suite(.needs()) struct JSONTests {
    static let connectionNames: Set<String> = [
      "schema", "type", "target", "address", "port", "source", "source_port", "mode", "state", "reason", "seq",
      "started", "isn", "irs", "ttl", "transmissions", "peer", "steps", "closed_by", "client_state", "invalid_replies",
      // the peer's state as inferred, the sender of an ICMP error, the oddities of its SYN-ACK, the SYNs that were lost, and
      // who sent an RST
      "server_state", "icmp_from", "notes", "syns_lost", "reset",
    ]

    @Test(arguments: ["127.0.0.1", "::1"]) func connection(_ address: String) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: address)
      defer { listener.stop() }
      let target = target(address, listener.port)
      let (connection, outcome) = try Probe.connection(target, in: namespace)
      #expect(outcome.output.hasPrefix("{\"schema\":1,\"type\":\"connection\",\"target\":"))
      #expect(connection.names == Self.connectionNames)
      #expect(connection["schema"] == .integer(1))
      #expect(connection["target"] == .text(target))
      #expect(connection["address"] == .text(address))
      #expect(connection["port"] == .integer(Int64(listener.port)))
      #expect(connection["source"] == .text(address))
      #expect(connection["mode"] == .text("full"))
      #expect(connection["seq"] == .integer(1))
      #expect(connection["transmissions"] == .integer(1))
      #expect(connection["invalid_replies"] == .integer(0))
      #expect(connection["ttl"] == .integer(64))
      #expect(connection["closed_by"] == .text("fin"))
      #expect(connection["client_state"] == .text("TIME_WAIT"))
      #expect(
        connection["peer"]?.names
          == [
            "mss", "wscale", "sack", "timestamps", "ecn", "window", "mptcp_version", "mptcp_key", "tfo_cookie",
          ])
      #expect(connection["irs"]?.int != nil)
      #expect(connection["isn"]?.int != nil)
      let started = try #require(connection["started"]?.string)
      #expect(started.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z/) != nil, "\(started)")
      for step in try #require(connection["steps"]?.array) {
        #expect(step.names.isSuperset(of: ["step", "rtt_ns", "clock"]))
        #expect(try #require(step["rtt_ns"]?.int) > 0)
        #expect(["kernel", "user"].contains(step["clock"]?.string))
      }
    }

    /// What did not come is null, never 0, and never absent.
    @Test(.needs(.nft)) func nulls() throws {
      let namespace = try Namespace()
      try namespace.filterInput("tcp dport 80 drop")
      let (connection, _) = try Probe.connection("127.0.0.1:80", "-W", "0.05", "--retries", "0", in: namespace)
      #expect(connection.names == Self.connectionNames)
      for name in ["irs", "ttl", "peer", "closed_by"] { #expect(connection[name] == .null, "\(name)") }
      #expect(connection["isn"]?.int != nil)
    }

    @Test func summary() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let outcome = try Probe.run(
        "127.0.0.1:\(listener.port)", "-c", "3", "-i", "0.05", "--json", in: namespace)
      #expect(outcome.code == 0)
      #expect(try outcome.connections.map { $0["seq"]?.int } == [1, 2, 3])
      #expect(outcome.lines.count == 4)
      #expect(outcome.lines.last?.hasPrefix("{\"schema\":1,\"type\":\"summary\",\"target\":") == true)
      let summary = try #require(try outcome.summaries.first)
      #expect(
        summary.names == [
          "schema", "type", "target", "sent", "received", "loss", "retransmitted", "duplicates", "invalid", "steps",
          "address", "port", "mode", "loss_low", "loss_high", "reordered", "interrupted", "outages",
          "not_started", "syns_sent", "syns_answered", "syns_lost", "syn_loss", "syn_loss_low", "syn_loss_high",
          "path_ns", "application_ns",
        ])
      for (name, count) in [
        ("sent", 3), ("received", 3), ("retransmitted", 0), ("duplicates", 0), ("invalid", 0), ("not_started", 0),
      ] {
        #expect(summary[name] == .integer(Int64(count)), "\(name)")
      }
      #expect(summary["loss"]?.double == 0)
      let syn = try #require(summary["steps"]?["syn"])
      let names = [
        "count", "min_ns", "avg_ns", "mdev_ns", "p50_ns", "p90_ns", "p99_ns", "p999_ns", "max_ns", "jitter_ns",
      ]
      #expect(syn.names == Set(names))
      #expect(syn["count"] == .integer(3))
      let times = try outcome.connections.map { try #require($0.step("syn")?["rtt_ns"]?.int) }
      #expect(syn["min_ns"]?.int == times.min())
      #expect(syn["max_ns"]?.int == times.max())
      let average = try #require(syn["avg_ns"]?.int)
      #expect(abs(average - times.reduce(0, +) / 3) <= 1)
    }

    /// `-c 3 -i 0.05`: the interval is kept.
    @Test func interval() throws {
      let namespace = try Namespace()
      let outcome = try Probe.run("127.0.0.1:9", "-c", "5", "-i", "0.1", "--json", in: namespace)
      #expect(outcome.code == 0 || outcome.code == 1)
      #expect(try outcome.connections.count == 5)
      #expect(outcome.seconds >= 0.4 && outcome.seconds < 2)
    }

    @Test func unansweredOnesAreLoss() throws {
      let namespace = try Namespace()
      try namespace.setting("net/ipv4/icmp_ratelimit", "0")
      let outcome = try Probe.run("127.0.0.1:9", "-c", "2", "-i", "0.01", "--json", in: namespace)
      #expect(try outcome.summaries.first?["sent"] == .integer(2))
      #expect(try outcome.summaries.first?["received"] == .integer(2), "an RST is a valid reply")
    }
  }
}
