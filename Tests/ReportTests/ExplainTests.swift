import Handshake
import Judging
import Path
import Script
import Testing
import Timebase
import Wire

@testable import Report

/// What `--explain` and `probe explain` say.
@Suite struct ExplainTests {
  @Test("every word has an explanation in whole, short sentences, and a source", arguments: Vocabulary.all)
  func words(_ word: Vocabulary.Word) {
    let meaning = word.meaning
    #expect(!meaning.text.isEmpty && !meaning.text.hasSuffix("."))
    #expect(meaning.explanation.hasSuffix(".") && meaning.explanation.first?.isUppercase ?? false)
    for sentence in meaning.explanation.split(separator: ". ") {
      #expect(sentence.split(separator: " ").count <= 28, "\(sentence)")
    }
    #expect(
      meaning.source.wholeMatch(of: /RFC \d{3,4}( §\d+(\.\d+)*)?|[a-z-]+\(\d\)/) != nil, "\(meaning.source)")
  }

  @Test("every state, reason, rejection, note, step, ending and TCP state is a word") func complete() {
    let names = Set(Vocabulary.all.map { "\($0.kind) \($0.name)" })
    #expect(names.count == Vocabulary.all.count)
    #expect(Verdict.allCases.allSatisfy { names.contains("state \($0.rawValue)") })
    #expect(Reason.allCases.allSatisfy { names.contains("reason \($0.rawValue)") })
    #expect(Refusal.allCases.allSatisfy { names.contains("rejection \($0.rawValue)") })
    #expect(Notes.names.allSatisfy { names.contains("note \($0.name)") })
    #expect(PlayVerdict.allCases.allSatisfy { names.contains("verdict \($0.rawValue)") })
    #expect(ServiceState.allCases.allSatisfy { names.contains("service \($0.rawValue)") })
    #expect(IdleTrial.Answer.allCases.allSatisfy { names.contains("silence \($0.rawValue)") })
    #expect(State.allCases.allSatisfy { names.contains("TCP state \($0.rawValue)") })
    #expect(Vocabulary.words(named: "time_wait").map(\.name) == ["TIME-WAIT"])
    #expect(Vocabulary.words(named: "IRS-Mismatch").map(\.kind) == ["rejection", "note"])
    #expect(Vocabulary.words(named: "nothing").isEmpty)
    for word in Vocabulary.all { #expect(Vocabulary.list(.plain).contains(word.name)) }
  }

  @Test("every packet of the transition table has a sentence", arguments: TransitionEvent.allCases)
  func events(_ event: TransitionEvent) {
    let isPacket = ![.open, .close, .abort, .giveUp, .patience].contains(event)
    #expect((PacketLesson(event) != nil) == isPacket)
  }

  /// A line `> S 0 0 0`: direction, flags, SEQ, ACK (`-` without), octets, and a window where it matters.
  private static func log(_ text: String) -> [PacketLog.Entry] {
    text.split(separator: "\n").map { line in
      var words = line.split(separator: " ").map(String.init)
      let options = words.firstIndex(of: "sack").map { _ in words.removeLast() } != nil
      let bits: [Character: TCPFlags] = ["S": .syn, "F": .fin, "R": .rst, "P": .psh]
      let flags = words[1].reduce(into: TCPFlags()) { if let bit = bits[$1] { $0.insert(bit) } }
      var list = TCPOptionList()
      if options { list.appendSACK(first: SequenceNumber(9), last: SequenceNumber(12)) }
      let segment = Segment(
        seq: SequenceNumber(UInt32(words[2]) ?? 0), ack: UInt32(words[3]).map { SequenceNumber($0) }, flags: flags,
        wnd: words.count > 5 ? UInt16(words[5]) ?? 0 : 500, options: list, textLength: Int(words[4]) ?? 0)
      return PacketLog.Entry(
        direction: words[0].hasPrefix(">") ? .sent : .received, content: .segment(segment),
        stamp: Stamp(instant: Instant(nanoseconds: 0), wall: WallTime(nanoseconds: Scene.epoch)), state: .established,
        peer: .established, refusal: words[0].hasSuffix("!") ? .unexpectedSyn : nil)
    }
  }

  private static func kinds(_ text: String, _ mode: Outcome.Mode = .full, _ notes: Notes = []) -> [PacketLesson] {
    var outcome = Outcome(
      byKernel: Flow(local: Scene.local, remote: Scene.remote), verdict: .open, reason: .synAck,
      started: WallTime(nanoseconds: Scene.epoch), steps: [], ending: .fin)
    outcome.mode = mode
    outcome.notes = notes
    outcome.log = PacketLog(log(text), omitted: 0)
    return PacketLessons(outcome).kinds
  }

  private static let open = "> S 0 - 0\n< S 100 1 0\n> . 1 101 0\n"

  static let rows: [(String, Outcome.Mode, Notes, [PacketLesson])] = [
    ("> S 0 - 0\n> S 0 - 0\n< S 100 1 0\n< S 100 1 0", .full, [], [.syn, .synCopy, .synAck, .synAckCopy]),
    ("> S 0 - 0\n< S 100 - 0\n> S 0 101 0\n< S 100 1 0", .full, [], [.syn, .crossingSyn, .synAck, .synAck]),
    ("> S 0 - 0\n< S 100 1 0\n> R 1 - 0", .halfOpen, [], [.syn, .synAck, .halfOpenReset]),
    ("> S 0 - 0\n< R 0 1 0", .full, [], [.syn, .refusingReset]),
    ("> S 0 - 0\n< . 77 55 0\n> R 55 - 0\n> S 0 - 0", .full, [], [.syn, .ack, .oldConnectionReset, .synCopy]),
    (
      open + "> P 1 101 5\n< . 101 6 0\n< P 101 6 7\n> . 6 108 0\n> P 1 101 5\n< R 108 6 0", .full, [],
      [.syn, .synAck, .handshakeAck, .data, .ack, .data, .ack, .dataCopy, .reset]
    ),
    (
      open + "> P 1 101 5\n> P 9 101 5\n< . 101 6 0\n< . 101 6 0\n< . 101 6 0 500 sack\n> P 6 101 3\n< . 101 14 0",
      .full, [],
      [.syn, .synAck, .handshakeAck, .data, .beyondGap, .ack, .duplicateAck, .sack, .dataCopy, .ack]
    ),
    (
      open + "> P 1 101 5\n< . 101 6 0 0\n> P 6 101 1\n< . 101 6 0 0\n< . 101 6 0 500", .full, [],
      [.syn, .synAck, .handshakeAck, .data, .zeroWindow, .windowProbe, .zeroWindow, .windowUpdate]
    ),
    (
      open + "> . 0 101 1\n< . 101 1 0\n> . 0 101 0\n< . 101 1 0", .full, [],
      [.syn, .synAck, .handshakeAck, .keepAlive, .keepAliveAck, .keepAlive, .keepAliveAck]
    ),
    (open + "<! S 500 - 0\n> . 1 101 0", .full, [], [.syn, .synAck, .handshakeAck, .rejected, .challengeAck]),
    (
      open + "> F 1 101 0\n> F 1 101 0\n< . 101 2 0\n< F 101 2 0\n> . 2 102 0", .full, [],
      [.syn, .synAck, .handshakeAck, .firstFin, .finCopy, .halfCloseAck, .secondFin, .lastAck]
    ),
    ("> F 5 - 0\n< R 0 6 0", .full, [.craftedFlags], [.crafted, .oldConnectionReset]),
  ]

  @Test("each packet is recognised by what was sent before it", arguments: rows)
  func recognised(_ row: (text: String, mode: Outcome.Mode, notes: Notes, kinds: [PacketLesson])) {
    #expect(Self.kinds(row.text, row.mode, row.notes) == row.kinds, "\(row.text)")
  }

  @Test("every kind of packet is recognised somewhere") func everyKind() throws {
    var found = Set(Self.rows.flatMap { $0.3 })
    for scene in [Scenes.prohibited, Scenes.refusals] { found.formUnion(PacketLessons(try scene.outcome()).kinds) }
    #expect(Set(PacketLesson.allCases).subtracting(found) == [.unreadable])
  }

  @Test("a whole connection in text, on paper of any width, and in ASCII") func text() throws {
    let record = Record(target: "web.test:80", sequence: 1, outcome: try Scene.fullClose().outcome())
    try Golden.expect(TextReport(isExplained: true).single(record), is: "explained.txt")
    let narrow = TextReport(style: Style(isUnicode: false, width: 60), isExplained: true).single(record)
    #expect(narrow.unicodeScalars.allSatisfy(\.isASCII) && narrow.contains("[RFC 9293 section"))
    let plain = TextReport().single(record)
    #expect(!plain.contains("RFC"))
    for lesson in PacketLessons(record.outcome).kinds { #expect(lesson.meaning.text != "") }
  }

  @Test("picture and page have the sentences where they are asked for") func pictures() throws {
    let outcome = try Scene.fullClose().outcome()
    let record = Record(target: "web.test:80", sequence: 1, outcome: outcome)
    #expect(LadderPicture(outcome, isExplained: true).svg.contains("[RFC 9293 §3.6.1]"))
    #expect(!LadderPicture(outcome).svg.contains("RFC"))
    for isExplained in [true, false] {
      var page = HTMLPage(isExplained: isExplained)
      page.add(record)
      #expect(page.text([]).contains("half-closed") == isExplained)
      #expect(page.text([]).contains("RFC 9293 §3.6.1") == isExplained)
    }
  }
}
