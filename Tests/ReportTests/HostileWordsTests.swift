import Capture
import Foundation
import Judging
import Statistics
import Testing
import Timebase
import Wire

@testable import HTTP
@testable import Handshake
@testable import Report

/// No byte below 0x20 but line feed and tabulator, no DEL, no C1 and no bidi control, from any field, in any format.
///
/// Whatever can be a word of somebody else's is one here, in every form that results are told in: no such character comes
/// out, and no line more than a harmless word of the same place has.
@Suite("Words of others") struct HostileWordsTests {
  /// A form that results are told in, and what it makes of a word that stands in all of its fields.
  struct Form: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var make: @Sendable (String) throws -> String

    init(_ name: String, _ make: @escaping @Sendable (String) throws -> String) {
      testDescription = name
      self.make = make
    }
  }

  static let words = [
    "\u{1b}]0;pwned\u{7}\u{1b}[2J", "a\nb\rc\td\u{b}\u{c}", "\u{7f}\u{80}\u{85}\u{9b}31m\u{9f}",
    "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{200e}\u{200f}\u{61c}",
    "\u{2028}\u{2029}\u{0}\u{1}\u{1f}", "\u{fffe}\u{ffff}\u{1fffe}",
    String(decoding: [0xef, 0xb7, 0xaf, 0xef, 0xb7, 0x90, 0xef, 0xb7, 0xa1], as: UTF8.self),
    ColourMark.allCases.map(\.text).joined(), String(preserving: [0x63, 0x1b, 0xe9, 0x9b, 0xff, 0xef, 0xb7, 0x90]),
    "\r\nok 1 - forged\r\n", "]]>--><script>\u{1b}</script>'\"&", "|;'=,\u{1b}\"\\",
  ]

  @Test("no control character of theirs comes out, and no line", arguments: forms) func everyForm(_ form: Form) throws {
    let usual = try form.make("word")
    for word in HostileWordsTests.words {
      let text = try form.make(word)
      let written = text.escapedForOutput
      let bad = written.unicodeScalars.filter { $0.isUnprintable && !["\n", "\t"].contains($0) }
      // A table's lines end by CR LF.
      #expect(bad.filter { $0 != "\r" }.isEmpty, "\(word.debugDescription): \(written.debugDescription)")
      #expect(lines(written) == lines(usual), "\(word.debugDescription): \(written.debugDescription)")
      // It was escaped in its place, and not only at the door.
      #expect(written == text, "\(word.debugDescription): \(text.debugDescription)")
    }
  }

  @Test("the door alone lets nothing through either", arguments: words) func door(_ word: String) {
    let marks = ColourMark.allCases.reduce("\(word)\r") { $0.replacingOccurrences(of: $1.text, with: "") }
    let bad = marks.escapedForOutput.unicodeScalars.filter { $0.isUnprintable && !["\n", "\t", "\r"].contains($0) }
    #expect(bad.isEmpty)
    #expect(!marks.escapedForOutput.hasSuffix("\r"))
  }

  private func lines(_ text: String) -> Int { text.unicodeScalars.count { $0 == "\n" } }
}

// MARK: The forms

extension HostileWordsTests {
  static let forms: [Form] =
    records + checks + [
      Form("screen") { word in
        var frame = WatchTests.frame
        frame.remark = "cannot write \(word): \(word)"
        let screen = WatchScreen(style: Style(width: 100), rows: 9)
        return screen.lines([WatchTests.target(word), WatchTests.target(word + "x")], frame).joined(separator: "\n")
      },
      Form("changes of state and address") { word in
        var target = WatchTests.target(word)
        let changes = WatchTests.feed(&target, (1...4).map { WatchTests.record($0, $0 > 2 ? .filtered : .open) })
        let move = target.move(to: Scene.remote.address, at: WallTime(nanoseconds: Scene.epoch))
        let text = changes.map { TextReport().change($0) + JSONLines.change($0) }.joined()
        return text + TextReport().move(move) + JSONLines.move(move)
      },
      Form("metrics") { word in
        var target = WatchTests.target(word)
        WatchTests.feed(&target, [WatchTests.record(1)])
        return PrometheusText.document([target])
      },
      Form("fping") { FpingLine.text($0, width: 12, times: [nil, .milliseconds(1)]) },
      Form("bench") { word in
        var summary = BenchSummary(target: word, remote: Scene.remote, mode: "full", askedRate: 500)
        summary.record(Measurement(.milliseconds(1), clock: .kernel), of: .syn)
        let comparison = BenchComparison(summary, to: summary, step: .syn, seed: 1)
        let text = TextReport().summary(summary) + TextReport().distribution(summary) + TextReport().ratio(comparison)
        return text + JSONLines.summary(summary) + JSONLines.ratio(comparison)
      },
      Form("distribution") { word in
        var histogram = Histogram()
        histogram.record(.milliseconds(1))
        let curves = [DistributionSVG.Curve(name: word, histogram: histogram)]
        return DistributionSVG(title: word, curves: curves).text
      },
      Form("summary of a capture") { word in
        TextReport().summary(CaptureSummary(), of: word) + JSONLines.summary(CaptureSummary(), of: [word, word])
      },
      Form("comparison") { word in
        let odd = ComparisonTextTests.flow(1) { flow in
          flow.client.options = [word, "TS val " + word]
          flow.end = .connection(word, closedBy: word)
          (flow.client.address, flow.server.address) = (word, "10.0.0.2" + word)
          flow.times = [ComparedFlow.Time(step: word, interval: .milliseconds(900))]
        }
        let even = ComparisonTextTests.flow(1) { flow in
          flow.end = .flow("other" + word, by: word, thenReset: word)
          (flow.client.address, flow.server.address) = (word, "10.0.0.2" + word)
          flow.times = [ComparedFlow.Time(step: word, interval: .milliseconds(1))]
        }
        let comparison = CaptureComparison([odd, odd, odd], [even, even], seed: 1)
        return TextReport().comparison(comparison, word, word + "x") + JSONLines.comparison(comparison, word, word)
      },
    ]

  private static let records: [Form] = [
    Form("text") { word in
      let record = try record(word)
      let report = TextReport(isVerbose: true)
      let header = report.header(target: word, remote: Scene.remote, source: Scene.local.address, does: "a test")
      return header + report.single(record) + report.line(record) + report.detail(record)
    },
    Form("summary") { word in
      let summary = try summary(word)
      return TextReport().summary(summary) + JSONLines.summary(summary)
    },
    Form("JSON") { word in
      let record = try record(word)
      let packets = record.outcome.log.entries.map { JSONLines.packet($0, of: record) }.joined()
      return JSONLines.connection(record) + packets
    },
    Form("table") { CSV.connections.header + CSV.connections.line(try record($0)) },
    Form("picture") { LadderPicture(try Scene.fullClose().outcome(), heading: $0).svg },
    Form("page") { word in
      var page = HTMLPage()
      page.add(try record(word), requests: [request(word)])
      page.add(try record(word, sequence: 2))
      return page.text([try summary(word)])
    },
    Form("HTTP") { word in
      let cost = Traffic()
      let page = HTTPRecord(record: try record(word), requests: [request(word)], unsent: 0, cost: cost)
      return TextReport(isVerbose: true).page(page) + JSONLines.page(page)
        + JSONLines.comparison(target: word, cost, cost)
    },
  ]

  private static let checks: [Form] = [
    Form("checks as lines") { word in
      results(word).map { TextReport().check($0, width: 16) + JSONLines.check($0) }.joined()
        + JSONLines.summary(CheckTests.totals, of: word)
    },
    Form("checks as a table") { word in results(word).map { CSV.checks.line($0) }.joined() },
    Form("TAP") { word in results(word).map { TAP.line($0, number: 1) }.joined() },
    Form("JUnit") { word in
      JUnit.document(
        results(word), of: word, totals: CheckTests.totals, started: WallTime(nanoseconds: Scene.epoch))
    },
    Form("plugin") { word in
      let many = PluginLine(results(word), warning: PluginThreshold(), critical: PluginThreshold())
      let one = PluginLine([results(word)[0]], warning: PluginThreshold(), critical: PluginThreshold())
      return many.text + one.text + PluginLine(.unknown, word).text
    },
  ]

  private static func record(_ target: String, sequence: Int = 1) throws -> Record {
    Record(target: target, sequence: sequence, outcome: try Scene.fullClose().outcome())
  }

  private static func summary(_ target: String) throws -> TargetSummary {
    let outcome = try Scene.fullClose().outcome()
    var summary = TargetSummary(target: target, remote: outcome.flow.remote, mode: outcome.mode)
    for sequence in 1...3 { summary.add(Record(target: target, sequence: sequence, outcome: outcome)) }
    return summary
  }

  private static func request(_ word: String) -> HTTPTransaction {
    let field = HTTPField(unchecked: word, word)
    var request = HTTPTests.request(
      1, word, HTTPHead(minorVersion: 1, status: 200, reason: word, fields: [field], length: 9))
    request.fault = .truncated
    return request
  }

  private static func results(_ word: String) -> [CheckResult] {
    ["", "x"].map { suffix in
      var check = Check(target: word + suffix, expected: .open)
      (check.file, check.line, check.comment) = (word, 1, word)
      var result = CheckResult(check, remote: Scene.remote, problem: suffix.isEmpty ? nil : word)
      if suffix.isEmpty { result.add(CheckTests.record(.refused, .rst)) }
      if suffix.isEmpty { result.fail(word) }
      return result
    }
  }
}
