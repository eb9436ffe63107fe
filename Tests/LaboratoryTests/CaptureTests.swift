import Laboratory
import Testing

extension LaboratoryTests {
  /// The capture sees all, and its judgement can be bad.
  @Suite(.needs(.tcpdump, .tshark, .python)) struct CaptureTests {
    /// A raw sender that is wrong on demand: `checksum` is added to the right one.
    private func send(checksum: Int, flags: Int, options: String = "") -> [String] {
      [
        "python3", "-c",
        """
        import socket,struct
        a,b=socket.inet_aton('\(Wire.client4)'),socket.inet_aton('\(Wire.server4)')
        o=bytes.fromhex('\(options)')
        def seg(c): return struct.pack('!HHIIBBHHH',40000,99,7,0,(5+len(o)//4)<<4,\(flags),1024,c,0)+o
        p=a+b+struct.pack('!BBH',0,6,20+len(o))+seg(0)
        s=sum(struct.unpack('!%dH'%(len(p)//2),p))
        while s>>16: s=(s&0xffff)+(s>>16)
        r=socket.socket(socket.AF_INET,socket.SOCK_RAW,socket.IPPROTO_RAW)
        ip=struct.pack('!BBHHHBBH4s4s',0x45,0,0,0,0,64,6,0,a,b)
        r.sendto(ip+seg(((~s&0xffff)+\(checksum))&0xffff),('\(Wire.server4)',0))
        """,
      ]
    }

    @Test func rightPacket() throws {
      let wire = try Wire()
      let (capture, _) = try Capture.on(Wire.device, of: wire.client) {
        try Program.must(send(checksum: 0, flags: 2, options: "020405b4"), in: wire.client)
      }
      let sent = try capture.segments().filter { $0.source == Wire.client4 }
      #expect(sent.map(\.complaints) == [[]])
      #expect(sent.first?.isSYN == true)
      #expect(sent.first?.maximumSegmentSize == 1460)
      #expect(sent.first?.sequence == 7)
      #expect(sent.first?.sourcePort == 40000)
      #expect(sent.first?.timeToLive == 64)
      #expect(sent.first?.optionKinds == [2])
      // The kernel of the far end has no listener there.
      let answers = try capture.segments().filter { $0.source == Wire.server4 }
      #expect(answers.map { $0.has("R.") } == [true])
      #expect(answers.first?.acknowledgment == 8)
    }

    @Test func wrongChecksum() throws {
      let wire = try Wire()
      let (capture, _) = try Capture.on(Wire.device, of: wire.client) {
        try Program.must(send(checksum: 1, flags: 2), in: wire.client)
      }
      let complaints = try #require(try capture.segments().first).complaints
      #expect(complaints.contains("TCP checksum status 0"))
    }

    @Test func malformedOptions() throws {
      let wire = try Wire()
      let (capture, _) = try Capture.on(Wire.device, of: wire.client) {
        try Program.must(send(checksum: 0, flags: 2, options: "02040000000002ff"), in: wire.client)
      }
      let packets = try capture.segments()
      #expect(packets.count >= 1)
      #expect(packets.first?.complaints.isEmpty == false)
    }

    @Test func everyPacketOfABurstIsThere() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let (capture, ports) = try Capture.on("lo", of: namespace) {
        try (0..<50).map { _ in try namespace.connect(to: "127.0.0.1", port: listener.port) }
      }
      let syns = try capture.segments().filter(\.isSYN)
      #expect(syns.compactMap { $0.sourcePort.map { UInt16($0) } } == ports)
    }

    @Test func nothingIsNothing() throws {
      let namespace = try Namespace()
      let (capture, _) = try Capture.on("lo", of: namespace) {}
      #expect(try capture.packets().isEmpty)
    }
  }
}
