import Glibc
import Laboratory
import Testing

extension NetworkTests {
  /// Signals: the summary of what was measured, and the shell's code.
  @Suite(.needs()) struct SignalTests {
    private func interrupt(
      _ words: [String], by signal: Int32, after lines: Int, in namespace: Namespace
    ) throws -> Outcome {
      let program = try Program([Probe.path] + words, in: namespace)
      let ready = waitUntil(seconds: 10) { program.outputSoFar.components(of: "\n") >= lines ? true : nil }
      try #require(ready != nil, "no output: \(program.stop())")
      program.send(signal)
      let outcome = program.wait(seconds: 5)
      try #require(!outcome.timedOut)
      return outcome
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func summaryThenCode(_ signal: Int32) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let outcome = try interrupt(
        ["127.0.0.1:\(listener.port)", "-c", "0", "-i", "0.05", "--json"], by: signal, after: 3, in: namespace)
      #expect(outcome.code == 128 + signal)
      let summary = try #require(try outcome.summaries.first)
      let sent = try #require(summary["sent"]?.int)
      #expect(sent >= 3)
      #expect(try Int64(outcome.connections.count) == sent)
      #expect(listener.ended(Int(sent)).allSatisfy { $0.ending == .orderly })
    }

    @Test func textSummary() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let outcome = try interrupt(
        ["127.0.0.1:\(listener.port)", "-c", "0", "-i", "0.05"], by: SIGINT, after: 5, in: namespace)
      #expect(outcome.code == 130)
      #expect(outcome.output.contains("rtt min/avg/max/mdev = "))
      #expect(outcome.output.contains("rtt p50/p90/p99 = "))
    }

    /// While it waits for an answer that does not come.
    @Test(.needs(.nft)) func inTheMiddleOfAWait() throws {
      let namespace = try Namespace()
      try namespace.filterInput("tcp dport 80 drop")
      let program = try Program([Probe.path, "127.0.0.1:80", "-W", "20", "--json"], in: namespace)
      usleep(300_000)
      #expect(program.isRunning)
      program.send(SIGINT)
      let outcome = program.wait(seconds: 5)
      #expect(outcome.code == 130)
      #expect(outcome.seconds < 3)
    }

    /// SIGQUIT prints the summary and goes on.
    @Test func quitGoesOn() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let program = try Program(
        [Probe.path, "127.0.0.1:\(listener.port)", "-c", "0", "-i", "0.05"], in: namespace)
      let ready = waitUntil(seconds: 10) { program.outputSoFar.components(of: "\n") >= 5 ? true : nil }
      try #require(ready != nil)
      program.send(SIGQUIT)
      let told = waitUntil(seconds: 5) { (program.outputSoFar + program.errorsSoFar).contains("rtt min/") ? true : nil }
      #expect(told != nil)
      let visits = listener.visits.count
      #expect(listener.ended(visits + 3).count >= visits + 3, "it goes on")
      #expect(program.isRunning)
      program.send(SIGINT)
      #expect(program.wait(seconds: 5).code == 130)
    }

    /// Whatever waits for the other end of a FIFO, or for its input, ends on the first signal.
    @Test(
      arguments: [
        ["read", "FIFO"], ["diff", "FIFO", "FIFO"], ["check", "FIFO"], ["127.0.0.1:9", "--data", "@FIFO"],
        ["127.0.0.1:9", "--pcap", "FIFO"], ["watch", "127.0.0.1:9", "--pcap", "FIFO"],
        ["listen", "0", "--pcap", "FIFO"],
        ["http", "http://127.0.0.1:9/", "--pcap", "FIFO"], ["bench", "127.0.0.1:9", "--pcap", "FIFO"],
      ], [SIGINT, SIGTERM, SIGQUIT])
    func nobodyAtTheOtherEnd(_ words: [String], _ signal: Int32) throws {
      let namespace = try Namespace()
      let directory = try TemporaryDirectory()
      try Program.must(["mkfifo", directory.file("fifo")])
      let words = words.map { $0.replacing("FIFO", with: directory.file("fifo")) }
      let program = try Program([Probe.path] + words, in: namespace)
      usleep(400_000)
      #expect(program.isRunning)
      program.send(signal)
      let outcome = program.wait(seconds: 5)
      #expect(!outcome.timedOut && outcome.code == 128 + signal, "\(outcome.errors)")
      #expect(outcome.seconds < 3)
    }

    /// Who comes late to the other end finds everything.
    @Test(.needs(.tcpdump)) func theOtherEndComesLate() throws {
      let namespace = try Namespace()
      let directory = try TemporaryDirectory()
      let fifo = directory.file("fifo")
      try Program.must(["mkfifo", fifo])
      let program = try Program([Probe.path, "127.0.0.1:9", "--pcap", fifo], in: namespace)
      usleep(300_000)
      let packets = try Program.must(["tcpdump", "-nr", fifo], in: namespace)
      #expect(program.wait(seconds: 5).code == 1)
      #expect(packets.split(separator: "\n").count == 2 && packets.contains("Flags [R.]"), "\(packets)")
      let check = try Program([Probe.path, "check", fifo], in: namespace)
      usleep(300_000)
      try Program.must(["sh", "-c", "echo 127.0.0.1:9 closed > \(fifo)"], in: namespace)
      #expect(check.wait(seconds: 5).code == 0)
    }

    /// What is open is not left behind: the peer is told.
    @Test(.needs(peer: true)) func theResetThatIsOwed() throws {
      let server = PoliteServer(close: .never)
      let hostile = try Hostile { server.answer($0) }
      defer { hostile.peer.stop() }
      let program = try Program([Probe.path, target(Peer.address4, 80), "-W", "20", "--json"], in: hostile.namespace)
      #expect(hostile.peer.waits { segments in segments.contains { $0.flags.contains(.fin) } })
      usleep(50_000)
      program.send(SIGINT)
      #expect(program.wait(seconds: 5).code == 130)
      #expect(hostile.peer.waits { segments in segments.contains { $0.flags.contains(.rst) } })
    }
  }
}
