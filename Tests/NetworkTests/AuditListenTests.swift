import Laboratory
import Testing

extension NetworkTests {
  /// What `probe audit` says of ports and of the handshake's middle, against the kernel here and what can be set on it.
  @Suite(.needs(.nft)) struct AuditListenTests {
    /// The verdicts of checks, by number.
    private func verdicts(_ checks: String, _ target: String, _ wire: Wire) throws -> [Int64: String] {
      let outcome = try Probe.run(["audit", target, "--only", checks, "--json"], in: wire.client, seconds: 60)
      #expect(outcome.code == 0, "\(outcome.everything)")
      var verdicts: [Int64: String] = [:]
      for line in try JSON.lines(outcome.output) where line["type"]?.string == "finding" {
        verdicts[line["check"]?.int ?? -1] = line["verdict"]?.string
      }
      return verdicts
    }

    /// Linux, check by check; it ends an embryo on some ICMP errors by design.
    @Test(arguments: [Wire.server4, Wire.server6]) func linux(_ address: String) throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: address)
      defer { listener.stop() }
      var expected = Dictionary(uniqueKeysWithValues: (Int64(37)...63).map { ($0, "pass") })
      expected[63] = "fail"
      #expect(try verdicts("listen,syn-received", target(address, listener.port), wire) == expected)
    }

    @Test func aListenerThatWaitsForData() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4, manner: .waitsForData)
      defer { listener.stop() }
      let found = try verdicts("57,62", target(Wire.server4, listener.port), wire)
      #expect(found == [57: "pass", 62: "note"])
    }

    @Test func aHostThatRepeatsItsSynAckOnce() throws {
      let wire = try Wire()
      try wire.server.setting("net/ipv4/tcp_synack_retries", "1")
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      #expect(try verdicts("61", target(Wire.server4, listener.port), wire)[61] == "note")
    }

    /// Ports that a firewall shuts: what needs a closed one cannot be asked, and how they answer is told.
    @Test(arguments: [
      ("drop", "dropped"), ("reject", "port unreachable"),
      ("reject with icmpx type admin-prohibited", "prohibited by a filter"),
    ])
    func portsBehindAFirewall(_ verdict: String, _ words: String) throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      try wire.server.command(
        "nft",
        "add table inet t; add chain inet t c { type filter hook input priority 0; }; "
          + "add rule inet t c tcp dport != \(listener.port) \(verdict)")
      let outcome = try Probe.run(
        ["audit", target(Wire.server4, listener.port), "--only", "37,49", "--json"], in: wire.client, seconds: 60)
      let findings = try JSON.lines(outcome.output).filter { $0["type"]?.string == "finding" }
      #expect(findings.map { $0["verdict"]?.string } == ["not-applicable", "pass"], "\(outcome.everything)")
      #expect(findings.last?["evidence"]?.string?.contains(words) == true, "\(outcome.everything)")
    }
  }
}
