import Foundation
import Testing

/// Texts that were looked at once and are kept: `Tests/Vectors/Report/<name>`, and what `Docs` has of them.
///
/// With `PROBE_RENEW_GOLDEN=1` in the environment they are written anew instead of compared; look at the difference.
enum Golden {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Vectors/Report")

  /// The project's documents.
  static let docs = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Docs")

  static func expect(
    _ text: String, is name: String, in folder: URL = folder, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let file = folder.appending(path: name)
    if ProcessInfo.processInfo.environment["PROBE_RENEW_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let golden = try String(contentsOf: file, encoding: .utf8)
    #expect(text == golden, "differs from \(name)", sourceLocation: sourceLocation)
  }
}
