import Laboratory
import Testing

extension NetworkTests {
  /// `--connect`: the kernel's own connection, said in every output.
  @Suite(.needs()) struct ConnectTests {
    @Test(arguments: ["127.0.0.1", "::1"]) func open(_ address: String) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: address)
      defer { listener.stop() }
      let (connection, outcome) = try Probe.connection(target(address, listener.port), "--connect", in: namespace)
      #expect(outcome.code == 0)
      #expect(connection.verdict == "open syn-ack")
      #expect(connection["mode"]?.string == "connect")
      #expect(connection["isn"] == .null, "the kernel does not tell it")
      #expect(try #require(connection.step("syn")?["rtt_ns"]?.int) > 0)
      #expect(connection.step("syn")?["clock"]?.string != "kernel")
      let visits = listener.ended(1)
      #expect(visits.map(\.ending) == [.orderly])
      #expect(visits.first.map { Int64($0.port) } == connection["source_port"]?.int)
      let text = try Probe.run(target(address, listener.port), "--connect", in: namespace)
      #expect(text.everything.contains("connect"), "said in words too")
    }

    @Test func closed() throws {
      let namespace = try Namespace()
      let (connection, outcome) = try Probe.connection("127.0.0.1:9", "--connect", in: namespace)
      #expect(outcome.code == 1)
      #expect(connection.verdict == "closed rst")
    }

    /// Whoever accepts and resets at once is open, and ends neither the run nor the other targets' probes.
    @Test(arguments: ["127.0.0.1", "::1"], ["fin", "rst"]) func resetAtOnce(_ address: String, _ close: String) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: address, manner: .resets)
      defer { listener.stop() }
      let outcome = try Probe.run(
        target(address, listener.port), target(address, 9), "--connect", "--json", "-c", "20", "-i", "0.005", "--close",
        close, in: namespace)
      #expect(outcome.errors.isEmpty)
      let connections = try outcome.connections
      #expect(connections.filter { $0.verdict == "closed rst" }.count == 20)
      let open = connections.filter { $0.verdict == "open syn-ack" }
      #expect(open.count == 20)
      if close == "fin" { #expect(open.allSatisfy { $0["closed_by"]?.string == "peer-rst" }) }
      #expect(open.allSatisfy { ($0["notes"]?.array?.isEmpty ?? true) == ($0["closed_by"]?.string != "peer-rst") })
    }

    @Test(.needs(.nft)) func filtered() throws {
      let wire = try Wire()
      try wire.server.filterInput("tcp dport 80 drop")
      let (connection, outcome) = try Probe.connection(
        "\(Wire.server4):80", "--connect", "-W", "0.2", "--retries", "0", in: wire.client)
      #expect(outcome.code == 1)
      #expect(connection.verdict == "filtered no-response")
      #expect(outcome.seconds < 5)
    }
  }
}
