import Laboratory
import Testing

extension NetworkTests {
  /// What is told and sent in a polite handshake; Tests/Scenarios has the others.
  @Suite(.needs(peer: true)) struct HandshakeTests {
    /// `--confirm`: a keep-alive probe whose ACK shows that the peer is ESTABLISHED.
    @Test(arguments: bothFamilies) func confirm(_ address: String) throws {
      let server = PoliteServer(delay: 5)
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe("--confirm", at: address)
      #expect(connection.steps.prefix(2) == ["syn", "confirm"])
      let isn = UInt32(try #require(connection["isn"]?.int))
      #expect(hostile.peer.segments.contains { $0.flags == .ack && $0.seq == isn }, "SEG.SEQ = SND.NXT−1")
      #expect(try #require(connection.step("confirm")?["rtt_ns"]?.int) > 4_900_000)
    }

    /// `--data`: the text reaches the peer once.
    @Test func data() throws {
      let server = PoliteServer()
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe("--data", "hello there")
      #expect(connection.verdict == "open syn-ack")
      let port = UInt16(try #require(connection["source_port"]?.int))
      #expect(server.text(of: port) == Array("hello there".utf8))
    }

    /// What the peer offers is told as it is.
    @Test func thePeersOptions() throws {
      let server = PoliteServer()
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe()
      let peer = try #require(connection["peer"])
      #expect(peer["mss"] == .integer(1460))
      #expect(peer["wscale"] == .integer(7))
      #expect(peer["sack"] == .flag(true))
      #expect(peer["timestamps"] == .flag(true))
      #expect(peer["ecn"] == .flag(false))
      #expect(peer["window"] == .integer(65000))
      #expect(connection["irs"]?.int == Int64(PoliteServer.iss))
      #expect(connection["ttl"] == .integer(64))
    }
  }
}
