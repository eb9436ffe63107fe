import Handshake
import Testing
import Wire

@testable import Kernel
@testable import Runner

/// What the kernel's words mean in ours.
@Suite("Look-ups") struct LookupsTests {
  /// Numbers of `errno(3)` on Linux.
  static let unreachable: [(code: Int32, reason: Reason?)] = [
    (113, .icmpHostUnreachable), (101, .icmpNetUnreachable), (92, .icmpProtoUnreachable), (13, .icmpAdminProhibited),
    (111, nil), (110, nil), (1, nil), (22, nil),
  ]

  @Test("what a failed connect() says of the way", arguments: unreachable)
  func reason(_ vector: (code: Int32, reason: Reason?)) {
    #expect(Errno(code: vector.code, call: .connect).unreachableReason == vector.reason)
  }

  private func reception(_ source: String, _ destination: String) -> ReceiveInfo {
    ReceiveInfo(
      count: 20, kernelStamp: nil, interfaceIndex: 1, source: IPAddress(parsing: source),
      destination: IPAddress(parsing: destination), hopLimit: 9, trafficClass: nil, isTruncated: false, dropped: 0)
  }

  @Test("an IPv4 packet brings its header, of an IPv6 packet the kernel told") func framing() throws {
    guard case .inBand = reception("10.0.0.1", "10.0.0.2").framing(protocolNumber: 6) else {
      Issue.record("IPv4 is in band")
      return
    }
    guard case .outOfBand(let envelope) = reception("fd00::1", "fd00::2").framing(protocolNumber: 58) else {
      Issue.record("IPv6 is out of band")
      return
    }
    #expect(envelope.source == IPAddress(parsing: "fd00::1"))
    #expect(envelope.destination == IPAddress(parsing: "fd00::2"))
    #expect((envelope.protocolNumber, envelope.timeToLive, envelope.transportLength) == (58, 9, 20))
  }

  @Test("every error of a run is one line that says something") func messages() throws {
    let end = Endpoint(try #require(IPAddress(parsing: "10.0.0.1")), 4000)
    let any = Endpoint(end.address, 0)
    let errors: [RunError] = [
      .refused("no"), .refused("yes"), .noPrivilege, .system(Errno(code: 24, call: .socket)),
      .port(Errno(code: 98, call: .bind), end), .port(Errno(code: 24, call: .socket), any),
      .send(Errno(code: 1, call: .sendto), end), .send(Errno(code: 90, call: .sendto), end), .packetTooLarge,
      .output(Errno(code: 28, call: .write)), .interrupted(.interrupt),
    ]
    for error in errors {
      #expect(!error.message.isEmpty)
      #expect(!error.message.contains("\n"), "\(error.message)")
    }
    #expect(
      errors[4].message == "source port 4000 is in use; leave -g out for a free port, or try again later")
    #expect(errors[5].message.hasPrefix("source 10.0.0.1: socket: Too many open files (EMFILE); "))
    #expect(
      errors[6].message.hasPrefix(
        "10.0.0.1:4000: sendto: Operation not permitted (EPERM); a firewall rule of this host "))
  }

  @Test("results that cannot be written: an interruption is told apart") func writing() {
    guard case .interrupted = RunError(writing: Errno(code: 4, call: .write)) else {
      Issue.record("EINTR is an interruption")
      return
    }
    guard case .output = RunError(writing: Errno(code: 32, call: .write)) else {
      Issue.record("EPIPE is none")
      return
    }
  }
}
