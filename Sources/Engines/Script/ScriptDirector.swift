import Handshake
import Script
import Wire

/// Plays the conversations of a script one after the other.
public struct ScriptDirector: PlayDirector {
  /// A conversation and what it came to.
  public typealias Report = PlayedJob

  private let conversations: [Conversation]
  private let remote: Endpoint
  private var position = 0

  /// The conversations that a script is, with an end.
  public init(_ conversations: [Conversation], with remote: Endpoint) {
    self.conversations = conversations
    self.remote = remote
  }

  /// The next conversation, once the one before has ended.
  public mutating func next(running: Int) -> PlayOrder {
    guard running == 0 else { return .wait }
    guard position < conversations.count else { return .over }
    defer { position += 1 }
    return .play(PlayJob(id: position, conversation: conversations[position], remote: remote))
  }

  /// Every conversation is shown.
  public mutating func take(_ played: PlayedJob) -> PlayedJob? { played }
}
