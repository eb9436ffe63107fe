import Timebase

/// The deadlines of one connection: one at most of each kind.
struct Timers: Sendable {
  /// What is due when a deadline has come, in the order in which it is done.
  enum Kind: Int, CaseIterable, Sendable {
    /// A segment is to be sent at once.
    case transmit
    /// The peer is to be told at once of a window that has become wider.
    case acknowledge
    /// Segments that may only have been overtaken count as lost (RFC 8985 §6.2).
    case reordering
    /// The end of the flight is asked for (RFC 8985 §7.2).
    case tailProbe
    /// The retransmission timer (RFC 6298 §5).
    case retransmission
    /// The present stage of the plan is given up whatever the peer does to prolong it.
    case limit
    /// The present stage of the plan is given up.
    case stage
  }

  private var deadlines = [7 of Instant?](repeating: nil)

  subscript(kind: Kind) -> Instant? {
    get { deadlines[kind.rawValue] }
    set { deadlines[kind.rawValue] = newValue }
  }

  /// The earliest deadline; nil where none is set.
  var earliest: Instant? {
    var earliest: Instant?
    for kind in Kind.allCases {
      guard let deadline = self[kind] else { continue }
      earliest = min(earliest ?? deadline, deadline)
    }
    return earliest
  }

  /// What is to be done first of all that is due.
  func due(at now: Instant) -> Kind? {
    Kind.allCases.first { kind in self[kind].map { $0 <= now } ?? false }
  }
}

extension Connection {
  /// When the retransmission timer runs out; nil while it is off.
  var timer: Instant? {
    get { timers[.retransmission] }
    set { timers[.retransmission] = newValue }
  }

  /// When the present stage of the plan is given up; nil while it may take as long as it likes.
  var stageDeadline: Instant? {
    get { timers[.stage] }
    set { timers[.stage] = newValue }
  }

  /// When that stage is given up whatever the peer does to prolong it; nil where nothing of the peer's can.
  var stageLimit: Instant? {
    get { timers[.limit] }
    set { timers[.limit] = newValue }
  }

  /// Whether a segment is to be sent at once.
  var transmitPending: Bool {
    get { timers[.transmit] != nil }
    set { timers[.transmit] = newValue ? startedAt : nil }
  }

  /// Whether the peer is to be told at once of a window that has become wider.
  var ackPending: Bool {
    get { timers[.acknowledge] != nil }
    set { timers[.acknowledge] = newValue ? startedAt : nil }
  }
}
