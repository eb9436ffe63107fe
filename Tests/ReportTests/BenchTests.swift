import Foundation
import Handshake
import Judging
import Statistics
import Testing
import Timebase
import Wire

@testable import Report

/// What a benchmark says, to people and to scripts.
@Suite("Bench") struct BenchTests {
  /// A thousand handshakes from 100 µs on, a tenth of them slow, three without an answer.
  private func summary(_ name: String = "web.test:80", factor: Int64 = 1, late: Interval = .zero) -> BenchSummary {
    var summary = BenchSummary(target: name, remote: Scene.remote, mode: "full", askedRate: 500)
    summary.started = 1_003
    summary.notStarted = 7
    summary.completed = 1_000
    summary.answered = 1_000
    summary.retransmitted = 9
    summary.syns = SynCounts(sent: 1_012, answered: 1_000)
    summary.invalid = 1
    summary.path = "raw"
    summary.elapsed = .milliseconds(2_100)
    summary.beginning = .milliseconds(2_018)
    summary.endings = [("completed", 1_000), ("refused", 0), ("lost", 3)].map {
      BenchSummary.Ending(name: $0.0, count: $0.1)
    }
    for index in 0..<1_000 as Range<Int64> {
      let time = Interval.microseconds((index % 10 == 9 ? 900 : 100) * factor + index / 50)
      summary.record(Measurement(time, clock: .kernel), of: .syn)
      summary.record(Measurement(time * 2, clock: .kernel), of: .fin)
      summary.record(lateness: late, sinceDue: time + late)
      summary.record(handshake: time, at: .milliseconds(index * 2))
    }
    return summary
  }

  @Test("text and JSON are as they were looked at") func golden() throws {
    let text = TextReport()
    try Golden.expect(text.summary(summary()) + text.distribution(summary()), is: "bench.txt")
    try Golden.expect(JSONLines.summary(summary()), is: "bench.json")
    #expect(try JSONSerialization.jsonObject(with: Data(JSONLines.summary(summary()).utf8)) is [String: Any])
  }

  @Test("where connections began late, the time since they were due is told") func lateness() {
    let text = TextReport()
    #expect(!text.summary(summary()).contains("syn incl. queueing"))
    #expect(text.summary(summary(late: .milliseconds(5))).contains("syn incl. queueing"))
  }

  @Test("the rate that was reached counts what was due, and a run that lasted longer") func rates() throws {
    var own = summary()
    #expect(try abs(#require(own.achievedRate) - 1_003 / 2.02) < 0.01)
    own.beginning = .seconds(4)
    #expect(try abs(#require(own.achievedRate) - 1_003 / 4.0) < 0.01)
    let none = BenchSummary(target: "t:1", remote: Scene.remote, mode: "full", askedRate: 10)
    #expect(none.achievedRate == nil && none.clock == nil)
    #expect(TextReport().summary(none) == "\n--- t:1 bench statistics ---\n0 connections started, 0 completed\n")
    #expect(TextReport().distribution(none).isEmpty)
  }

  @Test("a target is compared with the first one") func comparison() throws {
    let comparison = BenchComparison(summary("slow:80", factor: 2), to: summary(), step: .syn, seed: 1)
    try Golden.expect(TextReport().ratio(comparison) + JSONLines.ratio(comparison), is: "bench-ratio.txt")
    let same = BenchComparison(summary("same:80"), to: summary(), step: .syn, seed: 1)
    #expect(same.quantiles.allSatisfy { $0.ratio.map { !$0.isDifferent } ?? false })
    let none = BenchSummary(target: "t:1", remote: Scene.remote, mode: "full", askedRate: 10)
    let empty = BenchComparison(none, to: summary(), step: .syn, seed: 1)
    #expect(TextReport().ratio(empty).isEmpty)
    #expect(JSONLines.ratio(empty).contains(#""p50":null"#))
  }
}
