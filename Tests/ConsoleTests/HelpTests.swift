import Foundation
import Testing

@testable import Console

/// The help of every command, whole: `Tests/Vectors/Console/help*.txt`.
///
/// With `PROBE_RENEW_GOLDEN=1` in the environment it is written anew instead of compared; look at the difference.
@Suite("Help") struct HelpTests {
  @Test("the help is as it was looked at", arguments: Verb.all.map(\.name)) func golden(_ name: String) throws {
    let verb = try #require(Verb.all.first { $0.name == name })
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/Console/\(verb.isDefault ? "help" : "help-\(name)").txt")
    if ProcessInfo.processInfo.environment["PROBE_RENEW_GOLDEN"] == "1" {
      try Data(verb.help.utf8).write(to: file)
    }
    #expect(try verb.help == String(contentsOf: file, encoding: .utf8))
  }

  @Test("every option has one line of its own, and no line is wider than a terminal", arguments: Verb.all.map(\.name))
  func lines(_ name: String) throws {
    let verb = try #require(Verb.all.first { $0.name == name })
    let lines = verb.help.split(separator: "\n")
    for option in verb.options {
      let naming = lines.filter { line in
        let names = line.split { $0 == " " || $0 == "," || $0 == "[" }.prefix { $0.hasPrefix("-") }
        return line.hasPrefix("  ") && names.contains(Substring(option.name))
      }
      #expect(naming.count == 1, "\(option.name)")
    }
    for line in lines { #expect(line.count <= 80, "\(line)") }
  }

  @Test("every option has a long name", arguments: Verb.all.map(\.name)) func longNames(_ name: String) throws {
    let verb = try #require(Verb.all.first { $0.name == name })
    #expect(verb.options.filter { $0.long == nil }.map(\.name) == [])
  }

  @Test("the demo's options are those of the default command") func demo() {
    let shared = Verb.probe.options
    #expect(
      Verb.demo.options.map(\.name) == [
        "--ipv4", "--ipv6", "--quiet", "--verbose", "--explain", "--print-time", "--time-format", "--output",
        "--packet-trace",
        "--json", "--no-color",
        "--sandbox", "--pcap", "--svg",
        "--html",
        "--help", "--version",
      ])
    #expect(Verb.demo.options.allSatisfy(shared.contains))
  }
}
