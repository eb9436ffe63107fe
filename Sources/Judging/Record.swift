import Handshake
import Timebase

/// One result: the model that every output is written from.
public struct Record: Sendable {
  /// The target as it was typed.
  public var target: String
  /// Which probe of the target it was, from 1.
  public var sequence: Int
  /// How long the look-up of the name took; nil where there was none, or it was for an earlier probe.
  public var resolve: Measurement?
  /// What came of it; `mode` says whether the packets were ours or the kernel's.
  public var outcome: Outcome

  /// A result from its parts.
  public init(target: String, sequence: Int, resolve: Measurement? = nil, outcome: Outcome) {
    self.target = target
    self.sequence = sequence
    self.resolve = resolve
    self.outcome = outcome
  }

  /// The steps in the order in which they ended, the look-up of the name before all others.
  public var steps: [Step] { (resolve.map { [Step(.resolve, $0)] } ?? []) + outcome.steps }

  /// Whether the port answered for itself: open and closed do; silence and a router's word do not.
  public var isReply: Bool { outcome.verdict == .open || outcome.verdict == .refused }

  /// Whether an ICMP error decided.
  public var isError: Bool { outcome.reason.rawValue.hasPrefix("icmp-") }

  /// When the answer came; nil without one, and where several copies of the SYN may be what it answers.
  package var answered: WallTime? {
    guard isReply, outcome.counters.transmissions <= 1, let time = outcome.measurement(of: .syn) else { return nil }
    return outcome.started + time.interval
  }

  /// Copies beyond the first, of the SYN and of anything after it.
  public var retransmissions: Int {
    max(outcome.counters.transmissions - 1, 0) + outcome.counters.retransmissions
  }
}
