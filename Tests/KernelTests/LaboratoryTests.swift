import Glibc
import Testing
import Wire

@testable import Kernel

@Suite("In a laboratory", .enabled(if: isLaboratory, needsLaboratory))
struct LaboratoryTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var destination: String
    var code: CInt
    var testDescription: String { destination }
  }

  @Test(
    "no way is an error that says so",
    arguments: [
      Row(destination: "203.0.113.1", code: ENETUNREACH), Row(destination: "198.51.100.1", code: EHOSTUNREACH),
      Row(destination: "198.51.101.1", code: EACCES), Row(destination: "198.51.102.1", code: EINVAL),
      Row(destination: "2001:db8:9::1", code: ENETUNREACH), Row(destination: "2001:db8:1::1", code: EHOSTUNREACH),
      Row(destination: "2001:db8:2::1", code: EACCES), Row(destination: "2001:db8:3::1", code: EINVAL),
    ])
  func noRoute(_ row: Row) throws {
    let destination = try #require(IPAddress(parsing: row.destination))
    let error = #expect(throws: Errno.self) { try Route.to(destination) }
    #expect(error == Errno(code: row.code, call: .routeLookup))
    #expect(error?.isNoRoute == true)
  }

  @Test("routes have a kind, a gateway and an MTU of their own") func routes() throws {
    let direct = try Route.to(#require(IPAddress(parsing: "10.77.0.2")))
    #expect(direct.kind == .unicast)
    #expect(direct.gateway == nil)
    #expect(direct.interface.name == "lab0")
    #expect(direct.source == IPAddress(parsing: "10.77.0.1"))
    #expect(direct.mtu == 1400)
    let far = try Route.to(#require(IPAddress(parsing: "10.78.0.9")))
    #expect(far.gateway == IPAddress(parsing: "10.77.0.2"))
    #expect(far.mtu == 1300)
    #expect(try Route.to(#require(IPAddress(parsing: "10.77.0.255"))).kind == .broadcast)
    #expect(try Route.to(#require(IPAddress(parsing: "224.0.0.7"))).kind == .multicast)
    let six = try Route.to(#require(IPAddress(parsing: "2001:db8:7::2")))
    #expect(six.source == IPAddress(parsing: "2001:db8:7::1"))
    #expect(six.interface.name == "lab0")
    let link = try Route.to(#require(IPAddress(parsing: "fe80::2")), interface: direct.interface)
    #expect(link.interface.name == "lab0")
  }

  @Test(
    "devices within the machine leave checksums unfinished",
    arguments: [
      ("lab0", "veth"), ("labbr", "bridge"),
    ])
  func drivers(_ name: String, _ driver: String) throws {
    let interface = try Interface.named(name)
    #expect(interface.driverName == driver)
    #expect(interface.leavesChecksumsUnfinished)
    #expect(!interface.isLoopback)
  }

  @Test("a firewall's refusal is an error, and the stamps after it still fit") func refused() throws {
    // laboratory.sh refuses what goes to 127.0.0.9.
    var socket = try SendSocket(family: .v4)
    let header = TCPHeader(sourcePort: 40_123, destinationPort: 9, flags: .rst)
    let octets = try packet(.v4, header)
    // Only the address matters to the firewall, which comes before anyone looks at the checksum.
    var octetsToNine = octets
    octetsToNine[19] = 9
    let first = try #require(try socket.send(octets.span.raw, to: loopback(.v4)))
    let error = #expect(throws: Errno.self) {
      try socket.send(octetsToNine.span.raw, to: .v4(IPv4Address(127, 0, 0, 9)))
    }
    #expect(error == Errno(code: EPERM, call: .sendto))
    // Refused before it is numbered: no route.
    #expect(throws: Errno.self) { try socket.send(octets.span.raw, to: .v4(IPv4Address(203, 0, 113, 1))) }
    let last = try #require(try socket.send(octets.span.raw, to: loopback(.v4)))
    var seen: [UInt32] = []
    while seen.count < 2, let stamp = try eventually({ try socket.nextTransmitStamp() }) { seen.append(stamp.id) }
    #expect(seen == [first, last])
  }

  @Test(
    "ICMP errors that quote our segment come in, those that quote another do not", arguments: [AddressFamily.v4, .v6])
  func icmp(_ family: AddressFamily) throws {
    // laboratory.sh refuses port 7777 with an administrative prohibition.
    let receiver = try ReceiveSocket(family: family, carrying: .icmp)
    try receiver.accept(only: .icmpErrors(family: family, sourcePorts: [40_006]))
    var sender = try SendSocket(family: family)
    for port in [40_005, 40_006] as [UInt16] {
      let header = TCPHeader(sourcePort: port, destinationPort: 7777, sequence: SequenceNumber(0xcafe), flags: .syn)
      // The firewall may tell the sender too; what it tells the network is what counts here.
      let octets = try packet(family, header)
      _ = try? sender.send(octets.span.raw, to: loopback(family))
    }
    let received = try #require(try eventually { try receiver.next() })
    let type: (UInt8, UInt8) = family == .v4 ? (3, 13) : (1, 1)
    #expect((received.octets[0], received.octets[1]) == type)
    let quote = received.octets.dropFirst(family == .v4 ? 8 + 20 : 8 + 40)
    #expect(Array(quote.prefix(8)) == [0x9c, 0x46, 0x1e, 0x61, 0, 0, 0xca, 0xfe])
    #expect(try receiver.next()?.octets == nil)
  }
}
