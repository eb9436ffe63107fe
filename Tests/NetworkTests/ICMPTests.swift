import Laboratory
import Testing

extension NetworkTests {
  /// ICMP errors that quote our very SYN.
  @Suite(.needs(peer: true)) struct ICMPTests {
    struct Kind: Sendable, CustomTestStringConvertible {
      var type: UInt8, code: UInt8
      var reason: String
      /// nil where the contract leaves the state open.
      var state: String?
      var testDescription: String { "\(type)/\(code) \(reason)" }
    }

    static let kinds4 = [
      Kind(type: 3, code: 0, reason: "icmp-net-unreachable", state: "unreachable"),
      Kind(type: 3, code: 1, reason: "icmp-host-unreachable", state: "unreachable"),
      Kind(type: 3, code: 2, reason: "icmp-proto-unreachable", state: nil),
      Kind(type: 3, code: 3, reason: "icmp-port-unreachable", state: "unreachable"),
      Kind(type: 3, code: 9, reason: "icmp-admin-prohibited", state: "filtered"),
      Kind(type: 3, code: 10, reason: "icmp-admin-prohibited", state: "filtered"),
      Kind(type: 3, code: 13, reason: "icmp-admin-prohibited", state: "filtered"),
      Kind(type: 11, code: 0, reason: "icmp-ttl-exceeded", state: nil),
    ]
    static let kinds6 = [
      Kind(type: 1, code: 0, reason: "icmp-net-unreachable", state: "unreachable"),
      Kind(type: 1, code: 1, reason: "icmp-admin-prohibited", state: "filtered"),
      Kind(type: 1, code: 3, reason: "icmp-host-unreachable", state: "unreachable"),
      Kind(type: 1, code: 4, reason: "icmp-port-unreachable", state: "unreachable"),
      Kind(type: 1, code: 5, reason: "icmp-admin-prohibited", state: "filtered"),
      Kind(type: 1, code: 6, reason: "icmp-admin-prohibited", state: "filtered"),
      Kind(type: 3, code: 0, reason: "icmp-ttl-exceeded", state: nil),
    ]

    @Test(arguments: kinds4) func decides4(_ kind: Kind) throws { try decides(kind, Peer.address4) }
    @Test(arguments: kinds6) func decides6(_ kind: Kind) throws { try decides(kind, Peer.address6) }

    private func decides(_ kind: Kind, _ address: String) throws {
      let hostile = try Hostile { [Reply(ICMPError(kind.type, kind.code).packet(about: $0))] }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe("-W", "0.1", "--retries", "2", at: address)
      #expect(connection["reason"]?.string == kind.reason)
      #expect([kind.state ?? "filtered", kind.state ?? "unreachable"].contains(connection["state"]?.string))
      #expect(connection["transmissions"]?.int == 1)
      #expect(connection["invalid_replies"]?.int == 0)
      #expect(outcome.code == 1)
      #expect(outcome.seconds >= 0.1)
    }

    /// Eight octets of TCP are what RFC 792 promises; a router on the way may be the sender.
    @Test func eightOctetsSuffice() throws {
      var error = ICMPError(3, 1)
      error.quoted = 8
      error.sender = [10, 9, 0, 99]
      let hostile = try Hostile { [error] in [Reply(error.packet(about: $0))] }
      defer { hostile.peer.stop() }
      let (connection, _) = try hostile.probe("-W", "0.1")
      #expect(connection.verdict == "unreachable icmp-host-unreachable")
    }

    @Test(arguments: bothFamilies) func aTCPAnswerOutranksIt(_ address: String) throws {
      let hostile = try Hostile { syn, server in
        let error = syn.source.count == 4 ? ICMPError(3, 13) : ICMPError(1, 1)
        return [Reply(error.packet(about: syn)), Reply(server.answer(syn)[0].packet, after: 30)]
      }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe("-W", "1", at: address)
      #expect(connection.verdict == "open syn-ack")
      #expect(outcome.code == 0)
      #expect(connection["transmissions"]?.int == 1)
      #expect(outcome.seconds < 1)
    }

    /// Fragmentation needed, packet too big, source quench, redirect: none decides.
    @Test(arguments: [(UInt8(3), UInt8(4)), (4, 0), (5, 1)]) func neverDecides4(_ type: UInt8, _ code: UInt8) throws {
      try neverDecides(type, code, Peer.address4)
    }
    @Test func neverDecides6() throws { try neverDecides(2, 0, Peer.address6) }

    private func neverDecides(_ type: UInt8, _ code: UInt8, _ address: String) throws {
      let hostile = try Hostile { syn in
        var error = ICMPError(type, code)
        error.word = type == 5 ? 0x0a09_0003 : 1400
        return [Reply(error.packet(about: syn))]
      }
      defer { hostile.peer.stop() }
      let (connection, outcome) = try hostile.probe("-W", "0.05", "--retries", "1", at: address)
      #expect(connection["state"]?.string == "filtered")
      #expect(connection["transmissions"]?.int == 2, "the wait goes on to its end")
      #expect(outcome.code == 1)
    }

    /// No route at all is this host's own word.
    @Test(arguments: ["203.0.113.9", "2001:db8::9"]) func noRoute(_ address: String) throws {
      let namespace = try Namespace()
      let outcome = try Probe.run(target(address, 80), "--json", "--exit-state", in: namespace)
      #expect(try outcome.connections.map(\.verdict) == ["unreachable no-route"])
      #expect(outcome.code == 4)
    }
  }
}
