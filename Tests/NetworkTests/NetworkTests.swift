import Laboratory
import Testing

extension Trait where Self == ConditionTrait {
  /// Runs only where these tools are; skipped with the reason by name.
  static func needs(_ tools: Tool..., peer: Bool = false) -> Self {
    let obstacle = Obstacle.to([.ip] + tools, peer: peer)
    return .enabled(if: obstacle == nil, Comment(rawValue: obstacle ?? ""))
  }
}

/// `probe` from outside, against real servers, a firewall and a peer that lies: one scenario a file.
@Suite(.serialized) enum NetworkTests {}
