/// A line of a script that cannot be played.
public struct ScriptMistake: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file.
  public var file: String
  /// The line, from 1.
  public var line: Int
  /// What is wrong with it.
  public var text: String

  /// `a.scenario:5: no flags: 'SX'`.
  public var description: String { "\(file):\(line): \(text)" }
}

/// The variables that a script is played with, once for each set of their values: `each: $a/$b = 0/x 1/y`.
///
/// A `~` in a value stands for a blank.
enum ScriptVariables {
  /// The most sets of values.
  static let countLimit = 1_024
  /// Octets that a line may become.
  static let lengthLimit = 4_096

  /// The values of every `each:` line, each combined with each; one empty set without such a line.
  ///
  /// In every set long names stand before short ones, since those may be parts of them.
  static func sets(
    _ lines: [(Int, String)], mistake: (_ line: Int, _ text: String) -> ScriptMistake
  ) throws(ScriptMistake) -> [[(key: String, value: String)]] {
    var sets: [[String: String]] = [[:]]
    for (number, line) in lines where line.hasPrefix("each:") {
      let sides = line.dropFirst(5).split(separator: "=", maxSplits: 1)
      let names = sides.first.map { $0.trimmed.split(separator: "/").map(String.init) } ?? []
      // A single variable may have values with strokes in them, as an ICMP type and code has.
      let rows = (sides.count == 2 ? sides[1].split(separator: " ") : []).map { value in
        names.count == 1
          ? [String(value)] : value.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      }
      guard !names.isEmpty, !rows.isEmpty, names.allSatisfy({ $0.hasPrefix("$") && $0.utf8.count > 1 }),
        rows.allSatisfy({ $0.count == names.count })
      else { throw mistake(number, "say each: $a/$b = 1/2 3/4") }
      guard sets.count * rows.count <= countLimit else { throw mistake(number, "more than \(countLimit) scenarios") }
      var next: [[String: String]] = []
      for set in sets {
        for row in rows {
          var set = set
          for (name, value) in zip(names, row) { set[name] = String(value.map { $0 == "~" ? " " : $0 }) }
          next.append(set)
        }
      }
      sets = next
    }
    return sets.map { $0.sorted { ($1.key.utf8.count, $0.key) < ($0.key.utf8.count, $1.key) } }
  }

  /// A line with its values; nil where that makes it too long.
  static func replaced(in line: String, _ values: [(key: String, value: String)]) -> String? {
    var line = line
    for (key, value) in values {
      guard let replaced = line.replacing(key, with: value, limit: lengthLimit) else { return nil }
      line = replaced
    }
    return line
  }
}
