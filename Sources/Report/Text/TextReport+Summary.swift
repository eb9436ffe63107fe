import Handshake
import Judging
import Statistics
import Timebase

/// Ping's closing lines, to the letter; its packets are the SYNs.
extension TextReport {
  /// The closing lines of one target, after an empty line as ping leaves one.
  public func summary(_ summary: TargetSummary) -> String {
    var text = "\n--- \(summary.target.printable) probe statistics ---\n" + counts(summary) + "\n"
    if let series = summary[.syn] { text += times(series, pipe: summary.reordering.pipe) }
    text += probes(summary) + syns(summary.syns, as: summary.isCrafted ? "segments" : "SYNs")
    let rest = remarks(summary)
    if !rest.isEmpty { text += rest + "\n" }
    return text + outages(summary.outages.settled) + share(summary.share)
  }

  /// `25 packets transmitted, 20 received, 20% packet loss, time 19012ms`: what was transmitted are SYNs, each
  /// retransmission one more.
  private func counts(_ summary: TargetSummary) -> String {
    // An ICMP error is no reply: ping counts it apart, and its packet as lost.
    let packets = Loss(sent: summary.syns.sent, received: summary.syns.answered - summary.syns.errors)
    var text = "\(packets.sent) packets transmitted, \(packets.received) received"
    if summary.duplicates > 0 { text += ", +\(summary.duplicates) duplicates" }
    if summary.errors > 0 { text += ", +\(summary.errors) errors" }
    guard let percentage = packets.percentage else { return text }
    return text + ", \(percentage)% packet loss, time \(summary.elapsed.wholeMilliseconds)ms"
  }

  /// `probes: 20 sent, 19 answered; loss 5% (0.9% to 23.6%, 95 % confidence)`.
  private func probes(_ summary: TargetSummary) -> String {
    guard summary.loss.sent > 0 else { return "" }
    return "probes: \(summary.loss.sent) sent, \(summary.loss.received) answered; \(words(summary.loss))\n"
  }

  /// `SYNs: 25 sent, 20 answered, 5 lost; loss 20% (8.9% to 39.1%, 95 % confidence)`; empty where none was sent.
  func syns(_ syns: SynCounts, as name: String = "SYNs") -> String {
    guard syns.sent > 0 else { return "" }
    let errors = syns.errors > 0 ? " (\(syns.errors) by ICMP errors)" : ""
    return "\(name): \(syns.sent) sent, \(syns.answered) answered\(errors), \(syns.lost) lost; \(words(Loss(syns)))\n"
  }

  /// `loss 20% (8.9% to 39.1%, 95 % confidence)`.
  private func words(_ loss: Loss) -> String {
    guard let percentage = loss.percentage, let interval = loss.interval else { return "" }
    // In ten-thousandths of the whole, since a share of so many probes is no more exact than that.
    let ends = [interval.lower, interval.upper].map { share in
      let tenths = Int((share * 1_000).rounded())
      return "\(tenths / 10).\(tenths % 10)%"
    }
    return "loss \(percentage)% (\(ends[0]) to \(ends[1]), 95 % confidence)"
  }

  /// `path 0.213 ms; application 12.0 ms`, where the figures say so.
  func share(_ share: PathShare?) -> String {
    guard let share else { return "" }
    return "path \(share.path.replyMilliseconds) ms; application \(share.application.replyMilliseconds) ms\n"
  }

  /// `rtt min/avg/max/mdev = …`, in ping's arithmetic, and the quantiles in the same form.
  ///
  /// As ping has it, `, pipe 3` shows how many probes had left at most when one of them was answered.
  private func times(_ series: Series, pipe: Int) -> String {
    let moments = [series.ping.min, series.ping.mean, series.ping.max, series.ping.mdev]
    let quantiles = [Quantile.p50, .p90, .p99].map { series.value(at: $0) }
    let pipe = pipe > 1 ? ", pipe \(pipe)" : ""
    return "rtt min/avg/max/mdev = \(joined(moments)) ms\(pipe)\nrtt p50/p90/p99 = \(joined(quantiles)) ms\n"
  }

  private func joined(_ intervals: [Interval?]) -> String {
    intervals.map { $0?.fixedMilliseconds ?? "?" }.joined(separator: "/")
  }

  /// What is told only where it happened.
  private func remarks(_ summary: TargetSummary) -> String {
    var words: [String] = []
    if summary.retransmitted > 0 { words.append("\(summary.retransmitted) retransmitted") }
    if summary.duplicates > 0 { words.append("\(summary.duplicates) duplicate") }
    if summary.reordering.count > 0 { words.append("\(summary.reordering.count) reordered") }
    if summary.invalid > 0 { words.append("\(summary.invalid) invalid") }
    if summary.undecided > 0 { words.append("\(summary.undecided) interrupted") }
    if summary.notStarted > 0 { words.append("\(summary.notStarted) not started") }
    if summary.mode == .connect { words.append("measured by the kernel's connect()") }
    return words.joined(separator: ", ")
  }

  /// `2 outages, the longest 4.003 s from 2026-01-02T03:04:05.123456789Z: 4 probes`, where there were any.
  private func outages(_ outages: Outages) -> String {
    guard outages.count > 0 else { return "" }
    let all = [outages.longest, outages.current].compactMap(\.self)
    guard let longest = all.max(by: { $0.length < $1.length }) else { return "" }
    let count = outages.count == 1 ? "1 outage of" : "\(outages.count) outages, the longest"
    let text = "\(count) \(longest.length.fixedSeconds) s from \(longest.first.rfc3339): \(longest.misses) probes"
    return text + (outages.current == nil ? "\n" : ", ongoing\n")
  }
}
