import Foundation
import Laboratory
import Testing

/// A `probe listen` that runs and answers.
final class Listening {
  /// The program.
  let program: Program
  /// The port that it listens on.
  let port: UInt16

  /// Starts it with `--json` on a free port of an address, and waits until it answers.
  init(_ words: String..., at address: String, in namespace: Namespace) throws {
    let program = try Program([Probe.path, "listen", "--json"] + words + [target(address, 0)], in: namespace)
    self.program = program
    let ready = waitUntil(seconds: 10) { () -> JSON? in
      guard program.isRunning else { return .null }
      return program.outputSoFar.contains("\n") ? try? JSON.lines(program.outputSoFar).first : nil
    }
    let port = ready?["port"]?.int ?? nil
    self.port = UInt16(try #require(port, "it does not begin: \(program.stop())"))
  }

  /// Waits for its end.
  func end(seconds: Double = 10) -> Outcome { program.wait(seconds: seconds) }

  /// Asks it to end as Ctrl-C does.
  func interrupt() -> Outcome {
    program.send(SIGINT)
    return end()
  }
}
