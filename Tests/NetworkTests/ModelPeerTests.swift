import Laboratory
import Testing

extension NetworkTests {
  /// The model of TCP on a device: the program and the kernel's TCP find nothing wrong with it.
  @Suite(.needs(.tcpdump, .tshark, .netcat, peer: true)) struct ModelPeerTests {
    /// Both addresses with a service of http on port 80.
    static func stage(_ service: ModelTCP.Service) throws -> (Namespace, Peer) {
      let namespace = try Namespace()
      let addresses: [[UInt8]] = [[10, 9, 0, 2], [0xfd, 9] + [UInt8](repeating: 0, count: 13) + [2]]
      let models = addresses.map { ModelTCP(address: $0, ports: [80], service: service) }
      return (namespace, try Peer(in: namespace, models: models))
    }

    @Test(arguments: [Peer.address4, Peer.address6]) func probeFindsItOpen(_ address: String) throws {
      let (namespace, peer) = try Self.stage(.http(octets: 5_000))
      defer { peer.stop() }
      let (capture, outcome) = try Capture.on(Peer.device, of: namespace) {
        try Probe.run(target(address, 80), "-c", "3", "-i", "0.1", "--json", in: namespace)
      }
      #expect(outcome.code == 0)
      let connections = try outcome.connections
      #expect(connections.map(\.verdict) == [String](repeating: "open syn-ack", count: 3))
      let packets = try capture.segments()
      for connection in connections { try expectCleanConnection(packets, from: connection["source_port"]?.int) }
      #expect(packets.filter { $0.sourcePort == 80 }.flatMap(\.complaints).isEmpty)
      #expect(try Probe.run(target(address, 81), in: namespace).code == 1)
    }

    @Test(arguments: [Peer.address4, Peer.address6]) func probeReadsAPage(_ address: String) throws {
      let (namespace, peer) = try Self.stage(.http(octets: 5_000))
      defer { peer.stop() }
      let outcome = try Probe.run("http", "http://\(target(address, 80))/", "--json", in: namespace)
      #expect(outcome.code == 0, "\(outcome.everything)")
      let request = try #require(try outcome.connections.first?["requests"]?.array?.first)
      #expect(request["status"]?.int == 200)
    }

    @Test(arguments: [Peer.address4, Peer.address6]) func theKernelTalksToIt(_ address: String) throws {
      let (namespace, peer) = try Self.stage(.echo)
      defer { peer.stop() }
      let text = String(repeating: "0123456789abcdef", count: 1_000)
      let (capture, outcome) = try Capture.on(Peer.device, of: namespace) {
        try Program.run(["nc", "-N", "-w", "3", address, "80"], in: namespace, input: text, seconds: 10)
      }
      #expect(outcome.code == 0 && outcome.output == text)
      let packets = try capture.segments()
      #expect(packets.filter { $0.sourcePort == 80 }.flatMap(\.complaints).isEmpty)
      #expect(!packets.contains { $0.has("R") })
    }
  }
}
