import Timebase
import Wire

/// One end of one TCP connection as a pure machine (RFC 9293 §3.10).
///
/// It reads no clock and owns no socket. Four doors: `start(at:)`, `receive(_:at:)`, `expire(at:)` and
/// `nextDeadline`; and two through which it is told when its segments left. One segment at most is answered
/// to an event; where more is to be sent the next deadline is already due.
public struct Connection: Sendable {
  /// What it is to do.
  public let plan: Plan
  /// Our state.
  public internal(set) var state = State.closed
  /// The peer's state, as far as what it sent gives it away.
  public internal(set) var peer = State.listen
  /// The sequence variables.
  public internal(set) var tcb: ControlBlock

  /// What the probe says of the port; nil while undecided.
  public internal(set) var verdict: Verdict?
  /// Why it says so.
  public internal(set) var reason: Reason?
  /// How it ended; nil while it runs.
  public internal(set) var ending: Ending?
  /// What was odd about the answers that decided.
  public internal(set) var notes: Notes = []

  /// Adds what is seen from outside of the machine.
  mutating func note(_ notes: Notes) { self.notes.formUnion(notes) }
  /// What was counted on the way.
  public internal(set) var counters = Counters()
  /// What the peer offered in its SYN; nil before one came.
  public internal(set) var peerOffer: PeerSyn?
  /// The first ICMP error that quoted our SYN; it decides only if no TCP answer comes.
  public internal(set) var pendingError: Reason?

  /// The packets so far.
  public internal(set) var log = PacketLog()
  /// The packets that passed last; see `TracedConnection.lastReceived`.
  var latest = LatestPackets()

  var copies = SynCopies()
  var marks = StepPackets()
  var retransmission: Retransmission
  var timers = Timers()
  /// When text came last that followed our FIN.
  var lateTextAt: Instant?
  var stage = Stage.opening
  var transmissionsLeft: Int
  /// Until when a peer that has fallen silent is waited for; nil as long as it has not.
  var giveUpAt: Instant?
  var challenges = ChallengeLimit()
  var sender: Sender
  var reassembly: Reassembly
  /// Where the peer's FIN lies that came before the text in front of it; nil where none did.
  var earlyFin: SequenceNumber?
  /// Whether anything believable came since the last retransmission: a peer without room is not a silent one.
  var heardSinceResend = false
  let seed: Seed
  var startedAt = Instant(nanoseconds: 0)
  /// The number of the next packet, sent or received.
  var nextNumber: UInt32 = 0
  /// The number of the packet that is being handled.
  var current: UInt32 = 0
  /// TS.Recent: the peer's clock value that we echo (RFC 7323 §4.3); nil where timestamps were not agreed.
  var recentTimestamp: UInt32?
  /// When TS.Recent was taken: after 24 days it says nothing any more (RFC 7323 §5.5).
  var recentTimestampAt = Instant(nanoseconds: 0)

  /// A connection that has not sent anything yet.
  public init(_ plan: Plan, seed: Seed) {
    self.plan = plan
    self.seed = seed
    tcb = ControlBlock(iss: SequenceNumber(plan.iss ?? seed.iss), window: UInt32(plan.window))
    retransmission = Retransmission(initial: plan.wait)
    transmissionsLeft = plan.retransmissions
    sender = Sender(plan.isInteractive ? [] : plan.data)
    reassembly = Reassembly(capacity: Int(plan.window), keepsOctets: plan.isInteractive)
  }

  /// Whether it has ended, and nothing more is to be sent or awaited.
  public var isFinished: Bool { ending != nil && stage == .done }

  /// When `expire(at:)` wants to be called next; nil once finished.
  public var nextDeadline: Instant? {
    if isFinished { return nil }
    return timers.earliest
  }
}

/// What a connection counted.
public struct Counters: Hashable, Sendable {
  /// Copies of the SYN that were sent.
  public var transmissions = 0
  /// Retransmissions of anything after the SYN.
  public var retransmissions = 0
  /// Duplicate replies.
  public var duplicates = 0
  /// Packets that were refused.
  public var invalid = 0
  /// Segments without the timestamps that were agreed.
  public var unstamped = 0
  /// Octets of the peer's text that were taken in order.
  public var octetsReceived = 0
}

/// What the peer's SYN offered.
public struct PeerSyn: Hashable, Sendable {
  /// The options of its SYN.
  public var options: ParsedOptions
  /// Its control bits.
  public var flags: TCPFlags
  /// Its window field, which is never scaled in a SYN.
  public var window: UInt16
  /// The TCP Fast Open cookie that it gave, empty where it asked for one (RFC 7413 §4.1.1); nil without the option.
  public var fastOpenCookie: OptionOctets?
  /// Its version and key of Multipath TCP (RFC 8684 §3.1); nil without the option.
  public var multipath: MultipathCapability?

  /// Whether it speaks explicit congestion notification: its SYN asks by ECE and CWR, its SYN-ACK agrees by ECE alone
  /// (RFC 3168 §6.1.1).
  public var explicitCongestion: Bool { flags.contains(.ece) && flags.contains(.cwr) != flags.contains(.ack) }
}

/// How far the plan has been carried out.
enum Stage: Hashable, Sendable {
  case opening
  case opened
  case confirming
  case requesting
  case closing
  case done
}
