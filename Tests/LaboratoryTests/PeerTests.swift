import Laboratory
import Synchronization
import Testing

extension LaboratoryTests {
  /// The scripted peer against the kernel's own TCP, and in tshark's eyes.
  @Suite(.needs(.tcpdump, .tshark, .netcat, peer: true)) struct PeerTests {
    @Test(arguments: [Peer.address4, Peer.address6]) func politeServerServesTheKernel(_ address: String) throws {
      let namespace = try Namespace()
      let server = PoliteServer()
      let peer = try Peer(in: namespace) { server.answer($0) }
      defer { peer.stop() }
      let (capture, outcome) = try Capture.on(Peer.device, of: namespace) {
        try Program.run(["nc", "-N", "-w", "3", address, "80"], in: namespace, input: "hello", seconds: 5)
      }
      #expect(outcome.code == 0)
      let packets = try capture.segments()
      let port = try #require(packets.first?.sourcePort)
      #expect(server.text(of: UInt16(port)) == Array("hello".utf8))
      #expect(packets.filter { $0.sourcePort == 80 }.flatMap(\.complaints).isEmpty)
      #expect(packets.filter { $0.has("F") }.count == 2)
      #expect(!packets.contains { $0.has("R") })
    }

    @Test func aCorruptedChecksumIsRefusedByTheKernel() throws {
      let namespace = try Namespace()
      let server = PoliteServer()
      let peer = try Peer(in: namespace) { segment in
        segment.flags == .syn ? [Reply(server.synAck(to: segment), checksum: .corrupted)] : []
      }
      defer { peer.stop() }
      let (capture, outcome) = try Capture.on(Peer.device, of: namespace) {
        try Program.run(["nc", "-z", "-w", "1", Peer.address4, "80"], in: namespace, seconds: 5)
      }
      #expect(outcome.code != 0)
      let answers = try capture.segments().filter { $0.sourcePort == 80 }
      #expect(!answers.isEmpty)
      #expect(answers.allSatisfy { $0.complaints.contains("TCP checksum status 0") })
    }

    @Test(arguments: [(Peer.address4, ICMPError(3, 1)), (Peer.address6, ICMPError(1, 3))])
    func anErrorIsBelieved(_ address: String, _ error: ICMPError) throws {
      let namespace = try Namespace()
      let peer = try Peer(in: namespace) { [Reply(error.packet(about: $0))] }
      defer { peer.stop() }
      let (capture, outcome) = try Capture.on(Peer.device, of: namespace) {
        try Program.run(["nc", "-z", "-w", "2", address, "80"], in: namespace, seconds: 5)
      }
      #expect(outcome.code != 0)
      let errors = try capture.packets().filter { $0.icmpType != nil }
      #expect(!errors.isEmpty)
      #expect(errors.allSatisfy { $0.icmpType == Int(error.type) && $0.icmpCode == Int(error.code) })
      #expect(errors.flatMap(\.complaints).isEmpty)
    }

    @Test func delaysAreKept() throws {
      let namespace = try Namespace()
      let server = PoliteServer(delay: 20)
      let peer = try Peer(in: namespace) { server.answer($0) }
      defer { peer.stop() }
      let (capture, outcome) = try Capture.on(Peer.device, of: namespace) {
        try Program.run(["nc", "-z", "-w", "2", Peer.address4, "80"], in: namespace, seconds: 5)
      }
      #expect(outcome.code == 0)
      let packets = try capture.segments()
      let answer = try #require(packets.first { $0.has("S.") })
      let syn = try #require(packets.first { $0.isSYN })
      let milliseconds = Double(answer.nanoseconds - syn.nanoseconds) / 1e6
      #expect(milliseconds > 19.5 && milliseconds < 40)
    }
  }
}
