import Handshake
import Statistics
import Timebase
import Wire

/// What is known of a target that is probed forever, in memory that does not grow.
public struct WatchedTarget: Sendable {
  /// The target as it was typed.
  public let name: String
  /// Its address and port: the latest, where its name had several one after the other.
  public private(set) var remote: Endpoint
  /// The state that counts as success.
  public let expected: ExpectedState
  /// How long the lookup of its name took; nil where there was none.
  public private(set) var resolve: Interval?
  /// The state that the latest probe found; nil before the first.
  public private(set) var state: Verdict?
  /// Why.
  public private(set) var reason: Reason?
  /// When the first probe that found this state left.
  public private(set) var since: WallTime?
  /// When the latest probe left.
  public private(set) var latest: WallTime?
  /// The time of the latest handshake; nil where the latest probe has none.
  public private(set) var last: Interval?
  /// How long the latest probe took in all, as far as it is known.
  public private(set) var took: Interval?
  /// How often the state has changed.
  public private(set) var changes = 0
  /// Probes that found the expected state.
  public private(set) var successes = 0
  /// How long outages lasted together, the present one up to its latest lost probe: it never falls.
  public var outageTime: Interval { pastOutages + (outages.current?.length ?? .zero) }
  private var pastOutages = Interval.zero
  /// Probes that were sent before the figures of the screen were reset.
  private var sentBefore = 0
  /// Everything since the beginning.
  public private(set) var summary: TargetSummary
  /// What happened in each interval of the last minutes.
  public private(set) var course: TimeSeries
  /// The steps' times as monitoring systems keep them, by the step's place among all kinds.
  private var buckets: [BucketCounts?]
  /// The latest probe that said what the state is: of two the later one counts, whichever was decided first.
  private var sequence = 0

  /// How many intervals are kept for the last minutes.
  public static let intervals = 120

  /// Nothing known yet; `interval` is the time from one probe to the next.
  public init(
    _ name: String, remote: Endpoint, mode: Outcome.Mode, expected: ExpectedState = .open, resolve: Interval? = nil,
    interval: Interval = .seconds(1)
  ) {
    (self.name, self.remote, self.expected, self.resolve) = (name, remote, expected, resolve)
    summary = TargetSummary(target: name, remote: remote, mode: mode)
    course = TimeSeries(
      length: max(interval, .milliseconds(2_500)), capacity: WatchedTarget.intervals, limit: .forgetting)
    buckets = StepKind.allCases.map { _ in nil }
  }

  /// Whether the latest probe found the state that counts as success; nil before the first.
  public var isAsExpected: Bool? { state.map { expected.admits($0) && reason != .notSent } }

  /// When it did not answer.
  public var outages: Outages { summary.outages }

  /// The times of a step; nil where no probe has one.
  public subscript(step: StepKind) -> BucketCounts? { buckets[step.index] }

  /// Probes that were sent since the figures of the screen were reset.
  public var sent: Int { summary.loss.sent - sentBefore }

  /// Begins the figures of the screen again; the summary and the metrics count on.
  public mutating func reset() {
    sentBefore = summary.loss.sent
    course = TimeSeries(length: course.length, capacity: WatchedTarget.intervals, limit: .forgetting)
  }

  /// Notes how long the latest lookup of its name took.
  public mutating func lookUp(took: Interval?) { resolve = took }

  /// Takes one result, of a probe that was due so long after the start; says how the state changed, if it did.
  ///
  /// `isHeldBack` says that the link address of the next hop was not known, so that the probe may never have left this
  /// host: such silence is loss, but says nothing of the target's state.
  public mutating func add(_ record: Record, at offset: Interval, isHeldBack: Bool = false) -> WatchChange? {
    let outcome = record.outcome
    let before = outages.latest
    summary.add(record)
    if outcome.finds(expected) { successes += 1 }
    for step in record.steps {
      guard let time = step.measurement?.interval else { continue }
      buckets[step.kind.index, default: BucketCounts()].record(time)
    }
    let time = outcome.measurement(of: .syn)?.interval
    course.record(record.isReply ? time : nil, at: offset, isAnswered: record.isReply)
    course.count(attempts: outcome.syns.sent, lost: outcome.syns.lost, at: offset)
    if let over = outages.latest, over != before { pastOutages = pastOutages + over.length }
    guard record.sequence > sequence else { return nil }
    sequence = record.sequence
    latest = outcome.started
    last = time
    took = record.duration
    if isHeldBack, outcome.verdict == .filtered, outcome.reason == .noResponse { return nil }
    return take(outcome, sequence: record.sequence)
  }

  /// Learns the address of its name, which was not known at the start.
  public mutating func find(_ remote: Endpoint, resolve: Interval?) {
    self.remote = remote
    self.resolve = resolve
    summary.move(to: remote)
  }

  /// Its name gave no address: it is as unreachable as what cannot be sent to.
  public mutating func fail(_ outcome: Outcome) -> WatchChange? { take(outcome, sequence: 0) }

  /// Passes over a probe that was interrupted.
  public mutating func skip(sequence: Int) {
    summary.addUndecided(sequence: sequence)
  }

  /// Passes over a probe that was never begun although it was due.
  public mutating func leaveOut(sequence: Int) { summary.leaveOut(sequence: sequence) }

  /// Goes on at another address of its name; everything that was counted and measured stays, for it is about the name.
  public mutating func move(to address: IPAddress, at now: WallTime) -> WatchMove {
    let before = remote.address
    remote.address = address
    summary.move(to: remote)
    return WatchMove(target: name, from: before, to: remote, at: now)
  }

  /// Counts intervals in which no probe began although one was due.
  public mutating func putOff(_ rounds: Int) { summary.putOff(rounds) }

  /// Where someone knows how long the run has taken.
  public mutating func setElapsed(_ elapsed: Interval) { summary.elapsed = elapsed }

  private mutating func take(_ outcome: Outcome, sequence: Int) -> WatchChange? {
    reason = outcome.reason
    guard outcome.verdict != state else { return nil }
    let change = WatchChange(
      target: name, remote: outcome.flow.remote, sequence: sequence, from: state, to: outcome.verdict,
      reason: outcome.reason,
      at: outcome.started, after: since.map { max(outcome.started - $0, .zero) },
      reset: outcome.reset)
    if state != nil { changes += 1 }
    state = outcome.verdict
    since = outcome.started
    return change
  }
}

extension [BucketCounts?] {
  fileprivate subscript(index: Int, default counts: BucketCounts) -> BucketCounts {
    get { self[index] ?? counts }
    set { self[index] = newValue }
  }
}

/// A target was found in another state than before.
public struct WatchChange: Hashable, Sendable {
  /// The target as it was typed.
  public var target: String
  /// Its address and port.
  public var remote: Endpoint
  /// Which probe found it, from 1.
  public var sequence: Int
  /// The state before; nil for the first.
  public var from: Verdict?
  /// The state now.
  public var to: Verdict
  /// Why.
  public var reason: Reason
  /// When the probe that found it left.
  public var at: WallTime
  /// How long the state before had lasted; nil for the first.
  public var after: Interval?
  /// Who sent the RST that came with it; nil without one.
  public var reset: ResetOrigin?
}

/// The name of a target was given another address.
public struct WatchMove: Hashable, Sendable {
  /// The target as it was typed.
  public var target: String
  /// The address before.
  public var from: IPAddress
  /// The address now, and the port.
  public var to: Endpoint
  /// When it was found.
  public var at: WallTime
}

extension Record {
  /// From the first segment to the end of the last step, and the lookup before it: what a probe took in all.
  var duration: Interval? {
    let own = outcome.log.entries
    if let first = own.first, let last = own.last, let whole = last.elapsed(since: first) { return whole }
    return outcome.steps.compactMap(\.measurement?.interval).max()
  }
}
