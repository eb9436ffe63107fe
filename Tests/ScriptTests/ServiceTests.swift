import Handshake
import Testing
import Timebase
import Wire

@testable import Script

/// What is asked of a port that may have a service, and what its answers mean, in virtual time.
@Suite("Is there a service") struct ServiceTests {
  /// A conversation with a peer whose ISS is 1000; ours is 500.
  fileprivate struct Stage {
    var play: Play
    var now = Instant(nanoseconds: 0)

    init(_ data: [UInt8] = Array("GET\r\n\"\u{0}".utf8)) throws {
      let conversation = try #require(try Conversation.service(sending: data, family: .v4))
      let flow = Flow(
        local: Endpoint(.v4(IPv4Address(192, 0, 2, 1)), 40_000), remote: Endpoint(.v4(IPv4Address(192, 0, 2, 2)), 80))
      play = Play(conversation, flow: flow, iss: 500, setting: Play.Setting(), at: now)
    }

    mutating func sent() -> [(words: String, text: [UInt8])] {
      var list: [(String, [UInt8])] = []
      while let send = play.nextSend() {
        list.append((play.notation(of: send.segment, sender: 500, receiver: 1_000), send.text))
      }
      return list
    }

    mutating func wait(_ milliseconds: Int64) {
      now = now + .milliseconds(milliseconds)
      while let due = play.nextDeadline, due <= now { play.expire(at: due) }
    }

    mutating func come(_ flags: TCPFlags, _ seq: UInt32, ack: UInt32?, wnd: UInt16 = 1_000, text: String = "") {
      let octets = Array(text.utf8)
      var segment = Segment(
        seq: SequenceNumber(1_000 &+ seq), ack: ack.map { SequenceNumber(500 &+ $0) }, wnd: wnd,
        textLength: octets.count)
      segment.flags = flags
      play.receive(.segment(PlaySegment(segment, text: octets)), at: now)
    }
  }

  @Test("data with the ACK, again with PSH after a second, five seconds in all") func schedule() throws {
    let data = Array("GET\r\n\"\u{0}".utf8)
    var stage = try Stage(data)
    #expect(stage.sent().map(\.words) == ["S 0:0(0) win 65535 <mss 1460,sackOK,nop,wscale 7>"])
    stage.come([.syn, .ack], 0, ack: 1)
    let first = stage.sent()
    #expect(first.map(\.words) == [". 1:8(7) ack 1 win 65535"] && first.map(\.text) == [data])
    stage.wait(999)
    #expect(stage.sent().isEmpty)
    stage.wait(1)
    let second = stage.sent()
    #expect(second.map(\.words) == ["P. 1:8(7) ack 1 win 65535"] && second.map(\.text) == [data])
    stage.come(.ack, 1, ack: 8)
    stage.wait(3_999)
    #expect(stage.play.result == nil)
    stage.wait(1)
    #expect(stage.play.result?.service?.state == .acked)
    // The peer is freed of the connection.
    #expect(stage.play.closing?.segment.flags == [.rst, .ack] && stage.play.closing?.segment.seq.value == 508)
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var state: ServiceState
    var evidence: String
    var answers: @Sendable (inout ServiceTests.Answers) -> Void

    init(
      _ name: String, _ state: ServiceState, _ evidence: String = "",
      _ answers: @escaping @Sendable (inout ServiceTests.Answers) -> Void
    ) { (testDescription, self.state, self.evidence, self.answers) = (name, state, evidence, answers) }
  }

  /// What a peer does.
  struct Answers {
    fileprivate var stage: Stage
    mutating func synAck(wnd: UInt16 = 1_000) { come([.syn, .ack], 0, ack: 1, wnd: wnd) }
    mutating func come(_ flags: TCPFlags, _ seq: UInt32, ack: UInt32?, wnd: UInt16 = 1_000, text: String = "") {
      _ = stage.sent()
      stage.come(flags, seq, ack: ack, wnd: wnd, text: text)
      _ = stage.sent()
    }
    mutating func wait(_ milliseconds: Int64) {
      stage.wait(milliseconds)
      _ = stage.sent()
    }
  }

  static let rows: [Row] = [
    Row("data", .service, "P. 1:3(2) ack 8 win 1000") {
      $0.synAck()
      $0.come(.ack, 1, ack: 8)
      $0.come([.psh, .ack], 1, ack: 8, text: "hi")
    },
    Row("data after the second segment", .service, ". 1:3(2) ack 8 win 1000") {
      $0.synAck()
      $0.wait(4_900)
      $0.come(.ack, 1, ack: 8, text: "hi")
    },
    Row("a greeting before anything is acknowledged", .service, ". 1:3(2) ack 1 win 1000") {
      $0.synAck()
      $0.come(.ack, 1, ack: 1, text: "hi")
    },
    Row("no window", .zeroWindow) { $0.synAck(wnd: 0) },
    // A closed port has no initial number: its RST begins at 0.
    Row("an RST to the SYN", .closed, "R. 0:0(0) ack 1 win 0") { $0.come([.rst, .ack], 0 &- 1_000, ack: 1, wnd: 0) },
    Row("an RST to another SYN, and nothing", .silent) {
      $0.come([.rst, .ack], 0, ack: 2, wnd: 0)
      $0.wait(2_500)
    },
    Row("an RST to the data", .reset, "R 1:1(0) win 0") {
      $0.synAck()
      $0.come(.rst, 1, ack: nil, wnd: 0)
    },
    Row("an RST,ACK to the second segment", .reset, "R. 1:1(0) ack 8 win 0") {
      $0.synAck()
      $0.wait(1_500)
      $0.come([.rst, .ack], 1, ack: 8, wnd: 0)
    },
    Row("nothing at all", .silent) { $0.wait(2_500) },
    Row("a SYN-ACK, and nothing", .silent) {
      $0.synAck()
      $0.wait(5_000)
    },
    Row("a SYN-ACK that comes again is no acknowledgment", .silent) {
      $0.synAck()
      $0.wait(1_200)
      $0.synAck()
      $0.wait(3_800)
    },
    Row("a FIN without data", .acked) {
      $0.synAck()
      $0.come([.fin, .ack], 1, ack: 8)
      $0.wait(5_000)
    },
  ]

  @Test("each state", arguments: rows) func states(_ row: Row) throws {
    var answers = Answers(stage: try Stage())
    row.answers(&answers)
    let found = answers.stage.play.result?.service
    #expect(found?.state == row.state && found?.evidence == row.evidence, "\(String(describing: found))")
    let isAboutSyn = row.testDescription == "nothing at all" || row.testDescription.hasPrefix("an RST to another")
    if row.state == .silent { #expect(answers.stage.play.result?.isAboutSyn == isAboutSyn) }
  }

  @Test("as much data as there may be, of any octets") func data() throws {
    let data = (0..<Conversation.serviceDataLimit).map { UInt8(truncatingIfNeeded: $0) }
    var stage = try Stage(data)
    stage.come([.syn, .ack], 0, ack: 1)
    #expect(stage.sent().last?.text == data)
  }
}

/// What a service says by itself.
@Suite("What does it say first") struct BannerTests {
  private func play(keeps: Int = 1_024) throws -> Play {
    let conversation = try #require(try Conversation.banner(within: .milliseconds(1_500), family: .v4))
    let flow = Flow(
      local: Endpoint(.v4(IPv4Address(192, 0, 2, 1)), 40_000), remote: Endpoint(.v4(IPv4Address(192, 0, 2, 2)), 22))
    var setting = Play.Setting()
    setting.keeps = keeps
    return Play(conversation, flow: flow, iss: 500, setting: setting, at: Instant(nanoseconds: 0))
  }

  private func come(
    _ play: inout Play, _ flags: TCPFlags, _ seq: UInt32, text: String = "", at milliseconds: Int64 = 1
  ) {
    let octets = Array(text.utf8)
    var segment = Segment(
      seq: SequenceNumber(1_000 &+ seq), ack: SequenceNumber(501), wnd: 1_000, textLength: octets.count)
    segment.flags = flags
    play.receive(.segment(PlaySegment(segment, text: octets)), at: Instant(nanoseconds: milliseconds * 1_000_000))
  }

  private func wait(_ play: inout Play, until milliseconds: Int64) {
    let now = Instant(nanoseconds: milliseconds * 1_000_000)
    for _ in 0..<20 where play.result == nil {
      guard let due = play.nextDeadline, due <= now else { return }
      play.expire(at: due)
    }
  }

  private func sent(_ play: inout Play) -> [String] {
    var list: [String] = []
    while let send = play.nextSend() { list.append(play.notation(of: send.segment, sender: 500, receiver: 1_000)) }
    return list
  }

  @Test("nothing but the handshake and acknowledgments is sent") func silence() throws {
    var play = try play()
    #expect(sent(&play) == ["S 0:0(0) win 65535 <mss 1460,sackOK,nop,wscale 7>"])
    come(&play, [.syn, .ack], 0)
    #expect(sent(&play) == [". 1:1(0) ack 1 win 65535"])
    wait(&play, until: 1_500)
    #expect(play.result == nil)
    wait(&play, until: 1_700)
    #expect(play.result?.verdict == .pass && play.received.isEmpty && sent(&play).isEmpty)
  }

  @Test("octets in order, once, as many as are kept") func octets() throws {
    var play = try play(keeps: 9)
    _ = sent(&play)
    come(&play, [.syn, .ack], 0)
    come(&play, [.ack, .psh], 1, text: "SSH-", at: 20)
    // The same again with more, what lies behind a hole, and what fills it.
    come(&play, [.ack, .psh], 3, text: "H-2.", at: 30)
    come(&play, [.ack, .psh], 9, text: "xx", at: 35)
    come(&play, [.ack, .psh], 7, text: "0-test", at: 40)
    wait(&play, until: 200)
    #expect(String(decoding: play.received, as: UTF8.self) == "SSH-2.0-t" && play.result?.verdict == .pass)
  }

  @Test("what was said before a reset or a FIN counts") func ends() throws {
    for flags in [TCPFlags.rst, [.fin, .ack]] {
      var play = try play()
      _ = sent(&play)
      come(&play, [.syn, .ack], 0)
      come(&play, [.ack, .psh], 1, text: "bye", at: 20)
      come(&play, flags, 4, at: 25)
      wait(&play, until: 200)
      #expect(play.result?.verdict == .pass && play.received == Array("bye".utf8))
    }
  }

  @Test("a lost handshake is told from a silent service") func lost() throws {
    var play = try play()
    wait(&play, until: 3_000)
    #expect(play.result?.isBannerLost == true)
    play = try self.play()
    come(&play, [.syn, .ack], 0)
    come(&play, [.syn, .ack], 0, at: 1_000)
    #expect(play.result?.isBannerLost == true, "\(String(describing: play.result))")
    play = try self.play()
    come(&play, [.rst, .ack], 0)
    #expect(play.result?.isBannerLost == false && play.result?.verdict == .fail)
  }
}
