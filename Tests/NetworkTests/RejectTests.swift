import Laboratory
import Testing

extension NetworkTests {
  /// Rejected by a firewall with each ICMP type: the right state and the right reason.
  @Suite(.needs(.nft)) struct RejectTests {
    struct Rejection: Sendable, CustomTestStringConvertible {
      var address: String
      var words: String
      var verdict: String
      var testDescription: String { words }
    }

    static let rejections: [Rejection] =
      [
        ("net-unreachable", "unreachable icmp-net-unreachable"),
        ("host-unreachable", "unreachable icmp-host-unreachable"),
        ("port-unreachable", "unreachable icmp-port-unreachable"),
        ("net-prohibited", "filtered icmp-admin-prohibited"),
        ("host-prohibited", "filtered icmp-admin-prohibited"),
        ("admin-prohibited", "filtered icmp-admin-prohibited"),
      ].map { Rejection(address: Wire.server4, words: "icmp type \($0)", verdict: $1) }
      + [
        ("no-route", "unreachable icmp-net-unreachable"),
        ("admin-prohibited", "filtered icmp-admin-prohibited"),
        ("addr-unreachable", "unreachable icmp-host-unreachable"),
        ("port-unreachable", "unreachable icmp-port-unreachable"),
        ("policy-fail", "filtered icmp-admin-prohibited"),
        ("reject-route", "filtered icmp-admin-prohibited"),
      ].map { Rejection(address: Wire.server6, words: "icmpv6 type \($0)", verdict: $1) }

    @Test(arguments: rejections) func decides(_ rejection: Rejection) throws {
      let wire = try Wire()
      try wire.server.filterInput("tcp dport 80 reject with \(rejection.words)")
      let (connection, outcome) = try Probe.connection(
        target(rejection.address, 80), "-W", "0.1", "--retries", "2", in: wire.client)
      #expect(connection.verdict == rejection.verdict)
      #expect(connection["transmissions"]?.int == 1, "decides when the wait for this transmission ends")
      #expect(connection["invalid_replies"]?.int == 0)
      #expect(connection["icmp_from"]?.string == rejection.address)
      #expect(outcome.code == 1)
      #expect(outcome.seconds >= 0.1, "a TCP answer may still come within the wait")
    }

    /// The protocol itself is refused: the reason is the contract's.
    @Test func protocolUnreachable() throws {
      let wire = try Wire()
      try wire.server.filterInput("tcp dport 80 reject with icmp type prot-unreachable")
      let (connection, outcome) = try Probe.connection("\(Wire.server4):80", "-W", "0.1", in: wire.client)
      #expect(connection["reason"]?.string == "icmp-proto-unreachable")
      #expect(["filtered", "unreachable"].contains(connection["state"]?.string))
      #expect(outcome.code == 1)
    }

    @Test func exitStates() throws {
      let wire = try Wire()
      try wire.server.filterInput(
        "tcp dport 80 reject with icmp type admin-prohibited", "tcp dport 81 reject with icmp type host-unreachable")
      let filtered = try Probe.run("\(Wire.server4):80", "-W", "0.1", "--exit-state", in: wire.client)
      #expect(filtered.code == 3)
      let unreachable = try Probe.run("\(Wire.server4):81", "-W", "0.1", "--exit-state", in: wire.client)
      #expect(unreachable.code == 4)
      let expected = try Probe.run("\(Wire.server4):81", "-W", "0.1", "--expect", "unreachable", in: wire.client)
      #expect(expected.code == 0)
    }
  }
}
