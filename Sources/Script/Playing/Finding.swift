import Timebase

/// What a check found: a rule, a verdict, and what it rests on.
public struct Finding: Hashable, Sendable {
  /// The rule.
  public var rule: Conversation.Rule
  /// The verdict: the gravest of its conversations.
  public var verdict: PlayVerdict
  /// One line: the answer that decided, or what was missing.
  public var evidence: String
  /// The conversations that it rests on, the one that decided first.
  public var plays: [PlayedCheck]

  /// A conversation of a check.
  public struct PlayedCheck: Hashable, Sendable {
    /// The values of its variables; empty where it has none.
    public var variant: String
    /// What it came to.
    public var result: PlayResult
    /// What was sent and received.
    public var exchange: [Play.Exchanged]
    /// What was captured.
    public var numbers: PlayNumbers?

    /// A conversation that was played.
    public init(variant: String, result: PlayResult, exchange: [Play.Exchanged], numbers: PlayNumbers?) {
      self.variant = variant
      self.result = result
      self.exchange = exchange
      self.numbers = numbers
    }
  }

  /// The finding of a rule from its conversations, at least one.
  public init(_ rule: Conversation.Rule, of plays: [PlayedCheck]) {
    self.rule = rule
    let sorted = plays.enumerated().sorted {
      ($1.element.result.verdict.gravity, $0.offset) < ($0.element.result.verdict.gravity, $1.offset)
    }.map(\.element)
    self.plays = sorted
    verdict = sorted.first?.result.verdict ?? .error
    let words = sorted.first?.result.words ?? ""
    let variant = plays.count > 1 ? sorted.first?.variant ?? "" : ""
    let doubt = sorted.first?.exchange.senderDoubt.map { "; \($0)" } ?? ""
    evidence = (variant.isEmpty || verdict == .pass ? words : "\(variant): \(words)") + doubt
  }

  /// A rule that was not asked about.
  public init(_ rule: Conversation.Rule, _ verdict: PlayVerdict, _ evidence: String) {
    self.init(
      rule, of: [PlayedCheck(variant: "", result: PlayResult(verdict, evidence), exchange: [], numbers: nil)])
  }

  /// Whether a MUST does not hold.
  public var isViolation: Bool { verdict == .fail && rule.level == .must }
}

extension PlayVerdict {
  /// How much it weighs against others of the same check; what cannot be asked in one way may be in another.
  fileprivate var gravity: Int {
    switch self {
    case .fail: 5
    case .error: 4
    case .inconclusive: 3
    case .note: 2
    case .pass: 1
    case .notApplicable: 0
    }
  }
}
