import Glibc
import Laboratory
import Testing

extension LaboratoryTests {
  /// Programs: streams, codes, signals, time.
  @Suite struct ProgramTests {
    @Test func streamsAndCode() throws {
      let outcome = try Program.run(["sh", "-c", "cat; echo wrong >&2; exit 7"], input: "one\ntwo\n")
      #expect(outcome.code == 7)
      #expect(outcome.signal == nil)
      #expect(outcome.lines == ["one", "two"])
      #expect(outcome.errors == "wrong\n")
      #expect(!outcome.timedOut)
    }

    @Test func timeIsLimited() throws {
      let outcome = try Program.run(["sleep", "60"], seconds: 0.2)
      #expect(outcome.timedOut)
      #expect(outcome.code == 128 + SIGKILL)
      #expect(outcome.seconds < 5)
    }

    @Test func signalsReachIt() throws {
      let program = try Program(["sleep", "60"])
      program.send(SIGINT)
      #expect(program.wait(seconds: 5).code == 130)
    }

    @Test func streamsCanFail() throws {
      let outcome = try Program.run(["sh", "-c", "echo x"], output: .path("/dev/full"))
      #expect(outcome.code != 0)
    }

    @Test func brokenLinesOfJSONAreRefused() throws {
      #expect(try JSON.lines("{\"a\":null,\"b\":1}\n")[0]["a"] == .null)
      #expect(try JSON.lines("{\"b\":1}\n")[0]["a"] == nil)
      #expect(throws: LaboratoryError.self) { try JSON.lines("{\"a\":1}") }
      #expect(throws: LaboratoryError.self) { try JSON.lines("{\"a\":1\n") }
      #expect(throws: LaboratoryError.self) { try JSON.lines("[1]\n") }
    }
  }
}
