import Handshake
import Timebase
import Wire

/// Which of a name's addresses is probed, and how many it has.
public struct AddressShare: Hashable, Sendable {
  /// Its place among them, from 1.
  public var number: Int
  /// How many there are.
  public var count: Int

  /// The n-th of so many; nil where there is one.
  public init?(number: Int, of count: Int) {
    guard count > 1 else { return nil }
    self.number = number
    self.count = count
  }
}

/// One result: the model that every output is written from.
public struct Record: Sendable {
  /// The target as it was typed.
  public var target: String
  /// Which probe of the target it was, from 1.
  public var sequence: Int
  /// How long the lookup of the name took; nil where there was none, or it was for an earlier probe.
  public var resolve: Measurement?
  /// Which of a name's addresses was probed; nil where it has one, or that has been said.
  public var share: AddressShare?
  /// What came of it; `mode` says whether the packets were ours or the kernel's.
  public var outcome: Outcome

  /// A result from its parts.
  public init(
    target: String, sequence: Int, resolve: Measurement? = nil, share: AddressShare? = nil, outcome: Outcome
  ) {
    self.target = target
    self.sequence = sequence
    self.resolve = resolve
    self.share = share
    self.outcome = outcome
  }

  /// The steps in the order in which they ended, the lookup of the name before all others.
  public var steps: [Step] { (resolve.map { [Step(.resolve, $0)] } ?? []) + outcome.steps }

  /// Whether the port answered for itself: open and closed do; silence and a router's word do not.
  public var isReply: Bool { outcome.verdict == .open || outcome.verdict == .refused }

  /// Whether an ICMP error decided.
  public var isError: Bool { outcome.reason.isICMPError }

  /// Who sent the ICMP error that decided; nil where none did.
  public var errorSource: IPAddress? {
    guard isError else { return nil }
    return outcome.log.entries.first { $0.errorSource != nil && $0.refusal == nil }?.errorSource
  }

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
