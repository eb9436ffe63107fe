import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// A path that drops every fifth SYN: all probes are answered, and every output shows a loss of a fifth.
  ///
  /// The filter counts, so that the figures are exact: of 50 SYNs ten are lost, whichever probes they belong to.
  @Suite(.needs(.nft)) struct SynLossTests {
    private let namespace: Namespace
    private let listener: RecordingListener
    private var target: String { "127.0.0.1:\(listener.port)" }
    /// Forty probes need fifty SYNs.
    private static let pace = ["--count", "40", "-i", "0.01", "-W", "0.1", "--retries", "8"]

    init() throws {
      namespace = try Namespace()
      listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      try namespace.filterInput("tcp flags & (syn | ack) == syn numgen inc mod 5 == 0 drop")
    }

    private func run(_ words: String...) throws -> Outcome {
      try Probe.run(words + Self.pace, in: namespace, seconds: 60)
    }

    private func expectLoss(_ record: JSON?, sourceLocation: SourceLocation = #_sourceLocation) throws {
      let record = try #require(record, sourceLocation: sourceLocation)
      #expect(record["syns_sent"]?.int == 50 && record["syns_answered"]?.int == 40, sourceLocation: sourceLocation)
      #expect(record["syns_lost"]?.int == 10 && record["syn_loss"]?.double == 0.2, sourceLocation: sourceLocation)
      let (low, high) = (record["syn_loss_low"]?.double ?? 1, record["syn_loss_high"]?.double ?? 0)
      #expect(low > 0.11 && low < 0.12 && high > 0.32 && high < 0.34, sourceLocation: sourceLocation)
    }

    @Test(arguments: [[], ["--syn"], ["--connect"]]) func textAndJSON(_ way: [String]) throws {
      defer { listener.stop() }
      // The kernel waits a second before it sends its SYN again, whatever -W says.
      let pace = Self.pace + way
      let text = try Probe.run([target] + pace, in: namespace, seconds: 60)
      #expect(text.code == 0)
      #expect(text.output.contains("\n50 packets transmitted, 40 received, 20% packet loss, time "), "\(text.output)")
      #expect(text.output.contains("\nprobes: 40 sent, 40 answered; loss 0% (0.0% to 8.8%, 95 % confidence)\n"))
      #expect(
        text.output.contains("\nSYNs: 50 sent, 40 answered, 10 lost; loss 20% (11.2% to 33.0%, 95 % confidence)\n"))
      let summary = try Probe.run([target, "--json"] + pace, in: namespace, seconds: 60).summaries.first
      #expect(summary?["sent"]?.int == 40 && summary?["received"]?.int == 40 && summary?["loss"]?.double == 0)
      #expect(summary?["retransmitted"]?.int == 10)
      try expectLoss(summary)
    }

    @Test func watchAndMetrics() throws {
      defer { listener.stop() }
      let directory = try TemporaryDirectory()
      let outcome = try run("watch", target, "--json", "--prometheus", directory.file("probe.prom"))
      #expect(outcome.code == 0)
      try expectLoss(outcome.summaries.first)
      let metrics = try String(contentsOfFile: directory.file("probe.prom"), encoding: .utf8)
      for (name, count) in [("sent", 50), ("retransmitted", 10), ("answered", 40), ("lost", 10)] {
        #expect(metrics.contains("\nprobe_syns_\(name)_total{target=\"\(target)\"} \(count)\n"), "\(name)")
      }
    }

    @Test(arguments: ["syn", "full"]) func bench(_ mode: String) throws {
      defer { listener.stop() }
      let words = ["bench", target, "--mode", mode, "--rate", "100", "-c", "40", "-W", "0.1", "--retries", "8"]
      let summary = try Probe.run(words + ["--json"], in: namespace, seconds: 60).summaries.first
      #expect(summary?["received"]?.int == 40 && summary?["loss"]?.double == 0)
      try expectLoss(summary)
      let text = try Probe.run(words, in: namespace, seconds: 60)
      #expect(
        text.output.contains("\nSYNs: 50 sent, 40 answered, 10 lost; loss 20% (11.2% to 33.0%, 95 % confidence)\n"))
      let table = try Probe.run(words + ["--csv"], in: namespace, seconds: 60).output
      #expect(table.contains(",50,40,10,0.2,0.11"), "\(table)")
    }

    @Test func checksAndMonitoring() throws {
      defer { listener.stop() }
      let file = "\(target) open\n"
      let words = [Probe.path, "check", "-"] + Self.pace
      let json = try Program.run(words + ["--json"], in: namespace, input: file, seconds: 60)
      #expect(json.code == 0)
      try expectLoss(try JSON.lines(json.output).first)
      let text = try Program.run(words, in: namespace, input: file, seconds: 60)
      #expect(text.output.contains("  SYN loss 20% (10 of 50)\n"), "\(text.output)")

      let plugin = try run(target, "--nagios")
      #expect(plugin.code == 0 && plugin.output.contains(", loss 0%, SYN loss 20% | "), "\(plugin.output)")
      #expect(plugin.output.hasSuffix(" loss=0%;;;0;100 syn_loss=20%;;;0;100 syns=50;;;0 syns_lost=10;;;0\n"))
      #expect(try run(target, "--nagios", "--warn", "syn=20%").code == 0)
      #expect(try run(target, "--nagios", "--warn", "syn=19%").code == 1)
      #expect(try run(target, "--nagios", "--warn", "syn=5%", "--crit", "syn=19%").code == 2)
    }

    /// Each dash is a probe whose first SYN was lost; a filter that counts spreads them evenly.
    @Test func fpingAndTables() throws {
      defer { listener.stop() }
      let fping = try run(target, "--fping", "--syn")
      let dashes = fping.errors.split(separator: " ").count { $0 == "-" }
      #expect(dashes >= 8 && dashes <= 10, "\(fping.errors)")
      let table = try run(target, "--csv")
      let rows = table.output.split(separator: "\r\n").dropFirst()
      let lost = rows.compactMap { $0.split(separator: ",", omittingEmptySubsequences: false).last.flatMap { Int($0) } }
      #expect(rows.count == 40 && lost.count == 40 && lost.reduce(0, +) == 10, "\(table.output)")
      let directory = try TemporaryDirectory()
      _ = try run(target, "--html", directory.file("page.html"))
      let page = try String(contentsOfFile: directory.file("page.html"), encoding: .utf8)
      #expect(page.contains("SYNs: 50 sent, 40 answered, 10 lost; loss 20% (11.2% to 33.0%, 95 % confidence)"))
    }
  }

  /// What the exit code says where some probes of many are lost, or answered otherwise.
  @Suite(.needs(.nft)) struct ExitCodeTests {
    private static let pace = ["-c", "4", "-i", "0.01", "-W", "0.05", "--retries", "0"]

    @Test(arguments: [[], ["--syn"], ["--connect"], ["watch"]]) func ofManyProbes(_ way: [String]) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      // Of four SYNs to the open port two are lost; of those to the other none.
      try namespace.filterInput(
        "tcp dport \(listener.port) tcp flags & (syn | ack) == syn numgen inc mod 2 == 0 drop", "tcp dport 90 drop")
      func code(_ words: String...) throws -> Int32 { try Probe.run(way + words + Self.pace, in: namespace).code }
      let (open, closed, silent) = ("127.0.0.1:\(listener.port)", "127.0.0.1:9", "127.0.0.1:90")
      // With --connect the kernel sends its SYN again after a second, which is longer than is waited.
      #expect(try code(open) == 0, "lost probes alone do not fail it")
      #expect(try code(open, "--expect", "open") == 0)
      #expect(try code(closed) == 1, "closed is not open, with -c too")
      #expect(try code(closed, "--expect", "closed") == 0)
      #expect(try code(closed, "--expect", "any") == 0)
      #expect(try code(silent) == 1)
      #expect(try code(silent, "--expect", "any") == 1)
      #expect(try code(silent, "--expect", "filtered") == 0)
      #expect(try code(open, closed) == 1)
      #expect(try code(open, closed, "--expect", "any") == 0)
    }
  }
}
