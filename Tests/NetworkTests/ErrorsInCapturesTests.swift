import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// Connections that a firewall rejected by ICMP, read from a capture: beside what the probe said of them, and tshark.
  @Suite(.needs(.nft, .tcpdump, .tshark)) struct ErrorsInCapturesTests {
    struct Rejection: Sendable, CustomTestStringConvertible {
      var address: String
      var words: String
      var testDescription: String { words }
    }

    static let rejections = [
      Rejection(address: Wire.server4, words: "icmp type host-unreachable"),
      Rejection(address: Wire.server4, words: "icmp type admin-prohibited"),
      Rejection(address: Wire.server6, words: "icmpv6 type addr-unreachable"),
      Rejection(address: Wire.server6, words: "icmpv6 type admin-prohibited"),
    ]

    @Test(arguments: rejections) func areToldOfTheirFlow(_ rejection: Rejection) throws {
      let wire = try Wire()
      try wire.server.filterInput("tcp dport 80 reject with \(rejection.words)")
      let (capture, connection) = try Capture.on(Wire.device, of: wire.client) {
        try Probe.connection(target(rejection.address, 80), "-W", "0.1", in: wire.client).0
      }
      let outcome = try Probe.run("read", "--json", capture.path, in: wire.client)
      #expect(outcome.code == 0)
      let flows = try JSON.lines(outcome.output).filter { $0["type"]?.string == "flow" }
      try #require(flows.count == 1)
      #expect(flows[0]["end"]?.string == "unreachable")
      #expect(flows[0]["isn"]?.int == connection["isn"]?.int)
      let icmp = try #require(flows[0]["icmp"])
      #expect(icmp["reason"]?.string == connection["reason"]?.string)
      #expect(icmp["source"]?.string == rejection.address && icmp["quotes"]?.string == "client")
      let fields = ["frame.number", "icmp.type", "icmp.code", "icmpv6.type", "icmpv6.code"].flatMap { ["-e", $0] }
      let told = try Program.must(
        ["tshark", "-n", "-r", capture.path, "-Y", "icmp.type == 3 or icmpv6.type == 1", "-T", "fields"] + fields
      ).split(separator: "\n").map { $0.split(separator: "\t").compactMap { Int64($0) } }
      #expect(told.first == ["frame", "type", "code"].compactMap { icmp[$0]?.int })
      #expect(Int64(told.count) == icmp["count"]?.int)
      let drawn = try Probe.run("read", "--flow", "0", capture.path, in: wire.client)
      #expect(drawn.output.contains("ICMP") && drawn.output.contains("from \(rejection.address)"))
    }
  }
}
