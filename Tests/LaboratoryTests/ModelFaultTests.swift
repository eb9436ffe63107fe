import Laboratory
import Testing

@testable import Laboratory

extension LaboratoryTests {
  /// Each fault of the model changes the answer to its own stimulus, and each fault has a row.
  @Suite struct ModelFaultTests {
    /// A stimulus, what the model says to it, and what it says with the fault.
    struct Row: Sendable {
      var fault: ModelTCP.Fault
      var service = ModelTCP.Service.echo
      var families = [4, 6]
      var right: String, wrong: String
      var talk: @Sendable (inout ModelTalk) -> String

      init(
        _ fault: ModelTCP.Fault, _ right: String, _ wrong: String, service: ModelTCP.Service = .echo,
        families: [Int] = [4, 6], _ talk: @escaping @Sendable (inout ModelTalk) -> String
      ) {
        (self.fault, self.service, self.families) = (fault, service, families)
        (self.right, self.wrong, self.talk) = (right, wrong, talk)
      }
    }

    static let scale: [UInt8] = [1, 3, 3, 7]
    static let sack: [UInt8] = [1, 1, 4, 2]
    static let stamps = [UInt8].aligned(.timestamps(4_000, echo: 0))

    static let rows = handshakes + ports + embryos + established + closings

    static let handshakes: [Row] = [
      Row(.synNotCounted, "SA 0 ack 1 <2>", "SA 0 ack 0 <2>") { $0.syn() },
      Row(.wrapSkipsZero, "SA 0 ack 0! <2>", "SA 0 ack 2 <2>") {
        $0.iss = .max
        return $0.syn()
      },
      Row(.scaleUnoffered, "SA 0 ack 1 <2>", "SA 0 ack 1 <2 3>") { $0.syn() },
      Row(.sackUnoffered, "SA 0 ack 1 <2>", "SA 0 ack 1 <2 4>") { $0.syn() },
      Row(.timestampsUnoffered, "SA 0 ack 1 <2>", "SA 0 ack 1 <2 8>") { $0.syn() },
      Row(.echoZero, "4000", "0") { talk in
        let packets = talk.model.receive(talk.segment(.syn, options: stamps).packet(), at: talk.now)
        return PeerSegment(packet: packets[0])?.option(8).map { "\($0.word32(4))" } ?? "none"
      },
      Row(.synWindowScaled, "64896 507", "507 507") { windows(&$0) },
      Row(.peerScaleIgnored, "(300)", "'xxxxxxxx'", service: .source(octets: 300)) {
        _ = $0.syn(scale)
        let said = $0.say(.ack) { $0.window = 8 }
        return String(said.split(separator: " ").last ?? "")
      },
      Row(.windowNeverScaled, "64896 507", "64896 64896") { windows(&$0) },
      Row(.defaultMSSIgnored, "536 536 428", "1460 40", service: .source(octets: 1_500), families: [4]) {
        sizes(&$0, [])
      },
      Row(.defaultMSSIgnored, "1220 280", "1440 60", service: .source(octets: 1_500), families: [6]) {
        sizes(&$0, [])
      },
      Row(.offeredMSSIgnored, "300 300 200", "800", service: .source(octets: 800)) { sizes(&$0, [2, 4, 1, 44]) },
      Row(.unknownOptionEndsList, "SA 0 ack 1 <2 4>", "SA 0 ack 1 <2>") { $0.syn([250, 6, 1, 2, 3, 4, 4, 2]) },
      Row(.unknownOptionDropsSYN, "SA 0 ack 1 <2 4>", "-") { $0.syn([250, 6, 1, 2, 3, 4, 4, 2]) },
      Row(.optionLengthZeroHangs, "SA 0 ack 1 <2>", "-") {
        _ = $0.syn([3, 0, 1, 1])
        $0.sourcePort += 1
        return $0.syn()
      },
      Row(.badOffsetAnswered, "-", "SA 0 ack 1 <2>") { $0.say(.syn, seq: 0, dataOffset: 4) },
      Row(.badOffsetAnswered, "-", "SA 0 ack 1 <2>") { $0.say(.syn, seq: 0, dataOffset: 15) },
      Row(.badChecksumSYNAccepted, "-", "SA 0 ack 1 <2>") { $0.say(.syn, seq: 0, checksum: .corrupted) },
      Row(.badHeaderChecksumAccepted, "-", "SA 0 ack 1 <2>", families: [4]) {
        var packet = $0.segment(.syn).packet()
        packet[10] ^= 0x5a
        return $0.say(packet)
      },
      Row(.broadcastAnswered, "-", "SA 0 ack 1 <2>", families: [4]) { $0.syn { $0.destination = [10, 9, 0, 255] } },
      Row(.broadcastAnswered, "-", "SA 0 ack 1 <2>", families: [6]) { $0.syn { $0.destination[0] = 0xff } },
      Row(.multicastSourceAnswered, "-", "SA 0 ack 1 <2>") {
        $0.syn { $0.source[0] = $0.source.count == 4 ? 224 : 0xff }
      },
      Row(.echoOfECEAlone, "SA 0 ack 1 <2>", "SAE 0 ack 1 <2>") { $0.syn { $0.flags.insert(.ece) } },
    ]

    private static func windows(_ talk: inout ModelTalk) -> String {
      let answer = talk.model.receive(talk.segment(.syn, options: scale).packet(), at: talk.now)
      guard let first = PeerSegment(packet: answer[0]) else { return "none" }
      talk.irs = first.seq
      _ = talk.say(.ack)
      let later = talk.model.receive(talk.segment(.ack, seq: 1, ack: 1, text: "a").packet(), at: talk.now)
      return "\(first.window) \(PeerSegment(packet: later[0])?.window ?? 0)"
    }

    /// How long the segments are that it sends after a handshake.
    private static func sizes(_ talk: inout ModelTalk, _ options: [UInt8]) -> String {
      _ = talk.syn(options)
      let packets = talk.model.receive(talk.segment(.ack, seq: 1, ack: 1).packet(), at: talk.now)
      return packets.map { "\(PeerSegment(packet: $0)?.payload.count ?? -1)" }.joined(separator: " ")
    }

    static let ports: [Row] = [
      closed(.closedResetWithoutACK, "RA 0! ack 1", "R 0!") { $0.syn() },
      closed(.closedResetAcknowledgesISS, "RA 0! ack 1", "RA 0! ack 0") { $0.syn() },
      closed(.closedTextNotCounted, "RA 0! ack 6", "RA 0! ack 1") { $0.syn(text: "hello") },
      closed(.closedResetFromZero, "R 1", "R 0!") { $0.say(.ack) },
      closed(.closedFINNotCounted, "RA 0! ack 2", "RA 0! ack 1") { $0.say(.fin) },
      closed(.closedResetAnswered, "-", "R 1") { $0.say([.rst, .ack]) },
      Row(.listenResetAnswered, "-", "R 1") { $0.say([.rst, .ack]) },
      Row(.listenACKIgnored, "R 1", "-") { $0.say(.ack) },
      Row(.listenResetFromZero, "R 1", "R 0!") { $0.say(.ack) },
      closed(.closedFloodMisnumbered, "RA 0! ack 1", "RA 0! ack 0!") { talk in
        (0..<30).reduce("") { _, _ in talk.syn() }
      },
    ]

    private static func closed(
      _ fault: ModelTCP.Fault, _ right: String, _ wrong: String,
      _ talk: @escaping @Sendable (inout ModelTalk) -> String
    ) -> Row {
      Row(fault, right, wrong) {
        $0.destinationPort = ModelTalk.closedPort
        return talk(&$0)
      }
    }

    static let embryos: [Row] = [
      embryo(.embryoTakesAnyACK, "R 2 / A 1 ack 2", "- / A 1 ack 2") {
        [$0.say(.ack, ack: 2), $0.say([.psh, .ack], text: "a")]
      },
      embryo(.embryoDiesOfBadACK, "R 2 / A 1 ack 2", "R 2 / R 1") {
        [$0.say(.ack, ack: 2), $0.say([.psh, .ack], text: "a")]
      },
      Row(.synAgainNewISS, "same", "other") {
        _ = $0.syn()
        let first = $0.irs
        _ = $0.syn()
        return $0.irs == first ? "same" : "other"
      },
      embryo(.embryoIgnoresReset, "- / R 1", "- / -") { [$0.say(.rst), $0.say(.ack)] },
      embryo(.embryoDiesOfOldReset, "- / -", "- / R 1") { [$0.say(.rst, seq: -100), $0.say(.ack)] },
      embryo(.thirdSegmentFINIgnored, "FA 1 ack 2", "A 1 ack 1") { [$0.say([.fin, .ack])] },
      embryo(.embryoTakesTextWithoutACK, "-", "A 1 ack 2") { [$0.say(.psh, text: "a")] },
    ]

    private static func embryo(
      _ fault: ModelTCP.Fault, _ right: String, _ wrong: String,
      _ talk: @escaping @Sendable (inout ModelTalk) -> [String]
    ) -> Row {
      Row(fault, right, wrong, service: .discard) {
        _ = $0.syn()
        return talk(&$0).joined(separator: " / ")
      }
    }

    static let established: [Row] = [
      open(.synAccepted, "A 1 ack 1", "SA 0 ack 11 <2>") { [$0.say(.syn, seq: 10)] },
      open(.synIgnored, "A 1 ack 1", "-") { [$0.say(.syn, seq: 10)] },
      open(.resetIgnored, "- / R 1", "- / PA 1 ack 2 'a'") { [$0.say(.rst), $0.say(.ack, text: "a")] },
      open(.resetAnswered, "-", "R 1") { [$0.say([.rst, .ack])] },
      open(.anyResetKills, "- / PA 1 ack 2 'a'", "- / R 1") { [$0.say(.rst, seq: 0), $0.say(.ack, text: "a")] },
      open(.unsentACKAccepted, "A 1 ack 1", "PA 1 ack 3 'ab'") { [$0.say(.ack, ack: 1_001, text: "ab")] },
      open(.unsentACKIgnored, "A 1 ack 1", "-") { [$0.say(.ack, ack: 1_001)] },
      open(.textBeyondWindowIgnored, "A 1 ack 1", "-") { [$0.say(.ack, seq: 100_000, text: "a")] },
      open(.oldTextIgnored, "A 1 ack 1", "-") { [$0.say(.ack, seq: -9, text: "abcde")] },
      open(.oldTextDelivered, "A 1 ack 1", "PA 1 ack 1 'abcde'") { [$0.say(.ack, seq: -9, text: "abcde")] },
      open(.keepAliveIgnored, "A 1 ack 1 / A 1 ack 1", "- / -") {
        [$0.say(.ack, seq: 0), $0.say(.ack, seq: 0, text: "a")]
      },
      open(.textWithoutACKTaken, "-", "PA 1 ack 2 'a'") { [$0.say(.psh, text: "a")] },
      open(.badChecksumTextAccepted, "-", "PA 1 ack 2 'a'") { [$0.say(.ack, text: "a", checksum: .corrupted)] },
      Row(
        .zeroWindowOverrun, "1.0 A 1 ack 1 'x'; 3.0 A 1 ack 1 'x'", "A 1 ack 1 (536)", service: .source(octets: 600),
        families: [4]
      ) { talk in
        _ = talk.syn()
        let first = talk.say(.ack) { $0.window = 0 }
        return first == "-" ? talk.wait(4) : String(first.prefix { $0 != ";" })
      },
      Row(.zeroWindowNeverProbed, "1.0 A 1 ack 1 'x'; 3.0 A 1 ack 1 'x'", "-", service: .source(octets: 600)) {
        $0.open(window: 0)
        return $0.wait(4)
      },
      full(.closedWindowProbeIgnored, "A 1 ack 4097 win 0", "-") { $0.say(.ack, seq: 4_097, text: "a") },
      full(.closedWindowTakesOctet, "A 1 ack 4097 win 0", "A 1 ack 4098 win 0") { $0.say(.ack, seq: 4_097, text: "a") },
      narrow(.fragmentationNeededIgnored, shift: 0, "1000 1000 1000", "none"),
      narrow(.fragmentationNeededUnverified, shift: 50_000, "none", "1000 1000 1000"),
    ]

    private static func open(
      _ fault: ModelTCP.Fault, _ right: String, _ wrong: String,
      _ talk: @escaping @Sendable (inout ModelTalk) -> [String]
    ) -> Row {
      Row(fault, right, wrong) {
        $0.open()
        return talk(&$0).joined(separator: " / ")
      }
    }

    /// The window of a service that never reads is filled first.
    private static func full(
      _ fault: ModelTCP.Fault, _ right: String, _ wrong: String,
      _ talk: @escaping @Sendable (inout ModelTalk) -> String
    ) -> Row {
      Row(fault, right, wrong, service: .sink) {
        $0.open()
        for part in 0..<4 { _ = $0.say(.ack, seq: 1 + part * 1_024, text: String(repeating: "a", count: 1_024)) }
        return talk(&$0)
      }
    }

    /// What is sent again when an error says that the path is narrower than its three segments.
    private static func narrow(_ fault: ModelTCP.Fault, shift: UInt32, _ right: String, _ wrong: String) -> Row {
      Row(fault, right, wrong, service: .source(octets: 3_000), families: [4]) { talk in
        _ = talk.syn([2, 4, 5, 180])
        let packets = talk.model.receive(talk.segment(.ack, seq: 1, ack: 1).packet(), at: talk.now)
        guard let first = PeerSegment(packet: packets[0]) else { return "nothing" }
        var error = ICMPError(3, 4)
        (error.word, error.sequenceShift) = (1_040, shift)
        let again = talk.model.receive(error.packet(about: first), at: talk.now)
        return again.isEmpty
          ? "none" : again.map { "\(PeerSegment(packet: $0)?.payload.count ?? -1)" }.joined(separator: " ")
      }
    }

    static let closings: [Row] = [
      open(.finNotAcknowledged, "FA 1 ack 2", "FA 1 ack 1") { [$0.say([.fin, .ack])] },
      open(.lateTextUnanswered, "- / R 2", "- / -") {
        _ = $0.say([.fin, .ack])
        return [$0.say(.ack, seq: 2, ack: 2), $0.say(.ack, seq: 2, ack: 2, text: "late")]
      },
      open(.finNotRetransmitted, "1.0 FA 1 ack 2; 3.0 FA 1 ack 2", "-") {
        _ = $0.say([.fin, .ack])
        return [$0.wait(4)]
      },
      open(.finWithTextIgnored, "FPA 1 ack 6 'abcd'", "PA 1 ack 5 'abcd'") { [$0.say([.fin, .ack], text: "abcd")] },
      open(.finAgainIgnored, "A 2 ack 2", "-") {
        _ = $0.say([.fin, .ack])
        return [$0.say([.fin, .ack])]
      },
      Row(.halfCloseDropsText, "sent again", "gone", service: .source(octets: 300)) {
        $0.open()
        _ = $0.say([.fin, .ack])
        return $0.wait(1).hasSuffix("(300)") ? "sent again" : "gone"
      },
      Row(.simultaneousCloseIgnored, "A 202 ack 6 / -", "- / -", service: .http(octets: 200)) {
        $0.open([2, 4, 5, 180])
        _ = $0.say(.ack, text: "get\n")
        return [$0.say([.fin, .ack], seq: 5, ack: 1), $0.say(.ack, seq: 6, ack: 202)].joined(separator: " / ")
      },
      Row(.timeWaitSilent, "A 202 ack 6 / A 202 ack 6", "- / -", service: .http(octets: 200)) {
        $0.open([2, 4, 5, 180])
        _ = $0.say(.ack, text: "get\n")
        _ = $0.say([.fin, .ack], seq: 5, ack: 202)
        return [$0.say([.fin, .ack], seq: 5, ack: 202), $0.say(.ack, seq: 6, ack: 202, text: "late")]
          .joined(separator: " / ")
      },
      Row(.simultaneousOpenReset, "S 0 <2 4 8 3> / SA 0 ack 1 <2> / A 1 ack 1", "S 0 <2 4 8 3> / RA 0! ack 1 / R 1") {
        $0.destinationPort = 50_000
        let packets = $0.model.connect(from: 50_000, to: $0.source, port: $0.sourcePort, at: $0.now)
        return [$0.words(packets), $0.syn(), $0.say([.syn, .ack], seq: 0)].joined(separator: " / ")
      },
      Row(.paddingNotZero, "plain", "padded") {
        options(&$0, isSYN: true).hasSuffix("0 7 7 7") ? "padded" : "plain"
      },
      Row(.mssOnEverySegment, "", "2 4 5 180") { options(&$0, isSYN: false) },
    ]

    private static func options(_ talk: inout ModelTalk, isSYN: Bool) -> String {
      if !isSYN { talk.open() }
      let segment = isSYN ? talk.segment(.syn) : talk.segment(.ack, seq: 1, ack: 1, text: "a")
      let packets = talk.model.receive(segment.packet(), at: talk.now)
      return PeerSegment(packet: packets[0]).map { $0.options.map { "\($0)" }.joined(separator: " ") } ?? "none"
    }

    @Test(arguments: rows.indices) func aFaultChangesTheAnswerToItsOwnStimulus(_ index: Int) {
      let row = Self.rows[index]
      for family in row.families {
        var (sound, faulty) = (
          ModelTalk(family: family, service: row.service, fault: nil),
          ModelTalk(family: family, service: row.service, fault: row.fault)
        )
        #expect(row.talk(&sound) == row.right, "\(row.fault), IPv\(family), without the fault")
        #expect(row.talk(&faulty) == row.wrong, "\(row.fault), IPv\(family), with the fault")
      }
    }

    @Test func everyMustHasAFaultAndEveryFaultARow() {
      let musts = [
        1, 2, 4, 5, 6, 7, 9, 11, 12, 15, 16, 19, 20, 21, 29, 31, 37, 38, 39, 40, 41, 42, 43, 48, 50, 51, 54, 56, 58, 59,
        64, 65, 67, 68, 70, 71, 73, 74, 77, 80, 81, 83, 86, 87, 88, 90, 92, 93, 97, 106, 108,
      ]
      #expect(Set(ModelTCP.Fault.allCases.map(\.check)) == Set(musts))
      #expect(Set(ModelTCP.Fault.allCases).subtracting(Self.rows.map(\.fault)).isEmpty)
      #expect(Set(ModelTCP.Fault.allCases.map(\.meaning)).count == ModelTCP.Fault.allCases.count)
    }

    /// Every other stimulus gets the same answer with a fault as without: it breaks one rule only.
    ///
    /// The few that are asked by another fault's stimulus too are named.
    @Test(arguments: ModelTCP.Fault.allCases) func aFaultChangesNothingElse(_ fault: ModelTCP.Fault) {
      var changed: Set<Int> = []
      for row in Self.rows where row.fault.check != fault.check {
        var faulty = ModelTalk(family: row.families[0], service: row.service, fault: fault)
        // Which options a SYN-ACK has is asked by the rows of options alone.
        let answer = row.talk(&faulty)
        if Self.withoutOptions(answer) != Self.withoutOptions(row.right) { changed.insert(row.fault.check) }
      }
      #expect(changed == Self.shared[fault] ?? [])
    }

    private static func withoutOptions(_ answer: String) -> String {
      var (text, isInside) = ("", false)
      for letter in answer {
        if letter == "<" { isInside = true }
        if !isInside { text.append(letter) }
        if letter == ">" { isInside = false }
      }
      return text
    }

    /// Checks whose stimulus cannot do without what the fault breaks: a SYN-ACK, a reset.
    static let shared: [ModelTCP.Fault: Set<Int>] = [
      .synNotCounted: [4, 5, 6, 15, 16, 31, 106], .closedResetWithoutACK: [48], .closedResetAcknowledgesISS: [48],
    ]
  }
}
