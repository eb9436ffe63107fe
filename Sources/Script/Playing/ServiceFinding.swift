import Handshake
import Timebase
import Wire

/// What was found behind a port, and what that rests on.
public struct ServiceFinding: Hashable, Sendable {
  /// What was found.
  public var state: ServiceState
  /// The packet that decided, in one-line notation, or what was missing.
  public var evidence: String
  /// What random ports of the same host answered, where they were asked.
  public var others: [OtherPort]
  /// The packets of the port's own connection.
  public var exchange: [Play.Exchanged]

  /// What a random port answered.
  public struct OtherPort: Hashable, Sendable {
    /// The port.
    public var port: UInt16
    /// What was found there.
    public var state: ServiceState

    /// A port with what was found.
    public init(_ port: UInt16, _ state: ServiceState) { (self.port, self.state) = (port, state) }
  }

  /// A finding from its parts.
  public init(_ state: ServiceState, _ evidence: String, others: [OtherPort] = [], exchange: [Play.Exchanged] = []) {
    self.state = state
    self.evidence = evidence
    self.others = others
    self.exchange = exchange
  }
}

extension Conversation {
  /// The most octets that are sent to find out whether there is a service.
  public static let serviceDataLimit = 1_000

  /// Asks a port whether there is a service (LZR, USENIX Security 2021): data with the handshake's ACK, once more with PSH
  /// after a second, and five seconds in all.
  ///
  /// Every verdict but the first is a failure to a player, since only these end a conversation; its words are the state.
  public static func service(sending data: [UInt8], family: AddressFamily) throws(ScriptMistake) -> Conversation? {
    let text = "(\(data.count)) ack 1 win 65535 \(ScriptWords.quoted(data))"
    let answers = ["R.+ fail: reset", "R+ fail: reset", "? len>0 fail: service", "* ignore"].map { "\n| \($0)" }
      .joined()
    let lines = """
      > S 0:0(0) win 65535 <mss 1460,sackOK,nop,wscale 7>
      until S.+ ack=1 win=$window within 2.5
      | R.+ ack=1 fail: closed
      | * ignore
      | silence fail: silent
      require $window>0
      | silence fail: zero-window
      > . 1\(text)
      silence 1\(answers)
      > P. 1\(text)
      silence 4\(answers)
      require $snd.una>1
      | silence fail: silent
      end fail: acked
      """
    return try ConversationReader.script(lines, file: "service", family: family).first
  }
}

extension Conversation {
  /// Completes a handshake and listens to what the service says by itself, for so long; nothing is sent.
  ///
  /// What follows the first octets within a moment belongs to them. A SYN-ACK that comes again shows that our ACK was lost.
  public static func banner(within time: Interval, family: AddressFamily) throws(ScriptMistake) -> Conversation? {
    let lines = """
      > S 0:0(0) win 65535 <mss 1460,sackOK,nop,wscale 7>
      until S.+ ack=1 win=$window within 2.5
      | R.+ ack=1 fail: closed
      | * ignore
      | silence fail: no answer
      acks on
      > . 1:1(0) ack 1 win 65535
      until ? len>0 within \(time.seconds)
      | S.+ fail: again
      | R.+ fail: reset
      | R+ fail: reset
      | F.+ pass: closes
      | * ignore
      | silence pass: nothing
      silence 0.1
      | R.+ pass: reset
      | R+ pass: reset
      | * ignore
      end pass: said
      """
    return try ConversationReader.script(lines, file: "banner", family: family).first
  }
}

extension PlayResult {
  /// Whether a conversation that listens to a banner has to be begun again: its SYN was not answered, or its ACK was lost.
  public var isBannerLost: Bool { verdict == .fail && (words.hasPrefix("no answer") || words.hasPrefix("again")) }

  /// The state that a conversation about a service came to, and its evidence; nil where it was not played to its end.
  public var service: (state: ServiceState, evidence: String)? {
    guard verdict == .fail else { return nil }
    let parts = words.split(separator: ":", maxSplits: 1)
    guard let word = parts.first, let state = ServiceState(rawValue: String(word)) else { return nil }
    // What numbers were compared is no packet.
    let evidence = parts.count == 2 ? String(parts[1].dropFirst()) : ""
    return (state, evidence.hasPrefix("$") ? "" : evidence)
  }

  /// Whether not even the SYN was answered.
  public var isAboutSyn: Bool { line == 2 }
}
