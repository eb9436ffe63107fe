import Handshake
import Script

/// Plays the conversations that show what a TCP is like, several at a time.
public struct ProfileDirector: PlayDirector {
  public typealias Report = (play: ProfilePlay, played: PlayedJob)

  private let plays: [(ProfilePlay, Conversation)]
  private let remote: Endpoint
  private var position = 0

  /// The conversations of a profile with an end.
  public init(_ plays: [(ProfilePlay, Conversation)], with remote: Endpoint) {
    self.plays = plays
    self.remote = remote
  }

  public mutating func next(running: Int) -> PlayOrder {
    guard position < plays.count else { return .over }
    // Whether the port is open is known before the rest is sent.
    defer { position += 1 }
    return .play(PlayJob(id: position, conversation: plays[position].1, remote: remote))
  }

  public mutating func take(_ played: PlayedJob) -> Report? { (plays[played.job.id].0, played) }
}
