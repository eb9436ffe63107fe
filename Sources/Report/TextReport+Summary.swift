import Statistics
import Timebase

/// Ping's closing lines, to the letter.
extension TextReport {
  /// The closing lines of one target, after an empty line as ping leaves one.
  public func summary(_ summary: TargetSummary) -> String {
    var text = "\n--- \(summary.target.printable) probe statistics ---\n" + counts(summary) + "\n"
    if let series = summary[.syn] { text += times(series) }
    let rest = remarks(summary)
    return rest.isEmpty ? text : text + rest + "\n"
  }

  /// `20 packets transmitted, 20 received, 0% packet loss, time 19012ms`.
  private func counts(_ summary: TargetSummary) -> String {
    var text = "\(summary.loss.sent) packets transmitted, \(summary.loss.received) received"
    if summary.duplicates > 0 { text += ", +\(summary.duplicates) duplicates" }
    if summary.errors > 0 { text += ", +\(summary.errors) errors" }
    guard let percentage = summary.loss.percentage else { return text }
    return text + ", \(percentage)% packet loss, time \(summary.elapsed.wholeMilliseconds)ms"
  }

  /// `rtt min/avg/max/mdev = …`, in ping's arithmetic, and the quantiles in the same form.
  private func times(_ series: Series) -> String {
    let moments = [series.ping.min, series.ping.mean, series.ping.max, series.ping.mdev]
    let quantiles = [Quantile.p50, .p90, .p99].map { series.value(at: $0) }
    return "rtt min/avg/max/mdev = \(joined(moments)) ms\nrtt p50/p90/p99 = \(joined(quantiles)) ms\n"
  }

  private func joined(_ intervals: [Interval?]) -> String {
    intervals.map { $0?.fixedMilliseconds ?? "?" }.joined(separator: "/")
  }

  /// What is told only where it happened.
  private func remarks(_ summary: TargetSummary) -> String {
    var words: [String] = []
    if summary.retransmitted > 0 { words.append("\(summary.retransmitted) retransmitted") }
    if summary.duplicates > 0 { words.append("\(summary.duplicates) duplicate") }
    if summary.invalid > 0 { words.append("\(summary.invalid) invalid") }
    if summary.undecided > 0 { words.append("\(summary.undecided) interrupted") }
    if summary.mode == .connect { words.append("measured by the kernel's connect()") }
    return words.joined(separator: ", ")
  }
}
