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
