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

    /// The peer closes first: CLOSE-WAIT, LAST-ACK, CLOSED.
    @Test(arguments: bothFamilies) func passiveClose(_ address: String) throws {
      let server = PoliteServer(close: .first)
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe(at: address)
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.code == 0)
      // Which FIN came first is a race of the wire; both ends have seen both in the end.
      #expect(["CLOSED", "TIME_WAIT"].contains(connection["client_state"]?.string))
      let segments = hostile.peer.segments
      #expect(segments.contains { $0.flags.contains(.fin) })
      #expect(segments.contains { $0.flags.contains(.ack) && $0.ack == PoliteServer.iss &+ 2 })
      #expect(!segments.contains { $0.flags.contains(.rst) })
    }

    /// The peer never closes: bounded, open, and said.
    @Test func peerNeverCloses() throws {
      let server = PoliteServer(close: .never)
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe("-W", "0.2", "-w", "2")
      #expect(connection["state"]?.string == "open")
      #expect(connection.step("peer-fin") == nil || connection.step("peer-fin")?["rtt_ns"] == .null)
      #expect(connection["client_state"]?.string != "TIME_WAIT")
      #expect(outcome.seconds < 4)
    }

    /// A lost FIN is sent again.
    @Test func theFINIsLost() throws {
      let server = PoliteServer()
      let counter = Counter()
      let hostile = try Hostile { segment in
        segment.flags.contains(.fin) && counter.next() == 1 ? [] : server.answer(segment)
      }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe("-W", "0.2")
      #expect(connection["client_state"]?.string == "TIME_WAIT")
      let isn = UInt32(try #require(connection["isn"]?.int))
      let fins = hostile.peer.segments.filter { $0.flags.contains(.fin) }
      #expect(fins.map(\.seq) == [isn &+ 1, isn &+ 1])
    }

    /// "Reset by peer" after the handshake: told as such, the port stays open, the RST is not answered.
    @Test(arguments: [PoliteServer.Close.reset, .abort], bothFamilies)
    func resetByPeer(_ close: PoliteServer.Close, _ address: String) throws {
      let server = PoliteServer(close: close)
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe("--confirm", at: address)
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.code == 0)
      #expect(connection["closed_by"] != .text("fin"))
      #expect(!hostile.peer.segments.contains { $0.flags.contains(.rst) })
    }

    /// `--close rst`: one RST at SND.NXT in place of a FIN.
    @Test(arguments: bothFamilies) func closeByReset(_ address: String) throws {
      let server = PoliteServer()
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe("--close", "rst", at: address)
      #expect(outcome.code == 0)
      #expect(connection["closed_by"]?.string == "rst")
      let isn = UInt32(try #require(connection["isn"]?.int))
      let segments = hostile.peer.segments
      #expect(segments.filter { $0.flags.contains(.rst) }.map(\.seq) == [isn &+ 1])
      #expect(!segments.contains { $0.flags.contains(.fin) })
    }

    /// `--close none`: the handshake and not a word more.
    @Test func closeByNothing() throws {
      let server = PoliteServer()
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe("--close", "none")
      #expect(outcome.code == 0)
      #expect(connection.verdict == "open syn-ack")
      #expect(hostile.peer.waits(for: { $0.count >= 2 }))
      #expect(hostile.peer.segments.map(\.flags) == [.syn, .ack])
    }
  }
}
