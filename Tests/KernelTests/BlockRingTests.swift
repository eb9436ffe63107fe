import Glibc
import Testing
import Timebase
import Wire

@testable import Kernel

/// Packets to loopback, seen in a ring of blocks.
@Suite("Ring of blocks", .serialized, .enabled(if: hasRawSockets, needsRawSockets))
struct BlockRingTests {
  static let families = RawSocketTests.families

  private func sender(_ family: AddressFamily) throws -> BatchSender {
    try BatchSender(routing: [loopback(family)], family: family, interface: nil)
  }

  private func batch(_ family: AddressFamily, port: UInt16, of texts: [Int]) throws -> Batch {
    var batch = Batch(from: loopback(family), port: 40_900, to: port, capacity: texts.count)
    for text in texts { try batch.append(to: loopback(family), text: text) }
    return batch
  }

  @Test("what leaves together comes octet for octet, in its order and stamped", arguments: families)
  func whole(_ family: AddressFamily) throws {
    var ring = try BlockRing(on: .named("lo"), family: family, ports: [41_101], rate: 0)
    let batch = try batch(family, port: 41_101, of: [0, 1, 7, 100, 1_400, 0])
    let before = SystemClock.now().wall
    try batch.send(by: sender(family))
    let taken = ring.next(batch.packets.count)
    let after = SystemClock.now().wall
    #expect(taken.map(\.octets) == batch.packets)
    let stamps = taken.map(\.reception.kernelStamp.nanoseconds)
    #expect(stamps == stamps.sorted())
    #expect(stamps.allSatisfy { (before.nanoseconds...after.nanoseconds).contains($0) })
    #expect(taken.allSatisfy { !$0.reception.isTruncated })
    let lost = try ring.dropped()
    #expect(lost == 0)
  }

  @Test("nothing else comes in: no other port", arguments: families) func filter(_ family: AddressFamily) throws {
    var ring = try BlockRing(on: .named("lo"), family: family, ports: [10, 11], rate: 0)
    try batch(family, port: 41_102, of: [1, 2, 3]).send(by: sender(family))
    let taken = ring.next(1)
    #expect(taken.isEmpty)
  }

  @Test("a ring that is full counts what it lost, and has room again once it is read") func full() throws {
    var ring = try BlockRing(on: .named("lo"), family: .v4, ports: [41_103], rate: 0)
    let sender = try sender(.v4)
    let round = try batch(.v4, port: 41_103, of: [Int](repeating: 1_000, count: 256))
    var sent = 0
    while try ring.dropped() == 0, sent < 100_000 {
      try round.send(by: sender)
      sent += 256
    }
    let lost = Int(try ring.dropped())
    #expect(lost > 0)
    #expect(ring.next(sent, seconds: 0.2).count == sent - lost)
    try round.send(by: sender)
    let isSame = ring.next(256).map(\.octets) == round.packets
    #expect(isSame)
    let lostAtLast = try ring.dropped()
    #expect(Int(lostAtLast) == lost, "the count stays")
  }

  @Test("many blocks, each read in pieces, are in their order") func pieces() throws {
    var ring = try BlockRing(on: .named("lo"), family: .v4, ports: [41_104], rate: 100_000)
    let sender = try sender(.v4)
    var (sent, seen): ([[UInt8]], [[UInt8]]) = ([], [])
    for round in 0..<60 {
      let batch = try batch(.v4, port: 41_104, of: (0..<100).map { ($0 * 13 + round) % 1_200 })
      try batch.send(by: sender)
      sent += batch.packets
      _ = ring.take(most: 37) { octets, _ in seen.append(octets.octets) }
    }
    seen += ring.next(sent.count - seen.count).map(\.octets)
    let isSame = seen == sent
    #expect(isSame, "\(seen.count) of \(sent.count)")
  }

  @Test("there is no ring on an interface that is gone") func gone() throws {
    var interface = try Interface.named("lo")
    interface.index = 987_654
    #expect(throws: Errno(code: ENODEV, call: .bind)) {
      _ = try BlockRing(on: interface, family: .v4, ports: [1], rate: 0)
    }
  }
}

/// What a block says of its packets is believed within its bounds alone.
@Suite("Frames of a block") struct BlockFrameTests {
  private static let size = 1_024

  private func frame(_ octets: [UInt8], at offset: Int) -> BlockFrame? { BlockFrame(in: octets.span.raw, at: offset) }

  /// A header at an offset of a block.
  private func block(at offset: Int, next: UInt32, count: UInt32, length: UInt32, mac: UInt16, net: UInt16) -> [UInt8] {
    var octets = [UInt8](repeating: 0xa5, count: BlockFrameTests.size)
    func put<T: FixedWidthInteger>(_ value: T, _ place: Int) {
      for index in 0..<T.bitWidth / 8 where offset + place + index < octets.count {
        octets[offset + place + index] = UInt8(truncatingIfNeeded: value >> T(8 * index))
      }
    }
    for place in 0..<48 where offset + place < octets.count { octets[offset + place] = 0 }
    put(next, 0)
    put(7 as UInt32, 4)
    put(8 as UInt32, 8)
    put(count, 12)
    put(length, 16)
    put(mac, 24)
    put(net, 26)
    return octets
  }

  @Test("a frame within it") func within() throws {
    let octets = block(at: 100, next: 160, count: 40, length: 50, mac: 96, net: 96)
    let frame = try #require(self.frame(octets, at: 100))
    #expect(frame.packet == 196..<236 && frame.next == 260 && frame.reception.isTruncated)
    #expect(frame.reception.kernelStamp == WallTime(nanoseconds: 7_000_000_008))
  }

  @Test("a packet of what is left, to the octet") func last() throws {
    let octets = block(at: 100, next: 0, count: 828, length: 828, mac: 96, net: 110)
    let frame = try #require(self.frame(octets, at: 100))
    #expect(frame.packet == 210..<1_024 && frame.next == nil && !frame.reception.isTruncated)
  }

  struct Row: Sendable {
    var (offset, count, mac, net): (Int, UInt32, UInt16, UInt16)
    init(_ offset: Int, _ count: UInt32, _ mac: UInt16, _ net: UInt16) {
      (self.offset, self.count, self.mac, self.net) = (offset, count, mac, net)
    }
  }

  static let rows = [
    Row(100, 829, 96, 96), Row(100, .max, 96, 96), Row(100, 40, .max, .max), Row(100, 40, 96, 137),
    Row(100, 40, 47, 96),
    Row(100, 40, 96, 95), Row(977, 0, 48, 48), Row(1_024, 0, 48, 48), Row(1_025, 0, 48, 48), Row(.max, 0, 48, 48),
    Row(-1, 0, 48, 48),
  ]

  @Test("what does not lie within it is none", arguments: rows) func beyond(_ row: Row) {
    let place = min(max(row.offset, 0), BlockFrameTests.size)
    let octets = block(at: place, next: 48, count: row.count, length: 0, mac: row.mac, net: row.net)
    #expect(frame(octets, at: row.offset) == nil)
  }

  @Test("the next one lies behind it, and within", arguments: [0, 1, 47, 925, 1_000, .max] as [UInt32])
  func step(_ next: UInt32) throws {
    let octets = block(at: 100, next: next, count: 40, length: 40, mac: 96, net: 96)
    let frame = try #require(self.frame(octets, at: 100))
    #expect(frame.next == nil)
  }
}

@Suite("Counters of an interface") struct InterfaceCountersTests {
  private func names(_ list: [String]) -> [UInt8] {
    list.flatMap { Array($0.utf8) + [UInt8](repeating: 0, count: 32 - $0.utf8.count) }
  }

  @Test("those beyond an allowance are found by their names") func found() {
    let octets = names([
      "tx_timeout", "bw_in_allowance_exceeded", "bw_out_allowance_exceeded", "pps_allowance_exceeded",
      "conntrack_allowance_exceeded", "conntrack_allowance_available", "linklocal_allowance_exceeded",
      "allowance_exceeded",
    ])
    let places = InterfaceCounters.exceeded(in: octets.span.raw)
    #expect(places == [1, 2, 3, 4, 6])
    var values: [UInt8] = []
    for value in [1_000, 1, 20, 300, 4_000, 50_000, 600_000, 7] as [UInt64] { values.append(native: value) }
    let sum = InterfaceCounters.sum(of: values.span.raw, at: places)
    #expect(sum == 604_321)
    // Fewer values than names.
    let less = InterfaceCounters.sum(of: values.span.raw.extracting(0..<39), at: places)
    #expect(less == 321)
  }

  private func places(_ octets: [UInt8], first count: Int = .max) -> [Int] {
    InterfaceCounters.exceeded(in: octets.span.raw.extracting(first: min(count, octets.count)))
  }

  @Test("a name that fills its place, and half a name") func edges() {
    #expect(places(names([String(repeating: "x", count: 15) + "_allowance_exceed"])) == [])
    let whole = String(repeating: "x", count: 13) + "_allowance_exceeded"
    #expect(whole.utf8.count == 32)
    #expect(places(names([whole])) == [0])
    #expect(places(names([whole]), first: 31) == [])
  }

  @Test("an interface without them has none") func none() throws {
    #expect(InterfaceCounters(of: try .named("lo")) == nil)
  }
}

extension BlockRing {
  /// The next packets, as many as come within a time.
  fileprivate mutating func next(_ count: Int, seconds: Double = 1) -> [(octets: [UInt8], reception: RingReception)] {
    var list: [(octets: [UInt8], reception: RingReception)] = []
    var end = SystemClock.monotonic() + .nanoseconds(Int64(seconds * 1e9))
    while list.count < count, SystemClock.monotonic() < end {
      let taken = take(most: count - list.count) { octets, reception in list.append((octets.octets, reception)) }
      if taken == 0 {
        Poller.pause(.milliseconds(1))
      } else {
        end = SystemClock.monotonic() + .nanoseconds(Int64(seconds * 1e9))
      }
    }
    return list
  }
}
