import Script
import Testing

@testable import Laboratory

extension LaboratoryTests {
  /// The player of scenarios: each kind of expectation can fail.
  @Suite struct ScenarioTests {
    private static let head = """
      # What it is about (RFC 9293).
      probe: --syn
      expect: state=open reason=syn-ack exit=0

      """

    /// Plays lines, without network or clock, against what a program sends and when.
    private func play(
      _ lines: String, family: Int = 4, _ sent: [(Double, PeerSegment)], end: Double = 9
    ) throws -> (complaints: [String], replies: [Reply]) {
      let scenarios = try Scenario.all(in: Self.head + lines, file: "a.scenario")
      let scenario = try #require(scenarios.first { $0.family == family })
      var player = ScenarioPlayer(scenario, address: [10, 9, 0, 2], other: [10, 9, 0, 102])
      var replies: [Reply] = []
      for (time, segment) in sent { replies += player.receive(segment, at: time) }
      player.end(at: end)
      return (player.complaints, replies)
    }

    private static let isn: UInt32 = 0xffff_fff0

    private func segment(
      _ flags: PeerSegment.Flags, _ seq: UInt32, ack: UInt32 = 0, text: Int = 0,
      change: (inout PeerSegment) -> Void = { _ in }
    ) -> PeerSegment {
      var segment = PeerSegment(
        source: [10, 9, 0, 1], destination: [10, 9, 0, 2], sourcePort: 4000, destinationPort: 80, seq: Self.isn &+ seq,
        ack: ScenarioPlayer.theirs &+ ack, flags: flags, payload: [UInt8](repeating: 0, count: text))
      change(&segment)
      return segment
    }

    private static let plain = "> S 0:0(0)\n< S. 0:0(0) ack 1\n+0.1 > R 1:1(0)\n+0.2 silence"

    @Test func whatIsAsToldIsNoComplaint() throws {
      let (complaints, replies) = try play(Self.plain, [(1, segment(.syn, 0)), (1.1, segment(.rst, 1))])
      #expect(complaints == [])
      #expect(replies.map(\.after) == [0])
      let answer = try #require(replies.first.flatMap { PeerSegment(packet: $0.packet) })
      #expect(answer.flags == [.syn, .ack])
      #expect(answer.seq == ScenarioPlayer.theirs)
      #expect(answer.ack == Self.isn &+ 1)
    }

    @Test func everyFieldOfWhatIsSentIsCompared() throws {
      let lines = "> S 0:0(0)\n< S. 0:0(0) ack 1\n> P. 1:4(3) ack 1 win 65000"
      let right = segment([.psh, .ack], 1, ack: 1, text: 3)
      #expect(try play(lines, [(1, segment(.syn, 0)), (1, right)]).complaints == [])
      let wrongs: [PeerSegment] = [
        segment(.ack, 1, ack: 1, text: 3), segment([.psh, .ack], 2, ack: 1, text: 3),
        segment([.psh, .ack], 1, ack: 2, text: 3), segment([.psh, .ack], 1, ack: 1, text: 2),
        segment([.psh, .ack], 1, ack: 1, text: 3) { $0.window = 1 },
      ]
      for wrong in wrongs {
        let complaints = try play(lines, [(1, segment(.syn, 0)), (1, wrong)]).complaints
        #expect(complaints.count == 1)
        #expect(complaints.first?.hasPrefix("line 6: > ") == true, "\(complaints)")
      }
    }

    @Test func whatIsSentToOthersIsAComplaint() throws {
      for change in [{ $0.destination[3] = 102 }, { $0.destinationPort = 81 }] as [(inout PeerSegment) -> Void] {
        let complaints = try play(Self.plain, [(1, segment(.syn, 0)), (1.1, segment(.rst, 1, change: change))])
          .complaints
        #expect(complaints.count == 1)
        #expect(complaints.first?.contains("somebody else") == true)
      }
    }

    @Test(arguments: [
      (1.04, "too soon"), (1.9, "too late"),
    ]) func timeIsKept(_ time: Double, _ words: String) throws {
      let complaints = try play(Self.plain, [(1, segment(.syn, 0)), (time, segment(.rst, 1))]).complaints
      #expect(complaints.count == 1)
      #expect(complaints.first?.contains(words) == true, "\(complaints)")
      #expect(complaints.first?.hasPrefix("line 6") == true, "\(complaints)")
    }

    @Test func nothingMayFollowAndNothingMayBeMissing() throws {
      let (syn, rst) = (segment(.syn, 0), segment(.rst, 1))
      #expect(try play(Self.plain, []).complaints == ["line 4: nothing was sent"])
      #expect(try play(Self.plain, [(1, syn)]).complaints == ["line 6: nothing was sent"])
      #expect(
        try play(Self.plain, [(1, syn), (1.1, rst), (1.2, rst)]).complaints.first?.contains("after the last") == true)
      #expect(try play(Self.plain, [(1, syn), (1.1, rst)], end: 1.2).complaints.first?.contains("silence") == true)
      let late = "> S 0:0(0)\n+0.5 < S. 0:0(0) ack 1"
      #expect(
        try play(late, [(1, syn)], end: 1.2).complaints == ["the program ended 300 ms before the peer's last packet"])
    }

    @Test func silenceIsKept() throws {
      let lines = "> S 0:0(0)\n+0.2 silence\n> R 1:1(0)"
      let (syn, rst) = (segment(.syn, 0), segment(.rst, 1))
      #expect(try play(lines, [(1, syn), (1.3, rst)]).complaints == [])
      #expect(try play(lines, [(1, syn), (1.1, rst)]).complaints.first?.contains("into the silence") == true)
    }

    @Test func everyWordOfTheAnswerIsCompared() throws {
      let packet = #"{"type":"packet","refused":"bad-quote"}"#
      let connection = """
        {"type":"connection","state":"open","reason":"syn-ack","isn":1,"irs":4294967294,\
        "peer":{"mss":1460},"transmissions":1,"steps":[{"step":"syn",\
        "rtt_ns":null}],"closed_by":null,"client_state":"CLOSED","server_state":null,"invalid_replies":1,\
        "notes":["window-zero"]}
        """
      let outcome = Outcome(
        code: 0, output: packet + "\n" + connection + "\n", errors: "", seconds: 1, timedOut: false)
      let answer = try ScenarioAnswer(outcome, sent: [], isn: 1)
      let right = [
        "state": "open", "reason": "syn-ack", "exit": "0", "notes": "window-zero", "refusals": "bad-quote",
        "invalid": "1", "transmissions": "1", "steps": "syn?", "closed_by": "null", "client": "CLOSED",
        "server": "null", "isn": "sent", "irs": "peer", "mss": "1460",
      ]
      #expect(Set(right.keys) == Set(Scenario.expectations))
      #expect(answer.complaints(right) == [])
      for (name, value) in right {
        let complaints = answer.complaints(right.merging([name: "other"]) { $1 })
        #expect(complaints == ["expect: \(name)=\(value), not other"])
      }
      #expect(try ScenarioAnswer(outcome, sent: [], isn: 2).complaints(right) == ["expect: isn=1, not sent"])
      #expect(throws: LaboratoryError.self) {
        try ScenarioAnswer(Outcome(code: 2, output: "", errors: "", seconds: 0, timedOut: false), sent: [], isn: nil)
      }
    }

    /// Fragments and headers around a packet leave what they carry as it was.
    @Test func tricksWithTheIPHeader() throws {
      let lines = "> S 0:0(0)\n< S. 0:0(0) ack 1 <nop 8>"
      let whole = try #require(try play(lines, [(1, segment(.syn, 0))]).replies.first).packet
      let pieces = try play(lines + " fragments=8,16", [(1, segment(.syn, 0))]).replies.map(\.packet)
      #expect(pieces.map(\.count) == [28, 36, 24])
      #expect(pieces.map { $0.word16(6) } == [0x2000, 0x2001, 3])
      #expect(Array(pieces.map { $0[20...] }.joined()) == Array(whole[20...]))
      #expect(pieces.allSatisfy { Array($0[..<20]).internetChecksum == 0 })
      #expect(try play(lines + " duplicate", [(1, segment(.syn, 0))]).replies.map(\.packet) == [whole, whole])
    }
  }
}
