import Glibc
import Laboratory
import Testing

extension NetworkTests {
  /// The live screen of `probe watch`, on a terminal that keeps a record.
  @Suite(.needs(.python)) struct WatchScreenTests {
    static let enter = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l"
    static let leave = "\u{1b}[0m\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l"

    /// Runs a program on a terminal of its own; a script says what happens to it.
    ///
    /// `wait SECONDS`, `signal NUMBER`, `resize ROWS COLUMNS`, `stopped`. At the end the terminal's settings are told.
    static let terminal = """
      import fcntl, os, pty, select, struct, sys, termios, time
      script, words = sys.argv[1].split(";"), sys.argv[2:]
      ready, begin = os.pipe()
      pid, terminal = pty.fork()
      if pid == 0:
        os.read(ready, 1)
        os.environ.update(TERM="xterm", LC_ALL="C.UTF-8", NO_COLOR="", SWIFT_BACKTRACE="enable=no")
        os.execv(words[0], words)
      def resize(rows, columns):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
      def read(seconds, until=b"\\0"):
        end, seen = time.time() + seconds, b""
        while time.time() < end and until not in seen:
          if not select.select([terminal], [], [], 0.05)[0]: continue
          try: part = os.read(terminal, 65536)
          except OSError: return
          if not part: return
          seen += part
          sys.stdout.buffer.write(part)
          sys.stdout.flush()
      resize(10, 100)
      echo = termios.tcgetattr(terminal)[3] & termios.ECHO
      os.write(begin, b"x")
      for line in script:
        word, *values = line.split()
        if word == "wait": read(float(values[0]))
        if word == "until": read(10, values[0].encode())
        if word == "key": os.write(terminal, values[0].encode())
        if word == "signal": os.kill(pid, int(values[0]))
        if word == "resize": resize(int(values[0]), int(values[1]))
        if word == "stopped":
          while not os.WIFSTOPPED(os.waitpid(pid, os.WUNTRACED)[1]): pass
      read(20)
      end = termios.tcgetattr(terminal)[3] & termios.ECHO
      code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
      print(f"code={code} echo={'same' if echo == end else 'changed'}", file=sys.stderr)
      """

    private func run(_ script: String, _ words: String..., in namespace: Namespace) throws -> Outcome {
      try Program.run(
        ["python3", "-c", WatchScreenTests.terminal, script, Probe.path] + words, in: namespace, seconds: 30)
    }

    /// The frames, each without the sequences that draw it.
    static func frames(_ output: String) -> [[Substring]] {
      output.split(separator: "\u{1b}[H").dropFirst().map { frame in
        let text = frame.replacing(/\x{1b}\[[0-9;?]*[a-zA-Z]/, with: "")
        // The terminal makes a carriage return of its own of every line feed.
        let scalars = String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\r" })
        return String(scalars).split(separator: "\n", omittingEmptySubsequences: false)
      }
    }

    @Test(arguments: ["TERM=xterm", "TERM=dumb", "NO_COLOR=1"]) func coloursAreForTerminalsThatKnowThem(
      _ setting: String
    ) throws {
      let namespace = try Namespace()
      let words = ["/usr/bin/env", setting, Probe.path, "127.0.0.1:9", "-c", "2", "-i", "0.01"]
      let outcome = try Program.run(
        ["python3", "-c", WatchScreenTests.terminal, "until statistics"] + words, in: namespace, seconds: 30)
      #expect(outcome.output.contains("closed"))
      #expect(outcome.output.contains("\u{1b}[") == (setting == "TERM=xterm"), "\(outcome.output)")
    }

    /// q ends it with the summary and the code of a run that ended by itself; p pauses, r resets, ? explains.
    @Test(arguments: [[], ["--connect"]]) func keys(_ way: [String]) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let words = ["watch", "127.0.0.1:\(listener.port)", "-i", "0.05"] + way
      func run(_ script: String) throws -> Outcome {
        try Program.run(
          ["python3", "-c", WatchScreenTests.terminal, script, Probe.path] + words, in: namespace, seconds: 30)
      }
      let quit = try run("wait 1;key q")
      #expect(quit.errors.contains("code=0 echo=same"), "\(quit.errors)")
      #expect(quit.output.contains(Self.leave) && quit.output.contains(" probe statistics ---"))
      let help = try run("wait 0.5;key ?;until closes;key x;wait 0.4;key r;wait 0.4;key q")
      #expect(help.output.contains("pause: start no probes") && help.errors.contains("code=0 echo=same"))
      // While it is paused nothing is sent: 40 probes would be due in two seconds.
      let paused = try run("wait 0.5;key p;until paused;wait 2;key p;wait 0.3;key q")
      let sent = try #require(paused.output.firstMatch(of: /(\d+) packets transmitted/).flatMap { Int($0.1) })
      #expect(sent < 30, "\(sent)")
      #expect(!paused.output.contains("not started"), "what was not wanted was not missed")
    }

    @Test(arguments: [SIGINT, SIGTERM]) func isLeftAsItWas(_ signal: Int32) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let outcome = try run(
        "until open;wait 0.6;signal \(signal)", "watch", "127.0.0.1:\(listener.port)", "127.0.0.1:9", "-i", "0.05",
        in: namespace)
      #expect(outcome.errors == "code=\(128 + signal) echo=same\n")
      let pieces = outcome.output.split(separator: WatchScreenTests.leave, omittingEmptySubsequences: false)
      #expect(outcome.output.hasPrefix(WatchScreenTests.enter))
      #expect(pieces.count == 2, "given back once")
      #expect(pieces.last?.contains("probe statistics") ?? false, "and the summary stays on the screen before")
      #expect(pieces.last?.contains("\u{1b}") == false)
      let shown = Self.frames(String(pieces[0]))
      #expect(shown.count >= 2)
      #expect(shown.last?.first?.hasPrefix("probe watch  2 targets every 50ms  1 not as expected") ?? false)
      #expect(shown.last?.contains { $0.contains("127.0.0.1:9 ") && $0.contains("closed") } ?? false)
    }

    /// A smaller window is drawn into at once, and never over its edge.
    @Test func resize() throws {
      let namespace = try Namespace()
      let outcome = try run(
        "until closed;wait 0.2;resize 5 40;wait 0.6;signal \(SIGINT)", "watch", "127.0.0.1:9,10,11,12,13", "-i", "0.05",
        in: namespace)
      #expect(outcome.errors == "code=130 echo=same\n")
      let pieces = outcome.output.split(separator: WatchScreenTests.leave, omittingEmptySubsequences: false)
      let shown = Self.frames(String(pieces[0]))
      #expect(shown.contains { frame in frame.contains { $0.unicodeScalars.count > 40 } }, "wide at first")
      let last = try #require(shown.last)
      #expect(last.count <= 5 && last.allSatisfy { $0.unicodeScalars.count <= 40 }, "\(last)")
      #expect(last.contains { $0.hasSuffix(" more") }, "\(last)")
    }

    /// Ctrl-Z gives the terminal back, and whoever continues it has the screen again.
    @Test func suspend() throws {
      let namespace = try Namespace()
      let outcome = try run(
        "until closed;signal \(SIGTSTP);stopped;signal \(SIGCONT);wait 0.5;signal \(SIGINT)", "watch", "127.0.0.1:9",
        "-i", "0.05", in: namespace)
      #expect(outcome.errors == "code=130 echo=same\n")
      #expect(outcome.output.split(separator: WatchScreenTests.enter, omittingEmptySubsequences: false).count == 3)
      #expect(outcome.output.split(separator: WatchScreenTests.leave, omittingEmptySubsequences: false).count == 3)
    }

    /// Whatever ends the process by a signal, a trap of its own included, gives the terminal back before.
    @Test(arguments: [
      SIGUSR1, SIGUSR2, SIGABRT, SIGALRM, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS, SIGVTALRM, SIGPROF,
      SIGXCPU, SIGIO, SIGPWR, 50,
    ]) func whateverEndsIt(_ signal: Int32) throws {
      let namespace = try Namespace()
      let outcome = try run(
        "until closed;wait 0.3;signal \(signal)", "watch", "127.0.0.1:9", "-i", "0.05", in: namespace)
      #expect(outcome.errors == "code=-\(signal) echo=same\n", "and ends as it would have")
      #expect(outcome.output.hasPrefix(WatchScreenTests.enter) && outcome.output.hasSuffix(WatchScreenTests.leave))
      #expect(outcome.output.split(separator: WatchScreenTests.leave, omittingEmptySubsequences: false).count == 2)
    }

    /// A terminal that hangs up ends it in order.
    @Test func hangUpEndsIt() throws {
      let outcome = try run(
        "until closed;wait 0.3;signal \(SIGHUP)", "watch", "127.0.0.1:9", "-i", "0.05", in: try Namespace())
      #expect(outcome.errors == "code=129 echo=same\n")
      #expect(outcome.output.contains(WatchScreenTests.leave))
    }

    /// Who ignores SIGHUP for it (nohup) is obeyed.
    @Test func whatIsIgnoredEndsNothing() throws {
      let namespace = try Namespace()
      let words = ["/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh", Probe.path, "watch", "127.0.0.1:9", "-i", "0.05"]
      let outcome = try Program.run(
        ["python3", "-c", WatchScreenTests.terminal, "until closed;signal \(SIGHUP);wait 0.5;signal \(SIGINT)"] + words,
        in: namespace, seconds: 30)
      #expect(outcome.errors == "code=130 echo=same\n")
    }

    /// A stop of which it is not told: the screen is taken again, since the shell had it meanwhile.
    @Test func stoppedWithoutAWord() throws {
      let namespace = try Namespace()
      let outcome = try run(
        "until closed;signal \(SIGSTOP);stopped;signal \(SIGCONT);wait 0.5;signal \(SIGINT)", "watch", "127.0.0.1:9",
        "-i", "0.05", in: namespace)
      #expect(outcome.errors == "code=130 echo=same\n")
      #expect(outcome.output.split(separator: WatchScreenTests.enter, omittingEmptySubsequences: false).count == 3)
      #expect(outcome.output.split(separator: WatchScreenTests.leave, omittingEmptySubsequences: false).count == 2)
    }

    @Test func endsByItself() throws {
      let outcome = try run("wait 0", "watch", "127.0.0.1:9", "-c", "3", "-i", "0.05", in: try Namespace())
      #expect(outcome.errors == "code=1 echo=same\n", "closed is not open")
      #expect(outcome.output.contains(WatchScreenTests.leave))
    }

    @Test func quietIsLines() throws {
      let outcome = try run("wait 0", "watch", "127.0.0.1:9", "-c", "2", "-i", "0.05", "-q", in: try Namespace())
      #expect(!outcome.output.contains("\u{1b}[?1049h"))
      #expect(outcome.output.contains(": \u{1b}[31mclosed\u{1b}[0m (rst)"))
    }
  }
}
