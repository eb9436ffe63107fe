import Handshake
import Kernel

/// What a script wants to know of a run: kept per target, in bounded memory.
public struct Tally: Hashable, Sendable {
  /// Probes that have ended with a verdict.
  public private(set) var decided = 0
  /// Probes that something valid answered: a SYN-ACK or an RST.
  public private(set) var answered = 0
  /// How many probes got each verdict.
  public private(set) var verdicts = VerdictCounts()
  /// Probes that this host refused to send.
  public private(set) var unsent = 0
  /// Whether every filtered verdict was for want of anything that could be believed.
  public private(set) var onlyInvalid = true

  /// Counts one probe.
  mutating func add(_ verdict: Verdict, _ reason: Reason) {
    decided += 1
    verdicts.add(verdict)
    if verdict == .open || verdict == .refused { answered += 1 }
    if reason == .notSent { unsent += 1 }
    if reason != .invalidReplies { onlyInvalid = false }
  }

  /// Whether there were probes, and none of them could be sent: nothing was found out.
  public var isUnsent: Bool { decided > 0 && unsent == decided }

  /// The best verdict that any of the probes got; nil where none has ended.
  public var best: Verdict? { Verdict.allCases.first { verdicts[$0] > 0 } }
}

/// How a run went.
public struct RunResult: Sendable {
  /// One tally a target, in the order of the command line.
  public var tallies: [Tally]
  /// The signal that ended it; nil where it ended by itself.
  public var signal: Signal?
}
