import Handshake
import Judging
import Testing
import Timebase
import Wire

@testable import Report

@Suite("Ladder and the text of one probe") struct LadderTests {
  private static let names = Scenes.all.map(\.key)

  private func record(_ name: String) throws -> Record {
    let scene = try #require(Scenes.all[name])
    return Record(target: "web.test:80", sequence: 1, outcome: try scene.outcome())
  }

  @Test("a person sees one probe as it was once looked at", arguments: names)
  func isAsLookedAt(name: String) throws {
    try Golden.expect(TextReport(isVerbose: true).single(record(name)), is: "\(name).txt")
  }

  @Test("80 columns of ASCII", arguments: names)
  func isAsLookedAtInASCII(name: String) throws {
    let text = Ladder(try record(name).outcome, style: Style(isUnicode: false, width: 80)).text
    try Golden.expect(text, is: "\(name).ascii.txt")
    #expect(text.utf8.allSatisfy { $0 < 0x7f })
  }

  @Test("IPv4 fits 100 columns, and no line ends in a space", arguments: names.filter { $0 != "ipv6" })
  func fits(name: String) throws {
    for line in Ladder(try record(name).outcome).text.split(separator: "\n") {
      #expect(line.count <= 100, "\(line)")
      #expect(line.last != " ")
    }
  }

  @Test(
    "it fits, as a picture down to 60 columns and as a list down to 40", arguments: names.filter { $0 != "ipv6" },
    [120, 80, 60, 50, 40])
  func fits(name: String, width: Int) throws {
    let text = Ladder(try record(name).outcome, style: Style(width: width)).text
    for line in text.split(separator: "\n") { #expect(line.count <= width, "\(line)") }
    if width == 40 { #expect(!text.contains("│")) }
  }

  @Test("a narrow picture, and the list in place of one that is narrower", arguments: [60, 40])
  func isNarrow(width: Int) throws {
    let texts = try ["full-close", "refused", "retransmitted"].filter(LadderTests.names.contains).map { name in
      Ladder(try record(name).outcome, style: Style(width: width)).text
    }
    try Golden.expect(texts.joined(separator: "\n"), is: "narrow-\(width).txt")
  }

  @Test("both lifelines are straight", arguments: names, [80, 100, 130])
  func isStraight(name: String, width: Int) throws {
    let style = Style(isUnicode: false, width: width)
    let lines = Ladder(try record(name).outcome, style: style).text.split(separator: "\n").map(Array.init)
    let first = try #require(lines.first { $0.contains("|") })
    let columns = first.indices.filter { first[$0] == "|" }
    try #require(columns.count == 2)
    for line in lines where line.contains("|") {
      #expect(columns.allSatisfy { line.count > $0 && line[$0] == "|" }, "\(String(line))")
    }
  }

  @Test("every step with a time runs from a packet to the one that it is told beside", arguments: names)
  func stepsArePlaced(name: String) throws {
    let outcome = try record(name).outcome
    for step in outcome.steps {
      guard let measurement = step.measurement else { continue }
      let index = try #require(step.end.flatMap(outcome.log.place), "\(step.kind) has no place")
      let start = try #require(step.begin.flatMap(outcome.log.place), "\(step.kind) begins nowhere")
      let entries = outcome.log.entries
      #expect(entries[index].elapsed(since: entries[start]) == measurement.interval, "\(step.kind)")
    }
  }

  @Test("colour is there only when asked, and changes nothing but the colour")
  func colourIsAsked() throws {
    for name in LadderTests.names {
      let record = try record(name)
      let plain = TextReport(isVerbose: true).single(record)
      let coloured = TextReport(style: Style(isColoured: true), isVerbose: true).single(record).escapedForOutput
      #expect(!plain.escapedForOutput.contains("\u{1b}"))
      #expect(coloured.contains("\u{1b}[3"))
      let stripped = coloured.replacing(/\u{1b}\[[0-9]+m/, with: "")
      #expect(stripped == plain)
    }
  }

  @Test("an outcome without packets has no ladder")
  func noPackets() {
    let outcome = Outcome(
      byKernel: Flow(local: Scene.local, remote: Scene.remote), verdict: .open, reason: .synAck,
      started: WallTime(nanoseconds: Scene.epoch), steps: [], ending: .fin)
    #expect(Ladder(outcome).text.isEmpty)
  }
}
