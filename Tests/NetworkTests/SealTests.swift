import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// What a run may still do while it reads what others wrote, verb by verb.
  ///
  /// Its output is a full pipe: it is looked at while it waits to write its first line.
  @Suite(.needs(.setpriv, .python)) struct SealTests {
    /// Each verb as it is started; PORT is one that is listened on, FIFO a pipe that nobody writes into, LIST a file of
    /// checks, SCRIPT a script that takes its time.
    private static let verbs: [String] = [
      "127.0.0.1:PORT -c 0 -i 0.01", "127.0.0.1:PORT --connect -c 0 -i 0.01", "[::1]:PORT --syn -c 0",
      "http http://127.0.0.1:PORT/", "bench 127.0.0.1:PORT --rate 20", "bench 127.0.0.1:PORT --rate 20000 --duration 1",
      "check LIST", "check LIST --connect", "watch 127.0.0.1:PORT -i 0.01", "watch 127.0.0.1:PORT -i 0.01 --connect",
      "audit 127.0.0.1:PORT", "script SCRIPT 127.0.0.1:PORT", "listen 127.0.0.1:0", "read FIFO", "diff FIFO FIFO",
      "demo", "doctor",
    ]

    /// Who starts it, and who it is to be then.
    enum Starter: String, CaseIterable, CustomTestStringConvertible {
      /// Root, of whose files none is changed later.
      case root
      /// A user by sudo.
      case sudo
      /// A user, with a program that has CAP_NET_RAW and no other capability.
      case capability
      /// A user, with a program that has CAP_NET_RAW and the one to empty the bounding set.
      case capabilities

      var testDescription: String { rawValue }

      /// What stands before the command; as a user the ambient set stands for the capabilities of a file.
      var prefix: [String] {
        let user = ["setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups"]
        switch self {
        case .root, .sudo: return []
        case .capability: return user + ["--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw"]
        case .capabilities:
          return user + ["--inh-caps=-all,+net_raw,+setpcap", "--ambient-caps=-all,+net_raw,+setpcap"]
        }
      }

      var environment: [String: String] {
        // Whatever the tests themselves were started by.
        self == .sudo ? ["SUDO_UID": "4321", "SUDO_GID": "4321"] : ["SUDO_UID": "", "SUDO_GID": ""]
      }

      var user: String { self == .root ? "65534" : "4321" }
    }

    @Test(
      .enabled(if: geteuid() == 0 && isWholeRoot, "only root can become others"), arguments: verbs, Starter.allCases)
    func isSealed(_ verb: String, _ starter: Starter) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: verb.contains("::1") ? "::1" : "127.0.0.1")
      defer { listener.stop() }
      let folder = try TemporaryDirectory()
      try Program.must(["chmod", "755", folder.path])
      try Program.must(["mkfifo", "-m", "644", folder.file("fifo")])
      try folder.write("list", "127.0.0.1:\(listener.port) open\n")
      try folder.write("script", "> S 0:0(0)\nuntil F. within 20\n")
      let words = verb.replacing("PORT", with: "\(listener.port)").replacing("FIFO", with: folder.file("fifo"))
        .replacing("LIST", with: folder.file("list")).replacing("SCRIPT", with: folder.file("script"))
      let pipe = try FullPipe()
      let program = try Program(
        starter.prefix + [Probe.path] + words.split(separator: " ").map(String.init), in: namespace,
        output: .descriptor(pipe.writer), environment: starter.environment)
      let status = try #require(
        waitUntil(seconds: 10) { ProcessStatus(of: program.pid).flatMap { $0.isSealed ? $0 : nil } },
        "never sealed: \(program.errorsSoFar)\(ProcessStatus(of: program.pid)?.text ?? "ended")")
      for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        #expect(status[set] == "0000000000000000", "\(set)")
      }
      #expect(status["NoNewPrivs"] == "1")
      #expect(status["Seccomp"] == "2")
      #expect(status["Uid"] == Array(repeating: starter.user, count: 4).joined(separator: " "))
      #expect(status["Gid"] == Array(repeating: starter.user, count: 4).joined(separator: " "))
      #expect(status["Groups"] == "")
    }

    /// A source port below 1024 is taken before the seal, for the kernel's connections too.
    @Test(
      .enabled(if: geteuid() == 0 && isWholeRoot, "only root has the privilege"), arguments: ["--connect", "--syn"])
    func privilegedSource(_ way: String) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let outcome = try Probe.run(
        "127.0.0.1:\(listener.port)", way, "-g", "700", "-c", "3", "-i", "0.01", "--close", "rst", "--json",
        in: namespace)
      #expect(outcome.code == 0, "\(outcome.everything)")
      #expect(try outcome.connections.map(\.verdict) == Array(repeating: "open syn-ack", count: 3))
      #expect(try outcome.connections.compactMap { $0["source_port"]?.int } == [700, 700, 700])
    }

    /// What a run by sudo makes belongs to who said sudo, in folders of either; what is replaced keeps its owner.
    @Test(.enabled(if: geteuid() == 0 && isWholeRoot, "only root can become others"), arguments: [0, 4321])
    func filesOfSudo(_ owner: Int) throws {
      let namespace = try Namespace()
      let folder = try TemporaryDirectory()
      try Program.must(["chmod", "755", folder.path])
      try Program.must(["chown", "\(owner)", folder.path])
      try folder.write("old.svg", "old")
      let files = ["a.svg", "a.html", "a.pcapng", "old.svg"].map(folder.file)
      for picture in [files[0], files[3]] {
        let outcome = try Program.run(
          [Probe.path, "127.0.0.1:9", "-q", "--svg", picture, "--html", files[1], "--pcap", files[2]], in: namespace,
          environment: Starter.sudo.environment)
        #expect(outcome.code == 1 && outcome.errors == "", "\(outcome.everything)")
      }
      #expect(folder.text("old.svg").hasSuffix("</svg>\n") && folder.text("a.html").contains("</html>"))
      #expect(try folder.names() == ["a.html", "a.pcapng", "a.svg", "old.svg"])
      for file in files {
        let isReplaced = file.hasSuffix("old.svg")
        #expect(try Program.must(["stat", "-c", "%u", file]) == (isReplaced ? "0\n" : "4321\n"), "\(file)")
      }
    }

    /// Metrics are replaced at every interval, long after the seal: in the user's folder as the user, in root's as root.
    @Test(.enabled(if: geteuid() == 0 && isWholeRoot, "only root can become others"), arguments: [0, 4321])
    func metricsOfSudo(_ owner: Int) throws {
      let namespace = try Namespace()
      let folder = try TemporaryDirectory()
      try Program.must(["chmod", "755", folder.path])
      try Program.must(["chown", "\(owner)", folder.path])
      let program = try Program(
        [Probe.path, "watch", "127.0.0.1:9", "-i", "0.05", "-q", "--prometheus", folder.file("a.prom")], in: namespace,
        environment: Starter.sudo.environment)
      let isWritten = waitUntil(seconds: 10) { folder.text("a.prom").contains("probe_success") ? true : nil }
      #expect(isWritten == true, "\(program.errorsSoFar)")
      let status = try #require(ProcessStatus(of: program.pid))
      #expect(status["CapPrm"] == "0000000000000000" && status["CapBnd"] == "0000000000000000")
      #expect(status["Uid"]?.hasPrefix("\(owner) ") ?? false)
      #expect(program.stop().errors == "")
    }

    /// A set-user-ID copy has the rights of who starts it before it opens a file, and raw sockets all the same.
    @Test(.enabled(if: geteuid() == 0 && isWholeRoot, "only root gives its rights away")) func setUserID() throws {
      let namespace = try Namespace()
      let folder = try TemporaryDirectory()
      try Program.must(["chmod", "755", folder.path])
      try Program.must(["cp", Probe.path, folder.file("probe")])
      try Program.must(["chmod", "4755", folder.file("probe")])
      try folder.write("secret", "127.0.0.1:9 closed\n")
      try Program.must(["chmod", "600", folder.file("secret")])
      let user = ["setpriv", "--reuid", "4321", "--regid", "4321", "--clear-groups", folder.file("probe")]
      func run(_ words: String...) throws -> Outcome { try Program.run(user + words, in: namespace) }
      #expect(try run("127.0.0.1:9", "--expect", "closed", "-q").code == 0, "it has raw sockets")
      let ways = [
        ["check", folder.file("secret")], ["127.0.0.1:9", "--data", "@" + folder.file("secret")],
        ["read", folder.file("secret")], ["diff", folder.file("secret"), folder.file("secret")],
        ["127.0.0.1:9", "--svg", folder.file("secret")], ["127.0.0.1:9", "--pcap", folder.file("secret")],
        ["watch", "127.0.0.1:9", "-c", "1", "--prometheus", folder.file("secret")],
        ["bench", "127.0.0.1:9", "-c", "1", "--histogram-log", folder.file("secret")],
      ]
      for words in ways {
        let outcome = try Program.run(user + words, in: namespace)
        #expect(outcome.code == 2 && outcome.errors.contains("(EACCES)"), "\(words): \(outcome.everything)")
        #expect(!outcome.everything.contains("127.0.0.1:9 closed"))
      }
      #expect(folder.text("secret") == "127.0.0.1:9 closed\n")
      #expect(try folder.names() == ["probe", "secret"])
    }

    /// Whether this user namespace has other users than root.
    private static var isWholeRoot: Bool {
      (try? String(contentsOfFile: "/proc/self/uid_map", encoding: .utf8))?.contains("4294967295") ?? false
    }
  }
}

/// A pipe that takes nothing more.
private final class FullPipe {
  let writer: Int32
  private let reader: Int32

  init() throws {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { throw LaboratoryError("no pipe") }
    (reader, writer) = (ends[0], ends[1])
    _ = fcntl(writer, F_SETFL, O_NONBLOCK)
    let octets = [UInt8](repeating: 0x20, count: 4_096)
    while unsafe write(writer, octets, octets.count) > 0 {}
    _ = fcntl(writer, F_SETFL, 0)
    _ = fcntl(writer, F_SETFD, FD_CLOEXEC)
    _ = fcntl(reader, F_SETFD, FD_CLOEXEC)
  }

  deinit {
    close(reader)
    close(writer)
  }
}

/// What the kernel tells of a process, `proc(5)`.
struct ProcessStatus {
  let text: String

  /// Nil where there is no such process.
  init?(of pid: pid_t) {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return nil }
    self.text = text
  }

  /// A line's value, its words divided by single spaces.
  subscript(name: String) -> String? {
    let line = text.split(separator: "\n").first { $0.hasPrefix("\(name):") }
    return line.map { $0.dropFirst(name.count + 1).split { $0 == " " || $0 == "\t" }.joined(separator: " ") }
  }

  /// The seal's last step is over.
  var isSealed: Bool { self["Seccomp"] == "2" }
}
