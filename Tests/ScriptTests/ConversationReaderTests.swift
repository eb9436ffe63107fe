import Testing
import Timebase
import Wire

@testable import Script

/// Scripts and checks: what is read, and that every mistake is told by its line.
@Suite struct ConversationReaderTests {
  @Test(arguments: [
    ("< S. 0:0(0)", "a:1: it begins with what we send: > S 0:0(0)"),
    ("", "a:1: nothing is sent"),
    ("> S 0:0(0)\n< SX", "a:2: no flags: 'SX'"),
    ("> S 0:0(0)\n< S. moss=1", "a:2: what is 'moss=1'?"),
    ("> S 0:0(0)\n< S. within", "a:2: a time is missing"),
    ("> S 0:0(0)\n< S. within nan", "a:2: no time: 'nan'"),
    ("> S 0:0(0)\n| R fail", "a:2: '|' follows what is expected"),
    (
      "> S 0:0(0)\n< S.\n| R bad",
      "a:3: 'bad' is no verdict: pass, fail, note, inconclusive, not-applicable, error, ignore"
    ),
    ("> S 0:0(0)\n< S.\n| R fail: ", "a:3: say fail: and why, or fail alone"),
    ("> S 0:0(0)\ncollect 2 S.", "a:2: count>=N is missing"),
    ("> S 0:0(0)\nrequire mss", "a:2: say require $name<=7, not 'mss'"),
    ("> S 0:0(0)\nacks maybe", "a:2: acks on or off, not 'maybe'"),
    ("> S 0:0(0)\nfamily: 5", "a:2: the family is 4 or 6, not '5'"),
    ("> S 0:0(0)\nport: open", "a:2: the port is closed or other, not 'open'"),
    ("> S 0:2(2) \"abc\"", "a:1: the text has 3 octets, and (2) is said"),
    ("> S 0:2(2) \"ab", "a:1: no end of text: \"ab"),
    ("> S $(0)", "a:1: no variable: '$'"),
    ("> S 0:0(0) extensions=routing", "a:1: extensions are for 'family: 6'; there is no 'routing'"),
    ("> S 0:0(0)\nsay hello", "a:2: what is 'say'?"),
  ]) func mistakes(_ text: String, _ words: String) {
    #expect {
      _ = try ConversationReader.script(text, file: "a", family: .v4)
    } throws: {
      #expect("\($0)" == words)
      return $0 is ScriptMistake
    }
  }

  @Test func aScriptIsReadAsItIsWritten() throws {
    let text = """
      # What it is about
      iss: 7
      each: $a/$b = 1/x~y 2/z
      > S 0:0(0) win 65535 <mss 1460>  # a SYN
      < S. 0:0(0) ack 1 <mss $mss,*> within 3
      """
    let list = try ConversationReader.script(text, file: "a", family: .v4)
    #expect(list.count == 2 && list.allSatisfy { $0.iss == 7 && $0.isStrict && $0.steps.count == 2 })
    #expect(list.map(\.variant) == ["$a=1 $b=x y", "$a=2 $b=z"])
    guard case .expect(let pattern, .seconds(3), false, []) = list[0].steps[1].action else {
      Issue.record("\(list[0].steps[1])")
      return
    }
    #expect(
      pattern.kind == .segment([.syn, .ack]) && pattern.tests.count == 3 && pattern.options?.count == 1
        && pattern.allowsMoreOptions)
    #expect(list[0].steps.map(\.line) == [4, 5])
  }

  @Test("line ends of other systems, tabs and a byte order mark change nothing") func otherSystems() throws {
    let plain = try ConversationReader.script("> S 0:0(0)\n< S. ack 1", file: "a", family: .v4)
    let other = try ConversationReader.script("\u{feff}> S\t0:0(0)\r\n< S. ack 1\r\n", file: "a", family: .v4)
    #expect(other.first?.steps.map(\.action) == plain.first?.steps.map(\.action))
    #expect(other.first?.steps.count == 2)
  }

  @Test func onlyItsFamilyIsRead() throws {
    let text = "family: 6\n> S 0:0(0)"
    #expect(try ConversationReader.script(text, file: "a", family: .v4).isEmpty)
    #expect(try ConversationReader.script(text, file: "a", family: .v6).count == 1)
  }

  @Test("every check can be read, and has its number alone", arguments: [AddressFamily.v4, .v6])
  func checks(_ family: AddressFamily) throws {
    let all = try Checks.all(family)
    #expect(all.count >= 40)
    var names: [Int: String] = [:]
    for rule in all.compactMap(\.rule) {
      #expect(names[rule.number] ?? rule.name == rule.name, "\(rule.number)")
      names[rule.number] = rule.name
      #expect(rule.summary.hasSuffix("."), "\(rule.number): \(rule.summary)")
      #expect(rule.name.count <= 28 && rule.requirement.hasPrefix("RFC "), "\(rule.number)")
    }
    #expect(Set(names.values).count == names.count)
  }

  @Test func whichPortIsMeant() throws {
    for (line, closed, other) in [("", false, false), ("port: closed\n", true, false), ("port: other\n", false, true)] {
      let read = try #require(try ConversationReader.script(line + "> S 0:0(0)", file: "a", family: .v4).first)
      #expect(read.needsClosedPort == closed && read.needsOtherPort == other)
    }
    #expect(throws: ScriptMistake.self) {
      try ConversationReader.script("port: 80\n> S 0:0(0)", file: "a", family: .v4)
    }
  }

  @Test func theKnockIsRead() { #expect(Checks.knock.steps.count == 2 && !Checks.knock.isStrict) }

  @Test("text is written and read back", arguments: [[], [0, 9, 10, 13, 34, 92, 127, 255], Array("GET /".utf8)])
  func text(_ octets: [UInt8]) throws { #expect(try ScriptWords.text(ScriptWords.quoted(octets)) == octets) }

  @Test(
    "numbers are written and read back",
    arguments: ["0", "-1", "2147483647", "$snd.nxt", "$a+7", "$a-7"])
  func number(_ word: String) throws { #expect(try ScriptNumber(word).description == word) }
}
