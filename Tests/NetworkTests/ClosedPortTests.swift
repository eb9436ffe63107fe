import Laboratory
import Testing

extension NetworkTests {
  /// A closed port: `closed`, reason `rst`, exit 1, and nothing more is sent.
  @Suite(.needs(.tcpdump, .tshark)) struct ClosedPortTests {
    @Test(arguments: [Wire.server4, Wire.server6], [["--close", "fin"], ["--syn"]])
    func overTheWire(_ address: String, _ options: [String]) throws {
      let wire = try Wire()
      let (capture, outcome) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.run([target(address, 9), "--json"] + options, in: wire.client)
      }
      #expect(outcome.code == 1)
      let connection = try #require(try outcome.connections.first)
      #expect(connection.verdict == "closed rst")
      #expect(connection["transmissions"]?.int == 1)
      #expect(connection["irs"] == .null)
      let ours = try capture.segments().filter { $0.destinationPort == 9 }
      #expect(ours.count == 1, "an RST is never answered")
      #expect(ours.flatMap(\.complaints).isEmpty)
    }

    @Test(arguments: ["127.0.0.1", "::1"]) func loopback(_ address: String) throws {
      let namespace = try Namespace()
      let (connection, outcome) = try Probe.connection(target(address, 9), in: namespace)
      #expect(outcome.code == 1)
      #expect(connection.verdict == "closed rst")
    }

    @Test(.needs(.nft)) func rejectedByReset() throws {
      let wire = try Wire()
      try wire.server.filterInput("meta l4proto tcp reject with tcp reset")
      let (connection, outcome) = try Probe.connection(target(Wire.server4, 80), in: wire.client)
      #expect(outcome.code == 1)
      #expect(connection.verdict == "closed rst")
    }
  }
}
