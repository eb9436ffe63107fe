import Timebase

/// The machine's own program for asking its name services, `getent(1)`.
enum Getent {
  struct Answer {
    /// Whether the database knows the key.
    var isFound: Bool
    /// Lines of words.
    var lines: [[String]]
  }

  /// How long it may take: longer than a resolver's own patience of 5 s and 2 attempts for each of 3 servers.
  private static let patience = Interval.seconds(40)

  /// - Throws: ENOENT where the machine has no such program, ETIMEDOUT, EFBIG for an answer of more than 64 KiB.
  static func ask(_ database: String, _ key: String) throws(Errno) -> Answer {
    let result = try ChildProcess.run(
      ["/usr/bin/getent", database, key], outputLimit: 65_536, until: SystemClock.monotonic() + patience)
    return Answer(isFound: result.status == 0, lines: lines(result.output))
  }

  static func lines(_ output: [UInt8]) -> [[String]] {
    output.split(separator: 0x0a).map { line in
      line.split { $0 == 0x20 || $0 == 0x09 }.map { String(decoding: $0, as: UTF8.self) }
    }
  }
}
