import Testing
import Timebase
import Wire

@testable import Kernel

/// A control message as the kernel lays it out, padded to eight octets.
private func message(_ level: Int32, _ type: Int32, _ payload: [UInt8], length: Int? = nil) -> [UInt8] {
  var octets: [UInt8] = []
  octets.append(native: length ?? 16 + payload.count)
  octets.append(native: level)
  octets.append(native: type)
  octets += payload
  return octets + [UInt8](repeating: 0xa5, count: (8 - octets.count & 7) & 7)
}

private func words(_ values: [UInt32]) -> [UInt8] {
  var octets: [UInt8] = []
  for value in values { octets.append(native: value) }
  return octets
}

@Suite("Control messages") struct ControlMessageTests {
  /// One stamp of 1 s and 2 ns in the first of three places.
  static let stamp: [UInt8] = {
    var octets: [UInt8] = []
    for value in [1, 2, 0, 0, 0, 0] as [Int64] { octets.append(native: value) }
    return octets
  }()

  @Test("of a received IPv6 packet are all read") func versionSix() {
    let address = [UInt8](repeating: 0, count: 15) + [1]
    let octets =
      message(1, 37, Self.stamp) + message(1, 40, words([7])) + message(41, 50, address + words([3]))
      + message(41, 52, words([61])) + message(41, 67, words([0x2e]))
    let said = ControlData(parsing: octets.span.raw)
    #expect(said.kernelStamp == WallTime(nanoseconds: 1_000_000_002))
    #expect(said.dropped == 7)
    #expect(said.destination == loopback(.v6))
    #expect(said.interfaceIndex == 3)
    #expect(said.hopLimit == 61)
    #expect(said.trafficClass == 0x2e)
    #expect(said.transmitID == nil)
  }

  @Test(
    "of a transmission stamp carry its number; other errors do not",
    arguments: [
      (UInt8(4), UInt32(0), UInt32(77) as UInt32?), (2, 0, nil), (4, 1, nil),
    ])
  func transmit(_ origin: UInt8, _ kind: UInt32, _ id: UInt32?) {
    let error = words([42]) + [origin, 0, 0, 0] + words([kind, 77])
    let octets = message(1, 37, Self.stamp) + message(0, 11, error)
    #expect(ControlData(parsing: octets.span.raw).transmitID == id)
  }

  @Test("an empty stamp is none") func emptyStamp() {
    let octets = message(1, 37, [UInt8](repeating: 0, count: 48))
    #expect(ControlData(parsing: octets.span.raw).kernelStamp == nil)
  }

  @Test(
    "that make no sense end the walk",
    arguments: [
      [], [1, 2, 3], message(1, 40, words([7]), length: 0), message(1, 40, words([7]), length: 15),
      message(1, 40, words([7]), length: 1000), message(1, 40, words([7]), length: -1),
      message(1, 40, words([7]), length: .max), message(1, 40, [7]), message(1, 37, [1, 2]), message(41, 50, [1]),
      message(0, 8, [1]), message(0, 11, [1]), message(41, 52, []), message(41, 67, []),
    ])
  func broken(_ octets: [UInt8]) {
    let said = ControlData(parsing: octets.span.raw)
    #expect(said.dropped == 0)
    #expect(said.kernelStamp == nil)
  }

  @Test("survive being cut off anywhere") func truncated() {
    let whole = message(1, 37, Self.stamp) + message(1, 40, words([7])) + message(0, 8, words([3, 0, 0]))
    for count in 0...whole.count { _ = ControlData(parsing: Array(whole.prefix(count)).span.raw) }
  }
}

@Suite("Netlink attributes") struct AttributeTests {
  @Test("end where a length makes no sense") func broken() {
    for octets in [[], [4], [0, 0, 1, 0], [3, 0, 1, 0], [9, 0, 1, 0, 1, 2, 3, 4], [0xff, 0xff, 1, 0]] as [[UInt8]] {
      var cursor = AttributeCursor(octets.span.raw, from: 0)
      #expect(cursor.next() == nil)
    }
    var beyond = AttributeCursor([1, 2].span.raw, from: 16)
    #expect(beyond.next() == nil)
  }

  @Test("are padded to four octets, and flags are no part of the type") func walk() {
    let octets: [UInt8] = [5, 0, 1, 0x80, 0xaa, 0, 0, 0, 4, 0, 2, 0]
    var cursor = AttributeCursor(octets.span.raw, from: 0)
    let first = cursor.next()
    #expect(first?.type == 1)
    #expect(first?.value == 4..<5)
    let second = cursor.next()
    #expect(second?.type == 2)
    #expect(second?.value.isEmpty == true)
    #expect(cursor.next() == nil)
  }
}
