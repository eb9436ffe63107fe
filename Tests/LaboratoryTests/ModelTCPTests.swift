import Laboratory
import Script
import Testing
import Timebase

@testable import Laboratory

extension LaboratoryTests {
  /// The model without a fault: the answers of RFC 9293 to what a client can send, in virtual time.
  @Suite struct ModelTCPTests {
    /// What is said, step by step, and what is answered.
    struct Scene: Sendable, CustomTestStringConvertible {
      var testDescription: String
      var service: ModelTCP.Service
      var families: [Int]
      var answers: [String]
      var talk: @Sendable (inout ModelTalk) -> [String]

      init(
        _ name: String, _ service: ModelTCP.Service, families: [Int] = [4, 6], _ answers: [String],
        _ talk: @escaping @Sendable (inout ModelTalk) -> [String]
      ) {
        (testDescription, self.service, self.families) = (name, service, families)
        (self.answers, self.talk) = (answers, talk)
      }

      init(
        _ name: String, families: [Int] = [4, 6], _ answers: [String],
        _ talk: @escaping @Sendable (inout ModelTalk) -> [String]
      ) {
        self.init(name, .echo, families: families, answers, talk)
      }
    }

    static let all: [UInt8] = [2, 4, 5, 180, 4, 2] + .timestamps(4_000, echo: 0) + [1, 3, 3, 7]
    static let noStamps: [UInt8] = [2, 4, 5, 180, 1, 1, 4, 2]

    static let scenes = opening + listening + synchronized + closing + waiting

    static let opening: [Scene] = [
      Scene("options are agreed when offered", ["SA 0 ack 1 <2 4 8 3>"]) { [$0.syn(all)] },
      Scene("each option alone", ["SA 0 ack 1 <2>", "SA 0 ack 1 <2 4>", "SA 0 ack 1 <2 3>", "SA 0 ack 1 <2 8>"]) {
        talk in
        [[], [1, 1, 4, 2], [1, 3, 3, 15], .aligned(.timestamps(0, echo: 77))].map { (options: [UInt8]) in
          talk.sourcePort += 1
          return talk.syn(options)
        }
      },
      Scene("malformed options are survived", [String](repeating: "SA 0 ack 1 <2>", count: 5)) { talk in
        [[3, 0, 1, 1], [3, 1, 1, 1], [3, 40, 1, 1], [2, 5, 1, 1, 1, 1, 1, 1], [2, 4, 0, 0]].map { (options: [UInt8]) in
          talk.sourcePort += 1
          return talk.syn(options)
        }
      },
      Scene("text in the SYN is not taken", ["SA 0 ack 1 <2>"]) { [$0.syn(text: "hello")] },
      Scene("reserved bits are neither minded nor reflected", ["SA 0 ack 1 <2>"]) { [$0.syn { $0.reserved = 7 }] },
      Scene("ECN is agreed", ["SAE 0 ack 1 <2>"]) { [$0.syn { $0.flags.formUnion([.ece, .cwr]) }] },
      Scene("congestion is echoed until CWR", .discard, ["A 1 ack 2", "AE 1 ack 3", "AE 1 ack 4", "A 1 ack 5"]) {
        talk in
        _ = talk.syn { $0.flags.formUnion([.ece, .cwr]) }
        _ = talk.say(.ack)
        return [
          talk.say(.ack, text: "a"), talk.say(.ack, seq: 2, text: "b") { $0.typeOfService = 3 },
          talk.say(.ack, seq: 3, text: "c"), talk.say([.ack, .cwr], seq: 4, text: "d"),
        ]
      },
      Scene("ACK and text in the third segment", ["PA 1 ack 6 'hello'"]) {
        _ = $0.syn()
        return [$0.say([.psh, .ack], text: "hello")]
      },
      Scene("a SYN-ACK completes a split handshake", ["A 1 ack 1"]) {
        _ = $0.syn()
        return [$0.say([.syn, .ack], seq: 0, ack: 1)]
      },
      Scene("SYNs in SYN-RECEIVED", ["SA 0 ack 1 <2>", "A 1 ack 1", "A 1 ack 1"]) {
        _ = $0.syn()
        return [$0.syn(), $0.say(.syn, seq: 1_000), $0.say(.syn, seq: -100_000)]
      },
      Scene("resets in SYN-RECEIVED", ["A 1 ack 1", "-", "-", "R 1"]) {
        _ = $0.syn()
        return [$0.say(.rst, seq: 2), $0.say(.rst, seq: -5), $0.say(.rst), $0.say(.ack)]
      },
      Scene("no ACK, no answer in SYN-RECEIVED", ["-", "-"]) {
        _ = $0.syn()
        return [$0.say(.fin), $0.say(.psh, text: "a")]
      },
    ]

    static let listening: [Scene] = [
      Scene("FIN, nothing, FPU, SYN+RST and SYN+FIN are dropped in LISTEN", [String](repeating: "-", count: 5)) {
        talk in
        [.fin, [], [.fin, .psh, .urg], [.syn, .rst], [.syn, .fin]].map { talk.say($0) }
      },
      Scene("SYN with PSH and URG is a SYN", ["SA 0 ack 1 <2>"]) { [$0.say([.syn, .psh, .urg], seq: 0)] },
      Scene("ACK, SYN-ACK and FIN-ACK get RST in LISTEN", ["R 9", "R 9", "R 9"]) { talk in
        [.ack, [.syn, .ack], [.fin, .ack]].map { talk.say($0, ack: 9) }
      },
      Scene("a closed port", ["RA 0! ack 1", "R 9", "RA 0! ack 2", "RA 0! ack 1", "RA 0! ack 5", "-"]) { talk in
        talk.destinationPort = ModelTalk.closedPort
        return [
          talk.syn(), talk.say([.syn, .ack], ack: 9), talk.say([.fin, .psh, .urg]), talk.say(PeerSegment.Flags()),
          talk.say(PeerSegment.Flags(), text: "abcd"), talk.say(.rst),
        ]
      },
      Scene("two fragments are joined, in either order", ["-", "SA 0 ack 1 <2 4 8 3>", "-", "SA 0 ack 1 <2 4 8 3>"]) {
        talk in
        var envelope = ScriptEnvelope()
        envelope.fragments = [24]
        return [false, true].flatMap { isBackwards in
          talk.sourcePort += 1
          let packets = envelope.packets(talk.segment(.syn, options: all).packet())
          return (isBackwards ? packets.reversed() : packets).map { talk.say($0) }
        }
      },
      Scene("options of IPv4 are passed over", families: [4], ["SA 0 ack 1 <2>"]) {
        var envelope = ScriptEnvelope()
        envelope.options = [1, 7, 7, 4, 0, 0, 0, 0]
        return [$0.say(envelope.packets($0.segment(.syn).packet())[0])]
      },
      Scene("a source route is dropped", families: [4], ["-"]) {
        var envelope = ScriptEnvelope()
        envelope.options = [131, 7, 4, 10, 9, 0, 7, 0]
        return [$0.say(envelope.packets($0.segment(.syn).packet())[0])]
      },
      Scene("extension headers of IPv6 are passed over", families: [6], ["SA 0 ack 1 <2>"]) {
        var envelope = ScriptEnvelope()
        envelope.extensions = [0, 60, 43, 44]
        return [$0.say(envelope.packets($0.segment(.syn).packet())[0])]
      },
    ]

    static let synchronized: [Scene] = [
      Scene("SYNs in ESTABLISHED", [String](repeating: "A 1 ack 1", count: 4)) {
        $0.open(all)
        return [
          $0.say(.syn, seq: 10), $0.say(.syn, seq: 0), $0.say(.syn, seq: 1 << 30), $0.say([.syn, .ack], seq: 10),
        ]
      },
      Scene("resets in ESTABLISHED", ["A 1 ack 1", "-", "-", "-", "R 1"]) {
        $0.open()
        return [
          $0.say(.rst, seq: 2), $0.say(.rst, seq: 0), $0.say(.rst, seq: 1 << 30), $0.say(.rst), $0.say(.ack, text: "a"),
        ]
      },
      Scene("acknowledgments out of range", ["A 1 ack 1", "A 1 ack 1", "A 1 ack 1"]) {
        $0.open()
        return [
          $0.say(.ack, ack: 1_001), $0.say(.ack, ack: 1_001, text: "ab"), $0.say(.ack, ack: -100_000, text: "ab"),
        ]
      },
      Scene(
        "out of order: SACK, then all at once", .discard,
        ["A 1 ack 1 sack 101-111", "A 1 ack 1 sack 101-121", "A 1 ack 1 sack 201-203 sack 101-121"]
      ) {
        $0.open(noStamps)
        return [
          $0.say(.ack, seq: 101, text: "0123456789"), $0.say(.ack, seq: 111, text: "0123456789"),
          $0.say(.ack, seq: 201, text: "ab"),
        ]
      },
      Scene("the hole is filled", ["A 1 ack 1", "PA 1 ack 5 'abcd'"]) {
        $0.open()
        return [$0.say(.ack, seq: 3, text: "cd"), $0.say(.ack, text: "ab")]
      },
      Scene("old text gets a D-SACK", .discard, ["A 1 ack 4", "A 1 ack 4 sack 1-4"]) {
        $0.open(noStamps)
        return [$0.say(.ack, text: "abc"), $0.say(.ack, text: "abc")]
      },
      Scene("PAWS", ["A 1 ack 1", "-", "PA 1 ack 2 'a'"]) {
        $0.open(all)
        return [
          $0.say(.ack, text: "a") { $0.options = .aligned(.timestamps(3_000, echo: 0)) },
          $0.say(.ack, text: "a") { $0.options = [] }, $0.say(.ack, text: "a"),
        ]
      },
      Scene("keep-alive probes", ["A 1 ack 1", "A 1 ack 1"]) {
        $0.open()
        return [$0.say(.ack, seq: 0), $0.say(.ack, seq: 0, text: "x")]
      },
      Scene("urgent text survives", ["PA 1 ack 4 'abc'"]) {
        $0.open()
        return [$0.say([.ack, .urg], text: "abc") { $0.urgentPointer = 3 }]
      },
      Scene(
        "a window that is filled", .sink,
        [
          "A 1 ack 1025", "A 1 ack 2049", "A 1 ack 3073", "A 1 ack 4097 win 0", "A 1 ack 4097 win 0",
          "A 1 ack 4097 win 0",
        ]
      ) { talk in
        talk.open()
        let text = String(repeating: "a", count: 1_024)
        return (0..<4).map { talk.say(.ack, seq: 1 + $0 * 1_024, text: text) } + [
          talk.say(.ack, seq: 4_097, text: "b"), talk.say(.ack, seq: 4_096),
        ]
      },
      Scene("hard errors are ignored", ["-", "-", "PA 1 ack 2 'a'"]) { talk in
        talk.open()
        let segment = talk.segment(.ack, seq: 1, ack: 1)
        let codes: [(UInt8, UInt8)] = segment.source.count == 4 ? [(3, 3), (3, 2)] : [(1, 4), (1, 1)]
        return codes.map { talk.say(ICMPError($0.0, $0.1).packet(about: segment.answer(.ack, seq: talk.irs))) } + [
          talk.say(.ack, text: "a")
        ]
      },
    ]

    static let closing: [Scene] = [
      Scene("the client closes", ["FA 1 ack 2", "A 2 ack 2", "-", "R 2"]) {
        $0.open()
        return [
          $0.say([.fin, .ack]), $0.say([.fin, .ack]), $0.say(.ack, seq: 2, ack: 2),
          $0.say(.ack, seq: 2, ack: 2, text: "a"),
        ]
      },
      Scene("a FIN behind a hole waits", ["A 1 ack 1 sack 11-12", "FPA 1 ack 12 'aaaaaaaaaa'"]) {
        $0.open(noStamps)
        return [$0.say([.fin, .ack], seq: 11), $0.say(.ack, text: "aaaaaaaaaa")]
      },
      Scene("half-close: what is to be sent is sent", .http(octets: 500), ["A 1 ack 6 (300); FPA 301 ack 6 (200)"]) {
        $0.open([2, 4, 1, 44])
        return [$0.say([.fin, .ack], text: "get\n")]
      },
      Scene(
        "the server closes first", .http(octets: 200),
        ["FPA 1 ack 5 (200)", "-", "A 202 ack 6", "A 202 ack 6", "A 202 ack 6"]
      ) {
        $0.open([2, 4, 5, 180])
        return [
          $0.say(.ack, text: "get\n"), $0.say(.ack, seq: 5, ack: 202), $0.say([.fin, .ack], seq: 5, ack: 202),
          $0.say([.fin, .ack], seq: 5, ack: 202), $0.say(.ack, seq: 6, ack: 202, text: "a"),
        ]
      },
      Scene("TIME-WAIT takes a SYN above, and no other", .http(octets: 200), ["A 202 ack 6", "SA 0 ack 10000 <2>"]) {
        $0.open([2, 4, 5, 180])
        _ = $0.say(.ack, text: "get\n")
        _ = $0.say([.fin, .ack], seq: 5, ack: 202)
        let old = $0.irs
        let answers = [$0.say(.syn, seq: 2), $0.say(.syn, seq: 9_999)]
        return $0.irs &- old == 202 + 65_537 ? answers : ["\($0.irs &- old)"]
      },
      Scene("text to an orphan is reset", .http(octets: 200), ["R 1"]) {
        $0.open([2, 4, 5, 180])
        _ = $0.say(.ack, text: "get\n")
        return [$0.say(.ack, seq: 5, ack: 1, text: "more")]
      },
      Scene("unread text at the close is a reset", .closes, ["RA 1 ack 6", "R 1"]) {
        $0.open()
        return [$0.say(.ack, text: "hello"), $0.say(.ack, seq: 6, ack: 1)]
      },
    ]

    static let waiting: [Scene] = [
      Scene(
        "the SYN-ACK is repeated",
        ["1.0 SA 0 ack 1 <2>; 3.0 SA 0 ack 1 <2>; 7.0 SA 0 ack 1 <2>; 15.0 SA 0 ack 1 <2>; 31.0 SA 0 ack 1 <2>", "R 1"]
      ) {
        _ = $0.syn()
        return [$0.wait(64), $0.say(.ack)]
      },
      Scene("text is repeated", ["1.0 PA 1 ack 6 'hello'; 3.0 PA 1 ack 6 'hello'; 7.0 PA 1 ack 6 'hello'"]) {
        $0.open()
        _ = $0.say(.ack, text: "hello")
        return [$0.wait(8)]
      },
      Scene("what is acknowledged is not repeated", ["-", "-"]) {
        $0.open()
        _ = $0.say(.ack, text: "hello")
        return [$0.say(.ack, seq: 6, ack: 6), $0.wait(8)]
      },
      Scene(
        "a closed window is probed, and opens", .source(octets: 600), families: [4],
        ["1.0 A 1 ack 1 'x'", "-", "2.0 A 1 ack 1 'x'", "A 1 ack 1 (536); PA 537 ack 1 (64)"]
      ) { talk in
        talk.open(window: 0)
        return [
          talk.wait(2), talk.say(.ack) { $0.window = 0 }, talk.wait(2), talk.say(.ack) { $0.window = 9_000 },
        ]
      },
      Scene("TIME-WAIT ends", .http(octets: 200), ["R 202"]) {
        $0.open([2, 4, 5, 180])
        _ = $0.say(.ack, text: "get\n")
        _ = $0.say([.fin, .ack], seq: 5, ack: 202)
        _ = $0.wait(61)
        return [$0.say([.fin, .ack], seq: 5, ack: 202)]
      },
    ]

    @Test(arguments: scenes) func anExchange(_ scene: Scene) {
      for family in scene.families {
        var talk = ModelTalk(family: family, service: scene.service, fault: nil)
        #expect(scene.talk(&talk) == scene.answers, "IPv\(family)")
      }
    }

    /// ISNs follow a clock for a tuple and are unrelated between tuples (RFC 9293 §3.4.1).
    @Test func initialSequenceNumbers() {
      var talk = ModelTalk(family: 4, service: .echo, fault: nil)
      var steps: [UInt32] = []
      for _ in 0..<5 {
        _ = talk.syn()
        let first = talk.irs
        _ = talk.say(.rst, seq: 1)
        talk.now = talk.now + .milliseconds(998)
        _ = talk.syn()
        steps.append(talk.irs &- first)
        _ = talk.say(.rst, seq: 1)
        talk.sourcePort += 1
      }
      #expect(steps.allSatisfy { $0 == 15_625_000 })
    }

    /// RFC 9768 §3.1.1: how the SYN's ECN field arrived is in the flags of the SYN-ACK.
    @Test(arguments: [(0, "SAW 0"), (1, "SAEW 0"), (2, "SA+1 0"), (3, "SAW+1 0")] as [(UInt8, String)])
    func accurateECN(_ field: UInt8, _ answer: String) {
      var talk = ModelTalk(family: 4, service: .echo, fault: nil)
      talk.model.understandsAccECN = true
      let said = talk.syn {
        $0.flags.formUnion([.ece, .cwr])
        ($0.reserved, $0.typeOfService) = (1, field)
      }
      #expect(said == answer + " ack 1 <2>")
    }

    /// Octets that come from nowhere are survived.
    @Test func noiseIsSurvived() {
      var state: UInt64 = 42
      var talk = ModelTalk(family: 4, service: .echo, fault: nil)
      for round in 0..<20_000 {
        var packet = talk.segment([.syn, .ack], text: "hello", options: Self.all).packet()
        for _ in 0...(round % 4) {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          packet[Int(state >> 33) % packet.count] = UInt8(truncatingIfNeeded: state >> 24)
        }
        if round % 7 == 0 { packet.removeLast(Int(state >> 40) % packet.count) }
        if packet.count >= 40 {  // with sums that are right, so that what is inside is read
          packet.put16(0, at: 10)
          packet.put16(Array(packet[..<20]).internetChecksum, at: 10)
        }
        _ = talk.model.receive(packet, at: talk.now)
      }
      #expect(talk.syn() == "SA 0 ack 1 <2>")
    }
  }
}
