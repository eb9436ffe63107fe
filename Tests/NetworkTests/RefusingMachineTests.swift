import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// A machine that refuses: one clear line and exit code 2, or it works all the same; never a signal.
  @Suite(.needs(.strace)) struct RefusingMachineTests {
    /// What each verb is started with; PORT is listened on, FILE a capture.
    private static let verbs = [
      "127.0.0.1:PORT", "127.0.0.1:PORT --connect", "read FILE", "bench 127.0.0.1:PORT -c 2 --rate 100 -q",
      "http http://127.0.0.1:PORT/ -W 0.1 --retries 0", "listen 127.0.0.1:0 --count 1", "doctor", "--version",
      "watch 127.0.0.1:PORT -c 2 -i 0.05 -q",
    ]

    /// System calls that a sandbox, a kernel or a container may refuse.
    private static let calls = [
      "getrandom", "socket", "bind", "setsockopt", "getsockopt", "getsockname", "sendto", "recvmsg", "listen",
      "connect",
      "ppoll", "signalfd4", "rt_sigprocmask", "rt_sigaction", "sigaltstack", "prctl", "capset", "capget", "openat",
      "fcntl",
      "ioctl", "getresuid", "setresuid", "setgroups", "unshare", "landlock_create_ruleset", "landlock_restrict_self",
      "newfstatat", "prlimit64", "readlink", "pipe2", "fstat",
    ]

    @Test(arguments: calls, ["EPERM", "ENOSYS"]) func oneCallRefused(_ call: String, _ error: String) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let folder = try TemporaryDirectory()
      let capture = try Self.capture(in: folder, namespace, port: listener.port)
      for verb in Self.verbs {
        let words = verb.replacing("PORT", with: "\(listener.port)").replacing("FILE", with: capture)
          .split(separator: " ").map(String.init)
        // Not from the first: a program has to be started before it can be refused anything.
        let outcome = try Program.run(
          [
            "timeout", "-s", "TERM", "2", "strace", "-f", "-qq", "-o", "/dev/null", "-e",
            "inject=\(call):error=\(error)",
          ]
            + [Probe.path] + words, in: namespace, seconds: 20)
        // The debug build has a loader before it, which is none of ours.
        if outcome.code == 127, outcome.errors.contains("loading shared libraries") { continue }
        let comment = "probe \(verb) without \(call) (\(error)): \(outcome.code) \(outcome.everything)"
        #expect([0, 1, 2, 124, 143].contains(outcome.code), "\(comment)")
        #expect(outcome.code != 2 || !outcome.errors.isEmpty, "\(comment)")
        #expect(outcome.errorLines.count <= 6, "\(comment)")
        for line in outcome.errorLines { #expect(line.hasPrefix("probe"), "\(comment)") }
      }
    }

    private static func capture(in folder: TemporaryDirectory, _ namespace: Namespace, port: UInt16) throws -> String {
      let path = folder.file("a.pcapng")
      _ = try Probe.run(["127.0.0.1:\(port)", "-q", "--pcap", path], in: namespace)
      return path
    }

    /// Random numbers are refused: said before anything is begun.
    @Test func noRandomNumbers() throws {
      let namespace = try Namespace()
      let outcome = try Program.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=getrandom:error=EPERM", Probe.path, "127.0.0.1:9"],
        in: namespace)
      #expect(outcome.code == 2)
      #expect(
        outcome.errors == "probe: getrandom: Operation not permitted (EPERM): this system gives no random numbers\n")
    }

    /// Without /proc the words of the command line arrive, and what can be found out by other means is.
    @Test(.needs(.python), .enabled(if: geteuid() == 0, "only root takes /proc away")) func withoutProc() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      func run(_ words: String) throws -> Outcome {
        try Program.run(
          ["unshare", "--mount", "sh", "-c", "umount -l /proc && exec \(Probe.path) \(words)"], in: namespace)
      }
      let whole = try run("127.0.0.1:\(listener.port) -q --close rst")
      #expect(whole.code == 0, "\(whole.everything)")
      #expect(try run("127.0.0.1:1 --connect -q").code == 1)
      let version = try run("--version")
      #expect(version.code == 0 && version.output.hasPrefix("probe "), "\(version.everything)")
      let doctor = try run("doctor")
      #expect(doctor.code == 0 && !doctor.output.contains("not available or disabled"), "\(doctor.everything)")
    }

    /// Few descriptors: too few for anything, and fewer than a benchmark wants ports.
    @Test(.needs(.python)) func fewDescriptors() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      func run(_ limit: Int, _ words: String) throws -> Outcome {
        try Program.run(["sh", "-c", "ulimit -n \(limit); exec \(Probe.path) \(words)"], in: namespace)
      }
      for words in ["localhost:9 -q", "127.0.0.1:9 --connect", "read /dev/null", "listen 0", "bench 127.0.0.1:9"] {
        let outcome = try run(5, words)
        #expect(outcome.code == 2 && outcome.errorLines.count == 1, "\(words): \(outcome.everything)")
        #expect(outcome.errors.contains("descriptors") && outcome.errors.contains("ulimit -n"), "\(outcome.errors)")
      }
      for limit in [32, 64] {
        let outcome = try run(limit, "bench 127.0.0.1:\(listener.port) --rate 200 -c 50 -q")
        #expect(outcome.code == 0 || outcome.errors.contains("ulimit -n"), "\(limit): \(outcome.everything)")
        #expect(!outcome.errors.contains("signalfd"), "\(outcome.everything)")
      }
    }

    /// Fewer descriptors than targets: those that find none wait for their turn, as beyond all places of a run.
    @Test(.needs(.nft), arguments: ["--fping -c 1", "--fping -c 1 --connect", "watch -c 2 -i 0.05"])
    func fewerDescriptorsThanTargets(_ words: String) throws {
      let namespace = try Namespace()
      try namespace.filterInput("tcp dport 9 drop")
      let targets = (2...121).map { "127.0.0.\($0):9" }.joined(separator: " ")
      let command = "\(Probe.path) \(words) -W 0.05 --retries 0 \(targets)"
      let outcome = try Program.run(["sh", "-c", "ulimit -n 64; exec \(command)"], in: namespace, seconds: 60)
      #expect(outcome.code == 1, "\(outcome.everything)")
      #expect(!outcome.everything.contains("ulimit"), "\(outcome.everything)")
      #expect(!outcome.everything.contains("not-sent"), "\(outcome.everything)")
    }

    /// Names are looked up side by side, but no more than there are descriptors for.
    @Test func moreNamesThanDescriptors() throws {
      let namespace = try Namespace()
      let folder = try TemporaryDirectory()
      let names = (1...120).map { "n\($0).test" }
      let hosts = try folder.write("hosts", names.map { "127.0.0.1 \($0)\n" }.joined())
      let command = "\(Probe.path) --fping -c 1 \(names.map { $0 + ":9" }.joined(separator: " "))"
      let outcome = try Program.run(
        ["unshare", "--mount", "sh", "-c", "mount --bind \(hosts) /etc/hosts && ulimit -n 64 && exec \(command)"],
        in: namespace, seconds: 60)
      #expect(outcome.code == 1 && !outcome.everything.contains("probe:"), "\(outcome.everything)")
      for name in names { #expect(outcome.errors.contains("\(name):9 "), "\(name)") }
    }

    /// All ports that the kernel gives are taken.
    @Test(arguments: ["--syn", "--connect", "bench"]) func noPortLeft(_ way: String) throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1", port: 8_080)
      defer { listener.stop() }
      try namespace.setting("net/ipv4/ip_local_port_range", "40000\t40003")
      let others = try (40_000...40_003).map { try RecordingListener(in: namespace, address: "0.0.0.0", port: $0) }
      defer { for other in others { other.stop() } }
      let words = way == "bench" ? ["bench", "127.0.0.1:8080", "-c", "1"] : ["127.0.0.1:8080", way]
      let outcome = try Probe.run(words, in: namespace)
      #expect(outcome.code == 2, "\(outcome.everything)")
      #expect(outcome.errors.contains("all ports of net.ipv4.ip_local_port_range are in use"), "\(outcome.everything)")
      #expect(!outcome.errors.contains("-g"), "\(outcome.errors)")
    }

    /// Little memory and a small stack: it works, or it is said.
    @Test(
      arguments: (11...24).map { "-v \($0 * 1_000)" } + ["-v 40000", "-v 100000"]
        + [16, 32, 64, 128].map { "-s \($0)" })
    func littleRoom(_ limit: String) throws {
      let namespace = try Namespace()
      let outcome = try Program.run(
        ["sh", "-c", "ulimit \(limit) && exec \(Probe.path) 127.0.0.1:9"], in: namespace)
      // A program that cannot even be loaded is none of ours: 126 and 127 are the shell's, and so is the loader's own end.
      let isOurs = outcome.code <= 2
      #expect(
        isOurs || [126, 127, 137, 139].contains(outcome.code) && outcome.output.isEmpty,
        "\(outcome.code) \(outcome.everything)")
      let words = outcome.errorLines.last ?? ""
      #expect(
        outcome.code != 2 || words.hasPrefix("probe: out of ") && words.contains("ulimit"), "\(outcome.everything)")
    }
  }
}
