import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// The checks of an established connection and of closing, against the kernel: what it answers is known.
  @Suite(.needs(.python)) struct AuditGroupTests {
    /// The services of `Tests/other-tcps` in a namespace at the end of a wire.
    private struct Stage {
      let wire: Wire
      private let program: Program

      init() throws {
        wire = try Wire()
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
          .appendingPathComponent("OtherTCPs/services.py").path
        program = try Program(["python3", script], in: wire.server)
        try wire.server.waitForListener(on: 80)
      }

      func stop() { program.stop() }

      /// The verdict of each check by its number.
      func verdicts(_ address: String, _ words: String...) throws -> [Int: String] {
        let outcome = try Probe.run(
          ["audit", target(address, 80), "--json"] + words, in: wire.client, seconds: 110)
        var verdicts: [Int: String] = [:]
        for finding in try JSON.lines(outcome.output) where finding["type"]?.string == "finding" {
          let number = try #require(finding["check"]?.int)
          verdicts[Int(number)] = finding["verdict"]?.string
        }
        return verdicts
      }
    }

    /// What is not `pass`: the kernel takes data without timestamps, and the service closes with nothing unread.
    static let others = [76: "note", 85: "not-applicable", 94: "note"]

    @Test(arguments: [Wire.server4, Wire.server6]) func theKernelPasses(_ address: String) throws {
      let stage = try Stage()
      defer { stage.stop() }
      var expected = Self.others
      for check in Array(64...80) + [82, 84] + Array(86...95) + Array(97...99) where expected[check] == nil {
        expected[check] = "pass"
      }
      // That two runs find the same is for `AuditTests`.
      let verdicts = try stage.verdicts(address, "--only", "established,close")
      #expect(verdicts.filter { expected[$0.key] != $0.value } == [:])
      #expect(Set(verdicts.keys) == Set(expected.keys))
    }

    /// These leave something behind in the kernel: a narrow path to us, and a full receive buffer.
    @Test(arguments: [Wire.server4, Wire.server6]) func theKernelHonoursPathMTU(_ address: String) throws {
      let stage = try Stage()
      defer { stage.stop() }
      #expect(try stage.verdicts(address, "--check", "83") == [83: "pass"])
    }

    @Test func aFullWindowTakesNothing() throws {
      let wire = try Wire()
      let listener = try RecordingListener(in: wire.server, address: Wire.server4, port: 80, manner: .deaf)
      defer { listener.stop() }
      let outcome = try Probe.run(
        ["audit", target(Wire.server4, 80), "--check", "81"], in: wire.client, seconds: 60)
      #expect(outcome.code == 0 && outcome.output.contains("1 passed"), "\(outcome.everything)")
    }
  }
}
