import Handshake
import Statistics
import Timebase

/// What a benchmark says to scripts.
extension JSONLines {
  /// The summary of one target.
  public static func summary(_ summary: BenchSummary) -> String {
    line("summary") { json in
      json.member("target", summary.target)
      json.endpoint(summary.remote)
      json.member("mode", summary.mode)
      json.member("sent", summary.loss.sent)
      json.member("received", summary.loss.received)
      json.member("loss", summary.loss.ratio)
      json.member("loss_low", summary.lossInterval?.lower)
      json.member("loss_high", summary.lossInterval?.upper)
      json.member("retransmitted", summary.retransmitted)
      json.member("duplicates", summary.duplicates)
      json.member("invalid", summary.invalid)
      json.member("started", summary.started)
      json.member("not_started", summary.notStarted)
      json.member("endings", summary) { json, summary in
        for ending in summary.endings { json.member(ending.name, ending.count) }
      }
      json.member("asked_rate", summary.askedRate)
      json.member("achieved_rate", summary.achievedRate)
      json.member("elapsed_ns", summary.elapsed.nanoseconds)
      json.member("path", summary.path)
      json.member("clock", summary.clock)
      json.steps(of: summary)
    }
  }
}

extension JSONLines {
  /// How the steps of one target compare with those of another.
  public static func ratio(_ comparison: BenchComparison) -> String {
    line("ratio") { json in
      json.member("target", comparison.target)
      json.member("base", comparison.base)
      json.member("step", comparison.step.rawValue)
      for quantile in comparison.quantiles {
        json.member(quantile.name, quantile.ratio) { json, ratio in
          json.member("ratio", ratio.estimate)
          json.member("low", ratio.lower)
          json.member("high", ratio.upper)
        }
      }
    }
  }
}

extension JSONWriter {
  fileprivate mutating func steps(of summary: BenchSummary) {
    member("steps", summary) { json, summary in
      for kind in StepKind.allCases {
        guard let series = summary[kind] else { continue }
        json.member(kind.rawValue, series) { $0.benchSeries($1) }
      }
    }
    member("since_due", summary.sinceDue) { $0.benchSeries($1) }
    member("lateness", summary.lateness) { $0.benchSeries($1) }
    guard summary.mode == "http" else { return }
    member("statuses", summary.statuses) { json, statuses in
      for (index, count) in statuses.enumerated() { json.member("\(index + 1)xx", count) }
    }
  }
}

extension JSONWriter {
  /// What is told of any series, and the quantile that only a benchmark has the samples for.
  fileprivate mutating func benchSeries(_ own: Series) {
    series(own)
    member("p9999_ns", own.value(at: .p9999)?.nanoseconds)
  }
}
