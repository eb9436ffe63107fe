import Testing
import Timebase
import Wire

@testable import Console

/// The default verb's options, and what of them contradicts itself.
@Suite("Settings") struct SettingsTests {
  @Test("options arrive where they belong") func settings() throws {
    let run = try plainSettings(
      "-c", "3", "-i", "10ms", "-W", "2", "-w", "5", "--retries", "4", "-6", "-n", "-I", "lo", "-S", "::1", "-g",
      "4000",
      "--ttl", "9", "-Q", "0x10", "--flags", "SEC", "--window", "1", "--mss", "2", "--wscale", "3", "--no-sack",
      "--no-timestamps", "--isn", "4294967295", "--data", "hi", "--close", "rst", "-q", "-v", "-D", "--packet-trace",
      "--json", "--expect", "closed", "--exit-state", "--no-color")
    let plan = run.plan
    #expect((run.schedule.count, run.schedule.interval, run.schedule.deadline) == (3, .milliseconds(10), .seconds(5)))
    #expect((plan.wait, plan.retries, plan.close, plan.iss) == (.seconds(2), 4, .rst, .max))
    #expect((run.family, run.isNumeric, run.interface, run.source, run.sourcePort) == (.v6, true, "lo", "::1", 4000))
    #expect((run.ipFields.hopLimit, run.ipFields.trafficClass) == (9, 16))
    #expect((plan.flags, run.window, run.maximumSegmentSize) == ([.syn, .ece, .cwr], 1, 2))
    #expect((plan.offer.windowScale, plan.offer.sack, plan.offer.timestamps) == (3, false, false))
    #expect(plan.data == Array("hi".utf8))
    let shown = run.presentation
    #expect((shown.isQuiet, shown.isVerbose, shown.timeFormat) == (true, true, .unix))
    #expect((shown.tracesPackets, shown.format, shown.allowsColor) == (true, .json, false))
    #expect(run.expected == .refused && run.exitsWithState)
  }

  @Test("the later of two options counts; -c 0 has no end") func laterCounts() throws {
    let run = try plainSettings("-c", "5", "-c", "0", "--sack", "--no-sack", "--sack", "--no-wscale", "-4", "-4")
    #expect(run.schedule.count == nil)
    #expect(run.plan.offer.sack && run.plan.offer.windowScale == nil)
    #expect(run.family == .v4)
  }

  /// Options that exclude each other, and what must be said of them.
  struct Contradiction: Sendable, CustomTestStringConvertible {
    var words: [String]
    var message: String
    var testDescription: String { words.joined(separator: " ") }
    init(_ words: String..., says message: String) { (self.words, self.message) = (words, message) }
  }

  static let contradictions =
    [
      Contradiction("-4", "-6", says: "-4 and -6 cannot be used together"),
      Contradiction(
        "--syn", "--confirm",
        says: "--confirm and --syn cannot be used together: --confirm needs the whole handshake"),
      Contradiction(
        "--syn", "--connect", says: "--connect and --syn cannot be used together: connect() makes whole connections"),
      Contradiction(
        "--flags", "SA", "--confirm",
        says: "--confirm needs a handshake, but --flags asks for none; leave one of them out"),
      Contradiction(
        "--syn", "--data", String(repeating: "x", count: 1221),
        says: "--data: at most 1220 bytes fit into the first segment"),
      Contradiction(
        "--svg", "x", "-c", "2",
        says: "--svg draws a single connection; leave -c out and name one port, or use --html FILE"),
      Contradiction("--html", "", says: "--html needs the name of a file, or - for standard output"),
      Contradiction("--data", String(repeating: "x", count: (16 << 20) + 1), says: "--data: at most 16 MiB"),
      Contradiction(
        "--flags", "XYZ", says: "--flags: 'XYZ' is not a set of flags; use letters of FSRPAUECN, as in SA, or none"),
    ]
    + [
      ["--confirm"], ["--data", "x"], ["--flags", "SE"], ["--packet-trace"], ["--svg", "x"], ["--pcap", "x"],
      ["--isn", "0"], ["--window", "1"], ["--mss", "1"], ["--wscale", "1"], ["--no-wscale"], ["--no-sack"],
      ["--no-timestamps"],
      ["--ttl", "1"], ["-Q", "1"],
    ].map { words in
      var contradiction = Contradiction("--connect", says: "\(words[0]) needs raw sockets; leave --connect out")
      contradiction.words += words
      return contradiction
    }

  @Test("contradictions", arguments: contradictions) func contradiction(_ contradiction: Contradiction) {
    let message = refusal { () throws(UsageError) in _ = try plainSettings(contradiction.words) }
    #expect(message == contradiction.message)
  }

  @Test("data from a file that is not there, or that has no end") func dataFiles() {
    #expect(
      refusal { () throws(UsageError) in _ = try plainSettings("--data", "@/no/such") }?.contains("ENOENT") == true)
    #expect(
      refusal { () throws(UsageError) in _ = try plainSettings("--data", "@/dev/zero") }?.contains("EFBIG") == true)
    #expect(refusal { () throws(UsageError) in _ = try plainSettings("--data", "@/") }?.contains("EISDIR") == true)
  }

  @Test(
    "what is just allowed",
    arguments: [
      ["--syn", "--data", String(repeating: "x", count: 1220)],
      ["--flags", "SE", "--data", String(repeating: "x", count: 9_999)],
      ["--fping", "-c", "10000"], ["--data", String(repeating: "x", count: 1221)],
    ])
  func allowed(_ words: [String]) {
    #expect(refusal { () throws(UsageError) in _ = try plainSettings(words) } == nil)
  }

  @Test("crafted flags and a picture have their limits too") func others() throws {
    let long = ["--flags", "SA", "--data", String(repeating: "x", count: 1221)]
    let message = refusal { () throws(UsageError) in _ = try plainSettings(long) }
    #expect(message == "--data: at most 1220 bytes fit into the first segment")
    func picture(_ words: [String]) -> String? {
      refusal { () throws(UsageError) in
        var settings = try plainSettings("--svg", "x")
        settings.targets = try TargetParser.targets(words)
        try settings.check()
      }
    }
    let refused = "--svg draws a single connection; leave -c out and name one port, or use --html FILE"
    #expect(picture(["a:1,2"]) == refused && picture(["a:1", "b:1"]) == refused && picture(["a:1"]) == nil)
  }
}
