import Handshake
import Script

/// Plays the conversations that show what a TCP is like, several at a time.
public struct ProfileDirector: PlayDirector {
  /// A conversation and how it went.
  public typealias Report = (play: ProfilePlay, played: PlayedJob)

  private let plays: [(ProfilePlay, Conversation)]
  private let remote: Endpoint
  private var position = 0

  /// The conversations of a profile with an end.
  public init(_ plays: [(ProfilePlay, Conversation)], with remote: Endpoint) {
    self.plays = plays
    self.remote = remote
  }

  /// The next conversation; they do not wait for each other.
  public mutating func next(running: Int) -> PlayOrder {
    guard position < plays.count else { return .over }
    defer { position += 1 }
    return .play(PlayJob(id: position, conversation: plays[position].1, remote: remote))
  }

  /// Every conversation counts.
  public mutating func take(_ played: PlayedJob) -> Report? { (plays[played.job.id].0, played) }
}
