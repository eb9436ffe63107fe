import Engines
import Handshake
import Judging
import Report
import Statistics
import Timebase
import Wire

/// A run of so many half-open probes in virtual time, ten milliseconds apart, one SYN in ten lost: through the engine, the
/// lines of text, and the summary, which is what is printed.
///
/// What it takes in memory does not depend on their number (Tests/Bench/memory).
func longRun(_ count: Int) -> String {
  let target = ConnectEngine.Target(
    source: Sample.flow.local.address, remote: Sample.flow.remote, plan: Sample.halfOpen)
  var engine = ConnectEngine(targets: [target], schedule: Schedule(count: count, interval: .milliseconds(10)))
  var summary = TargetSummary(target: "bench.test:80", remote: Sample.flow.remote, mode: .halfOpen)
  var random = SplitMix64(seed: 1)
  let text = TextReport()
  var octets = 0
  drive(&engine) { segment in
    random.fraction() < 0.1 ? nil : Sample.answer(to: segment)
  } report: { finding in
    guard let outcome = finding.outcome else { return }
    let record = Record(target: "bench.test:80", sequence: finding.sequence, outcome: outcome)
    summary.add(record)
    octets += text.line(record).utf8.count
  }
  return text.summary(summary) + "\(octets) octets of text before it\n"
}
