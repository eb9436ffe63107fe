import Handshake
import Testing
import Wire

@testable import Runner

/// The MSS and the window that follow from a route, as an ordinary Linux client says them.
@Suite("The plan of a target") struct PlanTests {
  private func plan(mtu: Int, _ address: String, _ settings: RunSettings = RunSettings()) throws -> Plan {
    let remote = Endpoint(try #require(IPAddress(parsing: address)), 80)
    let target = ResolvedTarget(name: "", remote: remote, source: nil, interface: nil, mtu: mtu, resolve: nil)
    return target.plan(settings)
  }

  static let routes: [(mtu: Int, address: String, segment: UInt16, window: UInt16)] = [
    (1500, "10.0.0.1", 1460, 64_240), (1500, "fd00::1", 1440, 64_800), (1280, "fd00::1", 1220, 64_660),
    (1400, "10.0.0.1", 1360, 65_280), (9000, "10.0.0.1", 8960, 62_720), (65_535, "10.0.0.1", 65_495, 65_495),
    // Linux's loopback: 65,536 octets.
    (65_536, "127.0.0.1", 65_495, 65_495), (65_536, "::1", 65_475, 65_475),
    // A route may be narrower than TCP can be, or unknown to any limit.
    (68, "10.0.0.1", 88, 65_472), (0, "10.0.0.1", 88, 65_472), (1 << 20, "10.0.0.1", 65_535, 65_535),
  ]

  @Test("from the route", arguments: routes)
  func fromRoute(_ route: (mtu: Int, address: String, segment: UInt16, window: UInt16)) throws {
    let plan = try plan(mtu: route.mtu, route.address)
    #expect(plan.offer.maximumSegmentSize == route.segment)
    #expect(plan.window == route.window)
    let headers = route.address.contains(":") ? 60 : 40
    #expect(plan.textLimit == min(max(route.mtu - headers, 88), 2_048 - headers))
  }

  @Test("what was asked for outranks the route, zero included") func asked() throws {
    var settings = RunSettings()
    settings.maximumSegmentSize = 536
    #expect(try plan(mtu: 1500, "10.0.0.1", settings).offer.maximumSegmentSize == 536)
    #expect(try plan(mtu: 1500, "10.0.0.1", settings).window == 65_392)
    settings.maximumSegmentSize = 0
    #expect(try plan(mtu: 1500, "10.0.0.1", settings).window == 64_240)
    settings.window = 0
    #expect(try plan(mtu: 1500, "10.0.0.1", settings).window == 0)
  }
}
