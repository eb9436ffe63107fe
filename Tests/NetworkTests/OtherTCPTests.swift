import Foundation
import Laboratory
import Testing

/// A TCP that is not the kernel's, on the stage of `Tests/other-tcps`.
enum OtherTCP: String, CaseIterable, CustomTestStringConvertible {
  case pasta, slirp, lwip, gvisor

  var testDescription: String { rawValue }

  /// Why this machine cannot have it; nil where it can.
  var obstacle: String? {
    switch self {
    case .pasta: Obstacle.to([.ip, .pasta, .python], peer: true)
    case .slirp: Obstacle.to([.ip, .slirp, .python], peer: true)
    case .lwip:
      Obstacle.to([.ip, .cc, .pkgConfig], peer: true)
        ?? (exists("/usr/include/lwip/lwip/tcp.h") ? nil : "lwIP is not installed (Debian package liblwip-dev)")
    case .gvisor:
      Obstacle.to([.ip, .go], peer: true)
        ?? (exists("/usr/share/gocode/src/gvisor.dev")
          ? nil : "netstack is not installed (Debian package golang-gvisor-gvisor-dev)")
    }
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("other-tcps").path

  /// Runs the words of a shell there, in which `$probe` is the program under test.
  func run(_ words: String, seconds: Double = 60) throws -> Outcome {
    try Program.run(
      [OtherTCP.script, rawValue, "sh", "-c", "probe=\(Probe.path); \(words)"], in: try Namespace(), seconds: seconds)
  }
}

extension NetworkTests {
  /// Other TCPs than Linux's: each is open where it listens, over IPv4 and IPv6, and serves a page.
  @Suite struct OtherTCPTests {
    @Test(.needs(.pasta, .python, peer: true)) func pasta() throws {
      // Its RST to a SYN has no ACK (against RFC 9293 §3.10.7.1), so that no client may take it for an answer.
      try isOpen(.pasta, closed: "filtered")
    }
    @Test(.needs(.slirp, .python, peer: true)) func slirp() throws { try isOpen(.slirp) }
    @Test(.enabled(if: OtherTCP.lwip.obstacle == nil, Comment(rawValue: OtherTCP.lwip.obstacle ?? "")))
    func lwip() throws { try isOpen(.lwip) }
    @Test(.enabled(if: OtherTCP.gvisor.obstacle == nil, Comment(rawValue: OtherTCP.gvisor.obstacle ?? "")))
    func gvisor() throws { try isOpen(.gvisor) }

    /// What the audit finds wrong with them was reproduced by another tool: Docs/Audit.md has the packets.
    @Test(.enabled(if: OtherTCP.lwip.obstacle == nil, Comment(rawValue: OtherTCP.lwip.obstacle ?? "")))
    func auditOfLwIP() throws { #expect(try failures(.lwip) == [69, 74]) }
    @Test(.enabled(if: OtherTCP.gvisor.obstacle == nil, Comment(rawValue: OtherTCP.gvisor.obstacle ?? "")))
    func auditOfGVisor() throws { #expect(try failures(.gvisor) == [63, 68, 69, 75]) }

    private func failures(_ other: OtherTCP) throws -> Set<Int64> {
      let outcome = try other.run("$probe audit $TCP_ADDRESS:$TCP_PAGE_PORT --json", seconds: 110)
      #expect(outcome.code == 1, "\(outcome.errors)")
      let findings = try JSON.lines(outcome.output).filter { $0["type"]?.string == "finding" }
      return Set(findings.filter { $0["verdict"]?.string == "fail" }.compactMap { $0["check"]?.int })
    }

    private func isOpen(_ other: OtherTCP, closed: String = "closed") throws {
      let outcome = try other.run(
        """
        for host in $TCP_ADDRESS "[$TCP_ADDRESS6]"; do
          $probe $host:$TCP_PORT --json
          $probe $host:$TCP_CLOSED_PORT --json
          $probe http http://$host:$TCP_PAGE_PORT/ --json
        done
        """)
      let connections = try outcome.connections
      #expect(connections.count == 6, "\(outcome.everything)")
      let verdicts = connections.map { $0["state"]?.string ?? "?" }
      #expect(verdicts == ["open", closed, "open", "open", closed, "open"], "\(outcome.everything)")
      let statuses = connections.compactMap { $0["requests"]?.array?.first?["status"]?.int }
      #expect(statuses == [200, 200])
    }
  }
}
