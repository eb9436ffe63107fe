import Testing
import Timebase
import Wire

@testable import Script

/// Files of scenarios: what is read, and that every mistake is told by its line, whatever the file has.
@Suite struct ScenarioReaderTests {
  private static let head = """
    # What it is about (RFC 9293).
    probe: --syn
    expect: state=open reason=syn-ack exit=0

    """

  @Test(arguments: [
    ("> S 0:0(0)\n< S. 0:1(0) ack 1", "a.scenario:5: the numbers of '0:1(0)' do not fit"),
    ("> S 0:0(0)\n< SX 0:0(0)", "a.scenario:5: no flags: 'SX'"),
    ("> S 0:0(0)\n< S 0:0(0) <mss>", "a.scenario:5: what option is 'mss'?"),
    ("> S 0:0(0)\n< S 0:0(0) trick=1", "a.scenario:5: what is 'trick=1'?"),
    ("> S 0:0(0)\n< S 0:0(0) quote=8", "a.scenario:5: what is 'quote=8'?"),
    ("> S 0:0(0)\n< icmp 3", "a.scenario:5: say icmp 3/1, not '3'"),
    (
      "> S 0:0(0)\n< S 0:0(0) extensions=routing",
      "a.scenario:5: extensions are for 'family: 6'; there is no 'routing'"
    ),
    ("> S 0:0(0)\nsilence", "a.scenario:5: silence for how long? say +0.2 silence"),
    ("> S. 0:0(0)", "a.scenario:4: ack goes with the flag '.'"),
    ("> S 0:0(0) checksum=bad", "a.scenario:4: what is 'checksum=bad'?"),
    ("< S 0:0(0)", "a.scenario:4: it begins with what the program sends"),
    ("! S", "a.scenario:4: what is '!'?"),
    ("expect: mood=fine", "a.scenario:4: nothing to expect is called 'mood'"),
    ("expect: state=closed", "a.scenario:4: state is said twice"),
    ("family: 5", "a.scenario:4: the family is 4 or 6, not '5'"),
    ("each: a = 1", "a.scenario:4: say each: $a/$b = 1/2 3/4"),
    ("each: $a/$b = 1", "a.scenario:4: say each: $a/$b = 1/2 3/4"),
  ]) func mistakesAreToldByFileAndLine(_ lines: String, _ words: String) throws {
    #expect {
      _ = try Scenario.all(in: Self.head + lines, file: "a.scenario")
    } throws: {
      #expect("\($0)" == words)
      return $0 is ScriptMistake
    }
  }

  @Test func anUnexplainedFileIsRefused() {
    #expect(throws: ScriptMistake.self) { try Scenario.all(in: "probe:\n> S 0:0(0)", file: "a") }
    #expect(throws: ScriptMistake.self) { try Scenario.all(in: "# Why\nprobe:\n> S 0:0(0)", file: "a") }
    #expect(throws: ScriptMistake.self) {
      try Scenario.all(in: "# RFC 1\nexpect: state=open\n> S 0:0(0)", file: "a")
    }
  }

  @Test func variablesMultiply() throws {
    let lines = "each: $a/$b = 1/x 2/y\neach: $c = p q\n> S 0:0(0)\n< S. 0:0(0) ack $a"
    let names = try Scenario.all(in: Self.head + lines, file: "a.scenario").map(\.name)
    #expect(names.count == 8)
    #expect(Set(names).count == 8)
    #expect(names.contains("a 1 p x IPv4") && names.contains("a 2 q y IPv6"))
  }

  @Test func aLineIsReadAsItIsWritten() throws {
    let lines = "> S 0:0(0)\n+0.02 < S. -1:2(3) ack 1 win 7 <mss 1460,nop 2,TS val 1 ecr echo+3> checksum=bad port=9"
    let scenario = try #require(try Scenario.all(in: Self.head + lines, file: "a.scenario").first)
    #expect(scenario.words == ["--syn"] && scenario.expected["irs"] == "peer" && scenario.expected["invalid"] == "0")
    #expect(scenario.events.map(\.line) == [4, 5] && scenario.events.map(\.delay) == [nil, .milliseconds(20)])
    guard case .sends(let packet) = scenario.events[1].action, case .segment(let segment) = packet.content else {
      Issue.record("no segment")
      return
    }
    #expect(packet.checksum == .bad && packet.port == 9)
    #expect(segment.flags == [.syn, .ack] && segment.seq == 0xffff_ffff && segment.length == 3 && segment.ack == 1)
    #expect(
      segment.options
        == [.octets([2, 4, 5, 180]), .octets([1, 1]), .timestamps(1, echo: nil, shift: 3)])
    #expect(segment.description == "S. -1:2(3) ack 1 win 7 <raw 2 4 5 180,raw 1 1,TS val 1 ecr echo+3>")
  }

  @Test(
    "what is written is read back",
    arguments: [
      "- 0:0(0)", "FSRP.UEW -2147483648:-2147483648(0) ack -1", "S 0:0(0) win 0 <>", "R 5:1405(1400) ack 2147483647",
      "P. 1:2(1) ack 1 win 65535 <raw 0 255,TS val 4294967295 ecr 0,TS val 0 ecr echo,TS val 0 ecr echo+1>",
    ]) func roundTrip(_ text: String) throws
  {
    var words = ScriptWords(text)
    let segment = try ScriptSegment(&words, isAwaited: false)
    #expect(segment.description == text)
  }

  @Test(
    "a hostile file is refused, by the line where it goes too far",
    arguments: [
      (String(repeating: "\n", count: 5_000) + "> S 0:0(0)", 1_001, "more than 1000 lines"),
      ("> S 0:0(0) " + String(repeating: "x", count: 5_000), 4, "longer than 4096 octets"),
      (
        "each: $a = " + String(repeating: "x", count: 2_000) + "\n> S 0:0(0)\n< S $a$a$a", 6,
        "longer than 4096 octets with the values of its variables"
      ),
      (
        "each: $a = 1 2 3 4 5 6 7 8\neach: $b = 1 2 3 4 5 6 7 8\neach: $c = 1 2 3 4 5 6 7 8\neach: $d = 1 2 3\n> S 0:0(0)",
        7, "more than 1024 scenarios"
      ),
      ("> S 0:0(0)\n< S 0:0(0) <nop 40,nop>", 5, "options take 40 octets at most"),
      ("> S 0:0(0)\n< S 0:0(0) <", 5, "the options have no end: <"),
      ("> S 0:0(0)\n+nan < S 0:0(0)", 5, "no time: 'nan'"),
      ("> S 99999999999999999999:0(0)", 4, "no number in -2147483648...4294967295: '99999999999999999999'"),
      ("> S 0:0(0)\n< S 0:0(0) reserved=16", 5, "no number in 0...15: '16'"),
    ]) func hostile(_ lines: String, _ line: Int, _ text: String) throws
  {
    do {
      _ = try Scenario.all(in: Self.head + lines, file: "a.scenario")
      Issue.record("it is read")
    } catch {
      #expect(error == ScriptMistake(file: "a.scenario", line: line, text: text))
    }
  }
}
