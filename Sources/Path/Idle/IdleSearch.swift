import Timebase

/// Closes in on the silence after which a connection is forgotten, one silent connection after another: the silence is
/// doubled until one is forgotten, then the middle is tried.
///
/// The serial search is that of RFC 3489 §10.2. A search by several connections at once is not made: see decision 93.
public struct IdleSearch: Hashable, Sendable {
  /// What is searched.
  public struct Plan: Hashable, Sendable {
    /// The longest silence that is tried.
    public var longest = Interval.seconds(7_440)
    /// How far apart the longest answered silence and the shortest forgotten one may be in the end.
    public var resolution = Interval.seconds(1)
    /// The first silence; nil: eight times the resolution.
    public var first: Interval?
    /// How long it takes to find out that nothing answers.
    public var patience = Interval.seconds(3)

    /// An ordinary search: as long as RFC 5382 asks a NAT to remember, to the second.
    public init() {}

    /// The first silence.
    public var start: Interval { min(max(first ?? resolution * 8, .milliseconds(1)), longest) }
  }

  /// How the search ended.
  public enum End: String, Hashable, Sendable, CaseIterable {
    /// The bounds are as near to each other as was asked.
    case found
    /// The longest silence was answered.
    case longest = "max"
    /// The peer sends packets by itself too often for a longer silence.
    case busy
    /// Several trials in a row showed nothing.
    case unclear
  }

  /// What is searched.
  public let plan: Plan
  /// The longest silence that was answered; zero before one was.
  public private(set) var alive = Interval.zero
  /// The shortest silence after which the connection was forgotten; nil before one was.
  public private(set) var dead: Interval?
  /// All trials, in order.
  public private(set) var trials: [IdleTrial] = []
  /// How it ended; nil while it goes on.
  public private(set) var end: End?
  /// How many trials that show nothing came in a row.
  private var unclear = 0
  /// Whether the shortest forgotten silence is asked about again, since no other trial found one.
  private var isDoubting = false
  /// How often an answer took back what a silence had said.
  private var mistakes = 0

  /// The most trials in a row that may show nothing.
  public static let unclearLimit = 3
  /// The most times that a silence is taken back.
  private static let mistakeLimit = 3
  /// The most trials of a search: more than any of its plans needs.
  public static let trialLimit = 512

  /// A search that begins.
  public init(_ plan: Plan) { self.plan = plan }

  /// The silence of the next trial; nil where the search is over.
  public var next: Interval? {
    guard end == nil else { return nil }
    guard let dead else { return alive == .zero ? plan.start : min(alive * 2, plan.longest) }
    if isDoubting { return dead }
    // An end that came by itself came at its time: what is just shorter is enough to see that.
    if let last = announcement { return max(middle(dead), last - plan.resolution) }
    return middle(dead)
  }

  /// The trial that found the shortest silence ends it, where that came by itself.
  private var announcement: Interval? {
    trials.last { $0.answer.isDead && ($0.announced ?? $0.silence) == dead }?.announced
  }

  private func middle(_ dead: Interval) -> Interval { IdleSearch.middle(alive, dead, plan.resolution) }

  /// The middle of two silences, where they are far apart at a multiple of the resolution.
  private static func middle(_ alive: Interval, _ dead: Interval, _ resolution: Interval) -> Interval {
    let middle = alive + (dead - alive) / 2
    let (unit, whole) = (max(resolution.nanoseconds, 1), middle.nanoseconds)
    let rounded = Interval(nanoseconds: whole - whole % unit)
    return rounded > alive ? rounded : middle
  }

  /// Takes what came of a trial.
  public mutating func take(_ trial: IdleTrial) {
    guard end == nil else { return }
    trials.append(trial)
    if trials.count == IdleSearch.trialLimit { end = .unclear }
    unclear = trial.answer == .unclear ? unclear + 1 : 0
    switch trial.answer {
    case .alive: takeAnswer(after: trial.silence)
    case .silent, .icmp, .rst, .fin, .refused:
      let silence = trial.announced ?? trial.silence
      dead = min(dead ?? silence, silence)
      if alive >= silence {
        // The limit is not the same each time.
        alive = trials.filter { $0.answer == .alive && $0.silence < silence }.map(\.silence).max() ?? .zero
        mistakes += 1
      }
      if mistakes > IdleSearch.mistakeLimit { end = .unclear }
      isDoubting = false
      settle()
    case .busy: end = .busy
    case .unclear: if unclear >= IdleSearch.unclearLimit { end = .unclear }
    }
  }

  private mutating func takeAnswer(after silence: Interval) {
    alive = max(alive, silence)
    if isDoubting {
      // The silence was an outage, and no limit.
      isDoubting = false
      mistakes += 1
      dead = nil
      if mistakes > IdleSearch.mistakeLimit {
        end = .unclear
        return
      }
    }
    if dead == nil, silence >= plan.longest {
      end = .longest
      return
    }
    settle()
  }

  /// Ends the search where the bounds are near enough, unless one silence alone says so.
  private mutating func settle() {
    guard end == nil, let dead, dead - alive <= plan.resolution else { return }
    if hasOneWitness, trials.last?.answer == .alive {
      isDoubting = true
      return
    }
    end = .found
  }

  /// Whether one silence alone says that anything forgets.
  private var hasOneWitness: Bool {
    let dead = trials.filter { $0.answer.isDead }
    return dead.count == 1 && (dead[0].answer == .silent || dead[0].answer == .icmp)
  }

  /// The most time that the rest of the search can take, counted from the beginning of the next trial.
  ///
  /// A trial that shows nothing, and is made again, is not foreseen.
  public var timeLeft: Interval {
    guard let next else { return .zero }
    if let dead {
      let again = dead + plan.patience
      return isDoubting ? again : bisection(alive, dead, first: next) + (hasOneWitness ? again : .zero)
    }
    var (most, spent, silence, last) = (Interval.zero, Interval.zero, next, alive)
    while true {
      let forgotten = spent + silence + plan.patience + bisection(last, silence, first: nil) + silence + plan.patience
      spent = spent + silence
      most = max(most, forgotten, spent)
      guard silence < plan.longest else { return most }
      (last, silence) = (silence, min(silence * 2, plan.longest))
    }
  }

  /// The most that is left between two bounds: as if each silence were the longest that it can be, and unanswered.
  private func bisection(_ alive: Interval, _ dead: Interval, first: Interval?) -> Interval {
    var (low, time, next) = (alive, Interval.zero, first)
    while dead - low > plan.resolution {
      let silence = next ?? IdleSearch.middle(low, dead, plan.resolution)
      next = nil
      guard silence > low, silence < dead else { break }
      time = time + silence + plan.patience
      low = silence
    }
    return time
  }
}
