import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// `--pcap FILE`: what passed, when, and how it was judged, as other programs read it.
  @Suite(.needs(.tcpdump, .tshark)) struct PacketFileTests {
    /// What capinfos counts in a file.
    private func facts(_ path: String) throws -> [String: String] {
      let text = try Program.must(["capinfos", "-M", "-c", "-a", "-e", "-S", "-o", "-E", "-I", path])
      let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
        guard let colon = line.firstIndex(where: { ":=".contains($0) }) else { return nil }
        return (
          line[..<colon].trimmingCharacters(in: .whitespaces),
          line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        )
      }
      return Dictionary(pairs) { first, _ in first }
    }

    /// tshark reads a file without a word of complaint, and its packets without an expert's warning.
    private func read(_ path: String) throws -> [CapturedPacket] {
      let whole = try Program.run(["tshark", "-n", "-r", path, "-z", "expert,warn", "-q"])
      #expect(whole.code == 0)
      let words = whole.errorLines.filter { !$0.hasPrefix("Running as user") }
      #expect(words.isEmpty, "\(words)")
      return try Capture(reading: path).packets()
    }

    @Test(arguments: ["127.0.0.1", "::1"]) func oneConnection(_ address: String) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: address)
      defer { listener.stop() }
      let directory = try TemporaryDirectory()
      let path = directory.file("a.pcapng")
      let (beside, (connection, outcome)) = try Capture.on("lo", of: namespace) {
        try Probe.run(
          target(address, listener.port), "--pcap", path, "--json", "--packet-trace", "--confirm", in: namespace
        )
        .withConnection
      }
      #expect(outcome.code == 0 && outcome.errors == "")
      let (packets, seen) = (try read(path), try beside.packets())
      // The same packets in the same order, at nearly the same time.
      #expect(packets.map(\.sequence) == seen.map(\.sequence))
      #expect(packets.map(\.flags) == seen.map(\.flags))
      #expect(packets.map(\.optionKinds) == seen.map(\.optionKinds))
      for (own, other) in zip(packets, seen) { #expect(abs(own.nanoseconds - other.nanoseconds) < 5_000_000) }
      // The stamps are those of the results, to the nanosecond.
      let told = try JSON.lines(outcome.output).filter { $0["type"]?.string == "packet" }
      #expect(told.count == packets.count)
      let times = told.compactMap { $0["time"]?.string?.suffix(10).dropLast() }
      #expect(times.map { Int64($0) } == packets.map { $0.nanoseconds % 1_000_000_000 })
      let syn = try #require(connection.step("syn"))
      if syn["clock"]?.string == "kernel" {
        #expect(syn["rtt_ns"]?.int == packets[1].nanoseconds - packets[0].nanoseconds)
      }
      // Every packet has its remark.
      let remarks = packets.map { $0.comments.first ?? "" }
      #expect(remarks.prefix(3) == ["SYN, first transmission", "SYN-ACK, ack = ISN+1: accepted", "ACK, ack = IRS+1"])
      #expect(remarks[3] == "keep-alive probe, seq = SND.NXT-1, ack = IRS+1")
      #expect(remarks.contains("FIN, ack = ISN+2: accepted") && !remarks.contains(""))
      let facts = try facts(path)
      #expect(facts["Number of packets"] == "\(packets.count)")
      #expect(facts["Strict time order"] == "True")
      #expect(facts["Number of stat entries"] == "1" && facts["Name"] == "lo")
    }

    /// What is not believed says why, and so does an ICMP error.
    @Test(.needs(peer: true), arguments: bothFamilies) func refused(_ address: String) throws {
      let hostile = try Hostile { syn, server in
        var wrong = server.synAck(to: syn)
        wrong.ack &+= 1
        return [
          Reply(wrong), Reply(server.synAck(to: syn), checksum: .corrupted), FalseAnswerTests.icmp(syn) { _ in },
          Reply(server.synAck(to: syn), after: 20),
        ]
      }
      defer { hostile.peer.stop() }
      let directory = try TemporaryDirectory()
      let path = directory.file("a.pcapng")
      let (connection, _) = try hostile.probe("--pcap", path, at: address)
      #expect(connection.verdict == "open syn-ack")
      let remarks = try Capture(reading: path).packets().map { $0.comments.first ?? "" }
      let refused = remarks.filter { $0.contains("rejected: ") }
      #expect(
        refused.contains("SYN-ACK, ack = ISN+2: rejected: ack-mismatch, acknowledges what was never sent"), "\(remarks)"
      )
      #expect(refused.contains { $0.hasSuffix("rejected: bad-checksum, checksum is wrong") }, "\(remarks)")
      #expect(remarks.contains { $0.hasSuffix("kept; counts only if no TCP reply arrives") }, "\(remarks)")
      #expect(remarks.contains("RST"), "the answer to what acknowledges nothing of ours")
    }

    @Test(.needs(.nft)) func retransmitted() throws {
      let namespace = try Namespace()
      try namespace.filterInput("tcp dport 80 drop")
      let directory = try TemporaryDirectory()
      let path = directory.file("a.pcapng")
      _ = try Probe.run("127.0.0.1:80", "-W", "0.02", "--retries", "2", "--pcap", path, "-q", in: namespace)
      let remarks = try read(path).map(\.comments)
      #expect(remarks == [["SYN, first transmission"], ["SYN, transmission 2"], ["SYN, transmission 3"]])
    }

    /// Killed in the middle: the file reads to its last whole block.
    @Test func killed() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let directory = try TemporaryDirectory()
      let path = directory.file("a.pcapng")
      let program = try Program(
        [Probe.path, "127.0.0.1:\(listener.port)", "-c", "0", "-i", "0.005", "--pcap", path, "--json"], in: namespace)
      let many = waitUntil(seconds: 10) { program.outputSoFar.components(separatedBy: "\n").count > 60 ? true : nil }
      try #require(many != nil)
      program.send(SIGKILL)
      let connections = program.wait(seconds: 5).output.split(separator: "\n").compactMap {
        try? JSON.lines(String($0) + "\n").first
      }
      let result = try Program.run(["tshark", "-n", "-r", path, "-Y", "tcp.flags.syn == 1"])
      let syns = result.lines.count
      // Each connection that was told had all of its packets before.
      #expect(syns >= 2 * (connections.count - 1), "\(syns) SYNs of \(connections.count) connections")
      #expect(result.code == 0 || result.errors.contains("cut short"), "\(result.errors)")
    }

    @Test func ofEveryVerb() throws {
      let namespace = try Namespace()
      let nobody = try TemporaryDirectory()
      let path = nobody.file("a.pcapng")
      let server = try Listening("--count", "1", "--http", "--pcap", path, at: "127.0.0.1", in: namespace)
      let (capture, outcome) = try Capture.on("lo", of: namespace) {
        let page = try Probe.run(
          "http", "http://127.0.0.1:\(server.port)/", "--pcap", nobody.file("b.pcapng"), "-q", in: namespace)
        #expect(server.end().code == 0)
        return page
      }
      #expect(outcome.code == 0, "\(outcome.everything)")
      let seen = try capture.packets()
      let (theirs, ours) = (try read(path), try read(nobody.file("b.pcapng")))
      #expect(theirs.map(\.sequence).sorted() == seen.map(\.sequence).sorted())
      #expect(ours.map(\.sequence).sorted() == seen.map(\.sequence).sorted())
      #expect(theirs.first?.comments == ["SYN: accepted"])
      #expect(theirs.dropFirst().first?.comments.first == "SYN-ACK, ack = IRS+1")
      #expect(ours.contains { $0.comments.first?.contains("bytes of payload, ack = ") ?? false })
      try nobody.write("checks.txt", "127.0.0.1:9 closed\n")
      _ = try Probe.run("check", nobody.file("checks.txt"), "--pcap", nobody.file("c.pcapng"), "-q", in: namespace)
      #expect(
        try read(nobody.file("c.pcapng")).map { $0.comments.first } == [
          "SYN, first transmission", "RST, ack = ISN+1: accepted",
        ])
      _ = try Probe.run("demo", "--pcap", nobody.file("d.pcapng"), in: namespace)
      #expect(try read(nobody.file("d.pcapng")).count == 7)
    }

    /// `--pcap -`: packets on standard output as from `tcpdump -w -`, results on standard error.
    @Test func standardOutput() throws {
      let namespace = try Namespace()
      let directory = try TemporaryDirectory()
      let path = try directory.write("a.pcapng", "")
      let outcome = try Probe.run(["127.0.0.1:9", "--pcap", "-", "--json"], in: namespace, output: .path(path))
      #expect(outcome.code == 1)
      #expect(try read(path).count == 2)
      #expect(outcome.errors.hasPrefix("{\"schema\":1,\"type\":\"connection\","))
    }

    @Test func failures() throws {
      let namespace = try Namespace()
      let full = try Probe.run("127.0.0.1:9", "--pcap", "/dev/full", in: namespace)
      #expect(full.code == 2 && full.errors.contains("/dev/full"), "\(full.everything)")
      let nowhere = try Probe.run("127.0.0.1:9", "--pcap", "/no/such/folder/file", in: namespace)
      #expect(nowhere.code == 2 && nowhere.errorLines.count == 1)
      // A run that cannot begin leaves the old file alone.
      let directory = try TemporaryDirectory()
      let path = try directory.write("a.pcapng", "old")
      let outcome = try Probe.run("127.0.0.1:9", "-I", "nosuch0", "--pcap", path, in: namespace)
      #expect(outcome.code == 2)
      #expect(directory.text("a.pcapng") == "old")
      let kernel = try Probe.run("127.0.0.1:9", "--connect", "--pcap", path, in: namespace)
      #expect(kernel.code == 2 && kernel.errors.contains("leave --connect out"))
    }
  }
}

extension Outcome {
  /// The one connection, and the outcome itself.
  fileprivate var withConnection: (JSON, Outcome) {
    get throws { (try #require(try connections.first), self) }
  }
}
