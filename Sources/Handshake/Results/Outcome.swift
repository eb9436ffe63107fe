import Timebase
import Wire

/// What came of one connection: the model that every output is written from.
public struct Outcome: Sendable {
  /// Who made the connection, and how far it was meant to go.
  public enum Mode: String, Hashable, Sendable, CaseIterable {
    /// By hand: the whole handshake, then the close.
    case full
    /// By hand: SYN and answer, then RST.
    case halfOpen = "syn"
    /// By the kernel's `connect()`.
    case connect
    /// By hand, and the peer opened it.
    case listen
    /// By others: it was read from a capture.
    case capture

    /// What a plan by hand asks for; a segment that opens no connection is one segment and its answer.
    public init(_ plan: Plan) {
      if plan.isPassive {
        self = .listen
      } else {
        self = plan.mode == .full && plan.opensConnection ? .full : .halfOpen
      }
    }
  }

  /// Both ends.
  public var flow: Flow
  /// Who made it, and how far it was meant to go.
  public var mode: Mode
  /// What the probe says of the port.
  public var verdict: Verdict
  /// Why.
  public var reason: Reason
  /// When the first segment left, or with `listen` came.
  public var started: WallTime
  /// ISS; nil where the kernel chose it and kept it to itself.
  public var iss: SequenceNumber?
  /// IRS; nil where no SYN of the peer's was believed.
  public var irs: SequenceNumber?
  /// The hop limit (time to live) of the answer; nil where none came or the kernel did not say.
  public var hopLimit: UInt8?
  /// Who sent the RST that came, or a FIN that is not the peer's; nil where none came, or no packets were seen.
  public var reset: ResetOrigin?
  /// What the peer's SYN offered; nil where none was believed.
  public var peerOffer: PeerSyn?
  /// The steps in the order in which they ended.
  public var steps: [Step]
  /// Where the peer stood before the first packet; nil where the verdict tells it.
  public var peerAtHead: State?
  /// Where states cannot be told, because a capture handshake not captured; nil where they can from the first packet on.
  public var unknownBefore: UnknownStates?
  /// How it ended.
  public var ending: Ending
  /// Our state at the end.
  public var state: State
  /// The peer's state at the end, as far as it is known.
  public var peer: State
  /// What was odd about it.
  public var notes: Notes
  /// What was counted.
  public var counters: Counters
  /// The packets, in the order of their stamps.
  public var log: PacketLog

  /// The outcome of a connection that the kernel made: what cannot be known of it is left out.
  public init(byKernel flow: Flow, verdict: Verdict, reason: Reason, started: WallTime, steps: [Step], ending: Ending) {
    self.flow = flow
    mode = .connect
    self.verdict = verdict
    self.reason = reason
    self.started = started
    self.steps = steps
    self.ending = ending
    state = .closed
    peer = .closed
    notes = []
    counters = Counters()
    log = PacketLog()
  }

  /// The outcome of a connection that was never tried: this host has no route to the target, or no port for it.
  public init(unroutable remote: Endpoint, mode: Mode, at now: Stamp, _ reason: Reason = .noRoute) {
    let unspecified: IPAddress =
      switch remote.address {
      case .v4: .v4(IPv4Address(0))
      case .v6: .v6(IPv6Address(0))
      }
    let flow = Flow(local: Endpoint(unspecified, 0), remote: remote)
    self.init(
      byKernel: flow, verdict: .unreachable, reason: reason, started: now.wall, steps: [], ending: .none)
    self.mode = mode
  }

  /// The outcome of a conversation that has ended with a verdict; nil where it has none, as after an interrupt.
  public init?(_ conversation: TracedConnection) {
    let connection = conversation.connection
    guard let verdict = connection.verdict, let reason = connection.reason else { return nil }
    flow = conversation.flow
    mode = Mode(connection.plan)
    self.verdict = verdict
    self.reason = reason
    // Where nothing could be sent, the first segment never left: when it was made must do.
    let first = conversation.log.entries.first?.stamp
    let began = mode == .listen ? first?.bestWall : connection.started?.bestWall
    started = began ?? first?.wall ?? WallTime(nanoseconds: 0)
    iss = connection.tcb.snd.iss
    irs = connection.peerOffer == nil ? nil : connection.tcb.rcv.irs
    hopLimit = conversation.hopLimit
    peerOffer = connection.peerOffer
    steps = connection.steps
    ending = connection.ending ?? .none
    state = connection.state
    peer = connection.peer
    notes = connection.notes
    counters = connection.counters
    log = conversation.log.inOrderOfStamps()
    reset = conversation.resetOrigin(in: log, steps: steps)
  }

  /// Whether the target was found as expected: what was never sent found nothing.
  public func finds(_ expected: ExpectedState) -> Bool { expected.admits(verdict) && reason != .notSent }

  /// The time of one step; nil where it did not happen or cannot be known.
  public func measurement(of kind: StepKind) -> Measurement? { steps.first { $0.kind == kind }?.measurement }
}

/// Before which packets of an exchange the states of both ends are unknown, by the packets' places.
public struct UnknownStates: Hashable, Sendable {
  /// The first packet that tells our state.
  public var ours: Int
  /// The first that tells the peer's.
  public var theirs: Int

  /// Unknown before these packets.
  public init(ours: Int, theirs: Int) {
    self.ours = ours
    self.theirs = theirs
  }
}
