import Capture
import Handshake
import Judging
import Statistics
import Timebase
import Wire

/// What captures hold, for people.
extension TextReport {
  /// One flow in full: its packets as a ladder, every step, what both ends offered.
  public func flow(_ flow: TrackedFlow, _ story: FlowPacketLog) -> String {
    let ends = "\(flow.client.endpoint) \(style.isUnicode ? "→" : "->") \(flow.server.endpoint)"
    var text = "FLOW \(flow.number): \(ends): \(style.paint(flow.endingWords, flow.endingColour))\n"
    let outcome = story.outcome(of: flow)
    text += ladder(outcome, isWhole: true)
    let steps = flow.steps.map(\.words)
    if !steps.isEmpty { text += "steps: " + steps.joined(separator: ", ") + "\n" }
    for (name, side) in [("client", flow.client), ("server", flow.server)] {
      text += "\(name): \(side.sentWords)" + (side.offerWords.map { "; \($0)" } ?? "") + "\n"
    }
    if let agreement = flow.agreement { text += "agreed: \(agreement.words)\n" }
    text += outcome.resetLine(isWhole: true)
    if let words = flow.tamperingWords(style) { text += "tampering signature: \(words)\n" }
    if !flow.remarks.isEmpty { text += "notes: " + flow.remarks.joined(separator: ", ") + "\n" }
    return text
  }

  /// The closing lines of a capture: what was counted, and how long handshakes took.
  public func summary(_ summary: CaptureSummary, of name: String) -> String {
    var text = "\n--- \(name.printable) flow statistics ---\n"
    text += counted(summary.frames, "frame") + ", " + counted(summary.counts.segments, "TCP segment") + ", "
    text += counted(summary.flows, "flow")
    let ends = TrackedFlow.Ending.allCases.filter { summary[$0] > 0 }.map { "\(summary[$0]) \($0.rawValue)" }
    text += ends.isEmpty ? "\n" : ": \(ends.joined(separator: ", "))\n"
    if summary.flows > 0 { text += counted(summary.complete, "complete handshake") + handshakeRemarks(summary) + "\n" }
    for kind in [StepKind.syn, .ack, .handshake] {
      if let series = summary[kind] { text += times(series, of: kind) }
    }
    return text + tampering(summary) + warnings(summary)
  }

  private func handshakeRemarks(_ summary: CaptureSummary) -> String {
    var words: [String] = []
    func tell(_ count: Int, _ what: String, _ more: String = "") {
      if count > 0 { words.append(counted(count, what) + more) }
    }
    tell(summary.synRetransmissions, "SYN", " retransmitted")
    tell(summary.synAckRetransmissions, "SYN-ACK", " retransmitted")
    tell(summary.retransmissions, "segment", " retransmitted")
    tell(summary.outOfOrder, "segment", " out of order")
    tell(summary.icmpErrors, "ICMP error")
    tell(summary.badChecksums, "bad checksum")
    tell(summary.unfinishedChecksums, "TX checksum", " offloaded")
    return words.map { ", " + $0 }.joined()
  }

  /// `syn min/avg/max/mdev = … ms, p50/p90/p99 = … ms`.
  private func times(_ series: Series, of kind: StepKind) -> String {
    let moments = [series.ping.min, series.ping.mean, series.ping.max, series.ping.mdev]
    let quantiles = [Quantile.p50, .p90, .p99].map { series.value(at: $0) }
    func joined(_ intervals: [Interval?]) -> String {
      intervals.map { $0?.fixedMilliseconds ?? "?" }.joined(separator: "/")
    }
    return "\(kind.rawValue) min/avg/max/mdev = \(joined(moments)) ms, p50/p90/p99 = \(joined(quantiles)) ms\n"
  }

  /// `2 flows match a tampering signature: 1 SYN → ∅, 1 PSH → RST`.
  private func tampering(_ summary: CaptureSummary) -> String {
    let found = TamperingSignature.allCases.filter { summary[$0] > 0 }
    guard !found.isEmpty else { return "" }
    let count = found.reduce(0) { $0 + summary[$1] }
    let words = found.map { "\(summary[$0]) \($0.words(style))" }.joined(separator: ", ")
    return counted(count, "flow") + (count == 1 ? " matches" : " match") + " a tampering signature: \(words)\n"
  }

  private func warnings(_ summary: CaptureSummary) -> String {
    var text = ""
    if summary.counts.malformed > 0 { text += counted(summary.counts.malformed, "packet") + " could not be read\n" }
    if summary.counts.evicted > 0 {
      text += counted(summary.counts.evicted, "flow") + " evicted early: flow table full (raise --flows)\n"
    }
    if summary.counts.idle > 0 { text += counted(summary.counts.idle, "flow") + " expired after --idle\n" }
    return text
  }
}
