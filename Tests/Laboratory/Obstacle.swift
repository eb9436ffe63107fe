import Foundation

/// What keeps a network test from running on this machine.
public enum Obstacle {
  /// The reason in words; nil where everything is there.
  ///
  /// Network tests run only where `Tests/run` has made them a namespace: nothing can leave from there.
  public static func to(_ tools: [Tool], peer: Bool = false) -> String? {
    guard ProcessInfo.processInfo.environment["PROBE_LABORATORY"] == "1" else {
      return "not in a namespace of its own: start it by Tests/run (make test)"
    }
    for tool in tools where tool.path == nil {
      return "\(tool.name) is not installed (Debian package \(tool.package))"
    }
    return peer ? Peer.obstacle : nil
  }
}
