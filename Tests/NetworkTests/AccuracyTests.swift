import Laboratory
import Testing

extension NetworkTests {
  /// The round-trip time of `syn` beside the capture's; Tests/Bench/rtt-accuracy measures the whole distribution.
  @Suite(.needs(.tcpdump, .tshark)) struct AccuracyTests {
    @Test(.needs(peer: true), arguments: [0.0, 1, 20], [0, 4])
    func againstTheCapture(_ delay: Double, busyLoops: Int) throws {
      let server = PoliteServer(delay: delay)
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let loops = try (0..<busyLoops).map { _ in try Program(["/bin/sh", "-c", "while :; do :; done"]) }
      defer { for loop in loops { loop.stop() } }
      let (capture, outcome) = try Capture.on(Peer.device, of: hostile.namespace, quietly: true) {
        try Probe.run(target(Peer.address4, 80), "-c", "15", "-i", "0.02", "--json", in: hostile.namespace)
      }
      let packets = try capture.segments()
      let differences = try outcome.connections.map { connection -> Int64 in
        let isn = UInt32(try #require(connection["isn"]?.int))
        let syn = try #require(packets.first { $0.isSYN && $0.sequence == isn })
        let answer = try #require(packets.first { $0.has("S.") && $0.acknowledgment == isn &+ 1 })
        let step = try #require(connection.step("syn"))
        let rtt = try #require(step["rtt_ns"]?.int)
        #expect(Double(rtt) > (delay - 0.1) * 1e6)
        return Int64(rtt) - (answer.nanoseconds - syn.nanoseconds)
      }.sorted()
      #expect(differences.count == 15)
      // The middle one: what a busy machine takes the processor away for is not the program's error.
      #expect(abs(differences[7]) <= 15_000, "median, ns: \(differences)")
    }

    /// No source port, and nothing of the kernel's, is left to disturb the next run.
    @Test func nothingStaysBehind() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      for _ in 0..<3 {
        #expect(try Probe.run("127.0.0.1:\(listener.port)", "-g", "33333", in: namespace).code == 0)
        #expect(try namespace.listeningPorts() == [listener.port])
      }
    }
  }
}
