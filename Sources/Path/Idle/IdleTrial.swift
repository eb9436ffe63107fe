import Timebase

/// One connection that was left silent, and what came when it was asked.
public struct IdleTrial: Hashable, Sendable {
  /// What came of a silence.
  public enum Answer: String, Hashable, Sendable, CaseIterable {
    /// The peer answered: the connection is still there.
    case alive
    /// Nothing answered, and a new connection was answered.
    case silent
    /// An RST.
    case rst
    /// The peer's FIN, or one in its name.
    case fin
    /// Nothing but an ICMP error, and a new connection was answered.
    case icmp
    /// This host refused to send on the connection.
    case refused
    /// The peer sends packets by itself, so that there was no silence of this length.
    case busy
    /// The trial shows nothing: no connection was made, or nothing answers any more, not even a new connection.
    case unclear

    /// Whether the connection was forgotten, or ended.
    public var isDead: Bool {
      switch self {
      case .silent, .rst, .fin, .icmp, .refused: true
      case .alive, .busy, .unclear: false
      }
    }
  }

  /// Who ended the connection, by the packet that did (decision 85 of the project's decisions).
  public enum Sender: String, Hashable, Sendable, CaseIterable {
    case peer, path, host, unknown
  }

  /// How long it was to be silent.
  public var silence: Interval
  /// What came.
  public var answer: Answer
  /// After how much silence it came by itself; nil where it answered a keep-alive segment, or nothing came.
  public var announced: Interval?
  /// Who sent the RST, the FIN or the ICMP error; nil where there is none.
  public var sender: Sender?
  /// The packet that decided, or what was missing.
  public var evidence: String

  /// A trial from its parts.
  public init(
    _ silence: Interval, _ answer: Answer, announced: Interval? = nil, sender: Sender? = nil, evidence: String = ""
  ) {
    self.silence = silence
    self.answer = answer
    self.announced = announced
    self.sender = sender
    self.evidence = evidence
  }
}
