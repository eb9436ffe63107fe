import Glibc
import Laboratory
import Testing

extension NetworkTests {
  /// A full disk: exit 2 with a message; a closed pipe: exit 141 without one; never a trap, never an endless run.
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
      #expect(outcome.code == 141)
      #expect(outcome.signal == nil)
      #expect(outcome.errors == "")
      #expect(outcome.seconds < 5)
    }

    /// Whoever has read enough ends the run; what was begun is ended towards the peer, and the capture file is whole.
    @Test func head() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let directory = try TemporaryDirectory()
      let file = directory.file("run.pcapng")
      let run = "'\(Probe.path)' 127.0.0.1:\(listener.port) -c 0 -i 0.01 --pcap '\(file)'"
      let outcome = try Program.run(["bash", "-c", "\(run) | head -2; echo ${PIPESTATUS[0]}"], in: namespace)
      #expect(outcome.output.split(separator: "\n").count == 3)
      #expect(outcome.output.hasSuffix("\n141\n"))
      #expect(outcome.errors == "")
      let read = try Program.run([Probe.path, "read", file, "--json"], in: namespace)
      #expect((read.code, read.errors) == (0, ""))
      let flows = try JSON.lines(read.output).filter { $0["type"]?.string == "flow" }
      #expect(!flows.isEmpty)
      let visits = listener.ended(flows.count)
      #expect(visits.count >= flows.count)
      #expect(visits.allSatisfy { $0.ending != nil })
    }

    /// What could not be written is named.
    @Test(
      .needs(.nginx),
      arguments: [
        "127.0.0.1:PORT -o /dev/full", "http 127.0.0.1:PORT --body-to /dev/full", "127.0.0.1:PORT --html /dev/full",
        "bench 127.0.0.1:PORT -c 2 --rate 100 --histogram-log /dev/full", "127.0.0.1:PORT --pcap /dev/full",
      ])
    func fullDiskOfAFile(_ line: String) throws {
      let namespace = try Namespace()
      let server = try Nginx(in: namespace)
      let words = line.split(separator: " ").map { $0 == "127.0.0.1:PORT" ? "127.0.0.1:\(server.port)" : String($0) }
      let outcome = try Probe.run(words, in: namespace)
      #expect(outcome.code == 2)
      let message = "probe: cannot write /dev/full: write: No space left on device (ENOSPC); the disk is full\n"
      #expect(outcome.errors == message)
    }

    @Test(arguments: [["-h"], ["-V"], ["doctor"], ["demo"]]) func fullDiskOfTheRest(_ words: [String]) throws {
      let namespace = try Namespace()
      expectFailure(try Probe.run(words, in: namespace, output: .path("/dev/full")))
    }

    /// Descriptors that whoever started us has closed: no socket of ours takes their place.
    @Test(arguments: ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
    func closedAtStart(_ closed: String) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let target = "127.0.0.1:\(listener.port)"
      for words in [target, "\(target) --json", "\(target) --connect", "-h", "demo", "doctor", "\(target) --data @-"] {
        let outcome = try Program.run(["sh", "-c", "exec '\(Probe.path)' \(words) \(closed)"], in: namespace)
        #expect(
          outcome.code == (closed.contains(">&-") && closed != "2>&-" && closed != "<&- 2>&-" ? 141 : 0), "\(words)")
        #expect(outcome.signal == nil, "\(words)")
        #expect(!outcome.errors.contains("EPIPE"), "\(words): \(outcome.errors)")
      }
      let quiet = try Program.run(["sh", "-c", "exec '\(Probe.path)' \(target) -q \(closed)"], in: namespace)
      #expect(quiet.code == 0, "who writes nothing needs nowhere to write")
    }

    /// A reader who has stopped, but not gone: Ctrl-C still ends the run.
    @Test(arguments: [["--json"], ["-v"], ["--connect"]], [SIGINT, SIGTERM])
    func aReaderWhoStopped(_ form: [String], _ signal: Int32) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      var ends: [Int32] = [-1, -1]
      try #require(unsafe pipe(&ends) == 0)
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      defer { for end in ends { close(end) } }
      let program = try Program(
        [Probe.path, "127.0.0.1:\(listener.port)", "-c", "0", "-i", "0.001"] + form, in: namespace,
        output: .descriptor(ends[1]))
      let writer = ends[1]
      let isFull = waitUntil(seconds: 10) {
        var place = pollfd(fd: writer, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&place, 1, 0) == 0 ? true : nil
      }
      try #require(isFull != nil, "\(program.stop())")
      usleep(100_000)
      program.send(signal)
      let outcome = program.wait(seconds: 5)
      #expect(!outcome.timedOut)
      #expect(outcome.code == 128 + signal, "\(outcome.errors)")
    }

    private func expectFailure(_ outcome: Outcome, sourceLocation: SourceLocation = #_sourceLocation) {
      #expect(outcome.code == 2, "\(outcome.errors)", sourceLocation: sourceLocation)
      #expect(outcome.signal == nil, sourceLocation: sourceLocation)
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
      #expect(outcome.seconds < 5, sourceLocation: sourceLocation)
    }
  }
}
