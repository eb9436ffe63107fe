import Handshake
import Timebase

/// How one connection of a benchmark went: of fixed size.
public struct BenchResult: Hashable, Sendable {
  /// How a connection ended.
  public enum End: String, Hashable, Sendable, CaseIterable {
    /// It went as far as it was to go.
    case completed
    /// An RST answered the SYN.
    case refused
    /// An ICMP error, or this host, said that there is no way.
    case unreachable
    /// Nothing that can be believed answered any copy of the SYN.
    case lost
    /// The peer reset it once it was open.
    case reset
    /// The peer stopped answering once it was open, never sent its FIN or its response, or took longer over that than
    /// `BenchPlan.lifetime`: it was reset.
    case abandoned
    /// The response was no HTTP, or not whole.
    case garbled
    /// The run was interrupted before anything was decided: it counts as neither sent nor lost.
    case interrupted
  }

  /// Which target.
  public var target: Int
  /// How it ended.
  public var end = End.completed
  /// When it was due.
  public var due: Instant
  /// How much later than due its SYN was made.
  public var lateness = Interval.zero
  /// From the time it was due to the answer to its SYN, lateness and lost copies included; nil without an answer.
  public var sinceDue: Interval?
  /// From the SYN that was answered to its answer; nil where there was none, or where it cannot be known which copy.
  public var syn: Measurement?
  /// From the request to its acknowledgment.
  public var request: Measurement?
  /// From the request to the first octet of the response.
  public var response: Measurement?
  /// From the first octet of the response to its last.
  public var transfer: Measurement?
  /// From our FIN to its acknowledgment.
  public var fin: Measurement?
  /// From our FIN to the peer's, or from the peer's to the acknowledgment of ours.
  public var peerFin: Measurement?
  /// The status of the response; 0 without one.
  public var status: UInt16 = 0
  /// How often its SYN was sent.
  var transmissions: UInt8 = 0
  /// How many of them were answered, and how many of those by ICMP errors.
  var answers: UInt8 = 0
  var errors: UInt8 = 0

  /// Its SYNs, by the rule of `SynCounts`.
  public var syns: SynCounts {
    SynCounts(sent: Int(transmissions), answered: Int(answers), errors: Int(errors))
  }

  /// A connection that begins.
  public init(target: Int, due: Instant) {
    self.target = target
    self.due = due
  }

  /// Whether something valid answered its SYN.
  public var isAnswered: Bool {
    switch end {
    case .completed, .refused, .reset, .abandoned, .garbled: true
    case .unreachable, .lost, .interrupted: false
    }
  }

  /// The time of a step; nil where it has none.
  public subscript(step: StepKind) -> Measurement? {
    switch step {
    case .syn: syn
    case .request: request
    case .response: response
    case .transfer: transfer
    case .fin: fin
    case .peerFin: peerFin
    case .resolve, .ack, .handshake, .confirm, .close: nil
    }
  }
}

/// What was counted at one target beside its results.
public struct BenchCounts: Hashable, Sendable {
  /// Connections whose SYN was made.
  public var started = 0
  /// Connections that were due and could not start: too many were in flight, or it was too late.
  public var notStarted = 0
  /// Packets of ours that were retransmitted.
  public var retransmitted = 0
  /// Duplicate replies.
  public var duplicates = 0
  /// Packets that were refused.
  public var invalid = 0

  /// Nothing counted yet.
  public init() {}
}
