import Foundation
import Testing

@testable import Console

/// The help, whole: `Tests/Vectors/Console/help.txt`.
///
/// With `PROBE_RENEW_GOLDEN=1` in the environment it is written anew instead of compared; look at the difference.
@Suite("Help") struct HelpTests {
  @Test(
    "the help is as it was looked at",
    arguments: [
      ("help", Help.text), ("help-http", HTTPVerb.help), ("help-check", CheckVerb.help), ("help-read", ReadVerb.help),
      ("help-diff", DiffVerb.help), ("help-bench", BenchVerb.help), ("help-watch", WatchVerb.help),
    ])
  func golden(_ name: String, _ text: String) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Vectors/Console/\(name).txt")
    if ProcessInfo.processInfo.environment["PROBE_RENEW_GOLDEN"] == "1" {
      try Data(text.utf8).write(to: file)
    }
    #expect(try text == String(contentsOf: file, encoding: .utf8))
  }

  @Test("every option has one line of its own, no wider than a page") func everyOptionOnce() {
    let lines = Help.text.split(separator: "\n")
    for option in OptionTable<ProbeRequest>.probe.groups.flatMap(\.options) {
      let naming = lines.filter { line in
        let names = line.split { $0 == " " || $0 == "," }.prefix { $0.hasPrefix("-") }
        return line.hasPrefix("  ") && names.contains(Substring(option.name))
      }
      #expect(naming.count == 1, "\(option.name)")
    }
    #expect(lines.allSatisfy { $0.count <= 110 })
  }

  @Test("the demo's options are the default verb's") func demo() {
    let names = OptionTable<ProbeRequest>.demo.groups.flatMap(\.options).map(\.name)
    #expect(
      names == [
        "-4", "-6", "-q", "-v", "-D", "--packet-trace", "--json", "--no-color", "--pcap", "--svg", "--html", "--help",
      ])
  }
}
