import Laboratory
import Testing

extension NetworkTests {
  /// Bad input: one clear line on standard error, exit 2, nothing sent.
  @Suite(.needs(.tcpdump, .tshark)) struct UsageTests {
    /// A command line that cannot be run, and a word that its message must have.
    struct Mistake: Sendable, CustomTestStringConvertible {
      var words: [String]
      var names: String
      var testDescription: String { words.isEmpty ? "(nothing)" : words.joined(separator: " ") }
      init(_ words: String..., names: String = "") { (self.words, self.names) = (words, names) }
    }

    static let mistakes: [Mistake] = [
      Mistake(),
      Mistake("10.77.0.2:80", "--no-such-option", names: "--no-such-option"),
      Mistake("10.77.0.2:80", "-Z", names: "-Z"),
      Mistake("--json", names: ""),
      Mistake("10.77.0.2", names: "port"),
      Mistake("10.77.0.2:", names: "port"),
      Mistake("10.77.0.2:0", names: "0"),
      Mistake("10.77.0.2:65536", names: "65536"),
      Mistake("10.77.0.2:-1", names: "-1"),
      Mistake("10.77.0.2:99999999999999999999", names: "99999999999999999999"),
      Mistake("10.77.0.2:80-70", names: "80-70"),
      Mistake("10.77.0.2:80,", names: "80,"),
      Mistake("10.77.0.2:nosuchservice", names: "nosuchservice"),
      Mistake(":80"),
      Mistake("[fd77::2:80"),
      Mistake("[fd77::zz]:80", names: "fd77::zz"),
      Mistake("host.invalid:80", names: "host.invalid"),
      Mistake("10.77.0.2:80", "-c", "-1", names: "-c"),
      Mistake("10.77.0.2:80", "-c", "many", names: "many"),
      Mistake("10.77.0.2:80", "-c", names: "-c"),
      Mistake("10.77.0.2:80", "-i", "-0.5", names: "-i"),
      Mistake("10.77.0.2:80", "-i", "nan", names: "nan"),
      Mistake("10.77.0.2:80", "-W", "0", names: "-W"),
      Mistake("10.77.0.2:80", "-W", "inf", names: "inf"),
      Mistake("10.77.0.2:80", "-w", "1e400", names: "1e400"),
      Mistake("10.77.0.2:80", "--retries", "-1", names: "--retries"),
      Mistake("10.77.0.2:80", "--ttl", "0", names: "--ttl"),
      Mistake("10.77.0.2:80", "--ttl", "256", names: "256"),
      Mistake("10.77.0.2:80", "-Q", "256", names: "256"),
      Mistake("10.77.0.2:80", "-g", "65536", names: "65536"),
      Mistake("10.77.0.2:80", "--mss", "65536", names: "65536"),
      Mistake("10.77.0.2:80", "--window", "65536", names: "65536"),
      Mistake("10.77.0.2:80", "--wscale", "256", names: "256"),
      Mistake("10.77.0.2:80", "--isn", "4294967296", names: "4294967296"),
      Mistake("10.77.0.2:80", "--flags", "SX?", names: "SX?"),
      Mistake("10.77.0.2:80", "--close", "slam", names: "slam"),
      Mistake("10.77.0.2:80", "--expect", "ajar", names: "ajar"),
      Mistake("10.77.0.2:80", "--data", "@/no/such/file", names: "/no/such/file"),
      Mistake("10.77.0.2:80", "-4", "-6", names: "-4 and -6"),
      Mistake("a.test:80", "-6", "-S", "10.77.0.1", names: "10.77.0.1"),
      Mistake("[fe80::1]:80", names: "%INTERFACE"),
      Mistake("[fe80::1%]:80", names: "zone"),
      Mistake("[fe80::1%nosuch0]:80", names: "nosuch0"),
      Mistake("[fe80::1%\(Wire.device)]:80", "-I", "lo", names: "-I is lo"),
      Mistake("http://10.77.0.2:80", names: "URL"),
      Mistake("10.77.0.2:80", "--connect", "--ttl", "1", names: "--ttl"),
      Mistake("--no\nsuch\u{1b}[31m", names: #"--no\u{a}such\u{1b}[31m"#),
      Mistake("10.77.0.2:80", "-6", names: "10.77.0.2"),
      Mistake("[fd77::2]:80", "-4", names: "fd77::2"),
      Mistake("10.77.0.2:80", "-S", "10.77.0.99", names: "10.77.0.99"),
      Mistake("10.77.0.2:80", "-S", "203.0.113.1", names: "203.0.113.1"),
      Mistake("[fd77::2]:80", "-S", "fd77::99", names: "fd77::99"),
      Mistake("10.77.0.2:80", "-S", "fd77::1", names: "10.77.0.2"),
      Mistake("10.77.0.2:80", "-I", "nosuch0", names: "nosuch0"),
      Mistake("10.77.0.255:80", names: "10.77.0.255"),
      Mistake("255.255.255.255:80", names: "255.255.255.255"),
      Mistake("224.0.0.1:80", names: "224.0.0.1"),
      Mistake("[ff02::1]:80", names: "ff02::1"),
    ]

    /// One capture over all of them: nothing at all may leave.
    @Test func nothingIsSent() throws {
      let wire = try Wire()
      let (capture, outcomes) = try Capture.on("any", of: wire.client) {
        try Self.mistakes.map { try Probe.run($0.words, in: wire.client) }
      }
      for (mistake, outcome) in zip(Self.mistakes, outcomes) {
        #expect(outcome.code == 2, "\(mistake)")
        #expect(outcome.errorLines.count == 1, "\(mistake): \(outcome.errors)")
        let isNamed = mistake.names.isEmpty || outcome.errors.contains(mistake.names)
        #expect(isNamed, "\(mistake): \(outcome.errors)")
        #expect(outcome.output == "", "\(mistake)")
        #expect(outcome.signal == nil, "\(mistake)")
      }
      #expect(try capture.packets().isEmpty)
    }

    /// The judge of `nothingIsSent` sees what is sent.
    @Test func aRightLineIsSeen() throws {
      let wire = try Wire()
      let (capture, outcome) = try Capture.on("any", of: wire.client) {
        try Probe.run("10.77.0.2:80", in: wire.client)
      }
      #expect(outcome.code == 1)
      #expect(!(try capture.packets().isEmpty))
    }

    /// A good target beside a bad one: nothing is sent to either.
    @Test func oneBadTargetIsEnough() throws {
      let wire = try Wire()
      let (capture, outcome) = try Capture.on("any", of: wire.client) {
        try Probe.run("10.77.0.2:80", "10.77.0.2:65536", in: wire.client)
      }
      #expect(outcome.code == 2)
      #expect(outcome.errorLines.count == 1)
      #expect(try capture.packets().isEmpty)
    }

    @Test func helpAndVersion() throws {
      let namespace = try Namespace()
      for words in [["-h"], ["--help"], ["-V"], ["--version"]] {
        let outcome = try Probe.run(words, in: namespace)
        #expect(outcome.code == 0, "\(words)")
        #expect(!outcome.output.isEmpty, "\(words)")
        #expect(outcome.errors == "", "\(words)")
      }
      let help = try Probe.run("-h", in: namespace).output
      for option in ["--syn", "--close", "--confirm", "--json", "--expect", "--exit-state", "--connect", "--retries"] {
        #expect(help.contains(option), "help tells of \(option)")
      }
    }
  }
}
