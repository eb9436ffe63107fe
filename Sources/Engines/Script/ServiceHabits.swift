import Handshake
import Script
import Wire

/// What a service does to connections by itself, whatever TCP it runs on: it closes them at once, or resets them.
///
/// A check that fails by such a packet has asked the service, not its TCP.
struct ServiceHabits: Hashable, Sendable {
  /// Whether it resets connections that are left alone, or that have brought it a request.
  private(set) var resets = false
  /// Whether it closes connections that are left alone.
  private(set) var closes = false

  /// Takes what came of one of `Checks.habits`.
  mutating func take(_ result: PlayResult) {
    switch result.verdict {
    // A silence is a peer that has no connection.
    case .fail where !result.isBySilence: resets = true
    case .note: closes = true
    default: break
    }
  }

  /// A failure where the service ended the connection as it ends others is no answer.
  func judge(_ result: PlayResult, _ exchange: [Play.Exchanged]) -> PlayResult {
    guard result.verdict == .fail else { return result }
    let habit: String
    if resets, exchange.isEnded(by: .rst) {
      habit = "resets"
    } else if closes, exchange.isEnded(by: .fin) {
      habit = "closes"
    } else {
      return result
    }
    return PlayResult(
      .inconclusive, "\(result.words); this service \(habit) connections by itself", line: result.line,
      bySilence: result.isBySilence)
  }
}

extension [Play.Exchanged] {
  /// Whether the peer sent a segment with a flag.
  fileprivate func isEnded(by flag: TCPFlags) -> Bool {
    contains { !$0.isSent && $0.segment?.segment.flags.contains(flag) == true }
  }
}
