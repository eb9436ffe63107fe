import Timebase

/// What came of a connection that was kept alive by keep-alive segments.
public struct KeepAliveProof: Hashable, Sendable {
  /// The time between two of them.
  public var period: Interval
  /// How long the connection lived: all of the time that was asked for, if it holds.
  public var time: Interval
  /// What the last of them, or the silence before it, came to.
  public var answer: IdleTrial.Answer
  /// Who sent the RST or the FIN; nil where there is none.
  public var sender: IdleTrial.Sender?
  /// The packet that decided, or what was missing.
  public var evidence: String

  /// Whether all of them were answered.
  public var holds: Bool { answer == .alive }

  /// The most keep-alive segments that a connection is held by.
  public static let limit: Int64 = 100_000

  /// A proof from its parts.
  public init(
    period: Interval, time: Interval, answer: IdleTrial.Answer, sender: IdleTrial.Sender?, evidence: String
  ) {
    self.period = period
    self.time = time
    self.answer = answer
    self.sender = sender
    self.evidence = evidence
  }
}
