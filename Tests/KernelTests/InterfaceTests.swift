import Glibc
import Testing
import Wire

@testable import Kernel

@Suite("Interfaces and routes") struct InterfaceTests {
  @Test("loopback is found by name, by number and in the list") func loopbackInterface() throws {
    let lo = try Interface.named("lo")
    #expect(lo.isLoopback)
    #expect(lo.mtu == 65_536)
    #expect(lo.leavesChecksumsUnfinished)
    #expect(try Interface.indexed(lo.index) == lo)
    #expect(try Interface.all().contains(lo))
  }

  @Test("all of the list can be asked for one by one") func list() throws {
    let all = try Interface.all()
    #expect(all == all.sorted { $0.index < $1.index })
    for interface in all { #expect(try Interface.named(interface.name) == interface) }
  }

  @Test("names that no interface has are no mistake", arguments: ["", "no-such-if", "longer-than-fifteen", "l\0o"])
  func unknown(_ name: String) {
    #expect(throws: Errno(code: ENODEV, call: .interfaceLookup)) { try Interface.named(name) }
  }

  @Test("numbers that no interface has are no mistake") func unknownNumber() {
    #expect(throws: Errno.self) { try Interface.indexed(987_654) }
  }

  @Test("loopback's addresses are local") func addresses() throws {
    let lo = try Interface.named("lo")
    let addresses = try lo.addresses
    #expect(addresses.contains(loopback(.v4)))
    #expect(try Set(addresses).isSubset(of: Interface.localAddresses()))
  }

  @Test("networks are addresses with their prefixes") func networks() throws {
    let networks = try Interface.localNetworks()
    #expect(networks.contains { $0.address == loopback(.v4) && $0.prefixLength == 8 })
    #expect(try networks.map(\.address) == Interface.localAddresses())
  }

  @Test("the routing tables speak of loopback") func prefixes() throws {
    var found: Set<RoutePrefix> = []
    try RoutePrefix.each(.v4) { found.insert($0) }
    #expect(found.contains(RoutePrefix(address: .v4(IPv4Address(127, 0, 0, 0)), length: 8)))
    #expect(found.contains(RoutePrefix(address: loopback(.v4), length: 32)))
    #expect(found.allSatisfy { 1...32 ~= $0.length && $0.address.family == .v4 })
  }

  @Test("the way to loopback is local and leaves by loopback", arguments: [AddressFamily.v4, .v6])
  func route(_ family: AddressFamily) throws {
    guard family == .v4 || HostFacts.now().hasIPv6 else { return }
    let route = try Route.to(loopback(family))
    #expect(route.kind == .local)
    #expect(route.source == loopback(family))
    #expect(route.destination == loopback(family))
    #expect(route.interface.name == "lo")
    #expect(route.mtu >= 65_535)
    #expect(route.gateway == nil)
  }

  @Test("a source and an interface may be asked for") func sourced() throws {
    let second = IPAddress.v4(IPv4Address(127, 0, 0, 2))
    let route = try Route.to(loopback(.v4), from: second, interface: Interface.named("lo"))
    #expect(route.source == second)
    #expect(route.kind == .local)
  }

  @Test("a source of the other family or of another host is refused") func badSource() {
    #expect(throws: Errno(code: EAFNOSUPPORT, call: .routeLookup)) { try Route.to(loopback(.v4), from: loopback(.v6)) }
    #expect(throws: Errno(code: EADDRNOTAVAIL, call: .routeLookup)) {
      try Route.to(loopback(.v4), from: .v4(IPv4Address(192, 0, 2, 1)))
    }
  }

  @Test("a driver is told for what has one") func driver() throws {
    // Loopback has none to tell.
    #expect(try Interface.named("lo").driverName == nil)
  }
}
