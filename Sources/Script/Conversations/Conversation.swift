import Timebase
import Wire

/// A conversation as our side plays it: what is sent, what is expected of the peer, and what its answers mean.
///
/// `ConversationReader` has the notation.
public struct Conversation: Hashable, Sendable {
  /// What it is called: a file's name, or a check's, and the values of its variables.
  public var name: String
  /// The values of its variables, such as `$a=2`; empty where it has none.
  public var variant = ""
  /// What it is played for; nil where it is a script of the user's.
  public var rule: Rule?
  /// The only family that it is for; nil for both.
  public var family: AddressFamily?
  /// Whether it is played against a port that is closed.
  public var needsClosedPort = false
  /// Whether it is played against a port that hardly anything listens on, whatever that answers.
  public var needsOtherPort = false
  /// Our ISS; nil is a random one.
  public var iss: UInt32?
  /// Whether every packet must be expected; otherwise what no line is about is passed over.
  public var isStrict = false
  /// Its lines, in order.
  public var steps: [Step] = []

  /// A rule of TCP's that a conversation checks.
  public struct Rule: Hashable, Sendable {
    /// Its number: checks keep theirs.
    public var number: Int
    /// Its name.
    public var name: String
    /// The group that it belongs to.
    public var group: String
    /// How strongly it is required.
    public var level: Level
    /// Where: RFC, section, and the number in RFC 9293's Appendix B where there is one.
    public var requirement: String
    /// What is done and what is expected, in a sentence.
    public var summary: String
    /// When it is checked.
    public var tier: Tier
  }

  /// How strongly a rule is required.
  public enum Level: String, Hashable, Sendable, CaseIterable {
    case must, should
    /// Nothing requires it: what a peer does is a fact.
    case informational = "info"
  }

  /// When a rule is checked.
  public enum Tier: String, Hashable, Sendable, CaseIterable {
    /// Always: its packets are what the RFCs allow.
    case standard = "default"
    /// With `--intrusive`: malformed packets, of which some stacks die.
    case intrusive
    /// With `--own-host`: it holds resources of the peer.
    case ownHost = "own-host"
  }

  /// One line.
  public struct Step: Hashable, Sendable {
    /// Its number in the file.
    public var line: Int
    /// The line itself.
    public var text: String
    /// Whether it only shows that the peer is there, so that its packets are no evidence.
    public var isControl = false
    /// What is done.
    public var action: Action
  }

  /// What is done at a line.
  public enum Action: Hashable, Sendable {
    /// A packet is sent, so long after the line above was done.
    case send(ScriptPacket, after: Interval)
    /// The request is sent that makes a service answer.
    case request(after: Interval, window: UInt16)
    /// The peer is to send this; other packets before it are passed over, or are a failure.
    case expect(Pattern, within: Interval, passesOver: Bool, [Alternative])
    /// The peer is to send nothing.
    case silence(Interval, [Alternative])
    /// Nothing passes for so long: what the peer sends is acknowledged, and the time begins again, up to a limit.
    case idle(Interval, within: Interval, [Alternative])
    /// The peer is asked for a sign of life by a keep-alive segment, so many times at most, each with time for an answer.
    case keepAlive(Int, within: Interval, [Alternative])
    /// Data is sent, so many octets at most, until the peer's window is closed.
    case fill(Int, within: Interval, [Alternative])
    /// Packets of the peer's are counted.
    case collect(Pattern, for: Interval, least: Int, [Alternative])
    /// Numbers are compared.
    case require(ScriptNumber, Pattern.Relation, ScriptNumber, [Alternative])
    /// Whether text that comes is acknowledged by itself.
    case acknowledge(Bool)
    /// It is over, with this verdict.
    case end(PlayVerdict, String)
  }

  /// Another answer than the one that is expected, and what it means.
  public struct Alternative: Hashable, Sendable {
    /// Which answer.
    public var answer: Answer
    /// What it means; nil where the packet is passed over.
    public var verdict: PlayVerdict?
    /// The same in words; empty where the verdict says it.
    public var words: String

    /// The answers.
    public enum Answer: Hashable, Sendable {
      /// None, in the time that there is; or numbers that do not hold.
      case silence
      /// Any that no other line is about.
      case anything
      /// This one.
      case packet(Pattern)
    }
  }
}

/// What a conversation came to.
public enum PlayVerdict: String, Hashable, Sendable, CaseIterable {
  /// The peer did what is required.
  case pass
  /// It did not.
  case fail
  /// It did something that is worth knowing, and is allowed.
  case note
  /// Its answers do not tell.
  case inconclusive
  /// It cannot be asked.
  case notApplicable = "not-applicable"
  /// The question could not be put.
  case error
}
