import Laboratory
import Testing

extension NetworkTests {
  /// The ways out of a connection (RFC 9293 §3.6).
  @Suite(.needs(peer: true)) struct CloseTests {
    /// Ours is the first FIN.
    @Test(arguments: [PoliteServer.Close.afterOurs, .together, .crossing], bothFamilies)
    func activeClose(_ close: PoliteServer.Close, _ address: String) throws {
      let server = PoliteServer(close: close, delay: 3)
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe(at: address)
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.code == 0)
      #expect(connection["client_state"]?.string == "TIME_WAIT")
      #expect(connection["closed_by"]?.string == "fin")
      #expect(Set(connection.steps).isSuperset(of: ["syn", "fin", "peer-fin"]))
      for step in ["syn", "fin", "peer-fin"] {
        #expect(try #require(connection.step(step)?["rtt_ns"]?.int) > 2_900_000, "\(step)")
        #expect(connection.step(step)?["clock"] != nil)
      }
      let isn = UInt32(try #require(connection["isn"]?.int))
      let segments = hostile.peer.segments
      #expect(segments.filter { $0.flags.contains(.fin) }.map(\.seq) == [isn &+ 1])
      #expect(segments.last?.flags == .ack)
      #expect(segments.last?.ack == PoliteServer.iss &+ 2, "the peer's FIN is acknowledged")
      #expect(!segments.contains { $0.flags.contains(.rst) })
    }
  }
}
