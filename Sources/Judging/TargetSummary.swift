import Handshake
import Statistics
import Timebase

/// What the probes of one target came to, in bounded memory.
public struct TargetSummary: Sendable {
  /// The target as it was typed.
  public let target: String
  /// Its address and port.
  public private(set) var remote: Endpoint
  /// Who made the connections, and how far they went.
  public let mode: Outcome.Mode
  /// Probes sent and answered: open and closed are answers; silence and a router's word are loss.
  public private(set) var loss = Loss()
  /// The SYNs of these probes: each transmission counts, whatever its probe came to.
  public private(set) var syns = SynCounts()
  /// Whether a segment other than a SYN was sent first: then `syns` are its copies.
  public private(set) var isCrafted = false
  /// How many probes said which state.
  public private(set) var states = VerdictCounts()
  /// Probes that an ICMP error decided.
  public private(set) var errors = 0
  /// Probes that were interrupted before anything was decided; they count as neither sent nor lost.
  public private(set) var undecided = 0
  /// Intervals in which a probe was due but not started.
  public private(set) var notStarted = 0
  /// Packets of ours that were retransmitted.
  public private(set) var retransmitted = 0
  /// SYNs among them.
  public private(set) var synsRetransmitted = 0
  /// Duplicate replies.
  public private(set) var duplicates = 0
  /// Packets that were refused.
  public private(set) var invalid = 0
  /// Probes in a row that were not answered.
  public private(set) var outages = Outages()
  /// Answers that were overtaken by those of later probes, and how many probes were in flight at once.
  public private(set) var reordering = Reordering()
  /// From the first packet of the first probe to the last of the latest; may be set by whoever knows better.
  public var elapsed = Interval.zero
  /// By the step's place among all kinds: a dictionary costs more to set up than a whole probe takes.
  private var series = [Series](repeating: Series(), count: StepKind.allCases.count)
  /// How long applications took, where both their response and the path were timed.
  private var waits: Series?
  private var began: Stamp?
  private var firstStart: WallTime?

  /// The summary of a target that was not probed yet.
  public init(target: String, remote: Endpoint, mode: Outcome.Mode) {
    self.target = target
    self.remote = remote
    self.mode = mode
  }

  /// What is told of one step; nil where no probe has a time for it.
  public subscript(step: StepKind) -> Series? {
    let own = series[step.index]
    return own.moments.count > 0 ? own : nil
  }

  /// The loss of SYNs.
  public var synLoss: Loss { Loss(syns) }

  /// How much of the time is the path's and how much the application's; nil where the figures do not say.
  public var share: PathShare? { PathShare(application: waits?.value(at: .p50)) { self[$0]?.value(at: .p50) } }

  /// Takes one result.
  public mutating func add(_ record: Record) {
    let outcome = record.outcome
    loss.sent += 1
    if record.isReply { loss.received += 1 }
    if record.isError { errors += 1 }
    let syns = outcome.syns
    self.syns += syns
    synsRetransmitted += max(syns.sent - 1, 0)
    if outcome.notes.contains(.craftedFlags) { isCrafted = true }
    states.add(outcome.verdict)
    retransmitted += record.retransmissions
    duplicates += outcome.counters.duplicates
    invalid += outcome.counters.invalid
    for step in record.steps {
      guard let measurement = step.measurement else { continue }
      series[step.kind.index].record(measurement.interval)
    }
    if let wait = PathShare.application({ outcome.measurement(of: $0)?.interval }) {
      waits = waits ?? Series()
      waits?.record(wait)
    }
    outages.record(sequence: record.sequence, at: outcome.started, isAnswered: record.isReply)
    reordering.record(sequence: record.sequence, departure: outcome.started, arrival: record.answered)
    extend(with: outcome)
  }

  /// Counts a probe, the n-th of the target, that was interrupted before anything was decided.
  public mutating func addUndecided(sequence: Int) {
    undecided += 1
    outages.skip(sequence: sequence)
  }

  /// Counts intervals in which no probe began although one was due.
  public mutating func putOff(_ rounds: Int) { notStarted += rounds }

  /// Counts a probe, the n-th of the target, that was never begun although it was due.
  public mutating func leaveOut(sequence: Int) {
    notStarted += 1
    outages.skip(sequence: sequence)
  }

  /// Goes on at another address of the same target: all that was counted stays.
  public mutating func move(to remote: Endpoint) { self.remote = remote }

  private mutating func extend(with outcome: Outcome) {
    let entries = outcome.log.entries
    if let first = entries.first, let last = entries.last {
      let began = began ?? first.stamp
      self.began = began
      if let whole = last.stamp.elapsed(since: began) { elapsed = max(elapsed, whole) }
    } else {
      // The kernel made the connection: only its beginning and its steps are known.
      let start = firstStart ?? outcome.started
      firstStart = start
      let (sinceStart, isTooLong) = outcome.started.nanoseconds.subtractingReportingOverflow(start.nanoseconds)
      let own = outcome.steps.compactMap(\.measurement).map(\.interval.nanoseconds).max() ?? 0
      if !isTooLong { elapsed = max(elapsed, .nanoseconds(sinceStart.addingClamped(own))) }
    }
  }
}

extension Loss {
  /// The loss of SYNs: one that an ICMP error answered is not lost.
  public init(_ syns: SynCounts) { self.init(sent: syns.sent, received: syns.answered) }
}
