import Foundation
import Laboratory
import Repeatable
import Testing

extension NetworkTests {
  /// A wire that loses, doubles and reorders packets, by a seed.
  @Suite(.needs(peer: true)) struct LossTests {
    static let isLong = ProcessInfo.processInfo.environment["PROBE_LONG"] == "1"

    /// What was asked for by HTTP is whole, octet by octet.
    @Test(.needs(.nginx)) func contentArrivesWhole() throws {
      let wire = try LossyWire(Weather(loss: 0.1, duplication: 0.02, reordering: 0.02), seed: 91)
      defer { wire.stop() }
      let octets = Self.octets(10 << 20)
      let nginx = try Nginx(in: wire.server, site: HTTPTests.site, files: ["file": octets])
      defer { nginx.stop() }
      let directory = try TemporaryDirectory()
      let outcome = try Probe.run(
        [
          "http", "http://\(LossyWire.server4):\(nginx.port)/file", "--body-to", directory.file("body"), "--retries",
          "10", "--json",
        ], in: wire.client, seconds: Self.isLong ? 300 : 60)
      tell("http, \(octets.count) octets", wire, outcome)
      #expect(outcome.code == 0, "\(outcome.everything)")
      #expect(FileManager.default.contents(atPath: directory.file("body")) == Data(octets))
      #expect(try outcome.connections.first?["requests"]?.array?.first?["body_bytes"]?.int == Int64(octets.count))
      expectWeather(wire)
    }

    /// A wire that loses a fifth of all packets each way.
    private static let storm = Weather(loss: 0.2, duplication: 0.05, reordering: 0.05)

    /// What we send is whole at a peer that is the kernel's own, octet by octet.
    @Test(arguments: [92, 93] as [UInt64]) func dataArrivesWhole(seed: UInt64) throws {
      let wire = try LossyWire(Self.storm, seed: seed)
      defer { wire.stop() }
      let octets = Self.octets(1 << 20, seed: seed)
      let directory = try TemporaryDirectory()
      try Data(octets).write(to: URL(fileURLWithPath: directory.file("data")))
      let listener = try RecordingListener(in: wire.server, address: LossyWire.server4)
      defer { listener.stop() }
      let outcome = try Probe.run(
        [
          target(LossyWire.server4, listener.port), "--data", "@\(directory.file("data"))", "--retries", "10", "--json",
        ], in: wire.client, seconds: 60)
      tell("data, \(octets.count) octets", wire, outcome)
      #expect(outcome.code == 0, "\(outcome.everything)")
      let connection = try #require(try outcome.connections.first)
      #expect(connection.verdict == "open syn-ack")
      #expect(connection.steps.contains("request"))
      #expect(listener.ended(1).first?.bytes == octets)
      expectWeather(wire)
    }

    /// What a server that is the kernel's own sends is whole at us.
    @Test(.needs(.nginx), arguments: [94, 95] as [UInt64]) func contentArrivesWholeThroughAStorm(seed: UInt64) throws {
      let wire = try LossyWire(Self.storm, seed: seed)
      defer { wire.stop() }
      let octets = Self.octets(1 << 20, seed: seed)
      let nginx = try Nginx(in: wire.server, site: HTTPTests.site, files: ["file": octets])
      defer { nginx.stop() }
      let directory = try TemporaryDirectory()
      let outcome = try Probe.run(
        [
          "http", "http://\(LossyWire.server4):\(nginx.port)/file", "--body-to", directory.file("body"), "--retries",
          "10", "--json",
        ], in: wire.client, seconds: 60)
      tell("http in a storm, \(octets.count) octets", wire, outcome)
      #expect(outcome.code == 0, "\(outcome.everything)")
      #expect(FileManager.default.contents(atPath: directory.file("body")) == Data(octets))
      expectWeather(wire)
    }

    /// A wire that passes everything is no reason to send anything again.
    @Test(.needs(.nginx)) func nothingIsSentAgainWithoutLoss() throws {
      let wire = try LossyWire()
      defer { wire.stop() }
      let octets = Self.octets(2 << 20)
      let nginx = try Nginx(in: wire.server, site: HTTPTests.site, files: ["file": octets])
      defer { nginx.stop() }
      let directory = try TemporaryDirectory()
      let (connection, outcome) = try Probe.connection(
        "http", "http://\(LossyWire.server4):\(nginx.port)/file", "--body-to", directory.file("body"), in: wire.client)
      tell("no loss, http", wire, outcome)
      #expect(outcome.code == 0, "\(outcome.everything)")
      #expect(connection["transmissions"]?.int == 1)
      #expect(FileManager.default.contents(atPath: directory.file("body")) == Data(octets))

      let listener = try RecordingListener(in: wire.server, address: LossyWire.server4)
      defer { listener.stop() }
      try Data(octets).write(to: URL(fileURLWithPath: directory.file("data")))
      let (sent, ending) = try Probe.connection(
        target(LossyWire.server4, listener.port), "--data", "@\(directory.file("data"))", in: wire.client)
      tell("no loss, data", wire, ending)
      #expect(ending.code == 0, "\(ending.everything)")
      #expect(sent["transmissions"]?.int == 1)
      #expect(listener.ended(1).first?.bytes == octets)

      #expect(try wire.server.retransmissions() == 0, "by the server's kernel")
      let (ours, theirs) = (wire.fromClient, wire.fromServer)
      #expect(ours.again == 0, "by probe")
      for passage in [ours, theirs] {
        #expect(passage.came > 0)
        #expect(passage.passed == passage.came)
        #expect(passage.lost + passage.doubled + passage.delayed + passage.refused + passage.wrong == 0)
      }
    }

    /// The same chance has the same consequences; another one has others.
    @Test func chanceIsRepeatable() {
      #expect(Self.octets(1001) == Self.octets(1001))
      #expect(Self.octets(1001).count == 1001)
      #expect(Self.octets(64, seed: 1) != Self.octets(64, seed: 2))
    }

    private static func octets(_ count: Int, seed: UInt64 = 10) -> [UInt8] {
      var chance = Random(seed: seed)
      return chance.octets(count)
    }

    /// The wire did lose, double and reorder in both directions, and saw no wrong checksum.
    private func expectWeather(_ wire: LossyWire) {
      for passage in [wire.fromClient, wire.fromServer] {
        #expect(passage.lost > 0)
        #expect(passage.doubled > 0)
        #expect(passage.delayed > 0)
        #expect(passage.wrong == 0)
        #expect(passage.refused == 0)
      }
      #expect(wire.fromClient.again + wire.fromServer.again > 0, "and something was sent again")
    }

    /// Tells what was measured, with PROBE_LONG=1.
    private func tell(_ what: String, _ wire: LossyWire, _ outcome: Outcome) {
      guard Self.isLong else { return }
      print("\(what): \(outcome.seconds) s, client \(wire.fromClient), server \(wire.fromServer)")
    }
  }
}
