import Handshake
import Statistics
import Timebase
import Wire

/// What is to hold of one port: a line of a check file.
public struct Check: Hashable, Sendable {
  /// The file that says so, as it was named; empty where the command line does.
  public var file = ""
  /// The line in the file, from 1; 0 on the command line.
  public var line = 0
  /// `HOST:PORT` as it was asked for, one port.
  public var target: String
  /// The state that it is to be in.
  public var expected: ExpectedState
  /// What the median round-trip time of the handshake must stay below; nil lets it take its time.
  public var limit: Interval?
  /// What the line says of itself, without its sign.
  public var comment: String?

  /// A check of a state.
  public init(target: String, expected: ExpectedState = .open, limit: Interval? = nil) {
    self.target = target
    self.expected = expected
    self.limit = limit
  }
}

/// What came of a check, in bounded memory however often it was probed.
public struct CheckResult: Sendable {
  /// Whether it holds.
  public enum Standing: String, Hashable, Sendable, CaseIterable {
    /// All of it holds.
    case holds
    /// A probe found something else, or took too long.
    case fails
    /// No probe was made or decided, or this host refused to send one.
    case error
  }

  /// What was to hold.
  public let check: Check
  /// Its address; nil where the name gave none.
  public var remote: Endpoint?
  /// Why it could not be probed, in words; nil where it could.
  public var problem: String?
  /// How many probes said which state.
  public private(set) var states = VerdictCounts()
  /// Probes with a result.
  public private(set) var decided = 0
  /// Probes that something valid answered.
  public private(set) var answered = 0
  /// What the latest probe that was not as expected said, or else the latest; not its packets, which may be many.
  public private(set) var telling: Telling?
  /// Packets that were refused.
  public private(set) var invalid = 0
  /// Packets of ours that were retransmitted.
  public private(set) var retransmitted = 0
  /// The SYNs of these probes.
  public private(set) var syns = SynCounts()
  /// Probes that this host refused to send, and why it refused the latest.
  public private(set) var unsent: (count: Int, cause: String)?
  private var handshakes = Series()

  /// Nothing known yet.
  public init(_ check: Check, remote: Endpoint? = nil, problem: String? = nil) {
    self.check = check
    self.remote = remote
    self.problem = problem
  }

  /// Takes one probe that was decided.
  public mutating func add(_ record: Record) {
    let outcome = record.outcome
    decided += 1
    if record.isReply { answered += 1 }
    states.add(outcome.verdict)
    invalid += outcome.counters.invalid
    retransmitted += record.retransmissions
    syns += outcome.syns
    if let time = outcome.measurement(of: .syn) { handshakes.record(time.interval) }
    let isUnexpected = !check.expected.admits(outcome.verdict)
    if isUnexpected || telling.map({ check.expected.admits($0.verdict) }) ?? true { telling = Telling(outcome) }
  }

  /// Takes one probe that this host refused to send: nothing is known of the target by it.
  public mutating func fail(_ cause: String) { unsent = ((unsent?.count ?? 0) + 1, cause) }

  /// What a probe said.
  public struct Telling: Hashable, Sendable {
    /// The state.
    public var verdict: Verdict
    /// Why.
    public var reason: Reason
    /// Who made the connection, and how far it went.
    public var mode: Outcome.Mode
    /// The clock that timed the handshake; nil where nothing did.
    public var clock: ClockSource?

    init(_ outcome: Outcome) {
      (verdict, reason, mode) = (outcome.verdict, outcome.reason, outcome.mode)
      clock = outcome.measurement(of: .syn)?.clock
      obstacle = outcome.reason == .noRoute ? outcome.notes : []
    }

    /// What stood in the way, where this host has no route.
    public var obstacle: Notes
  }

  /// Probes that were in the expected state.
  public var asExpected: Int { states.count(admittedBy: check.expected) }
  /// The median round-trip time of the handshakes; nil where none is known.
  public var rtt: Interval? { handshakes.value(at: .p50) }

  /// Whether it holds.
  public var standing: Standing {
    guard problem == nil, decided > 0 else { return .error }
    guard asExpected == decided else { return .fails }
    guard unsent == nil else { return .error }
    return isInTime ? .holds : .fails
  }

  private var isInTime: Bool {
    guard let limit = check.limit else { return true }
    return rtt.map { $0 < limit } ?? false
  }

  /// Why a check does not hold.
  public enum Failure: Hashable, Sendable {
    /// It could not be probed, for a reason that is given in words.
    case problem(String)
    /// The run ended before.
    case notProbed
    /// So many of all probes were not sent; why the latest was not.
    case notSent(Int, of: Int, cause: String)
    /// So many of all probes found another state, as this one did.
    case state(Int, of: Int, Telling?)
    /// A time was to be kept, and none is known.
    case noTime
    /// The median is not below the limit.
    case tooSlow(Interval, limit: Interval)
  }

  /// Why it does not hold; nil where it does.
  public var failure: Failure? {
    if let problem { return .problem(problem) }
    guard decided > 0 else { return unsent.map { .notSent($0.count, of: $0.count, cause: $0.cause) } ?? .notProbed }
    guard asExpected == decided else { return .state(decided - asExpected, of: decided, telling) }
    if let unsent { return .notSent(unsent.count, of: decided + unsent.count, cause: unsent.cause) }
    guard let limit = check.limit, !isInTime else { return nil }
    return rtt.map { .tooSlow($0, limit: limit) } ?? .noTime
  }

  /// The share of probes that were not in the expected state, in whole percent, rounded up; nil without probes.
  public var loss: Int? { decided == 0 ? nil : ((decided - asExpected) * 100 + decided - 1) / decided }

  /// The share of SYNs that were lost, in whole percent, rounded up; nil where none was sent.
  public var synLoss: Int? { syns.sent == 0 ? nil : (syns.lost * 100 + syns.sent - 1) / syns.sent }
}

/// How the checks of a run came out.
public struct CheckTotals: Hashable, Sendable {
  /// Those that hold.
  public var hold = 0
  /// Those that do not.
  public var fail = 0
  /// Those that could not run.
  public var error = 0
  /// From the start of the run.
  public var elapsed = Interval.zero

  /// The totals of results.
  public init(_ results: [CheckResult], elapsed: Interval) {
    for result in results {
      switch result.standing {
      case .holds: hold += 1
      case .fails: fail += 1
      case .error: error += 1
      }
    }
    self.elapsed = elapsed
  }

  /// All of them.
  public var count: Int { hold + fail + error }
}
