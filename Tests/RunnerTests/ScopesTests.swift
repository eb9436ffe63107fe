import Handshake
import Testing
import Wire

@testable import Kernel
@testable import Runner

/// Which interface a link-local address belongs to.
@Suite("Scopes") struct ScopesTests {
  private let one = Interface(name: "one", index: 1, flags: 0, mtu: 1500)
  private let two = Interface(name: "two", index: 2, flags: 0, mtu: 1500)

  private func target(_ source: String, _ remote: String, by interface: Interface) throws -> ResolvedTarget {
    ResolvedTarget(
      name: remote, remote: Endpoint(try #require(IPAddress(parsing: remote)), 80), source: IPAddress(parsing: source),
      interface: interface, mtu: 1500, resolve: nil)
  }

  @Test("each address has its own, at both ends; others have none") func ownInterface() throws {
    let scopes = try Scopes([
      target("fe80::1", "fe80::a", by: one), target("fe80::2", "fe80::b", by: two),
      target("fe80::1", "fe80::c", by: one),
      target("fd00::1", "fd00::2", by: two), target("169.254.0.1", "169.254.0.2", by: two),
    ])
    for (text, interface) in [
      ("fe80::1", one), ("fe80::a", one), ("fe80::2", two), ("fe80::b", two), ("fe80::c", one), ("fd00::1", nil),
      ("fd00::2", nil), ("169.254.0.2", nil), ("fe80::d", nil),
    ] {
      #expect(scopes.interface(of: try #require(IPAddress(parsing: text))) == interface, "\(text)")
    }
  }

  @Test("one address by two interfaces cannot be told apart") func twice() throws {
    let targets = try [target("fe80::1", "fe80::a", by: one), target("fe80::2", "fe80::a", by: two)]
    #expect(throws: RunError.self) { try Scopes(targets) }
  }
}
