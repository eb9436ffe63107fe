import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// `probe profile` with the kernel here as it is set, and with a proxy before it.
  @Suite(.needs(.nginx)) struct ProfileTests {
    private static func profile(_ wire: Wire, _ address: String, _ words: [String] = []) throws -> JSON {
      let nginx = try Nginx(
        in: wire.server, site: "", files: ["index.html": [UInt8](repeating: UInt8(ascii: "x"), count: 65_536)])
      defer { nginx.stop() }
      let outcome = try Probe.run(
        ["profile", target(address, nginx.port), "--json"] + words, in: wire.client, seconds: 60)
      try #require(outcome.code == 0, "\(outcome.everything)")
      return try #require(try JSON.lines(outcome.output).first)
    }

    @Test(arguments: [Wire.server4, Wire.server6]) func linux(_ address: String) throws {
      let json = try Self.profile(try Wire(), address)
      #expect(json["isn"]?.string == "keyed-clock" && json["isn_samples"]?.int == 60)
      let slope = json["isn_per_s"]?.double ?? 0
      // A tick of 64 ns (net/core/secure_seq.c); the user's clock times it.
      #expect(slope > 12_000_000 && slope < 19_000_000, "\(slope)")
      #expect(json["timestamp_hz"]?.int == 1_000 && json["timestamp_shared"]?.bool == false)
      #expect(json["syn_cookies"]?.bool == false && json["proxy_evidence"]?.array?.isEmpty == true)
      let kinds = (json["option_kinds"]?.array ?? []).compactMap(\.string)
      #expect(kinds == ["2", "4", "8", "1", "3"])
      #expect(json["wscale"]?.int != nil && json["mss"]?.int == (address == Wire.server4 ? 1_460 : 1_440))
      let gaps = (json["synack_gaps_s"]?.array ?? []).compactMap(\.double)
      #expect(gaps.count == 3 && abs((gaps.first ?? 0) - 1) < 0.3, "\(gaps)")
      #expect(json["initial_window_segments"]?.int == 10)
    }

    @Test func cookiesAndASharedClock() throws {
      let wire = try Wire()
      try Program.must(["sysctl", "-qw", "net.ipv4.tcp_syncookies=2", "net.ipv4.tcp_timestamps=2"], in: wire.server)
      let json = try Self.profile(wire, Wire.server4, ["--wait", "4"])
      #expect(json["syn_cookies"]?.bool == true && json["timestamp_shared"]?.bool == true)
      let differences = (json["isn_differences"]?.array ?? []).compactMap(\.string)
      #expect(differences.prefix(2) == ["0", "5000"], "\(differences)")
    }

    @Test func aPortThatIsClosed() throws {
      let wire = try Wire()
      let outcome = try Probe.run(["profile", "\(Wire.server4):9", "--wait", "1"], in: wire.client, seconds: 60)
      #expect(outcome.code == 2 && outcome.errors.contains("no SYN-ACK"), "\(outcome.everything)")
    }
  }
}
