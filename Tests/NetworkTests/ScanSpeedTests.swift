import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// How fast `probe scan` is, and by whom: rates as a capture sees them, and threads.
  @Suite(.needs(.ip, .nft, .python)) struct ScanSpeedTests {
    /// Nanoseconds at which each SYN of a capture left, in order.
    private func departures(_ capture: Capture) throws -> [Int64] {
      let text = try Program.must([
        "tcpdump", "-nn", "-tt", "--nano", "-r", capture.path, "tcp[13] & 2 != 0 and dst portrange 80-119",
      ])
      return text.split(separator: "\n").compactMap { line in
        let parts = line.prefix { $0 != " " }.split(separator: ".")
        guard parts.count == 2, let seconds = Int64(parts[0]), let fraction = Int64(parts[1]) else { return nil }
        return seconds * 1_000_000_000 + fraction
      }
    }

    @Test("a rate is kept: no burst, and not more than asked for", .needs(.tcpdump)) func pace() throws {
      let field = try ScanTests.Field()
      defer { field.stop() }
      let rate: Int64 = 4_000
      let (capture, outcome) = try Capture.on(Wire.device, of: field.wire.client) {
        try Probe.run(
          ["scan", ScanTests.Field.network, "-p", "80-119", "--rate", "\(rate)", "--retries", "0", "-q"],
          in: field.wire.client)
      }
      #expect(outcome.code == 0, "\(outcome.everything)")
      let times = try departures(capture)
      try #require(times.count == 10_240)
      let (first, last) = (try #require(times.first), try #require(times.last))
      let earned = (last - first) * rate / 1_000_000_000
      // A busy machine stalls the sender, and what a stall has kept back is not made up for: less is no failure of the rate.
      #expect(Int64(times.count) <= earned + rate / 1_000 + 1, "\(times.count) in \(last - first) ns")
      #expect(Int64(times.count) >= earned / 2, "\(times.count) in \(last - first) ns")
      // A burst is what a millisecond brings; what is earned in another one may follow it.
      let most = Int(2 * rate / 1_000 + 1)
      for (index, time) in times.enumerated() where index >= most { #expect(time - times[index - most] >= 1_000_000) }
    }

    /// Above 100,000 packets a second threads send, which have no more rights than the loop.
    @Test("threads send at a high rate, sealed, and every state is right") func threads() throws {
      let field = try ScanTests.Field()
      defer { field.stop() }
      let ports = 80...235
      let program = try Program(
        [
          Probe.path, "scan", ScanTests.Field.network, "-p", "80-235", "--rate", "101000", "--json", "--open",
          "--i-own-the-target",
        ], in: field.wire.client)
      defer { program.stop() }
      var seen: [[String: String]] = []
      var most = 0
      let end = Date(timeIntervalSinceNow: 20)
      while most < 2, Date() < end, ProcessStatus(of: program.pid)?["State"]?.hasPrefix("Z") == false {
        let folder = "/proc/\(program.pid)/task"
        let tasks = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let all = tasks.compactMap { try? String(contentsOfFile: "\(folder)/\($0)/status", encoding: .utf8) }
        most = max(most, all.count)
        guard all.count > 1 else { continue }
        for text in all {
          var status: [String: String] = [:]
          for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { status[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces) }
          }
          seen.append(status)
        }
      }
      let outcome = program.wait(seconds: 60)
      #expect(outcome.code == 0, "\(outcome.errors)")
      // Started on one processor a scan has no threads.
      #expect(most > 1 || ProcessInfo.processInfo.activeProcessorCount == 1)
      for status in seen {
        #expect(status["CapEff"] == "0000000000000000" && status["CapPrm"] == "0000000000000000", "\(status)")
        #expect(status["NoNewPrivs"] == "1" && status["Seccomp"] == "2", "\(status)")
        // SIGINT, SIGQUIT and SIGTERM come by a descriptor, and to no thread.
        let blocked = UInt64(status["SigBlk"] ?? "", radix: 16) ?? 0
        for signal in [SIGINT, SIGQUIT, SIGTERM] { #expect(blocked >> UInt64(signal - 1) & 1 == 1, "\(status)") }
      }
      let lines = try JSON.lines(outcome.output)
      let open = Set(lines.filter { $0["type"]?.string == "result" }.compactMap { $0["address"]?.string })
      #expect(open == Set(ScanTests.Field.truth.filter { $0.value == "open syn-ack" }.keys))
      let summary = try #require(lines.last { $0["type"]?.string == "scan" })
      #expect(summary["open"]?.int == 52 && summary["filtered"]?.int == 102 && summary["unreachable"]?.int == 51)
      #expect(summary["closed"]?.int == Int64(51 + 256 * (ports.count - 1)), "\(summary)")
    }

    @Test("a scan whose rate adapts has every state right") func adapting() throws {
      let field = try ScanTests.Field()
      defer { field.stop() }
      let outcome = try Probe.run(
        ["scan", ScanTests.Field.network, "-p", "80-99", "--max-rate", "20000", "--json"], in: field.wire.client)
      #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.everything)")
      let summary = try #require(JSON.lines(outcome.output).last { $0["type"]?.string == "scan" })
      #expect(summary["open"]?.int == 52 && summary["filtered"]?.int == 102 && summary["unreachable"]?.int == 51)
      #expect(summary["closed"]?.int == 51 + 256 * 19 && summary["duplicates"]?.int == 0, "\(summary)")
      let both = try Probe.run(
        ["scan", ScanTests.Field.network, "-p", "80", "--rate", "5", "--max-rate", "9"], in: field.wire.client)
      #expect(both.code == 2 && both.errors.contains("--max-rate"), "\(both.errors)")
    }
  }
}
