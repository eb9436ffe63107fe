import Laboratory
import Testing

extension NetworkTests {
  /// An address to which this host has no route; Tests/Scenarios has what routers say.
  @Suite(.needs()) struct NoRouteTests {
    /// No route at all is this host's own word.
    @Test(arguments: ["203.0.113.9", "2001:db8::9"]) func noRoute(_ address: String) throws {
      let namespace = try Namespace()
      let outcome = try Probe.run(target(address, 80), "--json", "--exit-state", in: namespace)
      #expect(try outcome.connections.map(\.verdict) == ["unreachable no-route"])
      #expect(outcome.code == 4)
    }
  }
}
