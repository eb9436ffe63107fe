import Handshake
import Timebase
import Wire

/// What a scan found out about a port of an address.
public struct ScanResult: Hashable, Sendable {
  /// The address.
  public var address: IPAddress
  /// The port.
  public var port: UInt16
  /// Its state.
  public var state: Verdict
  /// Why.
  public var reason: Reason
  /// From the SYN to its answer, where the answer says when the SYN was sent; nil otherwise.
  public var rtt: Interval?
  /// The time to live, or hop limit, that the answer came with; nil without an answer.
  public var hopLimit: UInt8?
  /// In which pass it was answered, from 1; for what was never answered, how many passes there were.
  public var pass: Int
  /// Who sent the ICMP error, where that is not the address itself.
  public var router: IPAddress?
  /// What the SYN-ACK says of its sender, where that was to be kept.
  public var synAck: SynAckFacts?
  /// What was found out after the passes; nil where nothing was asked.
  public var followUp: ScanFollowUp?

  /// A result from its parts.
  public init(
    address: IPAddress, port: UInt16, state: Verdict, reason: Reason, rtt: Interval? = nil, hopLimit: UInt8? = nil,
    pass: Int, router: IPAddress? = nil
  ) {
    (self.address, self.port, self.state, self.reason) = (address, port, state, reason)
    (self.rtt, self.hopLimit, self.pass, self.router) = (rtt, hopLimit, pass, router)
  }
}

/// What a scan came to: how many ports are in each state, and in which pass their answers came first.
public struct ScanTally: Hashable, Sendable {
  /// The states in the order in which they are reported.
  public static let states: [Verdict] = [.open, .refused, .filtered, .unreachable]

  /// Answers first seen, by state in the order of `states`, and by pass.
  public private(set) var answers: [[UInt64]]
  /// How many were never answered.
  public var unanswered: UInt64 = 0
  /// How many probes were sent.
  public var sent: UInt64 = 0
  /// Answers to what was answered already.
  public var duplicates: UInt64 = 0
  /// Packets to our ports that answer no probe of ours.
  public var rejected: UInt64 = 0

  /// Nothing yet, of so many passes.
  public init(passes: Int) {
    answers = ScanTally.states.map { _ in [UInt64](repeating: 0, count: max(passes, 1)) }
  }

  /// A tally from its parts: answers by state in the order of `states`, and by pass; nil where there are not as many.
  public init?(answers: [[UInt64]], unanswered: UInt64) {
    guard answers.count == ScanTally.states.count, let passes = answers.first?.count, passes > 0,
      answers.allSatisfy({ $0.count == passes })
    else { return nil }
    self.answers = answers
    self.unanswered = unanswered
  }

  /// Adds what another part of the same scan came to.
  public mutating func add(_ other: ScanTally) {
    for state in answers.indices {
      for pass in answers[state].indices where pass < other.answers[state].count {
        answers[state][pass] &+= other.answers[state][pass]
      }
    }
    unanswered &+= other.unanswered
    sent &+= other.sent
    duplicates &+= other.duplicates
    rejected &+= other.rejected
  }

  /// Counts an answer.
  public mutating func add(_ state: Verdict, pass: Int) {
    guard let index = ScanTally.states.firstIndex(of: state), answers[index].indices.contains(pass - 1) else { return }
    answers[index][pass - 1] += 1
  }

  /// An answer was first seen in one pass, and an earlier pass was answered too.
  public mutating func move(_ state: Verdict, from pass: Int, to earlier: Int) {
    guard let index = ScanTally.states.firstIndex(of: state), answers[index].indices.contains(pass - 1),
      answers[index].indices.contains(earlier - 1), answers[index][pass - 1] > 0
    else { return }
    answers[index][pass - 1] -= 1
    answers[index][earlier - 1] += 1
  }

  /// How many ports are in a state; those without an answer are filtered.
  public func count(of state: Verdict) -> UInt64 {
    let answered = ScanTally.states.firstIndex(of: state).map { answers[$0].reduce(0, +) } ?? 0
    return state == .filtered ? answered + unanswered : answered
  }

  /// How many were answered.
  public var answered: UInt64 { answers.reduce(0) { $0 + $1.reduce(0, +) } }

  /// The most retries that can be asked for.
  public static let mostRetries = 10

  /// Whether another pass would find more, as the passes so far show: they do not converge, or loss differs between targets.
  public func offersAnotherPass(after passes: Int, of probes: UInt64) -> Bool {
    ScanTally.states.contains { state in
      guard let bound = missed(state, passes: passes, of: probes) else { return false }
      // A few answers say nothing of how many are left.
      return bound.differsBetweenTargets || bound.value == .notConverging && (bound.answers.last ?? 0) >= 5
    }
  }

  /// What was missed at least of those in a state, by the passes so far, of so many probes.
  public func missed(_ state: Verdict, passes: Int, of probes: UInt64) -> MissedBound? {
    ScanTally.states.firstIndex(of: state).map {
      MissedBound(Array(answers[$0].prefix(passes)), unanswered: probes - min(answered, probes))
    }
  }
}

/// A scan as a whole: what it came to, and how.
public struct ScanSummary: Hashable, Sendable {
  /// What it came to.
  public var tally: ScanTally
  /// How many passes there were.
  public var passes: Int
  /// How many ports were to be asked.
  public var probes: UInt64
  /// How long it took.
  public var elapsed: Interval
  /// How many addresses were to be asked.
  public var addresses: UInt64 = 0
  /// How many of them answered by themselves; nil where that was not counted.
  public var up: UInt64?
  /// How many packets the kernel had no room for: answers may be among them.
  public var dropped: UInt32 = 0
  /// How many packets this host had no room for, or refused to send.
  public var unsent: UInt64 = 0
  /// How many passes were added because this host lost packets.
  public var repeats = 0
  /// Whether it was interrupted.
  public var isInterrupted = false
  /// How many hosts were asked random ports, of how many with open ports, and how many are suspect.
  public var hosts = Checked()
  /// How many prefixes of IPv6 had neighbours asked, of how many with open ports, and how many are aliased.
  public var prefixes = Checked()

  /// How many were checked.
  public struct Checked: Hashable, Sendable {
    /// How many might have been, how many were, and how many were marked.
    public var (seen, asked, marked): (UInt64, UInt64, UInt64) = (0, 0, 0)
    /// SYNs that were sent for that; they are none of `tally`.
    public var sent: UInt64 = 0

    /// None.
    public init() {}
  }

  /// A summary from its parts.
  public init(tally: ScanTally, passes: Int, probes: UInt64, elapsed: Interval) {
    (self.tally, self.passes, self.probes, self.elapsed) = (tally, passes, probes, elapsed)
  }
}
