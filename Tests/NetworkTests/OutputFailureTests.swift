import Glibc
import Laboratory
import Testing

extension NetworkTests {
  /// A full disk or a closed pipe: exit 2 with a message, never a trap, never an endless run.
  @Suite(.needs()) struct OutputFailureTests {
    static let forms: [[String]] = [
      [], ["--json"], ["-c", "3", "-i", "0.01"], ["-c", "0", "-i", "0.01", "--json"], ["--syn"], ["--connect"],
    ]

    @Test(arguments: forms) func fullDisk(_ form: [String]) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let outcome = try Probe.run(["127.0.0.1:\(listener.port)"] + form, in: namespace, output: .path("/dev/full"))
      expectFailure(outcome)
      #expect(outcome.errors.lowercased().contains("space"), "ENOSPC by name: \(outcome.errors)")
    }

    @Test(arguments: forms) func closedPipe(_ form: [String]) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      var ends: [Int32] = [-1, -1]
      try #require(unsafe pipe(&ends) == 0)
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      close(ends[0])
      defer { close(ends[1]) }
      let outcome = try Probe.run(
        ["127.0.0.1:\(listener.port)"] + form, in: namespace, output: .descriptor(ends[1]))
      expectFailure(outcome)
      #expect(outcome.errors.lowercased().contains("pipe"), "EPIPE by name: \(outcome.errors)")
    }

    @Test(arguments: [["-h"], ["-V"], ["doctor"], ["demo"]]) func fullDiskOfTheRest(_ words: [String]) throws {
      let namespace = try Namespace()
      expectFailure(try Probe.run(words, in: namespace, output: .path("/dev/full")))
    }

    private func expectFailure(_ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
      #expect(outcome.code == 2, "\(outcome.errors)", sourceLocation: sourceLocation)
      #expect(outcome.signal == nil, sourceLocation: sourceLocation)
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
      #expect(outcome.seconds < 5, sourceLocation: sourceLocation)
    }
  }
}
