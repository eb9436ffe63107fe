import Laboratory
import Testing

extension NetworkTests {
  /// The rarer ways into a connection (RFC 9293 §3.5).
  @Suite(.needs(peer: true)) struct HandshakeTests {
    /// Both ends send a SYN: ours is answered only by the peer's own.
    @Test(arguments: bothFamilies) func simultaneousOpen(_ address: String) throws {
      let server = PoliteServer()
      let hostile = try Hostile { segment in
        switch segment.flags {
        case .syn:
          _ = server.answer(segment)
          return [Reply(segment.answer(.syn, seq: PoliteServer.iss, options: server.options(for: segment)))]
        case [.syn, .ack]:
          return [Reply(segment.answer(.ack, seq: PoliteServer.iss &+ 1, ack: segment.seq &+ 1))]
        default: return server.answer(segment)
        }
      }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe(at: address)
      #expect(connection["state"]?.string == "open")
      #expect(outcome.code == 0)
      let ours = try #require(hostile.peer.segments.first { $0.flags == [.syn, .ack] })
      #expect(ours.seq == UInt32(try #require(connection["isn"]?.int)), "our SYN again, not another")
      #expect(ours.ack == PoliteServer.iss &+ 1)
      #expect(!hostile.peer.segments.contains { $0.flags.contains(.rst) })
    }

    /// The peer still has an old connection: a challenge, our RST, our SYN again (RFC 9293 §3.5.1, figure 9).
    @Test(arguments: bothFamilies) func halfOpenPeer(_ address: String) throws {
      let hostile = try Hostile { syn, _ in [Reply(syn.answer(.ack, seq: 5000, ack: syn.seq &- 12345))] }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe("-v", at: address)
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.everything.contains("half-open-peer"))
      let isn = UInt32(try #require(connection["isn"]?.int))
      let segments = hostile.peer.segments
      #expect(segments.prefix(3).map(\.flags) == [.syn, .rst, .syn])
      #expect(segments.count > 1 && segments[1].seq == isn &- 12345)
    }

    /// A SYN-ACK that comes again is acknowledged again; it changes nothing.
    @Test(arguments: bothFamilies) func repeatedSynAck(_ address: String) throws {
      let server = PoliteServer(delay: 40)
      let hostile = try Hostile { segment in
        let answers = server.answer(segment)
        guard segment.flags == .syn else { return answers }
        return [Reply(answers[0].packet), Reply(answers[0].packet, after: 20)]
      }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe(at: address)
      #expect(connection.verdict == "open syn-ack")
      #expect(connection["invalid_replies"]?.int == 0)
      let isn = UInt32(try #require(connection["isn"]?.int))
      let acknowledgments = hostile.peer.segments.filter { $0.flags == .ack && $0.ack == PoliteServer.iss &+ 1 }
      #expect(acknowledgments.count >= 2, "once each")
      #expect(acknowledgments.allSatisfy { $0.seq == isn &+ 1 || $0.seq == isn &+ 2 })
      #expect(!hostile.peer.segments.contains { $0.flags.contains(.rst) })
    }

    /// A second SYN-ACK with another initial sequence number is not the same peer's.
    @Test func anotherIRS() throws {
      let server = PoliteServer(delay: 40)
      let hostile = try Hostile { segment in
        let answers = server.answer(segment)
        guard segment.flags == .syn else { return answers }
        var other = server.synAck(to: segment)
        other.seq &+= 1_000_000_007
        return [Reply(answers[0].packet), Reply(other, after: 20)]
      }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe()
      #expect(connection.verdict == "open syn-ack")
      #expect(connection["irs"]?.int == Int64(PoliteServer.iss))
      #expect(connection["invalid_replies"]?.int == 1)
      #expect(try Probe.run("\(Peer.address4):80", "-v", in: hostile.namespace).everything.contains("irs-mismatch"))
    }

    /// An RST inside the window but not at its edge is challenged, not believed (RFC 5961 §3.2).
    @Test func resetInsideTheWindow() throws {
      let server = PoliteServer(delay: 40)
      let hostile = try Hostile { segment in
        let answers = server.answer(segment)
        guard segment.flags == .syn else { return answers }
        let reset = segment.answer(.rst, seq: PoliteServer.iss &+ 100)
        return [Reply(answers[0].packet), Reply(reset, after: 20)]
      }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe()
      #expect(connection.verdict == "open syn-ack")
      #expect(connection["closed_by"]?.string == "fin", "the connection goes on")
      let arrivals = hostile.peer.segments
      #expect(arrivals.filter { $0.flags == .ack }.count >= 3, "the handshake's ACK, the challenge, the last ACK")
    }

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
  }
}
