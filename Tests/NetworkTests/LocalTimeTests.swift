import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// The time of day before packets' lines, judged by tcpdump, and by Foundation where tcpdump cannot be asked.
  @Suite struct LocalTimeTests {
    private static let zones = ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "No/Such_Zone"]

    /// Seconds around changes of the clocks: New York's of 2025 and 2026, Lord Howe's of half an hour, midnights.
    private static let moments: [UInt32] = [
      0, 86_399, 1_741_503_599, 1_741_503_600, 1_743_865_199, 1_743_865_200, 1_762_063_199, 1_762_063_200,
      1_767_225_599, 1_767_225_600, 1_780_272_000, 1_772_953_199, 1_772_953_200, 2_147_483_647,
    ]

    /// A capture of SYNs at these seconds, the microsecond before the next one as well: raw IP, no link.
    private static func capture(_ path: String) throws {
      func word(_ value: UInt32) -> Data { unsafe withUnsafeBytes(of: value.littleEndian) { unsafe Data($0) } }
      let packet = Data([
        0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2,
        0x30, 0x39, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0, 0,
      ])
      var file = word(0xa1b2_c3d4) + word(0x0004_0002) + word(0) + word(0) + word(65_535) + word(101)
      for second in moments {
        for microsecond: UInt32 in [0, 999_999] {
          file += word(second) + word(microsecond) + word(UInt32(packet.count)) + word(UInt32(packet.count)) + packet
        }
      }
      try file.write(to: URL(filePath: path))
    }

    @Test(.needs(.tcpdump), arguments: zones) func readAsTcpdump(_ zone: String) throws {
      let directory = try TemporaryDirectory()
      let path = directory.file("moments.pcap")
      try LocalTimeTests.capture(path)
      let theirs = try Program.run(["tcpdump", "-nn", "-S", "-r", path], environment: ["TZ": zone])
      let ours = try Program.run([Probe.path, "read", "--tcpdump", path], environment: ["TZ": zone])
      #expect(ours.code == 0 && ours.output == theirs.output)
      #expect(ours.output.split(separator: "\n").count == 2 * LocalTimeTests.moments.count)
    }

    @Test(arguments: ["America/New_York", "Asia/Kolkata"]) func packetTrace(_ zone: String) throws {
      let format = DateFormatter()
      format.locale = Locale(identifier: "en_US_POSIX")
      format.timeZone = TimeZone(identifier: zone)
      format.dateFormat = "HH:mm"
      let before = format.string(from: Date())
      let outcome = try Program.run(
        [Probe.path, "127.0.0.1:1", "--packet-trace"], in: try Namespace(), environment: ["TZ": zone])
      let trace = try #require(outcome.output.split(separator: "\n").first { $0.contains("Flags [S]") })
      #expect([before, format.string(from: Date())].contains(String(trace.prefix(5))), "\(trace)")
    }
  }
}
