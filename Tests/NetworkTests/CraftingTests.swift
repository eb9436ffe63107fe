import Laboratory
import Testing

extension NetworkTests {
  /// What was asked for is what leaves, and all of it is right in tshark's eyes.
  @Suite(.needs(.tcpdump, .tshark)) struct CraftingTests {
    private func syn(_ address: String, _ words: String...) throws -> CapturedPacket {
      let wire = try Wire()
      let (capture, _) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.run([target(address, 80), "--json"] + words, in: wire.client)
      }
      let sent = try capture.segments().filter { $0.destinationPort == 80 }
      try #require(sent.count == 1)
      #expect(sent[0].complaints.isEmpty, "\(sent[0].complaints)")
      return sent[0]
    }

    /// The SYN of an ordinary Linux client.
    @Test(arguments: [(Wire.server4, 1460), (Wire.server6, 1440)]) func theDefault(_ address: String, _ mss: Int) throws
    {
      let syn = try syn(address)
      #expect(syn.isSYN)
      #expect(syn.optionKinds == [2, 4, 8, 1, 3])
      #expect(syn.maximumSegmentSize == mss)
      #expect(syn.timeToLive == 64)
      #expect(syn.typeOfService == 0)
      #expect(syn.length == 0)
      #expect(syn.timestampEcho == 0)
      #expect(syn.window > 1024)
    }

    @Test(arguments: [Wire.server4, Wire.server6]) func everyField(_ address: String) throws {
      let syn = try syn(
        address, "--ttl", "9", "-Q", "0x28", "--window", "1234", "--mss", "1000", "--wscale", "3", "--no-sack",
        "--no-timestamps", "--isn", "4294967295")
      #expect(syn.timeToLive == 9)
      #expect(syn.typeOfService == 0x28)
      #expect(syn.window == 1234)
      #expect(syn.maximumSegmentSize == 1000)
      #expect(syn.windowShift == 3)
      #expect(!syn.optionKinds.contains(4))
      #expect(!syn.optionKinds.contains(8))
      #expect(syn.sequence == 0xffff_ffff)
    }

    @Test func flags() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4, port: 80)
      defer { listener.stop() }
      let (capture, outcome) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.run(
          "\(Wire.server4):80", "--flags", "SEC", "-W", "0.1", "--retries", "0", "--syn", in: wire.client)
      }
      #expect(outcome.signal == nil)
      let first = try #require(try capture.segments().first)
      #expect(first.flags & 0xff == 0xc2, "SYN, ECE and CWR")
    }

    /// The circle of sequence numbers closes within the connection.
    @Test func wrapsAround() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      for isn in ["4294967294", "4294967295", "0", "2147483647"] {
        let (connection, outcome) = try Probe.connection(
          target(Wire.server4, listener.port), "--isn", isn, in: wire.client)
        #expect(outcome.code == 0)
        #expect(connection["isn"]?.int == Int64(isn))
        #expect(connection["client_state"]?.string == "TIME_WAIT")
      }
      #expect(listener.ended(4).map(\.ending) == Array(repeating: .orderly, count: 4))
    }

    /// Every packet of every way to close, in both families.
    @Test(
      arguments: [Wire.server4, Wire.server6],
      [["--close", "fin", "--confirm"], ["--close", "rst"], ["--data", "x"]])
    func everyPacketIsRight(_ address: String, _ words: [String]) throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: address)
      defer { listener.stop() }
      let (capture, outcome) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.run([target(address, listener.port), "-c", "3", "-i", "0.02"] + words, in: wire.client)
      }
      #expect(outcome.code == 0)
      let ours = try capture.segments().filter { $0.destinationPort == Int(listener.port) }
      #expect(ours.count >= 9)
      #expect(ours.flatMap(\.wrongs).isEmpty)
      if words == ["--data", "x"] {
        #expect(listener.ended(3).map(\.bytes) == Array(repeating: Array("x".utf8), count: 3))
      }
    }

    /// `--packet-trace` prints every packet as tcpdump does.
    @Test(arguments: [Wire.server4, Wire.server6]) func packetTrace(_ address: String) throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: address)
      defer { listener.stop() }
      let (capture, outcome) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.run(target(address, listener.port), "--packet-trace", in: wire.client)
      }
      let traced = (outcome.lines + outcome.errorLines).compactMap { line -> String? in
        line.firstMatch(of: /IP6? .*Flags \[.*/).map { String($0.output) }
      }
      #expect(!traced.isEmpty)
      let forms = [try capture.tcpdumpLines(absolute: true), try capture.tcpdumpLines(absolute: false)]
      #expect(forms.contains(traced), "\(traced.joined(separator: "\n"))")
    }
  }
}
