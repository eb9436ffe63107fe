import Handshake
import Testing
import Timebase
import Wire

@testable import Script

/// Conversations as they are played, in virtual time: what is sent when, and what every answer means.
@Suite struct PlayTests {
  /// A conversation with a peer whose ISS is 1000; ours is 500.
  fileprivate struct Stage {
    var play: Play
    var now = Instant(nanoseconds: 0)

    init(_ text: String, isStrict: Bool = true, family: AddressFamily = .v4) throws {
      var conversation = try #require(try ConversationReader.script(text, file: "s", family: family).first)
      conversation.isStrict = isStrict
      let flow = Flow(
        local: Endpoint(.v4(IPv4Address(192, 0, 2, 1)), 40_000), remote: Endpoint(.v4(IPv4Address(192, 0, 2, 2)), 80))
      play = Play(conversation, flow: flow, iss: 500, setting: Play.Setting(request: Array("GET\r\n".utf8)), at: now)
    }

    /// What is sent now, in the script's notation.
    mutating func sent() -> [String] {
      var list: [String] = []
      while let send = play.nextSend() {
        list.append(play.notation(of: send.segment, sender: 500, receiver: 1000))
      }
      return list
    }

    mutating func wait(_ milliseconds: Int64) {
      now = now + .milliseconds(milliseconds)
      while let due = play.nextDeadline, due <= now { play.expire(at: due) }
    }

    mutating func come(
      _ flags: TCPFlags, _ seq: UInt32, ack: UInt32? = nil, text: String = "", options: [UInt8] = [], ttl: UInt8 = 64,
      window: UInt16 = 1_000
    ) throws {
      let octets = Array(text.utf8)
      var segment = Segment(
        seq: SequenceNumber(1000 &+ seq), ack: ack.map { SequenceNumber(500 &+ $0) }, flags: flags, wnd: window,
        options: try TCPOptionList(raw: options.span.raw), textLength: octets.count)
      segment.flags = flags
      play.receive(.segment(PlaySegment(segment, text: octets, timeToLive: ttl)), at: now)
    }
  }

  @Test func aHandshakeIsPlayed() throws {
    var stage = try Stage("> S 0:0(0) win 7 <mss 1460>\n< S. 0:0(0) ack 1\n+0.2 > . 1:1(0) ack 1\nsilence 0.3")
    #expect(stage.sent() == ["S 0:0(0) win 7 <mss 1460>"])
    try stage.come([.syn, .ack], 0, ack: 1)
    #expect(stage.sent().isEmpty)
    stage.wait(199)
    #expect(stage.sent().isEmpty)
    stage.wait(1)
    #expect(stage.sent() == [". 1:1(0) ack 1 win 65535"])
    stage.wait(299)
    #expect(stage.play.result == nil)
    stage.wait(1)
    #expect(stage.play.result?.verdict == .pass && stage.play.closing != nil)
    #expect(stage.play.exchange.map(\.isSent) == [true, false, true])
    #expect(stage.play.exchange[1].text == "S. 0:0(0) ack 1 win 1000" && stage.play.exchange[1].line == 2)
  }

  @Test(
    "the first difference decides, by its line",
    arguments: [
      ("< S. 0:0(0) ack 2", [.syn, .ack], 1), ("< S. 5:5(0) ack 1 ", [.syn, .ack], 1), ("< S 0:0(0)", [.syn, .ack], 1),
      ("< S. win>1000", [.syn, .ack], 1), ("< S. has:mss", [.syn, .ack], 1), ("< S. ttl=63", [.syn, .ack], 1),
      ("silence 0.1", [.syn, .ack], 1),
    ] as [(String, TCPFlags, UInt32)])
  func difference(_ line: String, _ flags: TCPFlags, _ ack: UInt32) throws {
    var stage = try Stage("> S 0:0(0)\n" + line)
    try stage.come(flags, 0, ack: ack)
    #expect(stage.play.result?.verdict == .fail && stage.play.result?.line == 2, "\(line)")
    #expect(stage.play.result?.isBySilence == false)
  }

  /// Data is sent for as long as the peer's window has room, and no further than that.
  @Test func fillUntilTheWindowIsClosed() throws {
    var stage = try Stage("> S 0(0)\n< S. 0(0) ack 1\nfill 9000 within 2\n| else note: it reads on")
    _ = stage.sent()
    try stage.come([.syn, .ack], 0, ack: 1)
    #expect(stage.sent() == [". 1:537(536) ack 1 win 65535", ". 537:1001(464) ack 1 win 65535"])
    try stage.come(.ack, 1, ack: 1_001)
    #expect(stage.sent().count == 2 && stage.play.numbers.sndNxt == 2_001, "the window of 1000 bytes is open again")
    try stage.come(.ack, 1, ack: 2_001, window: 0)
    #expect(stage.play.result?.verdict == .pass)
    stage = try Stage("> S 0(0)\n< S. 0(0) ack 1\nfill 600 within 2\n| else note: it reads on")
    try stage.come([.syn, .ack], 0, ack: 1)
    #expect(stage.sent().count == 3 && stage.play.numbers.sndNxt == 601)
    stage.wait(2_000)
    #expect(stage.play.result?.verdict == .note)
  }

  @Test(arguments: [(2, PlayVerdict.pass), (1, .fail)]) func whatWasCountedIsANumber(
    _ count: Int, _ verdict: PlayVerdict
  ) throws {
    var stage = try Stage("> S 0(0)\ncollect 1 S. count>=0\nrequire $count>=2\nrequire $request=5")
    for _ in 0..<count { try stage.come([.syn, .ack], 0, ack: 1) }
    stage.wait(1_000)
    #expect(stage.play.result?.verdict == verdict)
  }

  @Test func silenceIsAFailureOfItsOwnKind() throws {
    var stage = try Stage("> S 0:0(0)\n< S. within 0.5")
    stage.wait(499)
    #expect(stage.play.result == nil)
    stage.wait(1)
    #expect(stage.play.result?.verdict == .fail && stage.play.result?.isBySilence == true)
    #expect(stage.play.closing == nil)
  }

  @Test func alternativesDecide() throws {
    let text = "> S 0:0(0)\n< S. ack 2\n| S. ack 1 note: off by one\n| R. not-applicable: closed\n| * error"
    var stage = try Stage(text)
    try stage.come([.syn, .ack], 0, ack: 1)
    #expect(stage.play.result?.verdict == .note && stage.play.result?.words.hasPrefix("off by one: S.") == true)
    stage = try Stage(text)
    try stage.come([.rst, .ack], 0, ack: 1)
    #expect(stage.play.result?.verdict == .notApplicable)
    stage = try Stage(text)
    try stage.come([.fin], 0)
    #expect(stage.play.result?.verdict == .error)
  }

  @Test func whatNoLineIsAboutIsPassedOverInAChecksAndUntil() throws {
    var stage = try Stage("> S 0:0(0)\n< F.\n", isStrict: true)
    try stage.come([.syn, .ack], 0, ack: 1)
    #expect(stage.play.result?.verdict == .fail)
    stage = try Stage("> S 0:0(0)\nuntil F.\n", isStrict: true)
    try stage.come([.syn, .ack], 0, ack: 1)
    #expect(stage.play.result == nil)
    try stage.come([.fin, .ack], 1, ack: 1)
    #expect(stage.play.result?.verdict == .pass)
  }

  @Test func variablesAreCapturedAndCompared() throws {
    let text = "> S 0:0(0)\n< S. <mss $mss>\nrequire $mss<=536 | else note: large\n> . 1(0) ack $mss"
    var stage = try Stage(text)
    try stage.come([.syn, .ack], 0, ack: 1, options: [2, 4, 1, 0])
    _ = stage.sent()
    #expect(stage.play.result?.verdict == .pass)
    #expect(stage.play.numbers.captured == [PlayNumbers.Captured(name: "mss", value: 256)])
    stage = try Stage(text)
    try stage.come([.syn, .ack], 0, ack: 1, options: [2, 4, 5, 180])
    #expect(stage.play.result?.verdict == .note && stage.sent().last == ". 1:1(0) ack 1460 win 65535")
  }

  @Test func textIsAcknowledgedByItselfInChecks() throws {
    let text = "> S 0:0(0)\n< S.\n> . 1(0) ack 1\nask\n< ? len>0\n> . 7(0) ack $rcv.nxt"
    var stage = try Stage(text, isStrict: false)
    try stage.come([.syn, .ack], 0, ack: 1)
    #expect(stage.sent() == ["S 0:0(0) win 65535", ". 1:1(0) ack 1 win 65535", "P. 1:6(5) ack 1 win 65535"])
    try stage.come([.ack], 1, ack: 6, text: "abc")
    #expect(stage.sent() == [". 6:6(0) ack 4 win 65535", ". 7:7(0) ack 4 win 65535"])
    #expect(stage.play.result?.verdict == .pass)
  }

  @Test func agreedTimestampsGoOn() throws {
    var stage = try Stage("> S 0:0(0) <TS val 9 ecr 0>\n< S.\n+0.05 > . 1(0) ack 1", isStrict: false)
    try stage.come([.syn, .ack], 0, ack: 1, options: [8, 10, 0, 0, 0, 5, 0, 0, 0, 9])
    stage.wait(50)
    #expect(stage.sent().last == ". 1:1(0) ack 1 win 65535 <nop,nop,TS val 59 ecr 5>")
  }

  @Test("a greeting breaks no silence of a check, and its numbers are not the check's") func greeting() throws {
    let text = "> S 0:0(0)\n< S.\n> . 1(0) ack 1\n> P 1(1)\nsilence 0.4\n> R 99(0)\n< . 1(0) ack 1"
    var stage = try Stage(text, isStrict: false)
    try stage.come([.syn, .ack], 0, ack: 1)
    try stage.come([.psh, .ack], 1, ack: 1, text: "220 hello")
    stage.wait(400)
    #expect(stage.play.result == nil)
    try stage.come([.ack], 10, ack: 1)
    #expect(stage.play.result?.verdict == .pass)
    // Text that acknowledges what must not be taken is an answer to it.
    stage = try Stage(text, isStrict: false)
    try stage.come([.syn, .ack], 0, ack: 1)
    try stage.come([.psh, .ack], 1, ack: 2, text: "220 hello")
    #expect(stage.play.result?.verdict == .fail)
    // In a script nothing is passed over.
    stage = try Stage(text, isStrict: true)
    try stage.come([.syn, .ack], 0, ack: 1)
    try stage.come([.psh, .ack], 1, ack: 1, text: "220 hello")
    #expect(stage.play.result?.verdict == .fail)
  }

  @Test("what was sent ahead of a hole counts once that is filled: the last RST is exact") func holes() throws {
    var stage = try Stage("> S 0:0(0)\n< S.\n> . 1(0) ack 1\n> P. 6(5) ack 1\n> P. 1(5) ack 1\n< . ack 11")
    try stage.come([.syn, .ack], 0, ack: 1)
    try stage.come([.ack], 1, ack: 11)
    #expect(stage.play.result?.verdict == .pass)
    #expect(stage.play.closing?.segment.seq == SequenceNumber(511))
  }

  @Test func packetsAreCounted() throws {
    let text = "> S 0:0(0)\n< S.\ncollect 2 S. count>=2"
    var stage = try Stage(text, isStrict: false)
    try stage.come([.syn, .ack], 0, ack: 1)
    for _ in 0..<2 {
      stage.wait(500)
      try stage.come([.syn, .ack], 0, ack: 1)
    }
    stage.wait(1_000)
    #expect(stage.play.result?.verdict == .pass && stage.play.result?.words == "after 0.5, 1 s")
    stage = try Stage(text, isStrict: false)
    try stage.come([.syn, .ack], 0, ack: 1)
    stage.wait(2_000)
    #expect(stage.play.result?.verdict == .fail && stage.play.result?.words == "0 of 2 came")
  }

  @Test func whatIsWrongOnPurposeDoesNotMoveSndNxt() throws {
    var stage = try Stage(
      "> S 0:0(0)\n< S.\n> P. 1(3) ack 1 checksum=bad\n> P. $snd.nxt(2) ack 1\n> R 99(0)\n> R $snd.nxt(0)")
    try stage.come([.syn, .ack], 0, ack: 1)
    #expect(stage.sent().suffix(3) == ["P. 1:3(2) ack 1 win 65535", "R 99:99(0) win 0", "R 3:3(0) win 0"])
    // The peer was reset by the script itself.
    #expect(stage.play.closing == nil)
  }

  /// A closed port sends no SYN: its numbers count from 0, as those of a segment of ours that acknowledges it do.
  @Test(arguments: [(UInt32(5_000), PlayVerdict.pass), (0, .fail), (5_001, .fail)])
  func numbersOfAPeerWithoutSyn(_ seq: UInt32, _ verdict: PlayVerdict) throws {
    var stage = try Stage("> . 7:7(0) ack 5000\n< R seq=5000\n| R fail: another number", isStrict: false)
    #expect(stage.sent() == [". 7:7(0) ack 4000 win 65535"], "written from the stage's ISS of the peer, 1000")
    try stage.come(.rst, seq &- 1_000)
    #expect(stage.play.result?.verdict == verdict)
    #expect(stage.play.exchange.last?.text == "R \(seq):\(seq)(0) win 1000")
  }

  @Test func copiesAreSent() throws {
    let stage = try Stage("> S 0:0(0) copies=200\nsilence 0.1")
    var play = stage.play
    #expect(play.nextSend()?.copies == 200)
    for word in ["copies=0", "copies=1001", "copies=x"] {
      #expect(throws: ScriptMistake.self) { try Stage("> S 0:0(0) \(word)") }
    }
  }

  @Test func manyPacketsAreToldByTheirNumber() throws {
    var stage = try Stage("> S 0:0(0)\ncollect 1 S. count>=20", isStrict: false)
    for _ in 0..<30 { try stage.come([.syn, .ack], 0, ack: 1) }
    stage.wait(1_000)
    #expect(stage.play.result?.words == "30 in 0 s")
  }

  /// A copy breaks no silence, unless a line is about it.
  @Test func aCopyIsNoAnswerUnlessALineIsAboutIt() throws {
    let text = "> S 0:0(0)\n< S. ack 1\nsilence 1"
    for (line, verdict) in [("", PlayVerdict.pass), ("\n| S. note: again", .note), ("\n| S.+ win>2000 fail", .pass)] {
      var stage = try Stage(text + line, isStrict: false)
      try stage.come([.syn, .ack], 0, ack: 1)
      stage.wait(500)
      try stage.come([.syn, .ack], 0, ack: 1)
      stage.wait(500)
      #expect(stage.play.result?.verdict == verdict, "\(line)")
      stage = try Stage(text + line, isStrict: true)
      try stage.come([.syn, .ack], 0, ack: 1)
      stage.wait(500)
      try stage.come([.syn, .ack], 0, ack: 1)
      #expect(line == "\n| S. note: again" || stage.play.result?.verdict == .fail, "a script says all that comes")
    }
  }

  /// A segment without ACK is dropped once there is a connection: SND.NXT stays.
  @Test(arguments: [("F 1(0)", 1), ("P 1(3)", 1), ("P. 1(3) ack 1", 4), ("F. 1(0) ack 1", 2)])
  func whatIsDroppedDoesNotMoveSndNxt(_ segment: String, _ next: UInt32) throws {
    var stage = try Stage("> S 0:0(0)\n< S. ack 1\n> \(segment)\nsilence 1")
    try stage.come([.syn, .ack], 0, ack: 1)
    #expect(stage.play.numbers.sndNxt == next)
  }
}

extension PlayTests {
  private static let opened = "> S 0:0(0)\n< S. 0:0(0) ack 1\n> . 1:1(0) ack 1\n"

  /// What the peer sends begins the silence again, and keep-alive segments of its own are answered.
  @Test func idleness() throws {
    var stage = try Stage(Self.opened + "idle 5 within 12\n| R+ fail: rst\n| silence fail: busy", isStrict: false)
    try stage.come([.syn, .ack], 0, ack: 1)
    #expect(stage.sent().count == 2)
    stage.wait(4_000)
    try stage.come(.ack, 0, ack: 1)
    #expect(stage.sent() == [". 1:1(0) ack 1 win 65535"], "a keep-alive segment")
    stage.wait(4_999)
    #expect(stage.play.result == nil)
    stage.wait(1)
    #expect(stage.play.result?.verdict == .pass)
    stage = try Stage(Self.opened + "idle 5 within 12\n| R+ fail: rst\n| silence fail: busy", isStrict: false)
    try stage.come([.syn, .ack], 0, ack: 1)
    for _ in 0..<3 {
      stage.wait(3_500)
      try stage.come(.ack, 1, ack: 1)
    }
    #expect(stage.sent().count == 2, "an ordinary acknowledgment is not answered")
    stage.wait(1_500)
    #expect(stage.play.result?.words == "busy" && stage.play.elapsed == .zero)
    stage = try Stage(Self.opened + "idle 5 within 12\n| R+ fail: rst", isStrict: false)
    try stage.come([.syn, .ack], 0, ack: 1)
    try stage.come(.rst, 1)
    #expect(stage.play.result?.words == "rst: R 1:1(0) win 1000")
  }

  /// A sign of life is asked for a number of times; what acknowledges everything is one.
  @Test func keepAliveSegments() throws {
    let text = Self.opened + "keepalive 3 within 1\n| R+ fail: rst\n| F+ fail: fin\n| silence fail: silent"
    var stage = try Stage(text, isStrict: false)
    try stage.come([.syn, .ack], 0, ack: 1)
    #expect(stage.sent().last == ". 0:0(0) ack 1 win 65535")
    stage.wait(999)
    #expect(stage.sent().isEmpty)
    stage.wait(1)
    #expect(stage.sent() == [". 0:0(0) ack 1 win 65535"])
    try stage.come(.ack, 1, ack: 0)
    #expect(stage.play.result == nil, "it does not acknowledge our SYN")
    try stage.come(.ack, 1, ack: 1)
    #expect(stage.play.result?.verdict == .pass)
    stage = try Stage(text, isStrict: false)
    try stage.come([.syn, .ack], 0, ack: 1)
    stage.wait(2_999)
    #expect(stage.play.result == nil && stage.sent().count == 5)
    stage.wait(1)
    #expect(stage.play.result?.words == "silent" && stage.play.result?.isBySilence == true && stage.sent().isEmpty)
    for (flags, words) in [(TCPFlags.rst, "rst"), ([.fin, .ack], "fin")] {
      stage = try Stage(text, isStrict: false)
      try stage.come([.syn, .ack], 0, ack: 1)
      try stage.come(flags, 1, ack: flags == .rst ? nil : 1)
      #expect(stage.play.result?.words.hasPrefix("\(words): ") == true)
    }
  }

  @Test(arguments: ["idle 5", "idle x within 3", "keepalive 3", "keepalive 0 within 1", "keepalive 101 within 1"])
  func silencesThatAreNone(_ line: String) {
    #expect(throws: ScriptMistake.self) { try Stage(Self.opened + line) }
  }
}
