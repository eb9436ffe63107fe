import Laboratory
import Testing

extension NetworkTests {
  /// Whether a service is behind a port: real servers, firewalls, tarpits.
  @Suite struct ServiceTests {
    private func service(_ words: String..., in namespace: Namespace) throws -> (JSON, Outcome) {
      let outcome = try Probe.run(words + ["--service", "--json"], in: namespace)
      let lines = try JSON.lines(outcome.output)
      try #require(lines.count == 1, "\(outcome.everything)")
      return (lines[0], outcome)
    }

    @Test(.needs(.nginx), arguments: [Wire.server4, Wire.server6]) func nginx(_ address: String) throws {
      let wire = try Wire()
      let nginx = try Nginx(in: wire.server)
      defer { nginx.stop() }
      let (line, outcome) = try service(target(address, nginx.port), in: wire.client)
      #expect(line["state"]?.string == "service" && outcome.code == 0 && outcome.seconds < 1)
      #expect(line["random_ports"]?.array?.isEmpty == true)
      #expect(nginx.accesses(1).first?.last != nil, "the request was one")
    }

    @Test(.needs(.redis)) func redis() throws {
      let wire = try Wire()
      let redis = try Redis(in: wire.server)
      defer { redis.stop() }
      let (line, outcome) = try service(target(Wire.server4, redis.port), "--data", "PING\r\n", in: wire.client)
      #expect(line["state"]?.string == "service" && outcome.code == 0)
      #expect(line["evidence"]?.string?.contains("P. 1:8(7) ") == true, "+PONG: \(line)")
    }

    /// The kernel acknowledges what no one reads; the host's other ports are closed.
    @Test func noOneAccepts() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4, manner: .deaf)
      defer { listener.stop() }
      let (line, outcome) = try service(
        target(Wire.server4, listener.port), "--random-ports", "2", in: wire.client)
      #expect(line["state"]?.string == "acked" && outcome.code == 1)
      #expect(line["random_ports"]?.array?.compactMap { $0["state"]?.string } == ["closed", "closed"])
      #expect(outcome.seconds >= 5 && outcome.seconds < 8)
      let segments = line["segments"]?.array?.compactMap(\.string) ?? []
      #expect(
        segments.filter { $0.hasPrefix("> . 1:") }.count == 1 && segments.filter { $0.hasPrefix("> P. 1:") }.count == 1)
    }

    @Test(.needs(.nft), arguments: [("reject with tcp reset", "closed"), ("drop", "silent")])
    func shut(_ rule: String, _ state: String) throws {
      let wire = try Wire()
      try wire.server.filterInput("tcp dport 80 \(rule)")
      let (line, outcome) = try service("\(Wire.server4):80", in: wire.client)
      #expect(line["state"]?.string == state && outcome.code == 1)
    }

    @Test func aborts() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4, manner: .resets)
      defer { listener.stop() }
      let (line, _) = try service(target(Wire.server4, listener.port), in: wire.client)
      #expect(line["state"]?.string == "reset")
    }

    /// nftables answers for a server that is there: its SYN-ACK offers no window.
    @Test(.needs(.nft)) func synProxy() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      try wire.server.firewall(
        """
        table ip proxy {
          chain early {
            type filter hook prerouting priority raw
            tcp dport \(listener.port) tcp flags syn notrack
          }
          chain input {
            type filter hook input priority 0
            tcp dport \(listener.port) ct state invalid,untracked synproxy mss 1460 wscale 7 timestamp sack-perm
            ct state invalid drop
          }
        }

        """)
      let (line, outcome) = try service(target(Wire.server4, listener.port), in: wire.client)
      #expect(line["state"]?.string == "zero-window" && outcome.code == 1 && outcome.seconds < 1)
    }

    @Test(.needs(peer: true), arguments: bothFamilies) func tarpit(_ address: String) throws {
      let server = PoliteServer()
      let hostile = try Hostile { segment in
        guard segment.flags.contains(.syn) else { return server.answer(segment) }
        var answer = server.synAck(to: segment)
        answer.window = 0
        return [Reply(answer)]
      }
      defer { hostile.peer.stop() }
      let (line, _) = try service(target(address, 80), in: hostile.namespace)
      #expect(line["state"]?.string == "zero-window")
      #expect(!hostile.peer.segments.contains { !$0.payload.isEmpty }, "nothing is sent")
    }

    /// What answers on every port and never says anything.
    @Test(.needs(peer: true), arguments: bothFamilies) func everyPort(_ address: String) throws {
      let server = PoliteServer()
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let (line, outcome) = try service(target(address, 80), "--random-ports", "2", in: hostile.namespace)
      #expect(line["state"]?.string == "acking-firewall" && outcome.code == 1)
      let ports = line["random_ports"]?.array?.compactMap { $0["port"]?.int } ?? []
      #expect(ports.count == 2 && !ports.contains { !(49_152...65_535).contains($0) })
      // Every connection is reset in the end.
      let resets = hostile.peer.segments.filter { $0.flags.contains(.rst) }
      #expect(Set(resets.map(\.destinationPort)) == Set([80] + ports.map { UInt16($0) }))
      let words = try Probe.run(target(address, 80), "--service", "--random-ports", "0", in: hostile.namespace).output
      #expect(words.contains("acked \(target(address, 80)): the data was acknowledged, and nothing else came\n"))
    }
  }
}
