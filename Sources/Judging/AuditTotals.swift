import Handshake
import Script
import Timebase

/// What the findings of an audit come to.
public struct AuditTotals: Hashable, Sendable {
  /// How many checks got each verdict.
  public private(set) var counts: [PlayVerdict: Int] = [:]
  /// How many of those that failed are MUSTs.
  public private(set) var violations = 0
  /// From the start of the run.
  public var elapsed: Interval
  /// The checks after one of which the peer answered no more; empty where it does.
  public var stoppedAfter: [Int]
  /// How many checks were not made any more.
  public var unmade: Int

  /// The totals of findings.
  public init(_ findings: [Finding], elapsed: Interval, stoppedAfter: [Int] = [], unmade: Int = 0) {
    for finding in findings {
      counts[finding.verdict, default: 0] += 1
      if finding.isViolation { violations += 1 }
    }
    self.elapsed = elapsed
    self.stoppedAfter = stoppedAfter
    self.unmade = unmade
  }

  /// Checks that were made.
  public var count: Int { counts.values.reduce(0, +) }

  /// How many got a verdict.
  public subscript(verdict: PlayVerdict) -> Int { counts[verdict] ?? 0 }

  /// Whether no MUST fails, and the peer lives.
  public var isGood: Bool { violations == 0 && stoppedAfter.isEmpty && unmade == 0 }
}

/// A conversation of a script, and what it came to.
public struct ScriptRecord: Hashable, Sendable {
  /// The target as it was asked for.
  public var target: String
  /// Its address and port.
  public var remote: Endpoint
  /// The script's name.
  public var file: String
  /// The values of its variables; empty without any.
  public var variant: String
  /// How many conversations the script is.
  public var count: Int
  /// What it came to.
  public var result: PlayResult
  /// What was sent and received.
  public var exchange: [Play.Exchanged]
  /// What was captured.
  public var captured: [PlayNumbers.Captured]

  /// A record from its parts.
  public init(
    target: String, remote: Endpoint, file: String, variant: String, count: Int, result: PlayResult,
    exchange: [Play.Exchanged], captured: [PlayNumbers.Captured]
  ) {
    (self.target, self.remote, self.file, self.variant, self.count) = (target, remote, file, variant, count)
    (self.result, self.exchange, self.captured) = (result, exchange, captured)
  }

  /// Whether every line was played as it is written.
  public var isGood: Bool { result.verdict == .pass || result.verdict == .note }

  /// The script's name, and the values of its variables.
  public var title: String { file + (variant.isEmpty ? "" : " \(variant)") }

  /// `file:line` of what decided; the file alone where all lines were played.
  public var place: String { file + (result.line.map { ":\($0)" } ?? "") }

  /// What decided, in words.
  public var words: String { result.words.isEmpty ? result.verdict.rawValue : result.words }
}
