import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// Who sent an RST: injected ones, the peer's own, and those of firewalls.
  @Suite struct ResetTests {
    /// A server twelve hops away, and what a box does once data has come.
    private func hostile(_ box: @escaping @Sendable (PeerSegment) -> [Reply]) throws -> Hostile {
      let server = PoliteServer(delay: 20)
      return try Hostile { segment in
        let own = server.answer(segment).map { reply in
          var packet = reply.packet
          packet[packet[0] >> 4 == 4 ? 8 : 7] = 52
          if packet[0] >> 4 == 4 {
            packet.setChecksum()
          }
          return Reply(packet, after: reply.after)
        }
        return own + (segment.payload.isEmpty ? [] : box(segment))
      }
    }

    private static func reset(_ segment: PeerSegment, ttl: UInt8) -> PeerSegment {
      var reset = segment.answer(.rst, seq: PoliteServer.iss &+ 1)
      (reset.timeToLive, reset.window) = (ttl, 0)
      return reset
    }

    @Test(.needs(peer: true), arguments: bothFamilies) func injected(_ address: String) throws {
      let hostile = try hostile { [Reply(Self.reset($0, ttl: 61))] }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe("--data", "GET", at: address)
      #expect(connection["closed_by"]?.string == "peer-rst")
      #expect(connection["notes"]?.array?.map(\.string) == ["reset-by-peer", "ttl-mismatch"])
      let reset = try #require(connection["reset"])
      #expect(reset["origin"]?.string == "path" && reset["hops_nearer"]?.int == 9)
      #expect(reset["ttl"]?.int == 61 && reset["peer_ttl"]?.int == 52)
      // The acknowledgment of the data that comes 20 ms later is no news; data would be.
      #expect(reset["evidence"]?.array?.map(\.string) == ["ttl-differs", "early"])
      let words = try Probe.run(target(address, 80), "--data", "GET", in: hostile.namespace).output
      #expect(words.contains("RST: TTL 61, its other packets 52; after "))
      #expect(words.contains(": not from the peer, but from a box about 9 hops nearer\n"))
      #expect(words.contains("close: RST in the name of the peer"))
      let line = try Probe.run(target(address, 80), "--data", "GET", "-c", "2", "-i", "0.1", in: hostile.namespace)
      #expect(line.output.contains(" close=peer-rst reset-from=path (reset-by-peer, ttl-mismatch)\n"))
    }

    @Test(.needs(peer: true)) func theServerGoesOn() throws {
      let hostile = try hostile { segment in
        var answer = segment.answer(
          [.psh, .ack], seq: PoliteServer.iss &+ 1, ack: segment.seq &+ 3, payload: Array("hello".utf8))
        answer.timeToLive = 52
        return [Reply(Self.reset(segment, ttl: 61)), Reply(answer, after: 40)]
      }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe("--data", "GET")
      let evidence = connection["reset"]?["evidence"]?.array?.map(\.string)
      #expect(evidence == ["ttl-differs", "early", "peer-went-on"])
    }

    @Test(.needs(peer: true)) func rejectedOnTheWay() throws {
      let hostile = try hostile { segment in
        var reset = Self.reset(segment, ttl: 61)
        reset.seq &+= 1_460
        return [Reply(reset)]
      }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe("--data", "GET")
      #expect(connection["closed_by"]?.string == "fin")
      let reset = try #require(connection["reset"])
      #expect(reset["origin"]?.string == "path" && reset["accepted"]?.bool == false)
      #expect(reset["sequence_offset"]?.int == 1_460)
    }

    @Test(arguments: [Wire.server4, Wire.server6]) func thePeersOwn(_ address: String) throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: address, manner: .resets)
      defer { listener.stop() }
      let (connection, _) = try Probe.connection(target(address, listener.port), "--data", "hello", in: wire.client)
      let reset = try #require(connection["reset"])
      #expect(reset["origin"]?.string == "peer" && reset["kind"]?.string == "rst")
      let evidence = reset["evidence"]?.array?.compactMap(\.string) ?? []
      #expect(evidence.contains("ttl-same") && evidence.contains("timestamp-continues"))
    }

    /// Where the firewall is, and who sent the RST by its TTL: the server's is 57, this host's 64.
    @Test(.needs(.nft), arguments: [(true, "peer", 57), (false, "host", 64)])
    func firewall(isTheServers: Bool, origin: String, ttl: Int64) throws {
      let wire = try Wire()
      try wire.server.setting("net/ipv4/ip_default_ttl", "57")
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      let hook = isTheServers ? "input" : "output"
      try (isTheServers ? wire.server : wire.client).firewall(
        """
        table ip rejecting {
          chain traffic {
            type filter hook \(hook) priority 0
            tcp dport \(listener.port) tcp flags & (psh | ack) == (psh | ack) reject with tcp reset
          }
        }

        """)
      let (connection, _) = try Probe.connection(
        target(Wire.server4, listener.port), "--data", "hello", in: wire.client)
      #expect(connection["closed_by"]?.string == "peer-rst")
      #expect(connection["reset"]?["origin"]?.string == origin)
      #expect(connection["reset"]?["ttl"]?.int == ttl && connection["reset"]?["peer_ttl"]?.int == 57)
    }

    /// A port that is closed by a firewall, compared with one that is open: in a run, and while watching.
    @Test(.needs(.nft)) func besideAnOpenPort() throws {
      let wire = try Wire()
      try wire.server.setting("net/ipv4/ip_default_ttl", "57")
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      try wire.server.firewall(
        """
        table ip distance {
          chain output {
            type filter hook output priority 0
            tcp flags & rst == rst tcp sport 9 ip ttl set 64
          }
        }

        """)
      let run = try Probe.run("\(Wire.server4):\(listener.port),9,10", "--json", "-i", "0.2", in: wire.client)
      let origins = try run.connections.compactMap { $0["reset"]?["origin"]?.string }
      #expect(origins == ["host", "peer"])
      let watched = try Probe.run(
        "watch", "\(Wire.server4):\(listener.port)", "\(Wire.server4):9", "-c", "1", "-i", "0.2", in: wire.client)
      #expect(
        watched.output.contains(
          "closed (rst); RST: TTL 64, its other connections 57: not from the peer, but from this host or its next hop\n"
        ),
        "\(watched.output)")
    }

    /// The same connections as a capture shows them.
    @Test(.needs(peer: true)) func inACapture() throws {
      let hostile = try hostile { [Reply(Self.reset($0, ttl: 61))] }
      defer { hostile.peer.stop() }
      let folder = try TemporaryDirectory()
      let file = folder.file("injected.pcapng")
      _ = try hostile.probe("--data", "GET", "--pcap", file)
      let flows = try JSON.lines(try Probe.run("read", "--json", file, in: hostile.namespace).output)
      let flow = try #require(flows.first { $0["type"]?.string == "flow" })
      #expect(flow["reset"]?["origin"]?.string == "path" && flow["tampering"]?.string == "PSH → RST")
      let meta = try #require(flows.first { $0["type"]?.string == "meta" })
      #expect(meta["tampering"]?["PSH → RST"]?.int == 1 && meta["tampering"]?["SYN → ∅"]?.int == 0)
      let list = try Probe.run("read", file, in: hostile.namespace).output
      #expect(list.contains("rst by server (RST not from the server (TTL 61), PSH -> RST)"), "\(list)")
      #expect(list.contains("\n1 flow matches a tampering signature: 1 PSH -> RST\n"))
      let ladder = try Probe.run("read", file, "--flow", "0", in: hostile.namespace).output
      #expect(ladder.contains(" not the peer's\n") && ladder.contains("tampering signature: PSH -> RST\n"))
      #expect(ladder.contains(": not from the server, but from a box about 9 hops nearer\n"))
    }
  }
}

extension [UInt8] {
  /// The right IPv4 header checksum (RFC 1071).
  fileprivate mutating func setChecksum() {
    (self[10], self[11]) = (0, 0)
    var sum: UInt32 = 0
    for at in stride(from: 0, to: Int(self[0] & 15) * 4, by: 2) { sum += UInt32(self[at]) << 8 | UInt32(self[at + 1]) }
    while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
    (self[10], self[11]) = (UInt8(~sum >> 8 & 0xff), UInt8(~sum & 0xff))
  }
}
