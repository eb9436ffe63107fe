import Foundation

/// The lines of JSON that `probe` wrote in the course of the tests, for `Tests/schema-lines` at the end of the run.
enum SchemaLines {
  /// Where they are collected: PROBE_JSON_LINES; nil collects nothing.
  private static let file = ProcessInfo.processInfo.environment["PROBE_JSON_LINES"].flatMap {
    FileHandle(forWritingAtPath: $0)
  }
  private static let lock = NSLock()

  /// Keeps those lines of a program's output that are whole and begin as a line of `probe` does.
  static func collect(_ output: String) {
    guard let file, output.contains("{\"schema\":") else { return }
    var lines = output.split(separator: "\n", omittingEmptySubsequences: false)
    lines.removeLast()
    let ours = lines.filter { $0.hasPrefix("{\"schema\":") }.map { $0 + "\n" }.joined()
    lock.withLock {
      _ = try? file.seekToEnd()
      try? file.write(contentsOf: Data(ours.utf8))
    }
  }
}
