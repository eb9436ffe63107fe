import Foundation
import Judging
import Testing
import Timebase
import Wire

@testable import Handshake
@testable import Report

@Suite("JSON lines") struct JSONLinesTests {
  private static let names = Scenes.all.map(\.key)

  private func decoded(_ line: String) throws -> [String: Any] {
    #expect(line.hasSuffix("}\n"))
    #expect(line.filter { $0 == "\n" }.count == 1)
    return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  @Test("a connection is as it was once looked at, and is JSON", arguments: names)
  func connection(name: String) throws {
    let scene = try #require(Scenes.all[name])
    let record = Record(target: "web.test:80", sequence: 1, outcome: try scene.outcome())
    let line = JSONLines.connection(record)
    try Golden.expect(line, is: "\(name).json")
    let object = try decoded(line)
    #expect(object["schema"] as? Int == 1)
    #expect(object["type"] as? String == "connection")
    #expect((object["steps"] as? [[String: Any]])?.count == record.steps.count)
  }

  @Test("the contract's fields come first and in its order")
  func order() throws {
    let record = Record(target: "web.test:80", sequence: 1, outcome: try Scene.fullClose().outcome())
    let line = JSONLines.connection(record)
    let fields = [
      "schema", "type", "target", "address", "port", "source", "source_port", "mode", "state", "reason", "seq",
      "started", "isn", "irs", "ttl", "transmissions", "peer", "steps", "closed_by", "client_state", "invalid_replies",
    ]
    let places = fields.map { line.range(of: "\"\($0)\":")?.lowerBound }
    #expect(places.allSatisfy { $0 != nil })
    #expect(zip(places, places.dropFirst()).allSatisfy { ($0 ?? line.endIndex) < ($1 ?? line.startIndex) })
    #expect(line.hasPrefix(#"{"schema":1,"type":"connection","#))
  }

  @Test("what was not seen is null, never 0")
  func absence() throws {
    let filtered = try decoded(
      JSONLines.connection(Record(target: "t", sequence: 1, outcome: Scenes.filtered.outcome())))
    for field in ["irs", "ttl", "peer", "closed_by", "server_state"] { #expect(filtered[field] is NSNull, "\(field)") }
    #expect(filtered["transmissions"] as? Int == 3)
    let ambiguous = try decoded(
      JSONLines.connection(Record(target: "t", sequence: 1, outcome: Scenes.ambiguous.outcome())))
    let step = try #require((ambiguous["steps"] as? [[String: Any]])?.first)
    #expect(step["rtt_ns"] is NSNull && step["clock"] is NSNull)
    #expect(step["ambiguous"] as? Bool == true)
  }

  @Test("the kernel's own connection says what it cannot know")
  func connectMode() throws {
    let outcome = Outcome(
      byKernel: Flow(local: Scene.local, remote: Scene.remote), verdict: .open, reason: .synAck,
      started: WallTime(nanoseconds: Scene.epoch),
      steps: [Step(.syn, Measurement(.microseconds(231), clock: .tcpInfo))], ending: .fin)
    let resolve = Measurement(.microseconds(87), clock: .user)
    let record = Record(target: "web.test:80", sequence: 3, resolve: resolve, outcome: outcome)
    try Golden.expect(JSONLines.connection(record), is: "connect.json")
    try Golden.expect(TextReport().single(record) + TextReport().line(record), is: "connect.txt")
    let object = try decoded(JSONLines.connection(record))
    for field in ["isn", "irs", "ttl", "peer", "transmissions", "client_state", "server_state"] {
      #expect(object[field] is NSNull, "\(field)")
    }
    #expect(object["mode"] as? String == "connect")
  }

  @Test(
    "any text comes back as it went in, on one line",
    arguments: [
      "", "\"", "\\", "\\\"", "a\nb\r\tc", "\u{0}\u{1}\u{1f}\u{7f}\u{80}\u{9f}", "\u{1b}[31mred\u{1b}[0m",
      "\u{2028}\u{2029}",
      "\u{202e}txet", "żółw 🐢 \u{1F468}\u{200D}\u{1F469}", "</script>", String(repeating: "\"\\\n", count: 500),
      String(decoding: [0x61, 0xff, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0x62], as: UTF8.self), "\u{fffe}\u{10ffff}",
      "e\u{301}",
    ])
  func hostileTexts(text: String) throws {
    let record = Record(target: text, sequence: 1, outcome: try Scenes.refused.outcome())
    let line = JSONLines.connection(record)
    let target = try #require(decoded(line)["target"] as? String)
    #expect(Array(target.unicodeScalars) == Array(text.unicodeScalars))
    #expect(line.unicodeScalars.dropLast().allSatisfy { $0.value >= 0x20 && $0.value != 0x7f })
    let words = TextReport(isVerbose: true).single(record)
    #expect(words.unicodeScalars.allSatisfy { $0 == "\n" || !$0.isUnprintable })
  }

  @Test("a packet of each kind")
  func packets() throws {
    let record = Record(target: "web.test:80", sequence: 1, outcome: try Scenes.refusals.outcome())
    let lines = record.outcome.log.entries.map { JSONLines.packet($0, of: record) }
    for line in lines { _ = try decoded(line) }
    try Golden.expect(lines.joined(), is: "packets.json")
  }

  @Test("numbers that JSON has no word for are null")
  func numbers() {
    var json = JSONWriter()
    json.array {
      $0.value(Double.nan)
      $0.value(Double.infinity)
      $0.value(0.25)
      $0.value(UInt64.max)
      $0.value(Int64.min)
      $0.value(Int?.none)
      $0.value(Bool?.none)
      $0.array { _ in }
      $0.object { _ in }
    }
    #expect(json.text == "[null,null,0.25,18446744073709551615,-9223372036854775808,null,null,[],{}]")
  }
}
