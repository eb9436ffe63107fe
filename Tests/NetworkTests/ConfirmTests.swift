import Laboratory
import Testing

extension NetworkTests {
  /// `--confirm` believes only a peer that proves to be ESTABLISHED.
  @Suite(.needs(.tcpdump, .tshark)) struct ConfirmTests {
    @Test(arguments: [Wire.server4, Wire.server6]) func established(_ address: String) throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: address)
      defer { listener.stop() }
      let (connection, _) = try Probe.connection(target(address, listener.port), "--confirm", in: wire.client)
      #expect(connection["notes"]?.array == [])
      #expect(connection.step("confirm")?["rtt_ns"]?.int ?? 0 > 0)
      // The probe's garbage octet lies before everything that counts: the application never sees it.
      #expect(listener.ended(1).map(\.bytes) == [[]])
      #expect(listener.visits.map(\.ending) == [.orderly])
    }

    /// The server answers the probe, and is still in SYN-RECEIVED: an acknowledgment alone proves nothing.
    @Test func halfOpen() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4, manner: .waitsForData)
      defer { listener.stop() }
      let (connection, _) = try Probe.connection(
        target(Wire.server4, listener.port), "--confirm", "--close", "rst", in: wire.client)
      #expect(connection.verdict == "open syn-ack")
      #expect(connection["notes"]?.array == [.text("unconfirmed")])
      #expect(connection.step("confirm")?["rtt_ns"]?.int ?? 0 > 0)
      #expect(listener.visits.isEmpty)
    }
  }
}
