import Handshake
import Runner
import Wire

extension Verb {
  /// `probe demo`: the embedded default.
  static let demo = Verb(
    "demo", "", of: .none, "probe a built-in loopback listener (no root needed)",
    offers: [.packets, .verbosity, .lines, .packetLines, .pictures, .capture, .outputLetter],
    settings: RunSettings(),
    options: [.families, .output, .files],
    about: """
      Starts a listener on loopback and makes one full connection to it, drawn as a
      ladder. Without privileges it runs in a separate network namespace.
      """,
    exitCode: "Exit code: 0 if the connection was made and closed, 2 could not run.",
    prepare: { (_, operands) throws(UsageError) in
      guard let word = operands.first else { return }
      throw UsageError("demo takes no target; to probe one, run: probe \(word)")
    },
    run: { (settings) throws(RunError) in
      try Ending(Run.demo(settings.presentation, family: settings.family ?? .v4), settings)
    })
}
