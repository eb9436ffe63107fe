import Laboratory
import Testing

extension NetworkTests {
  /// Full connections with real servers: open, an orderly close at the application, no RST on the wire.
  @Suite(.needs(.tcpdump, .tshark)) struct RealServerTests {
    @Test(.needs(.nginx), arguments: [Wire.server4, Wire.server6]) func nginx(_ address: String) throws {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server)
      defer { nginx.stop() }
      let (capture, (connection, outcome)) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.connection(target(address, nginx.port), in: wire.client)
      }
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.code == 0)
      #expect(outcome.errors == "")
      #expect(nginx.logs(Nginx.orderly))
      #expect(!nginx.log.contains(Nginx.reset))
      try expectCleanConnection(try capture.segments(), from: connection["source_port"]?.int)
    }

    @Test(.needs(.redis), arguments: [Wire.server4, Wire.server6]) func redis(_ address: String) throws {
      let wire = try Wire()
      let redis = try Redis(in: wire.server)
      defer { redis.stop() }
      let (capture, (connection, outcome)) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.connection(target(address, redis.port), in: wire.client)
      }
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.code == 0)
      #expect(redis.logs(Redis.orderly))
      #expect(!redis.log.contains(Redis.reset))
      try expectCleanConnection(try capture.segments(), from: connection["source_port"]?.int)
    }

    @Test(arguments: [Wire.server4, Wire.server6]) func plainListener(_ address: String) throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: address)
      defer { listener.stop() }
      let (capture, (connection, outcome)) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.connection(target(address, listener.port), in: wire.client)
      }
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.code == 0)
      let visits = listener.ended(1)
      #expect(visits.map(\.ending) == [.orderly])
      #expect(visits.map(\.bytes) == [[]])
      #expect(visits.first.map { Int64($0.port) } == connection["source_port"]?.int)
      try expectCleanConnection(try capture.segments(), from: connection["source_port"]?.int)
    }

    @Test(arguments: ["127.0.0.1", "::1"]) func loopback(_ address: String) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: address)
      defer { listener.stop() }
      let (capture, (connection, outcome)) = try Capture.on("lo", of: namespace) {
        try Probe.connection(target(address, listener.port), in: namespace)
      }
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.code == 0)
      #expect(listener.ended(1).map(\.ending) == [.orderly])
      try expectCleanConnection(try capture.segments(), from: connection["source_port"]?.int)
    }

    /// The server's application closes before we do: the passive close.
    @Test(arguments: [Wire.server4, Wire.server6]) func serverClosesFirst(_ address: String) throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: address, manner: .closesFirst)
      defer { listener.stop() }
      let (capture, (connection, _)) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.connection(target(address, listener.port), "-c", "1", in: wire.client)
      }
      #expect(connection.verdict == "open syn-ack")
      #expect(listener.ended(1).map(\.ending) == [.orderly])
      #expect(!(try capture.segments().contains { $0.has("R") }))
    }

    /// The server's application aborts: "reset by peer" after the handshake, and the port stays open.
    @Test func serverResets() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4, manner: .resets)
      defer { listener.stop() }
      let (capture, (connection, outcome)) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.connection(target(Wire.server4, listener.port), "--confirm", in: wire.client)
      }
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.code == 0)
      let port = connection["source_port"]?.int.map { Int($0) }
      #expect(!(try capture.segments().contains { $0.has("R") && $0.sourcePort == port }), "an RST is not answered")
    }

    /// Ten in a row leave no trace behind: no half-open connection, no port held, each application sees its end.
    @Test func tenInARow() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: "::")
      defer { listener.stop() }
      let outcome = try Probe.run(
        "\(Wire.server4):\(listener.port)", "-c", "10", "-i", "0.02", "--json", in: wire.client)
      #expect(outcome.code == 0)
      #expect(try outcome.connections.map(\.verdict) == Array(repeating: "open syn-ack", count: 10))
      #expect(listener.ended(10).map(\.ending) == Array(repeating: .orderly, count: 10))
      #expect(try wire.client.listeningPorts().isEmpty)
    }
  }
}
