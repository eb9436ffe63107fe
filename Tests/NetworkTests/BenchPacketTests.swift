import Glibc
import Laboratory
import Testing

extension NetworkTests {
  /// `probe bench --pcap FILE`, as other programs read it.
  @Suite(.needs()) struct BenchPacketTests {
    private let wire: Wire

    init() throws { wire = try Wire() }

    /// `--pcap`: the same packets as a capture beside it, stamped in order, and each with its remark.
    @Test(.needs(.tcpdump, .tshark), arguments: [Wire.server4, Wire.server6]) func packets(_ address: String) throws {
      let listener = try RecordingListener(in: wire.server, address: address)
      defer { listener.stop() }
      let place = try TemporaryDirectory()
      let path = place.file("a.pcapng")
      let (beside, summary) = try Capture.on(Wire.device, of: wire.client) { () throws -> JSON in
        let words = ["bench", target(address, listener.port), "--rate", "200", "-c", "50", "--pcap", path, "--json"]
        let outcome = try Probe.run(words, in: wire.client)
        #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.everything)")
        return try #require(try outcome.summaries.first)
      }
      #expect(summary["endings"]?["completed"] == .integer(50))
      let whole = try Program.run(["tshark", "-n", "-r", path, "-z", "expert,warn", "-q"])
      #expect(whole.code == 0)
      #expect(whole.errorLines.allSatisfy { $0.hasPrefix("Running as user") }, "\(whole.errors)")
      let packets = try Capture(reading: path).packets()
      let seen = try beside.packets().filter { $0.flags != 0 }
      #expect(packets.count == seen.count)
      #expect(packets.map(\.sequence).sorted() == seen.map(\.sequence).sorted())
      #expect(zip(packets, packets.dropFirst()).allSatisfy { $0.nanoseconds <= $1.nanoseconds })
      let remarks = packets.map { $0.comments.first ?? "" }
      for remark in [
        "SYN, first transmission", "SYN-ACK, ack = ISN+1: accepted", "FIN, ack = IRS+1", "ACK, ack = IRS+2",
      ] {
        #expect(remarks.count { $0 == remark } == 50, "\(remark)")
      }
      #expect(!remarks.contains("") && packets.allSatisfy { $0.comments.count == 1 }, "each is stamped by the kernel")
      // The longest and the shortest handshake are those of the file, to the nanosecond.
      let sent = packets.indices.filter { remarks[$0] == "SYN, first transmission" }
      let took = sent.compactMap { index in
        packets[index...].first { $0.acknowledgment == packets[index].sequence &+ 1 && $0.flags == 0x12 }
          .map { $0.nanoseconds - packets[index].nanoseconds }
      }
      #expect(took.max() == summary["steps"]?["syn"]?["max_ns"]?.int)
      #expect(took.min() == summary["steps"]?["syn"]?["min_ns"]?.int)
    }

    /// Ctrl-C leaves a whole file, with the resets that were owed.
    @Test(.needs(.tshark, .nft)) func ofAnInterruptedRun() throws {
      let place = try TemporaryDirectory()
      let path = place.file("a.pcapng")
      try wire.server.filterInput("tcp dport 9 drop")
      let program = try Program(
        [Probe.path, "bench", target(Wire.server4, 9), "--rate", "50", "--json", "--pcap", path], in: wire.client)
      usleep(500_000)
      program.send(SIGINT)
      let outcome = program.wait(seconds: 5)
      #expect(outcome.code == 130)
      let started = try #require(try outcome.summaries.first?["started"]?.int, "\(outcome.everything)")
      let remarks = try Capture(reading: path).packets().map { $0.comments.first ?? "" }
      #expect(remarks.count { $0 == "SYN, first transmission" } == Int(started))
      #expect(remarks.count { $0 == "RST" } == Int(started))
    }

    @Test func beyondWhatIsStamped() throws {
      let place = try TemporaryDirectory()
      let path = try place.write("a.pcapng", "old")
      let outcome = try Probe.run(
        [
          "bench", target(Wire.server4, 80), target(Wire.server4, 81), "--rate", "2501", "--i-own-the-target",
          "--pcap", path,
        ], in: wire.client)
      #expect(outcome.code == 2)
      #expect(outcome.errors.contains("--pcap timestamps every packet, which limits the rate to 5000/s in all"))
      #expect(place.text("a.pcapng") == "old")
    }

    /// A stamp that no answer follows is taken as well: left where it is, it would end every wait at once.
    @Test(.needs(.nft), arguments: [false, true]) func silenceIsSleptThrough(_ keeps: Bool) throws {
      try wire.server.filterInput("tcp dport 9 drop")
      let place = try TemporaryDirectory()
      var words = ["bench", target(Wire.server4, 9), "-c", "2", "--retries", "0", "-W", "2", "-q"]
      if keeps { words += ["--pcap", place.file("a.pcapng")] }
      let before = children
      #expect(try Probe.run(words, in: wire.client).code == 1)
      #expect(children - before < 0.5, "of the two seconds that it waits")
    }

    /// The seconds of processor time that programs that have ended took.
    private var children: Double {
      var usage = rusage()
      unsafe getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
      return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
  }
}
