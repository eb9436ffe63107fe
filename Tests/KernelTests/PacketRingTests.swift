import Glibc
import Testing
import Timebase
import Wire

@testable import Kernel

/// Packets to loopback, sent together and seen in a ring.
@Suite("Packet ring", .serialized, .enabled(if: hasRawSockets, needsRawSockets))
struct PacketRingTests {
  static let families = RawSocketTests.families
  /// As many packets as a ring has room for.
  private static let room = 4_096

  private func ring(_ family: AddressFamily, ports: [UInt16]) throws -> PacketRing {
    try PacketRing(on: .named("lo"), family: family, from: [loopback(family)], ports: ports)
  }

  private func sender(_ family: AddressFamily) throws -> BatchSender {
    try BatchSender(routing: [loopback(family)], family: family, interface: nil)
  }

  private func batch(_ family: AddressFamily, port: UInt16, of texts: [Int]) throws -> Batch {
    var batch = Batch(from: loopback(family), port: port, capacity: texts.count)
    for text in texts { try batch.append(to: loopback(family), text: text) }
    return batch
  }

  @Test("what leaves together comes octet for octet, in its order and stamped", arguments: families)
  func whole(_ family: AddressFamily) throws {
    var ring = try ring(family, ports: [41_001])
    let batch = try batch(family, port: 41_001, of: [0, 1, 7, 100, 1_400, 0])
    let before = SystemClock.now().wall
    try batch.send(by: sender(family))
    let taken = ring.next(batch.packets.count)
    let after = SystemClock.now().wall
    #expect(taken.map(\.octets) == batch.packets)
    let stamps = taken.map(\.reception.kernelStamp.nanoseconds)
    #expect(stamps == stamps.sorted())
    #expect(stamps.allSatisfy { (before.nanoseconds...after.nanoseconds).contains($0) })
    let rest = (waits: ring.hasPacket, lost: try ring.dropped())
    #expect(rest == (false, 0))
  }

  @Test("nothing else comes in: no other port, no other address", arguments: families)
  func filter(_ family: AddressFamily) throws {
    var ring = try ring(family, ports: [41_002, 41_004])
    let elsewhere: IPAddress = family == .v4 ? .v4(IPv4Address(127, 0, 0, 2)) : .v6(IPv6Address(2))
    var deaf = try PacketRing(on: .named("lo"), family: family, from: [elsewhere], ports: [41_002, 41_004])
    for port in [41_001, 41_002, 41_003, 41_004] as [UInt16] {
      try batch(family, port: port, of: [Int(port % 10)]).send(by: sender(family))
    }
    let taken = ring.next(2).map(\.octets)
    #expect(taken == (try batch(family, port: 41_002, of: [2]).packets + batch(family, port: 41_004, of: [4]).packets))
    let others = ring.next(1) + deaf.next(1)
    #expect(others.isEmpty)
    let lost = (try ring.dropped(), try deaf.dropped())
    #expect(lost == (0, 0))
  }

  @Test("a ring that is full counts what it lost, keeps what it has, and has room again once that is taken")
  func full() throws {
    var ring = try ring(.v4, ports: [41_005])
    let sender = try sender(.v4)
    let excess = 100
    let batch = try batch(.v4, port: 41_005, of: [Int](repeating: 0, count: PacketRingTests.room + excess))
    try batch.send(by: sender)
    let lost = try ring.dropped()
    #expect(lost == excess)
    let taken = ring.next(PacketRingTests.room + 1).map(\.octets)
    // Said of all at once: what differs would be a book.
    let isFirst = taken == Array(batch.packets.prefix(PacketRingTests.room))
    #expect(isFirst, "\(taken.count) were taken")
    let last = try self.batch(.v4, port: 41_005, of: [3])
    try last.send(by: sender)
    let further = ring.next(1).map(\.octets)
    #expect(further == last.packets)
    let lostAtLast = try ring.dropped()
    #expect(lostAtLast == excess, "the count stays")
  }

  @Test("a packet that is too long for its place comes whole, in its order") func long() throws {
    var ring = try ring(.v4, ports: [41_006])
    let address = loopback(.v4)
    let header = TCPHeader(sourcePort: 41_006, destinationPort: 9, flags: .rst)
    var sender = try SendSocket(family: .v4, timestamps: false)
    var packets: [[UInt8]] = []
    for (number, length) in [100, 4_000, 1, 60_000, 2].enumerated() {
      let text = [UInt8](repeating: UInt8(number), count: length)
      let packet = try Batch.packet(from: address, to: address, header, text, number: UInt16(number + 1))
      packets.append(packet)
      _ = try sender.send(packet.span.raw, to: address)
    }
    let taken = ring.next(packets.count)
    let isWhole = taken.map(\.octets) == packets
    #expect(isWhole, "\(taken.map(\.octets.count))")
    let truncated = (ring.truncated, taken.count { $0.reception.isTruncated })
    #expect(truncated == (0, 0))
  }

  @Test("there is no ring on an interface that is gone") func gone() throws {
    var interface = try Interface.named("lo")
    interface.index = 987_654
    #expect(throws: Errno(code: ENODEV, call: .bind)) {
      _ = try PacketRing(on: interface, family: .v4, from: [loopback(.v4)], ports: [1])
    }
  }
}
