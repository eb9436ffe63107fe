import Handshake
import Statistics
import Timebase

/// What the connections of a benchmark to one target came to, in bounded memory.
public struct BenchSummary: Sendable {
  /// How connections ended, by name.
  public struct Ending: Hashable, Sendable {
    /// The name, as scripts read it.
    public var name: String
    /// How many ended so.
    public var count: Int

    /// A count under a name.
    public init(name: String, count: Int) {
      self.name = name
      self.count = count
    }
  }

  /// The target as it was typed.
  public let target: String
  /// Its address and port.
  public let remote: Endpoint
  /// How far connections went: `syn`, `full` or `http`.
  public let mode: String
  /// Connections a second that were asked for.
  public let askedRate: Double

  /// Connections that were begun.
  public var started = 0
  /// Connections that were due and could not start.
  public var notStarted = 0
  /// Connections that went as far as they were to go.
  public var completed = 0
  /// Connections whose SYN something valid answered.
  public var answered = 0
  /// Connections that were interrupted before anything was decided.
  public var interrupted = 0
  /// The SYNs of connections that were not interrupted.
  public var syns = SynCounts()
  /// All endings that occur, by name.
  public var endings: [Ending] = []
  /// Packets of ours that were retransmitted.
  public var retransmitted = 0
  /// Duplicate replies.
  public var duplicates = 0
  /// Packets that were refused.
  public var invalid = 0
  /// From the start to the last connection's beginning.
  public var beginning = Interval.zero
  /// From the start to the last connection's end.
  public var elapsed = Interval.zero
  /// How the packets were sent: `packet` or `raw`.
  public var path = ""
  /// Responses by the first digit of their status, from 1 to 5.
  public var statuses = [Int](repeating: 0, count: 5)

  /// From the time each was due to the answer to its SYN.
  public private(set) var sinceDue = Series()
  /// How late each began.
  public private(set) var lateness = Series()
  /// The handshakes over the run.
  public private(set) var course = TimeSeries(length: .milliseconds(100))
  private var series = [Series](repeating: Series(), count: StepKind.allCases.count)
  /// How long applications took, where both their response and the path were timed.
  private var waits: Series?
  private var stamped = 0
  private var unstamped = 0

  /// The summary of a target that nothing is known of yet.
  public init(target: String, remote: Endpoint, mode: String, askedRate: Double) {
    self.target = target
    self.remote = remote
    self.mode = mode
    self.askedRate = askedRate
  }

  /// What is told of one step; nil where no connection has a time for it.
  public subscript(step: StepKind) -> Series? {
    let own = series[step.index]
    return own.moments.count > 0 ? own : nil
  }

  /// Takes the time of one step of one connection.
  public mutating func record(_ measurement: Measurement, of step: StepKind) {
    series[step.index].record(measurement.interval)
    if measurement.clock == .kernel { stamped += 1 } else { unstamped += 1 }
  }

  /// Takes how long the application of one connection took: what is left of the response without the path's time.
  public mutating func record(response: Interval?, syn: Interval?) {
    let wait = PathShare.application { $0 == .response ? response : $0 == .syn ? syn : nil }
    guard let wait else { return }
    waits = waits ?? Series()
    waits?.record(wait)
  }

  /// How much of the time is the path's and how much the application's; nil where the figures do not say.
  public var share: PathShare? { PathShare(application: waits?.value(at: .p50)) { self[$0]?.value(at: .p50) } }

  /// The loss of SYNs.
  public var synLoss: Loss { Loss(syns) }

  /// Takes how long a handshake took that began so long after the start; nil where nothing answered.
  public mutating func record(handshake: Interval?, at offset: Interval) { course.record(handshake, at: offset) }

  /// Takes how late a connection began, and where its SYN was answered how long after it was due.
  public mutating func record(lateness late: Interval, sinceDue: Interval?) {
    lateness.record(late)
    if let sinceDue { self.sinceDue.record(sinceDue) }
  }

  /// What was decided of connections that were not interrupted.
  public var loss: Loss { Loss(sent: started - interrupted, received: answered) }

  /// Between what the true loss lies, with a confidence of 95 %; nil where nothing was sent.
  package var lossInterval: Wilson? { Wilson(loss.sent - loss.received, of: loss.sent) }

  /// Connections a second that were begun; nil where none was.
  ///
  /// Over the time that as many as were due take at the asked rate, or longer where the last one began later.
  public var achievedRate: Double? {
    let asked = Double(started + notStarted) / askedRate
    let span = max(asked, Double(beginning.nanoseconds) / 1e9)
    return started > 0 && span > 0 ? Double(started) / span : nil
  }

  /// Where the times come from: `kernel`, `user`, or `mixed`; nil without any.
  public var clock: String? {
    switch (stamped, unstamped) {
    case (0, 0): nil
    case (_, 0): "kernel"
    case (0, _): "user"
    default: "mixed"
    }
  }
}

/// How the times of one target compare with those of another that was measured in the same run.
public struct BenchComparison: Sendable {
  /// One quantile, and the ratio of the two targets there; nil where one of them has no times.
  public struct Compared: Sendable {
    /// The quantile's name: `p50`.
    public var name: String
    /// The ratio and its interval.
    public var ratio: Bootstrap.Ratio?
  }

  /// The target.
  public let target: String
  /// The target that it is compared with.
  public let base: String
  /// The step whose times are compared.
  public let step: StepKind
  /// The quantiles that are compared.
  public let quantiles: [Compared]

  /// Compares a step of one summary with that of another; the same seed gives the same intervals.
  public init(_ summary: BenchSummary, to base: BenchSummary, step: StepKind, seed: UInt64) {
    target = summary.target
    self.base = base.target
    self.step = step
    let (own, other) = (summary[step]?.histogram ?? Histogram(), base[step]?.histogram ?? Histogram())
    quantiles = [("p50", Quantile.p50), ("p90", .p90), ("p99", .p99)].map { name, quantile in
      Compared(name: name, ratio: Bootstrap(seed: seed).ratio(of: own, to: other, at: quantile))
    }
  }
}
