import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// `--one-way`: losses and swaps of one direction, found from one end.
  @Suite struct OneWayTests {
    private func oneWay(_ words: [String], in namespace: Namespace) throws -> (JSON, Outcome) {
      let outcome = try Probe.run(words + ["--json"], in: namespace, seconds: 60)
      let line = try #require(try JSON.lines(outcome.output).last, "\(outcome.everything)")
      #expect(line["type"]?.string == "one_way")
      return (line, outcome)
    }

    /// Whether a share is what was set, within four standard deviations; and the interval is Wilson's.
    private func expect(
      _ direction: JSON?, _ name: String, of total: String, is share: Double,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let found = try #require(direction?[name]?.double, sourceLocation: sourceLocation)
      let count = Double(try #require(direction?[total]?.int, sourceLocation: sourceLocation))
      let deviation = (share * (1 - share) / count).squareRoot()
      #expect(abs(found - share) <= 4 * deviation, "\(name) \(found) of \(count)", sourceLocation: sourceLocation)
      let (low, high) = (direction?[name + "_low"]?.double ?? 1, direction?[name + "_high"]?.double ?? 0)
      #expect(low <= found && found <= high && high - low < 5 * deviation + 4 / count, sourceLocation: sourceLocation)
    }

    /// 5 % forward and 1 % back, over 2,000 pairs; an echo service acknowledges what comes in order with its data.
    @Test(.needs(.nft), arguments: [Wire.server4, Wire.server6], [RecordingListener.Manner.reads, .echoes])
    func losses(_ address: String, _ manner: RecordingListener.Manner) throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: address, manner: manner)
      defer { listener.stop() }
      try wire.server.filterInput("tcp dport \(listener.port) numgen random mod 100 < 5 drop")
      try wire.client.filterInput("tcp sport \(listener.port) numgen random mod 100 < 1 drop")
      let (line, outcome) = try oneWay([target(address, listener.port), "--one-way=2000"], in: wire.client)
      #expect(line["pairs"]?.int == 2_000 && outcome.code == 0 && line["unknown"]?.array?.isEmpty == true)
      #expect(line["forward"]?["sent"]?.int == 4_000)
      try expect(line["forward"], "loss", of: "sent", is: 0.05)
      try expect(line["reverse"], "loss", of: "sent", is: 0.01)
      #expect((line["reverse"]?["reordering"]?.double ?? 1) < 0.005)
      #expect(outcome.seconds < 20, "\(outcome.seconds)")
    }

    /// One packet in ten is held back behind two others: forward alone, and back alone.
    @Test(.needs(peer: true), arguments: [true, false]) func reordering(isForward: Bool) throws {
      let swaps = Weather(reordering: 0.1)
      let lossy = try LossyWire(isForward ? swaps : Weather(), back: isForward ? Weather() : swaps)
      defer { lossy.stop() }
      let listener = try RecordingListener(in: lossy.server, address: LossyWire.server4)
      defer { listener.stop() }
      let (line, _) = try oneWay(["\(LossyWire.server4):\(listener.port)", "--one-way=1000"], in: lossy.client)
      let (swapped, kept) = isForward ? ("forward", "reverse") : ("reverse", "forward")
      // Where the second one is held back too, both keep their order.
      try expect(line[swapped], "reordering", of: "ordered", is: 0.1 * 0.9)
      #expect(line[kept]?["reordered"]?.int == 0 && (line[kept]?["ordered"]?.int ?? 0) > 700)
      #expect(line["forward"]?["lost"]?.int == 0 && line["reverse"]?["lost"]?.int == 0)
    }

    /// What cannot be known, and why.
    @Test func unknown() throws {
      let wire = try Wire()
      try wire.server.setting("net/ipv4/tcp_sack", "0")
      let listener = try RecordingListener(in: wire.server, address: Wire.server4)
      defer { listener.stop() }
      let (line, outcome) = try oneWay([target(Wire.server4, listener.port), "--one-way"], in: wire.client)
      #expect(line["pairs"]?.int == 100 && outcome.code == 0)
      #expect(line["unknown"]?.array?.compactMap(\.string) == ["no-sack"])
      #expect(line["forward"]?["loss"]?.double == 0 && line["reverse"]?["loss"]?.double == 0)
      #expect(line["forward"]?["reordering"]?.double == nil && line["reverse"]?["ordered"]?.int == 0)
      for (manner, word) in [(RecordingListener.Manner.closesFirst, "closed"), (.resets, "reset")] {
        let other = try RecordingListener(in: wire.server, address: Wire.server4, manner: manner)
        defer { other.stop() }
        let (line, outcome) = try oneWay([target(Wire.server4, other.port), "--one-way"], in: wire.client)
        #expect(line["unknown"]?.array?.compactMap(\.string).contains(word) == true && outcome.code == 1, "\(line)")
      }
      let text = try Probe.run("\(Wire.server4):9", "--one-way", in: wire.client)
      #expect(text.code == 1 && text.output.contains("not known: the peer resets the connection"), "\(text.everything)")
    }

    /// Behind a trace, with its sockets and into its capture.
    @Test func behindATrace() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server6)
      defer { listener.stop() }
      let folder = try TemporaryDirectory()
      let file = folder.file("trace.pcapng")
      let words = ["route", target(Wire.server6, listener.port), "-c", "2", "--one-way=50", "--pcap", file]
      let (line, outcome) = try oneWay(words, in: wire.client)
      #expect(line["pairs"]?.int == 50 && outcome.code == 0, "\(outcome.everything)")
      #expect(outcome.output.contains("\"type\":\"hop\""))
      let read = try Probe.run("read", "--json", file, in: wire.client)
      #expect(try JSON.lines(read.output).count { $0["type"]?.string == "flow" } >= 5)
    }
  }
}
