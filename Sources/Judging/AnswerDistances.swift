import Handshake
import Wire

/// The hop limits of the hosts' answers in a run: an RST with another one may come from someone on the way.
///
/// A SYN-ACK counts for its host, and until there is one the first RST.
public struct AnswerDistances: Sendable {
  private var answers: [IPAddress: (hopLimit: UInt8, isOpen: Bool)] = [:]

  /// The most hosts that are remembered.
  static let capacity = 4_096

  /// No answers yet.
  public init() {}

  /// Takes a result, and notes with it that its RST is out of place.
  public mutating func take(_ outcome: inout Outcome) {
    guard let hopLimit = outcome.hopLimit, outcome.verdict == .open || outcome.reason == .rst else { return }
    let (host, isOpen) = (outcome.flow.remote.address, outcome.verdict == .open)
    if let known = answers[host] {
      if !isOpen { outcome.reset?.compare(withOtherConnections: known.hopLimit) }
      if !isOpen, known.hopLimit != hopLimit { outcome.notes.insert(.ttlMismatch) }
      if isOpen, !known.isOpen { answers[host] = (hopLimit, true) }
    } else if answers.count < AnswerDistances.capacity {
      answers[host] = (hopLimit, isOpen)
    }
  }
}
