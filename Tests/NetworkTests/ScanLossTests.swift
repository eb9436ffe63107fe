import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// What `probe scan` says of what it missed, where a firewall loses packets at random.
  ///
  /// `Tests/Bench/scan-truth` does the same with more targets.
  @Suite(.needs(.ip, .nft)) struct ScanLossTests {
    /// A /18 whose ports are all closed, so that what has no answer was missed.
    private struct Field {
      let wire: Wire

      static let network = "10.9.0.0/18"

      /// `incoming` and `outgoing` are rules of nft.
      init(incoming: String, outgoing: String = "") throws {
        wire = try Wire()
        try wire.server.command("ip", "route", "add", "local", Field.network, "dev", "lo")
        try wire.client.command("ip", "route", "add", Field.network, "via", Wire.server4)
        try wire.server.firewall(
          """
          table ip loss {
            chain incoming { type filter hook prerouting priority 0
              \(incoming)
            }
            chain outgoing { type filter hook postrouting priority 0
              \(outgoing)
            }
          }
          """)
      }

      /// The summary of a scan, and the text of it.
      func scan(_ words: String...) throws -> (summary: JSON, text: String) {
        let folder = try TemporaryDirectory()
        let outcome = try Probe.run(
          ["scan", Field.network, "-p", "80", "--json", "--open", "--rate", "10000", "-oN", folder.file("text")]
            + words,
          in: wire.client)
        #expect(outcome.code == 0 && outcome.errors == "", "\(outcome.errors)")
        return (try #require(JSON.lines(outcome.output).last), folder.text("text"))
      }
    }

    private func missed(_ summary: JSON, of state: String) throws -> (bound: Double, differs: Bool) {
      let entry = try #require(summary["missed"]?.array?.first { $0["state"]?.string == state })
      return (try #require(entry["at_least"]?.double, "\(summary)"), entry["differs"]?.bool == true)
    }

    @Test("where all targets lose alike, the bound is the truth") func alike() throws {
      let lose = "numgen random mod 1000 < 30 drop"
      let field = try Field(incoming: lose, outgoing: lose)
      let (summary, text) = try field.scan("--retries", "1")
      let truth = Double(try #require(summary["unanswered"]?.int))
      let (bound, differs) = try missed(summary, of: "closed")
      // 57 are expected, with a deviation of 7.6.
      #expect(truth > 25 && bound > truth / 2 && bound < truth * 2 && !differs, "\(bound) of \(truth)")
      #expect(
        text.contains("at least \(Int(bound)) more were missed") && !text.contains("differs"), "\(text)")
    }

    @Test("where a few targets lose much, the bound is below the truth, and another pass is offered") func mixed()
      throws
    {
      let field = try Field(
        incoming: "ip daddr 10.9.0.0/18 jhash ip daddr mod 100 seed 0x7 < 3 numgen random mod 100 < 50 drop\n"
          + "ip daddr 10.9.0.0/18 jhash ip daddr mod 100 seed 0x7 >= 3 numgen random mod 100 < 2 drop")
      let (summary, text) = try field.scan()
      let truth = Double(try #require(summary["unanswered"]?.int))
      let (bound, differs) = try missed(summary, of: "closed")
      // 61 are expected.
      #expect(truth > 25 && bound > 1 && bound <= truth && differs, "\(bound) of \(truth)")
      #expect(text.contains("closed: loss differs between targets"), "\(text)")
      #expect(text.contains("\nanother pass may find them: scan again, later, with --retries 3\n"), "\(text)")
    }
  }
}
