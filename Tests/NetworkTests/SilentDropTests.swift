import Laboratory
import Testing

extension NetworkTests {
  /// Dropped by a firewall: `filtered`, `no-response`, after exactly the stated transmissions.
  @Suite(.needs(.nft, .tcpdump, .tshark)) struct SilentDropTests {
    @Test(arguments: [Wire.server4, Wire.server6]) func threeTransmissions(_ address: String) throws {
      let wire = try Wire()
      try wire.server.filterInput("meta l4proto tcp drop")
      let (capture, (connection, outcome)) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.connection(target(address, 80), "-W", "0.1", "--retries", "2", in: wire.client)
      }
      #expect(outcome.code == 1)
      #expect(connection.verdict == "filtered no-response")
      #expect(connection["transmissions"]?.int == 3)
      #expect(connection["irs"] == .null)
      #expect(connection["ttl"] == .null)
      let packets = try capture.segments()
      #expect(packets.map(\.isSYN) == [true, true, true], "three SYNs and nothing else")
      #expect(Set(packets.map(\.sequence)).count == 1, "one initial sequence number")
      #expect(Set(packets.map(\.timestamp)).count == 3, "each copy has a timestamp value of its own")
      #expect(packets.flatMap(\.complaints).isEmpty)
      // 0.1 s, then doubled (RFC 6298 §5.5); what is late is the scheduler's.
      let gaps = zip(packets, packets.dropFirst()).map { Double($1.nanoseconds - $0.nanoseconds) / 1e9 }
      #expect(zip(gaps, [0.1, 0.2]).allSatisfy { $0 >= $1 - 0.002 && $0 < $1 + 0.08 }, "\(gaps)")
      #expect(outcome.seconds >= 0.7, "the last wait is 0.4 s")
    }

    @Test func noRetries() throws {
      let wire = try Wire()
      try wire.server.filterInput("meta l4proto tcp drop")
      let (capture, (connection, _)) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.connection(target(Wire.server4, 80), "-W", "0.1", "--retries", "0", in: wire.client)
      }
      #expect(connection["transmissions"]?.int == 1)
      #expect(try capture.segments().count == 1)
    }

    @Test func onLoopback() throws {
      let namespace = try Namespace()
      try namespace.filterInput("tcp dport 80 drop")
      let (connection, outcome) = try Probe.connection(
        "127.0.0.1:80", "-W", "0.05", "--retries", "1", "--exit-state", in: namespace)
      #expect(outcome.code == 3)
      #expect(connection.verdict == "filtered no-response")
      #expect(connection["transmissions"]?.int == 2)
    }

    @Test func theDeadlineEndsTheWait() throws {
      let wire = try Wire()
      try wire.server.filterInput("meta l4proto tcp drop")
      let outcome = try Probe.run("\(Wire.server4):80", "-W", "30", "-w", "0.3", "--json", in: wire.client)
      #expect(outcome.code == 1)
      #expect(outcome.seconds >= 0.3 && outcome.seconds < 3)
    }
  }
}
