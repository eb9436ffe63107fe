import Handshake
import Judging
import Report
import Testing
import Timebase

@testable import Console

/// The lines of a check file, and what is said of those that cannot be read.
@Suite("Check files") struct CheckFileTests {
  private func checks(_ text: String, name: String) -> CheckFile { CheckFile(ListFile(text, name: name)) }

  @Test("what a line says") func lines() {
    let file = checks(
      "\u{feff}# ports\n\n web.test:80,443\topen rtt<50ms # the shop #1 \r\n[::1]:22 closed\nfe80::1 ",
      name: "ports.txt")
    #expect(file.faults.map(\.line) == [5])
    #expect(
      file.items.map(\.check.words) == ["web.test:80 open rtt<50ms", "web.test:443 open rtt<50ms", "[::1]:22 closed"])
    #expect(file.items.map(\.check.line) == [3, 3, 4])
    #expect(file.items.map(\.check.comment) == ["the shop #1", "the shop #1", nil])
    #expect(file.items.map(\.target.ports) == [[80], [443], [22]])
    #expect(file.items.map(\.target.host) == ["web.test", "web.test", "::1"])
    #expect(file.items.allSatisfy { $0.check.file == "ports.txt" })
  }

  /// A line that cannot be read, the column that is named, and what is said.
  static let faults: [(String, Int, String)] = [
    ("web.test open", 1, "'web.test' has no port; use web.test:PORT, as in web.test:443"),
    ("  :80 open", 3, "':80' has no host"),
    ("web.test:0 open", 1, "'web.test:0': '0' is not a port; ports are decimal numbers from 1 to 65535"),
    ("web.test:80", 12, "the state is missing; use open, closed, filtered, unreachable or any"),
    ("web.test:80 # open", 12, "the state is missing; use open, closed, filtered, unreachable or any"),
    ("web.test:80 refused", 13, "'refused' is not a valid state; use open, closed, filtered, unreachable or any"),
    ("web.test:80 open 50ms", 18, "'50ms' is not a condition; use rtt<50ms, or # before a comment"),
    ("web.test:80 open rtt<", 22, "rtt<: '' has no unit; use 50ms, 500us or 0.5s"),
    ("web.test:80 open rtt<50", 22, "rtt<: '50' has no unit; use 50ms, 500us or 0.5s"),
    ("web.test:80 open rtt<5x", 22, "rtt<: '5x' is not a valid time; use seconds (0.5) or a unit (10ms, 500us)"),
    ("web.test:80 open rtt<0ms", 22, "rtt<: 0ms is out of range; from 1us to 3600s"),
    ("web.test:80 filtered rtt<1s", 22, "a port that is filtered gives no answer to be timed; leave rtt<1s out"),
    ("web.test:80 open rtt<1s x", 25, "unexpected text 'x'; comments start with #"),
    ("wäb.test:80 no", 13, "'no' is not a valid state; use open, closed, filtered, unreachable or any"),
    ("a\u{0}:80 no", 7, "'no' is not a valid state; use open, closed, filtered, unreachable or any"),
  ]

  @Test("what is wrong is named by its column", arguments: faults)
  func fault(_ line: String, _ column: Int, _ message: String) {
    let file = checks("a:1 open\n" + line, name: "f")
    #expect(file.faults == [CheckFile.Fault(line: 2, column: column, message: message)])
  }

  @Test("all bad lines are told") func everyOne() {
    let file = checks("a:1 open\nb\nc:3 open\nd:4 shut\n", name: "f")
    #expect(file.faults.map(\.line) == [2, 4])
  }

  @Test("a file without a check is none", arguments: ["", "\n\n", "# nothing\n  # at all", "\u{feff}"])
  func empty(_ text: String) {
    #expect(
      checks(text, name: "f").faults.map(\.message) == [
        "no checks found; each line is HOST:PORT STATE, e.g. web.test:443 open"
      ])
  }

  @Test("no more than can be probed at once") func tooMany() {
    let file = checks("a:1-65535 open\nb:1-2 open\n", name: "f")
    #expect(file.faults.map(\.message) == ["65537 checks are too many; at most 65536 at once"])
  }

  @Test("octets at random never trap, and every fault lies in its line") func random() {
    var generator = SystemRandomNumberGenerator()
    let alphabet: [UInt8] = Array("a:8 \t\n\r#<>rtopen[]%,-./".utf8) + [0, 0x1b, 0xc3, 0xff]
    for _ in 0..<2_000 {
      let octets = (0..<Int.random(in: 0..<60, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      let text = String(decoding: octets, as: UTF8.self)
      let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
      for fault in checks(text, name: "f").faults {
        #expect(
          lines.indices.contains(fault.line - 1) && (1...lines[fault.line - 1].count + 1).contains(fault.column),
          "\(octets)")
      }
    }
  }

  @Test(
    "thresholds",
    arguments: [
      ("50ms", PluginThreshold(rtt: .milliseconds(50))), ("20%", PluginThreshold(loss: 20)),
      ("0.5s,0%", PluginThreshold(rtt: .milliseconds(500), loss: 0)),
      ("20%,50ms", PluginThreshold(rtt: .milliseconds(50), loss: 20)), ("syn=5%", PluginThreshold(synLoss: 5)),
      ("50ms,20%,syn=0%", PluginThreshold(rtt: .milliseconds(50), loss: 20, synLoss: 0)),
    ])
  func thresholds(_ text: String, _ threshold: PluginThreshold) throws {
    #expect(try OptionValue<PluginThreshold>.threshold.parse(text, "--warn") == threshold)
  }

  @Test(
    "thresholds that are none",
    arguments: [
      "", ",", "50", "50ms,", "50ms,20", "1ms,2ms", "20%,20%", "101%", "x%", "syn=", "syn=5", "syn=101%", "syn=-1%",
      "syn=5%,syn=6%", "SYN=5%", "syn=5%,",
    ])
  func noThreshold(_ text: String) {
    #expect(
      refusal { () throws(UsageError) in _ = try OptionValue<PluginThreshold>.threshold.parse(text, "--warn") } != nil)
  }

  @Test(
    "what excludes each other",
    arguments: [
      (["--warn", "1ms"], "--warn needs --nagios as well"),
      (
        ["--nagios", "--warn", "50ms", "--crit", "20ms"],
        "--crit 20ms is below --warn 50ms; swap them, or raise --crit"
      ),
      (
        ["--nagios", "--warn", "1s,50%", "--crit", "2s,40%"],
        "--crit 40% is below --warn 50%; swap them, or raise --crit"
      ),
      (
        ["--nagios", "--warn", "syn=6%", "--crit", "syn=5%"],
        "--crit syn=5% is below --warn syn=6%; swap them, or raise --crit"
      ),
      (["--nagios", "--json"], "--nagios and --json cannot be used together"),
      (["--nagios", "--exit-state"], "--nagios and --exit-state cannot be used together"),
      (["--fping", "--nagios"], "--nagios and --fping cannot be used together"),
      (["--fping", "--json"], "--fping and --json cannot be used together"),
      (["--nagios", "--csv"], "--nagios and --csv cannot be used together"),
      (["--fping", "--csv"], "--fping and --csv cannot be used together"),
      (["--csv", "--json"], "--csv and --json cannot be used together"),
      (["--csv", "--packet-trace"], "--csv and --packet-trace cannot be used together"),
      (["--fping", "-c", "0"], "--fping needs a finite -c"),
      (["--fping", "-c", "10001"], "--fping supports at most 10000 probes per target"),
    ])
  func contradictions(_ words: [String], _ message: String) {
    #expect(refusal { () throws(UsageError) in _ = try plainSettings(words) } == message)
  }

  @Test(
    "of the forms of a check one at a time",
    arguments: [
      ["--tap", "--json"], ["--tap", "--csv"], ["--csv", "--json"], ["--tap", "--nagios"], ["--csv", "--nagios"],
      ["-c", "0"],
    ])
  func forms(_ words: [String]) {
    let message = refusal { () throws(UsageError) in _ = try Verb.check.perform(words + ["/dev/null"]) }
    #expect(message != nil && message?.contains("no checks found") == false, "\(message ?? "")")
  }

  @Test("as many checks as can be made at once") func most() {
    let file = checks("a:1-65535 open\nb:1 open\n", name: "f")
    #expect(file.faults.isEmpty && file.items.count == 65_536)
  }

  @Test("a number sign within a word belongs to it") func signs() {
    #expect(ListFile.Line("a#b #c", number: 1).words.map(\.text) == ["a#b"])
    #expect(ListFile.Line("a#b #c", number: 1).comment == "c")
    #expect(ListFile.Line("# a", number: 1).comment == "a")
  }

  @Test("a port that is closed answers, and in time or not") func closedInTime() {
    let file = checks("a:1 closed rtt<5ms\n", name: "f")
    #expect(file.faults.isEmpty && file.items.map(\.check.words) == ["a:1 closed rtt<5ms"])
  }
}
