import Foundation
import Laboratory
import Testing

extension NetworkTests {
  /// Without the right to raw sockets.
  @Suite(.needs(.setpriv, .tcpdump, .tshark)) struct PrivilegeTests {
    private static let without = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]

    private func unprivileged(_ words: String..., in namespace: Namespace) throws -> Outcome {
      try Program.run(Self.without + [Probe.path] + words, in: namespace)
    }

    /// One line with the three ways out, exit 2, nothing sent.
    @Test(arguments: ["127.0.0.1", "::1"]) func isToldWhatToDo(_ address: String) throws {
      let namespace = try Namespace()
      let (capture, outcome) = try Capture.on("lo", of: namespace) {
        try unprivileged(target(address, 80), in: namespace)
      }
      #expect(outcome.code == 2)
      #expect(outcome.output == "")
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
      for way in ["sudo", "setcap", "--connect"] { #expect(outcome.errors.contains(way), "\(outcome.errors)") }
      // The command to type names this very program.
      let grant = try #require(outcome.errors.range(of: "setcap cap_net_raw+ep "))
      #expect(outcome.errors[grant.upperBound...].prefix { $0 != ")" }.hasSuffix("/probe"), "\(outcome.errors)")
      #expect(try capture.packets().isEmpty)
    }

    /// A verb that the kernel's `connect()` is no way out for does not speak of it.
    @Test(arguments: [
      ["http", "http://127.0.0.1/"], ["listen", "127.0.0.1:80"], ["bench", "127.0.0.1:80"],
      ["bench", "127.0.0.1:80", "--rate", "100000"],
    ])
    func isToldWhatItsVerbCanDo(_ words: [String]) throws {
      let namespace = try Namespace()
      let outcome = try Program.run(Self.without + [Probe.path] + words, in: namespace)
      #expect(outcome.code == 2)
      #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
      for way in ["sudo", "setcap"] { #expect(outcome.errors.contains(way), "\(outcome.errors)") }
      #expect(!outcome.errors.contains("--connect"), "\(outcome.errors)")
    }

    /// `--connect` needs none.
    @Test func connectWorks() throws {
      let namespace = try Namespace()
      let listener = try RecordingListener(in: namespace, address: "127.0.0.1")
      defer { listener.stop() }
      let outcome = try unprivileged("127.0.0.1:\(listener.port)", "--connect", "--json", in: namespace)
      #expect(outcome.code == 0)
      #expect(try outcome.connections.map(\.verdict) == ["open syn-ack"])
      #expect(listener.ended(1).map(\.ending) == [.orderly])
    }

    @Test func doctorWorks() throws {
      let namespace = try Namespace()
      let outcome = try unprivileged("doctor", in: namespace)
      #expect(outcome.signal == nil)
      #expect(!outcome.output.isEmpty)
    }

    /// The demo makes itself a namespace where it may, and says what to type where it may not.
    @Test func demo() throws {
      let namespace = try Namespace()
      let may = try Program.run(
        Self.without + ["unshare", "--user", "--map-root-user", "--net", "true"], in: namespace)
      let outcome = try unprivileged("demo", in: namespace)
      #expect(outcome.code == (may.code == 0 ? 0 : 2), "\(outcome.everything)")
      if may.code != 0 { #expect(outcome.errors.contains("sudo")) }
    }
  }
}
