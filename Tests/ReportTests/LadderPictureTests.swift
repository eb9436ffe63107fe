import Foundation
import Handshake
import Testing
import Timebase
import Wire

@testable import Report

@Suite("The ladder as a picture") struct LadderPictureTests {
  static let scenes = Array(Scenes.all) + Array(Scenes.pictures)
  static let names = scenes.map(\.key)

  static func outcome(_ name: String) throws -> Outcome {
    try #require(scenes.first { $0.key == name }).value.outcome()
  }

  @Test("a picture is as it was once looked at", arguments: ["open", "retransmitted", "invalid", "listen"])
  func isAsLookedAt(name: String) throws {
    try Golden.expect(LadderPicture(Self.outcome(name)).svg, is: "\(name).svg")
  }

  @Test("the README's picture is what the tool draws")
  func committed() throws {
    try Golden.expect(
      LadderPicture(Self.outcome("open"), heading: "web.test:80: open").svg, is: "handshake.svg", in: Golden.docs)
  }

  @Test("of a connection that the kernel made there is nothing to draw, and the picture says so")
  func noPackets() throws {
    let outcome = Outcome(
      byKernel: Flow(local: Scene.local, remote: Scene.remote), verdict: .open, reason: .synAck,
      started: WallTime(nanoseconds: Scene.epoch), steps: [], ending: .fin)
    let words = try XMLReading(LadderPicture(outcome).svg).texts(of: "text")
    #expect(words.contains("No packets: the kernel made the connection."))
  }

  @Test("a bracket spans the time that stands beside it", arguments: names)
  func brackets(name: String) throws {
    let outcome = try Self.outcome(name)
    let entries = outcome.log.entries
    let brackets = StepBracket.brackets(of: outcome)
    #expect(brackets.count == outcome.steps.count { ($0.measurement?.interval ?? .zero) > .zero })
    for bracket in brackets {
      let spanned = try #require(entries[bracket.end].elapsed(since: entries[bracket.begin]))
      #expect(bracket.words.hasSuffix(" \(spanned.replyMilliseconds) ms"))
    }
  }

  @Test("what a packet became is told as far as it is known")
  func fates() throws {
    func fates(_ name: String) throws -> [PacketFate] { PacketFate.fates(of: try Self.outcome(name)) }
    #expect(try fates("open").allSatisfy { $0 == .arrived })
    #expect(try fates("filtered").allSatisfy { $0 == .unanswered })
    #expect(try fates("retransmitted").prefix(3) == [.unanswered, .arrived, .arrived])
    #expect(try fates("icmp") == [.turnedBack, .error])
    #expect(try fates("invalid")[1] == .refused(.ackMismatch))
    #expect(try fates("invalid").filter { $0 == .arrived }.count == 5)
  }

  @Test("the picture names the states that the text names, in the same order", arguments: names)
  func states(name: String) throws {
    let outcome = try Self.outcome(name)
    let drawn = try XMLReading(LadderPicture(outcome).svg).elements.filter { $0.attributes["class"] == "state" }
    let names = Set(State.allCases.map(\.rawValue))
    let said = Ladder(outcome, style: Style(width: 200)).text.split { " \n".contains($0) }.map(String.init)
      .map { $0 == "SYN-RCVD" ? "SYN-RECEIVED" : $0 }.filter { names.contains($0) || $0 == "?" }
    #expect(drawn.map(\.text).sorted() == said.sorted())
  }

  /// `--svg FILE` says it: a pointer over a packet shows its numbers as they were on the wire.
  @Test("every packet has a title with its absolute numbers")
  func titles() throws {
    let titles = try XMLReading(LadderPicture(Self.outcome("open")).svg).texts(of: "title")
    #expect(titles.count == 1 + 7)
    #expect(
      titles[2]
        == "SYN,ACK SEG.SEQ=1739326486; SEG.ACK=3626544837; window 65160, 0 bytes of payload; options mss 1460, sackOK, "
        + "TS val 2814749767 ecr 1000, wscale 7; 2026-01-02T03:04:05.123669789Z (kernel clock)")
  }

  /// With `PROBE_PICTURES=FOLDER` in the environment each picture is left there, to be looked at.
  private static func leave(_ svg: String, _ name: String) throws {
    guard let folder = ProcessInfo.processInfo.environment["PROBE_PICTURES"] else { return }
    try Data(svg.utf8).write(to: URL(filePath: folder).appending(path: "\(name).svg"))
  }

  @Test("no words lie on others, and none are cut off", arguments: names)
  func wordsHaveRoom(name: String) throws {
    let svg = try LadderPicture(Self.outcome(name), heading: "http://web.test/\(name): open").svg
    try Self.leave(svg, name)
    let height = try #require(Double(svg.firstMatch(of: /viewBox="0 0 640 ([0-9.]+)"/)?.1 ?? ""))
    let boxes = try WordBox.boxes(in: svg)
    for (index, box) in boxes.enumerated() {
      #expect(box.isInside(width: 640, height: height), "\(box) is cut off")
      for other in boxes[(index + 1)...] {
        #expect(!box.overlaps(other), "\(box) and \(other)")
      }
    }
  }
}
