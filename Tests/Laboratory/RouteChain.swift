import Foundation

/// The path of `Tests/path-lab`: five routers and a target, each in a namespace, with boxes on the way where asked for.
///
/// It vanishes with `stop()`, and with the last reference.
public final class RouteChain: @unchecked Sendable {
  /// Where the prober runs.
  public let client: Namespace
  /// The routers and the target, in order; that of a router in user space has no part in the path.
  public let hops: [Namespace]

  private let script: Program
  private let command: pid_t

  /// The addresses of the six hops, the last one the target's.
  public static let addresses4 = (1...6).map { "10.0.\($0).2" }
  /// The same in IPv6.
  public static let addresses6 = (1...6).map { "fd00:0:0:\($0)::2" }
  /// The client's addresses.
  public static let source4 = "10.0.1.1"
  /// The client's address in IPv6.
  public static let source6 = "fd00:0:0:1::1"
  /// The target's addresses.
  public static let targets = [addresses4[5], addresses6[5]]
  /// Where the target takes data, and where nothing listens.
  public static let port: UInt16 = 80
  /// Where nothing listens.
  public static let closedPort: UInt16 = 81
  /// The client's device.
  public static let device = "right"

  /// The addresses of the hops, of the family that an address belongs to.
  public static func addresses(like address: String) -> [String] { address.contains(":") ? addresses6 : addresses4 }

  /// The script that builds it.
  public static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("path-lab").path

  /// Builds a path with these options of the script, and waits until it carries.
  public init(_ options: String...) throws {
    script = try Program(
      [RouteChain.path] + options + ["bash", "-c", "echo $$ $PATH_PIDS; exec sleep 600"], in: try Namespace())
    let line = waitUntil(seconds: 20) { [script] in
      script.outputSoFar.contains("\n") || !script.isRunning ? script.outputSoFar : nil
    }
    let pids = (line ?? "").split(whereSeparator: \.isWhitespace).compactMap { pid_t($0) }
    guard pids.count == 7 else {
      throw LaboratoryError("path-lab does not build its path: \(script.stop().errors)")
    }
    command = pids[0]
    let namespaces = try pids.map { try Namespace(ofProcess: $0) }
    client = namespaces[0]
    hops = Array(namespaces.dropFirst())
  }

  deinit { stop() }

  /// Ends it: with its command the script takes everything away.
  public func stop() {
    guard script.isRunning else { return }
    kill(command, SIGTERM)
    _ = script.wait(seconds: 5)
  }
}
