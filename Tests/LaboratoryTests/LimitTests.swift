import Foundation
import Laboratory
import Testing

extension LaboratoryTests {
  /// Tests/limited, which ends a run of tests that hangs, with a script in the place of the tests.
  @Suite struct LimitTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "limited").path

    /// Runs a script whose functions `begins TEST ARGUMENT` and `ends TEST ARGUMENT` write what Swift Testing writes.
    private func limited(_ script: String, test: Int = 60, run: Int = 60) throws -> Outcome {
      let events = #"""
        event() {
          printf '{"kind":"event","payload":{"_testCase":{"displayName":"%s","id":"%s [7, 7]"},"instant":{"absolute":1},' \
            "$3" "$3" >>"$events"
          printf '"kind":"%s","messages":[],"testID":"Rooms.Walls\\/%s()\\/Walls.swift:3:4"},"version":0}\n' \
            "$1" "$2" >>"$events"
        }
        begins() { event testCaseStarted "$@"; }
        ends() { event testCaseEnded "$@"; }
        events=$2

        """#
      return try Program.run(
        [Self.script, "bash", "-c", events + script, "run"],
        environment: ["TEST_SECONDS": "\(test)", "RUN_SECONDS": "\(run)"], seconds: 30)
    }

    @Test func aTestThatHangsIsNamedAndStoppedWithWhatItStarted() throws {
      let outcome = try limited(
        #"""
        sleep 1000 & echo "$!"
        begins stand 1; ends stand 1; begins fall '\"2]\" $(exit)'; ends stand 2; wait
        """#, test: 2)
      #expect(outcome.code == 124)
      // On a busy machine it is looked at late.
      #expect(outcome.lines.dropFirst().first == "LIMIT: a test took 2 s: stopped")
      #expect(
        outcome.lines.last?.wholeMatch(of: /LIMIT: Rooms.Walls\/fall\(\) \[\\"2\]\\" \$\(exit\)\] ran for [0-9]+ s/)
          != nil,
        "\(outcome.lines)")
      let child = try #require(outcome.lines.first.flatMap { pid_t($0) })
      #expect(waitUntil(seconds: 10) { kill(child, 0) == -1 && errno == ESRCH ? true : nil } == true)
    }

    @Test func aTestThatWaitsForItsTurnIsNotAtFault() throws {
      let outcome = try limited("for i in 1 2 3 4; do begins stand $i; sleep 0.7; ends stand $i; done; exit 3", test: 2)
      #expect(outcome.code == 3)
      #expect(outcome.output.isEmpty)
    }

    @Test func aRunThatHangsIsStopped() throws {
      let outcome = try limited("begins stand 1; ends stand 1; sleep 1000", run: 1)
      #expect(outcome.code == 124)
      #expect(outcome.lines == ["LIMIT: the run took 1 s: stopped"])
    }

    @Test(arguments: ["0", "", "-1", "1.5", "9x"]) func aLimitIsWholeSeconds(_ limit: String) throws {
      let outcome = try Program.run([Self.script, "true"], environment: ["RUN_SECONDS": limit])
      #expect(outcome.code == (limit.isEmpty ? 0 : 2))
    }
  }
}
