import Handshake
import Timebase
import Wire

@testable import Judging

/// Finished probes, made by hand.
enum Probes {
  static let local = Endpoint(.v4(IPv4Address(10, 0, 0, 1)), 49_512)
  static let remote = Endpoint(.v4(IPv4Address(10, 0, 0, 2)), 80)
  /// 2026-01-02T03:04:05.123456789Z.
  static let epoch: Int64 = 1_767_323_045_123_456_789

  /// A probe of a second of its own, and how long its SYN took to be answered.
  static func record(
    _ verdict: Verdict = .open, _ reason: Reason = .synAck, sequence: Int = 1, ns: Int64? = nil
  ) -> Record {
    let steps = ns.map { [Step(.syn, Measurement(.nanoseconds($0), clock: .kernel))] } ?? []
    let outcome = Outcome(
      byKernel: Flow(local: local, remote: remote), verdict: verdict, reason: reason,
      started: WallTime(nanoseconds: epoch + Int64(sequence - 1) * 1_000_000_000), steps: steps,
      ending: verdict == .open ? .fin : .none)
    return Record(target: "web.test:80", sequence: sequence, outcome: outcome)
  }

  /// Silence.
  static func lost(_ sequence: Int) -> Record { record(.filtered, .noResponse, sequence: sequence) }
}
