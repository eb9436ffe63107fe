import Glibc
import Testing
import Timebase
import Wire

@testable import Kernel

/// A wire with both ends in the laboratory's namespace: neighbours on it, and packets that go straight to it.
@Suite("On a wire", .serialized, .enabled(if: isLaboratory, needsLaboratory))
struct LinkTests {
  /// What laboratory.sh gives the far end.
  private static let farEnd: [UInt8] = [2, 0, 0, 0, 0, 0x77]

  private static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(parsing: text)) }

  private static func ends(_ family: AddressFamily) throws -> (near: IPAddress, far: IPAddress) {
    switch family {
    case .v4: (try address("10.77.0.1"), try address("10.77.0.2"))
    case .v6: (try address("2001:db8:7::1"), try address("2001:db8:7::2"))
    }
  }

  /// Has the kernel look for a neighbour, as whoever wants to send there does.
  private static func seek(_ address: IPAddress) throws {
    var batch = Batch(from: try ends(.v4).near, port: 42_000, capacity: 1)
    try batch.append(to: address)
    try batch.send(by: BatchSender(routing: [address], family: .v4, interface: nil))
  }

  @Test("the far end's link address is found once there was something to send") func neighbor() throws {
    let far = try LinkTests.ends(.v4).far
    let wire = try Interface.named("lab0")
    try LinkTests.seek(far)
    let neighbor = try #require(try eventually { try Neighbor.at(far, on: wire) })
    #expect(neighbor.linkAddress == LinkTests.farEnd)
    #expect(neighbor.interfaceIndex == wire.index)
    #expect(try Neighbor.at(far, on: .named("labbr")) == nil, "it is on that wire alone")
  }

  @Test("one that was set by hand is found, and one of IPv6's")
  func permanent() throws {
    let far = try LinkTests.ends(.v6).far
    #expect(try Neighbor.at(far, on: .named("lab0"))?.linkAddress == LinkTests.farEnd)
  }

  @Test("an address that nobody has is no neighbour, and nobody waits for it to be one")
  func nobody() throws {
    let wire = try Interface.named("lab0")
    let unheardOf = try LinkTests.address("10.77.0.98")
    let sought = try LinkTests.address("10.77.0.99")
    let began = SystemClock.monotonic()
    #expect(try Neighbor.at(unheardOf, on: wire) == nil)
    try LinkTests.seek(sought)
    for _ in 0..<50 {
      #expect(try Neighbor.at(sought, on: wire) == nil)
      Poller.pause(.milliseconds(1))
    }
    #expect(SystemClock.monotonic() - began < .seconds(1), "an answer is no matter of time")
  }

  @Test("what goes straight to the wire is at its other end, octet for octet", arguments: [AddressFamily.v4, .v6])
  func overTheWire(_ family: AddressFamily) throws {
    let (near, far) = try LinkTests.ends(family)
    if family == .v4 { try LinkTests.seek(far) }
    let neighbor = try #require(try eventually { try Neighbor.at(far, on: .named("lab0")) })
    var ring = try PacketRing(on: .named("lab1"), family: family, from: [near], ports: [42_001])
    // Nothing that is sent from here is seen here.
    let ours = try PacketRing(on: .named("lab0"), family: family, from: [near], ports: [42_001])
    var sender = try BatchSender(toLinkOf: family)
    sender.address([neighbor])
    var batch = Batch(from: near, port: 42_001, capacity: 64)
    for index in 0..<64 { try batch.append(to: far, text: index * 20) }
    let before = SystemClock.now().wall
    try batch.send(by: sender)
    let taken = ring.next(64)
    #expect(taken.map(\.octets) == batch.packets)
    let stamps = taken.map(\.reception.kernelStamp)
    #expect(stamps.allSatisfy { before <= $0 && $0 <= SystemClock.now().wall })
    #expect(zip(stamps, stamps.dropFirst()).allSatisfy { $0 <= $1 })
    let rest = (echoes: ours.hasPacket, lost: try ring.dropped())
    #expect(rest == (false, 0))
  }

  @Test("of packets that leave together one without a way is an error by itself") func noWay() throws {
    let near = try LinkTests.ends(.v4).near
    let places = [near, try LinkTests.address("198.51.100.1")]
    let sender = try BatchSender(routing: places, family: .v4, interface: nil)
    var batch = Batch(from: near, port: 42_002, capacity: 4)
    for index in [0, 0, 1, 0] { try batch.append(to: places[index], at: index) }
    #expect(try batch.send(by: sender, from: 0) == 2)
    #expect(throws: Errno(code: EHOSTUNREACH, call: .sendmmsg)) { try batch.send(by: sender, from: 2) }
    #expect(try batch.send(by: sender, from: 3) == 1)
  }
}
