import Wire

/// The checks of `probe audit`: rules of TCP, each with the conversations that ask about it.
///
/// One file a group, in the notation of `ConversationReader`. A check keeps its number for ever: scripts name it.
public enum Checks {
  /// One group of them.
  public struct Group: Hashable, Sendable {
    /// What it is called, as `--only` takes it.
    public var name: String
    /// Its heading.
    public var title: String
    /// Its checks, in the notation.
    public var text: String
  }

  /// Every group, in the order of a connection's life.
  public static let groups = [handshake, listening, synReceived, established, close, accECN, numbers]

  /// Rules in the order of groups and numbers.
  public static func sorted(_ rules: [Conversation.Rule]) -> [Conversation.Rule] {
    let names = groups.map(\.name)
    return rules.sorted {
      (names.firstIndex(of: $0.group) ?? 0, $0.number) < (names.firstIndex(of: $1.group) ?? 0, $1.number)
    }
  }

  /// The heading of a group; nil where there is none of that name.
  public static func title(of group: String) -> String? { groups.first { $0.name == group }?.title }

  /// All conversations in order of groups and numbers.
  ///
  /// Throws the first mistake of a file: a test reads them all.
  public static func all(_ family: AddressFamily) throws(ScriptMistake) -> [Conversation] {
    var all: [Conversation] = []
    for group in groups { all += try ConversationReader.checks(group.text, group: group.name, family: family) }
    return all
  }

  /// A SYN, and what it is answered by: `pass` is open, a note is closed, and inconclusive no answer.
  public static let knock: Conversation = {
    let text = """
      > S 0:0(0) win 65535 <mss 1460>
      < S. ack 1 within 3
      | S. fail: its SYN-ACK acknowledges another number than ISS+1
      | R. note: closed
      | R note: closed
      | silence inconclusive: no answer
      """
    var conversation = (try? ConversationReader.script(text, file: "knock", family: .v4))?.first
    conversation?.isStrict = false
    // A mistake in these lines would make every port look open: a test plays them.
    return conversation ?? Conversation(name: "knock")
  }()

  /// A connection that is left alone, and one with a request: `fail` is that the service resets it by itself, a note that
  /// it closes the one that is left alone.
  public static let habits: (waiting: Conversation, asked: Conversation) = {
    let begin = """
      > S 0:0(0) win 65535 <mss 1460>
      < S. ack 1 within 3
      > . 1:1(0) ack 1

      """
    func watch(_ lines: String) -> String {
      "idle 1 within 2\n| R+ fail: it resets the connection\n\(lines)| * ignore\n| silence pass\n"
    }
    func conversation(_ name: String, _ text: String) -> Conversation {
      var conversation = (try? ConversationReader.script(text, file: name, family: .v4))?.first
      conversation?.isStrict = false
      return conversation ?? Conversation(name: name)
    }
    return (
      conversation("waiting", begin + watch("| F+ note: it closes the connection\n")),
      conversation("asked", begin + "ask\n" + watch(""))
    )
  }()
}
