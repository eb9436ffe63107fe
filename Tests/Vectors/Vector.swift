// Golden packets that other programs wrote; see README.md beside this file.

import Foundation

/// One packet, what another program says of it, and where it comes from.
public struct Vector: Sendable, CustomStringConvertible {
  /// Its group and name: `crafted-tcp/syn-fin-ipv4`.
  public var name: String
  /// The packet from its IP header on.
  public var octets: [UInt8]
  /// What a careful reader answers: `tcp good`, `malformed ipv4`, `foreign`.
  public var outcome: String
  /// The line that tcpdump printed for it.
  public var tcpdump: String
  /// The program, version and command that made it.
  public var origin: String

  /// The name, so that a failing test says which packet.
  public var description: String { name }

  /// All vectors of all groups.
  public static let all: [Vector] = groups.flatMap { parse(group: $0, text: text(of: $0)) }

  /// The vectors of one group, such as `crafted-tcp`.
  public static func group(_ name: String) -> [Vector] { all.filter { $0.name.hasPrefix(name + "/") } }

  /// The vector of this name; traps when there is none, since that is a mistake in the test.
  public static func named(_ name: String) -> Vector {
    guard let vector = all.first(where: { $0.name == name }) else { preconditionFailure("no vector \(name)") }
    return vector
  }

  /// The groups, each a file of its name beside this one.
  private static let groups = [
    "linux-tcp", "linux-icmp", "crafted-tcp", "crafted-options", "crafted-ipv4", "crafted-ipv6", "crafted-icmpv4",
    "crafted-icmpv6",
  ]

  /// The text of a group's file.
  ///
  /// Read, and not embedded: a literal of so many octets takes the compiler half a minute.
  private static func text(of group: String) -> String {
    let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    do {
      return try String(contentsOf: directory.appendingPathComponent("\(group).txt"), encoding: .utf8)
    } catch {
      preconditionFailure("cannot read vectors: \(error)")
    }
  }

  /// Reads lines of a key, a blank and a value; `vector` begins the next one.
  private static func parse(group: String, text: String) -> [Vector] {
    var vectors: [Vector] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: " ", maxSplits: 1)
      let value = parts.count == 2 ? String(parts[1]) : ""
      guard parts[0] != "vector" else {
        vectors.append(Vector(name: "\(group)/\(value)", octets: [], outcome: "", tcpdump: "", origin: ""))
        continue
      }
      let last = vectors.count - 1
      switch parts[0] {
      case "octets": vectors[last].octets = octets(hexadecimal: value)
      case "outcome": vectors[last].outcome = value
      case "tcpdump": vectors[last].tcpdump = value
      case "origin": vectors[last].origin = value
      default: preconditionFailure("\(group): what is \(line)?")
      }
    }
    return vectors
  }

  /// Octets from pairs of hexadecimal digits; traps on anything else.
  private static func octets(hexadecimal text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    precondition(digits.count == text.count && digits.count.isMultiple(of: 2), "not hexadecimal: \(text)")
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}
