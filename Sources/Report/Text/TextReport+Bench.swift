import Handshake
import Judging
import Statistics
import Timebase

/// What a benchmark says to a person.
extension TextReport {
  /// The quantiles of the table, and how they are headed.
  private static let quantiles: [(quantile: Quantile, name: String)] = [
    (.p50, "p50"), (.p90, "p90"), (.p99, "p99"), (.p999, "p99.9"), (.p9999, "p99.99"),
  ]

  /// The closing lines of one target: counts, a table of its steps, what else happened.
  public func summary(_ summary: BenchSummary) -> String {
    var text = "\n--- \(summary.target.printable) bench statistics ---\n" + counts(summary)
    text += syns(summary.syns) + rates(summary)
    text += table(summary)
    let remarks = remarks(summary)
    if !remarks.isEmpty { text += remarks + "\n" }
    return text + share(summary.share)
  }

  /// The handshakes' times as rows of bars; empty where there are none.
  public func distribution(_ summary: BenchSummary) -> String {
    guard let syn = summary[.syn] else { return "" }
    return "\nsyn " + DistributionText(syn.histogram, style: style).text
  }

  /// How a target compares with the first one.
  public func ratio(_ comparison: BenchComparison) -> String {
    var words: [String] = []
    for quantile in comparison.quantiles {
      guard let ratio = quantile.ratio else { continue }
      let ends = "\(BenchWords.ratio(ratio.lower)) to \(BenchWords.ratio(ratio.upper))"
      let verdict = ratio.isDifferent ? "" : ", no difference shown"
      words.append("\(quantile.name) × \(BenchWords.ratio(ratio.estimate)) (\(ends)\(verdict))")
    }
    guard !words.isEmpty else { return "" }
    let names = "\(comparison.target.printable) against \(comparison.base.printable)"
    return "\n\(names), \(comparison.step.rawValue): \(words.together(by: ", ")); 95 % confidence\n"
  }

  private func counts(_ summary: BenchSummary) -> String {
    var text = "\(summary.started) connections started, \(summary.completed) completed"
    for ending in summary.endings where ending.count > 0 && ending.name != "completed" {
      text += ", \(ending.count) \(ending.name)"
    }
    if summary.notStarted > 0 { text += ", \(summary.notStarted) not started" }
    if let percentage = summary.loss.percentage { text += ", \(percentage)% loss" }
    if let interval = summary.lossInterval {
      let ends = [interval.lower, interval.upper].map(BenchWords.percent)
      text += " (\(ends[0])–\(ends[1])%, 95 % confidence)"
    }
    return text + "\n"
  }

  private func rates(_ summary: BenchSummary) -> String {
    guard let achieved = summary.achievedRate else { return "" }
    return "rate \(BenchWords.rate(achieved))/s of \(BenchWords.rate(summary.askedRate))/s requested\n"
  }

  /// A line for each step, in milliseconds.
  private func table(_ summary: BenchSummary) -> String {
    var rows: [(name: String, series: Series)] = []
    for kind in StepKind.allCases {
      if let series = summary[kind] { rows.append((kind.rawValue, series)) }
    }
    // Where connections began on time, this says nothing that the step does not say.
    if summary.isLate { rows.append(("syn incl. queueing", summary.sinceDue)) }
    guard !rows.isEmpty else { return "" }
    let heads = ["count", "min", "avg"] + TextReport.quantiles.map(\.name) + ["max"]
    var text = "ms".leading(BenchWords.nameWidth)
    for head in heads { text += head.trailing(BenchWords.width) }
    text += "\n"
    for row in rows { text += line(row.name, row.series) }
    return text
  }

  private func line(_ name: String, _ series: Series) -> String {
    let (moments, width) = (series.moments, BenchWords.width)
    var text = name.leading(BenchWords.nameWidth) + String(moments.count).trailing(width)
    for interval in [moments.min, moments.mean] + TextReport.quantiles.map({ series.value(at: $0.quantile) })
      + [moments.max]
    {
      text += (interval?.fixedMilliseconds ?? "-").trailing(width)
    }
    return text + "\n"
  }

  private func remarks(_ summary: BenchSummary) -> String {
    var words: [String] = []
    if summary.retransmitted > 0 { words.append("\(summary.retransmitted) retransmitted") }
    if summary.duplicates > 0 { words.append("\(summary.duplicates) duplicate") }
    if summary.invalid > 0 { words.append("\(summary.invalid) invalid") }
    if let clock = summary.clock {
      words.append(
        "times by \(clock == "mixed" ? "both clocks" : "the \(clock == "kernel" ? "kernel's" : "user's") clock")")
    }
    if !summary.path.isEmpty { words.append("sent through \(summary.path) sockets") }
    return words.together(by: ", ")
  }
}

extension BenchSummary {
  /// Whether connections began so late that their SYN's time tells less than the truth: a tenth of its median or more.
  var isLate: Bool {
    guard let late = lateness.value(at: .p99), let syn = self[.syn]?.value(at: .p50) else { return false }
    return late * 10 >= syn
  }
}

/// The words of a benchmark.
enum BenchWords {
  /// The width of a step's name.
  static let nameWidth = 14
  /// The width of a number.
  static let width = 10

  /// A share in percent, with two decimals.
  static func percent(_ share: Double) -> String { (share * 100).decimals(2, below: 1e9) }

  /// A ratio with three decimals.
  static func ratio(_ ratio: Double) -> String { ratio.decimals(3, below: 1e9) }

  /// A rate with one decimal.
  static func rate(_ rate: Double) -> String { rate.decimals(1, below: 1e15) }
}
