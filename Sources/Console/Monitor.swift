import Kernel
import Report

/// Failures in the words of a monitoring plugin, where its answer was asked for: monitoring reads standard output alone.
enum Monitor {
  /// Prints the line and returns the exit code; nil if nothing of the sort was asked for.
  ///
  /// Looked for in the words, since they may not have been read to their end.
  static func unknown(_ message: String, for verb: Verb, _ words: [String]) -> Int32? {
    guard words.contains("--nagios"), verb.options.contains(where: { $0.long == "nagios" }) else { return nil }
    let line = PluginLine(.unknown, message)
    try? Output.standardOutput.write(line.text)
    return line.state.rawValue
  }
}
